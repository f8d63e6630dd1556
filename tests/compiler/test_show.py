"""Every stage prints, every row knows its file and line, and a trace leads from a pool to its numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from immunity.compiler.show import STAGES, pools_of_signal, show_stage, trace_pools
from immunity.language.errors import RuleError
from tests.compiler.books import compiled, example
from tests.compiler.test_assemble import TOY

PLACE = re.compile(r"\((?P<file>[^()]+\.yaml):(?P<line>\d+)(?::\d+)?\)$")


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_prints_one_line_a_row(stage: str) -> None:
    book = compiled(TOY)
    rows = {
        "pools": book.space.rows,
        "numbers": book.numbers.rows,
        "signals": book.signals.rows,
        "flows": book.flows,
        "readouts": book.readouts,
        "entries": [entry for group in book.book.entries.values() for entry in group.values()],
    }
    assert len(list(show_stage(book, stage))) == len(rows[stage]) > 0


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(RuleError) as caught:
        list(show_stage(compiled(TOY), "flow"))
    assert (caught.value.code, caught.value.suggestion) == ("E613", "flows")


def test_the_line_of_a_flow_is_where_its_rule_stands() -> None:
    book = example("germinal_centre.yaml")
    for row, line in zip(book.flows, show_stage(book, "flows"), strict=True):
        place = PLACE.search(line)
        assert place
        text = Path(place["file"]).read_text(encoding="utf-8").splitlines()[int(place["line"]) - 1]
        assert f"verb: {row.verb}" in text


def test_the_line_of_a_number_is_where_it_stands() -> None:
    book = compiled(TOY)
    for line in show_stage(book, "numbers"):
        if place := PLACE.search(line):
            text = Path(place["file"]).read_text(encoding="utf-8").splitlines()[int(place["line"]) - 1]
            written = line.split(" = ")[1].strip()
            assert written in text, line


def test_a_flow_is_printed_as_arithmetic() -> None:
    lines = {line.split()[1]: line for line in show_stage(compiled(TOY), "flows")}
    assert (
        "-1 blood.walker, +1 skin.walker.young.1 at walker.extravasate.hazard"
        " * hill(<[skin.scent]>: 1 to 500, half 1000, n 2) * blood.walker"
    ) in lines["walker.extravasate[blood.walker"]
    assert (
        "-1 skin.walker.old, +1 skin.scent at walker.die.hazard * <[skin.walker]>"
        in lines["walker.die[skin.walker.old]:"]
    )


def test_a_trace_tells_in_from_out_by_the_sign_of_the_amount() -> None:
    book = compiled(TOY)
    scent = {row.pool.name: i for i, row in enumerate(book.space.rows)}["skin.scent"]
    lines = list(trace_pools(book, {scent}))
    flows = [line for line in lines if not line.startswith("       ")]
    assert [line.split("[")[0].split() for line in flows] == [
        ["in", "walker.secrete"],
        ["in", "walker.die"],  # by its side effect alone
        ["out", "scent.decay"],
    ]
    assert any("walker.die.scent.amount = 1 ng/cell" in line for line in lines)


def test_pools_behind_a_signal_are_found_through_other_signals() -> None:
    book = example("germinal_centre.yaml")
    names = book.model.tables.names.pool
    found = {names[i] for i in pools_of_signal(book, book.signals.index["neutralising at node[h3]"])}
    assert found == {name for name in names if name.startswith("node.antibody")}
