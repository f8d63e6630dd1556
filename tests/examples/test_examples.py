"""Every example of the repository compiles, each of its scenarios can be run, and nothing in it is forgotten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from immunity.compiler.build import compile_book
from immunity.compiler.host import build_case
from immunity.compiler.review import review
from immunity.language.load import load_book

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
NOTES = {
    "germinal_centre": ["pool node.haemagglutinin[h3] can never hold anything"],  # nobody is given it
    "open_sets": [],
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_compiles_and_all_its_scenarios_can_be_run(path: Path) -> None:
    book = compile_book(load_book([path]))
    assert review(book).lines() == NOTES.get(path.stem, ["number dish.volume is not used by any rule"])
    scenarios = book.book.entries["scenario"].values()
    assert scenarios
    for scenario in scenarios:
        case = build_case(book, scenario)
        assert case.out_times[-1] == case.days
        assert np.all(np.isfinite(case.theta))
        assert set(case.show) <= {info.id for info in book.model.readouts}


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} >= {"birth_death", "germinal_centre", "open_sets"}
