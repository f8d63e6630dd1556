"""A book from its files: kinds, layers, digest, and all faults told at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from immunity.language.errors import RuleErrors
from immunity.language.load import Book, list_files, load_book, validate_entry
from immunity.language.models import FOLDERS
from immunity.language.read import Document, read_documents
from tests.work import calls_of

from .judge import BODY


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def codes(*paths: Path) -> list[str]:
    with pytest.raises(RuleErrors) as caught:
        load_book(paths)
    return [error.code for error in caught.value.errors]


def kinds(book: Book) -> dict[str, list[str]]:
    return {kind: list(entries) for kind, entries in book.entries.items() if entries}


def test_folder_says_the_kind_and_nested_folders_inherit_it(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path,
        {
            "cells/innate/alga.yaml": "id: alga",
            "readouts/blood.yml": "id: blood",
            "cells/salt.yaml": "{kind: molecule, id: salt, unit: mg}",
            "cells/notes.txt": "not a rule",
            "cells/.hidden.yaml": "id: no",
            ".git/x.yaml": "id: no",
            "findings/x.yaml": "not: read",
        },
    )
    assert kinds(load_book([root])) == {"cell": ["alga"], "molecule": ["salt"], "rules": ["blood"]}


@pytest.mark.parametrize(("folder", "kind"), FOLDERS.items())
def test_every_folder_is_known_when_a_single_file_is_given(tmp_path: Path, folder: str, kind: str) -> None:
    text = {
        "set": "{id: a, members: 2}",
        "members": "{id: a, of: s, members: [b]}",
        "molecule": "{id: a, unit: mg}",
        "therapy": "{id: a, unit: mg}",
        "scenario": "{id: a, title: A, days: 1}",
        "sources": "{id: a, sources: {}}",
    }.get(kind, "{id: a}")
    path = write_tree(tmp_path, {f"{folder}/a.yaml": text}) / folder / "a.yaml"
    assert kinds(load_book([path])) == {kind: ["a"]}


def test_kind_can_be_given_for_files_that_lie_anywhere(tmp_path: Path) -> None:
    path = write_tree(tmp_path, {"mine.yaml": "{id: mine, title: Mine, days: 1}"}) / "mine.yaml"
    assert codes(path) == ["E207"]
    assert kinds(load_book([path], kind="scenario")) == {"scenario": ["mine"]}


def test_findings_are_left_to_the_findings_harness(tmp_path: Path) -> None:
    path = write_tree(tmp_path, {"a.yaml": "{kind: finding, whatever: 1}"}) / "a.yaml"
    assert kinds(load_book([path])) == {}


def test_overlay_replaces_and_adds(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path,
        {"o.yaml": "{kind: set, id: affinity, replace: true, members: 7}\n---\n{kind: set, id: b, members: 2}"},
    )
    book = load_book([BODY, root])
    assert book.entries["set"]["affinity"].record.members == 7
    assert list(book.entries["set"]) == ["affinity", "b"]


def test_overlay_may_replace_an_entity_by_one_of_another_kind(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"o.yaml": "{kind: cell, id: coccus, replace: true}"})
    book = load_book([BODY, root])
    assert "coccus" in book.entries["cell"] and "coccus" not in book.entries["threat"]


def test_replacing_inside_one_layer_is_refused(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path,
        {"a.yaml": "{kind: set, id: a, members: 1}", "b.yaml": "{kind: set, id: a, replace: true, members: 2}"},
    )
    assert codes(root) == ["E413"]


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"a.yaml": "{kind: set, id: a, members: 1}"})
    assert len(load_book([root, root / "a.yaml"]).files) == 1
    assert list_files([root, root]) == [root / "a.yaml"]


def test_digest_depends_on_names_and_contents_only(tmp_path: Path) -> None:
    one = write_tree(tmp_path / "one", {"cells/a.yaml": "id: a", "cells/b.yaml": "id: b"})
    two = write_tree(tmp_path / "two", {"cells/b.yaml": "id: b", "cells/a.yaml": "id: a"})
    assert load_book([one]).digest == load_book([two]).digest
    (two / "cells/b.yaml").write_text("id: b  ")
    assert load_book([one]).digest != load_book([two]).digest
    (two / "cells/b.yaml").rename(two / "cells/c.yaml")
    (two / "cells/c.yaml").write_text("id: b")
    assert load_book([one]).digest != load_book([two]).digest


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path,
        {
            "cells/a.yaml": 'id: a\ncolour: green\nflows: [{verb: die, hazard: "1 1/dya"}]',
            "cells/b.yaml": 'id: b\nflows: [{verb: die, hazard: "1 1/dya"}, {verb: die, hazard: {value: "h"}}]',
            "cells/c.yaml": "id: [",
            "cells/d.yaml": "",
        },
    )
    assert sorted(codes(root)) == ["E106", "E113", "E201", "E303", "E304"]


def test_entry_finds_places_through_short_forms() -> None:
    book = load_book([BODY])
    entry = book.entries["cell"]["neutrophil"]
    line = entry.at("flows", 0).line
    assert entry.at("flows", 0, "from_").line == entry.at("flows", 0, "from").line == line + 1
    assert entry.at("flows", 0, "hazard", "value").line == line + 3
    # one law stands for a list of laws, one text for a number
    assert entry.at("flows", 0, "rises_with", 0, "half").line == line + 4
    assert entry.at("flows", 3, "half_life", "value") == entry.at("flows", 3, "half_life")
    assert entry.at("nowhere", 3) == entry.at()


def test_validate_entry_checks_a_changed_document() -> None:
    document = read_documents("made.yaml", content=b"{id: a, title: A, days: 1}")[0]
    assert validate_entry("scenario", document).record.days == 1
    changed = Document(document.file, {**document.data, "dayz": 3}, document.marks, document.keys)
    with pytest.raises(RuleErrors) as caught:
        validate_entry("scenario", changed)
    assert [error.code for error in caught.value.errors] == ["E201"]


def test_short_and_long_forms_mean_the_same() -> None:
    short = 'id: a\nflows: [{verb: die, hazard: "1 1/d", to: x, with: y, needs: {signal: s, half: "1", hill: 2}}]'
    long = (
        'id: a\nflows: [{verb: die, hazard: {value: "1 1/d"}, to: [x], with: [y], '
        'needs: [{signal: s, half: {value: "1"}, hill: {value: "2"}}]}]'
    )
    records = [
        validate_entry("cell", read_documents("made.yaml", content=text.encode())[0]).record for text in (short, long)
    ]
    assert records[0] == records[1]


@pytest.mark.parametrize(
    ("number", "fine"),
    [
        ('{value: "1 1/d", status: measured, source: key}', True),
        ('{value: "1 1/d", status: measured, note: said so}', False),
        ('{value: "1 1/d", status: derived}', False),
        ('{value: "1 1/d", status: derived, note: by definition}', True),
        ('{value: "1 1/d", status: fitted, note: to the counts}', True),
        ('{value: "1 1/d", status: assumed}', True),
        ('{derived: "1 / t", where: {t: "1 d"}}', True),
        ('{derived: "1 / t", where: {t: other.number}}', True),
        ('{derived: "1 / t", where: {t: others}}', False),
        ("{use: a.b}", True),
        ('{by: x, values: ["1 1/d", "2 1/d"]}', True),
        ('{values: ["1 1/d"]}', False),
        ("{}", False),
    ],
)
def test_forms_of_a_number(number: str, fine: bool) -> None:
    text = f"id: a\nflows: [{{verb: die, hazard: {number}}}]"
    document = read_documents("made.yaml", content=text.encode())[0]
    if fine:
        validate_entry("cell", document)
    else:
        with pytest.raises(RuleErrors):
            validate_entry("cell", document)


MOST_CALLS_OF_AN_ENTRY = 4000  # of functions, to read and check one; about half a second for 800


def test_a_large_rule_book_loads_with_little_work(tmp_path: Path) -> None:
    cell = """id: cell{i}
name: Cell number {i}
story: Made in one place, some hours in another, first into a third; does a few things there, and dies.
lives_in: {{marrow: [mitotic, reserve], blood: [circulating, marginated], each site: []}}
flows:
  - verb: extravasate
    from: circulating at blood
    to: each site
    hazard: {{value: "0.{i} 1/day", status: fitted, source: author2016word}}
    rises_with: {{signal: cxcl8 at site, half: {{value: "{i} ug/L", status: assumed}}, hill: 2, up_to: 500}}
    also: [{{pool: damage at site, amount: "1e-9 ug"}}]
  - {{verb: die, of: circulating at blood, hazard: {{value: "2 1/day", status: assumed}}}}
"""
    for i in range(800):
        write_tree(
            tmp_path, {f"{layer}/cells/cell{i}.yaml": cell.format(i=i) for layer in ("all", "half")[: 2 - i % 2]}
        )
    size = sum(path.stat().st_size for path in (tmp_path / "all" / "cells").iterdir())
    assert 480_000 < size < 520_000
    half, whole = (calls_of(lambda layer=layer: load_book([tmp_path / layer])) for layer in ("half", "all"))
    assert whole < 2.2 * half  # linear in the number of entries
    assert whole < MOST_CALLS_OF_AN_ENTRY * 800


@pytest.mark.parametrize(
    "content",
    [
        "a:\n" * 3 + "".join(f"k{i}:\n" for i in range(250_000)),
        "---\n".join(["kind: nonsense\n"] * 120_000),
        "kind: cell\nid: a\n" + "".join(f"b{i}: 1\n" for i in range(90_000)),
        "kind: rules\nid: a\nnumbers:\n" + "".join(f"  n{i}: '1 mcl'\n" for i in range(80_000)),
        "kind: set\nid: s\nmembers: " + "9" * 290 + "\n",
    ],
    ids=["bare keys", "unknown kinds", "unknown keys", "bad numbers", "members"],
)
def test_large_nonsense_is_refused_in_seconds(content: str, tmp_path: Path) -> None:
    path = tmp_path / "nonsense.yaml"
    path.write_text(content)
    start = time.process_time()
    with pytest.raises(RuleErrors) as caught:
        load_book([path])
    assert time.process_time() - start < 20.0
    assert len(caught.value.errors) <= 2 * 200
