"""The package passes every gate, and every gate stops a planted fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import gates

PACKAGE = gates.PACKAGE


def plant(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return root


# sizes ---------------------------------------------------------------------------------------------


def test_modules_are_small() -> None:
    assert gates.size_faults(gates.modules(PACKAGE), gates.MODULE) == []


def test_data_files_are_small() -> None:
    files = [*(PACKAGE / "biology").rglob("*.yaml"), *(PACKAGE / "scenarios").rglob("*.yaml")]
    own = [path for path in files if path.parent.name != "sources"]  # the bibliography is one list
    assert own
    assert gates.size_faults(own, gates.DATA) == []


@pytest.mark.parametrize(("lines", "said"), [(601, "more than 600"), (401, "90th percentile"), (151, "median")])
def test_the_gate_of_sizes_sees_each_limit(tmp_path: Path, lines: int, said: str) -> None:
    plant(tmp_path, "a.py", "x = 1\n" * lines)
    assert said in " ".join(gates.size_faults(gates.modules(tmp_path), gates.MODULE))
    plant(tmp_path, "a.py", "x = 1\n" * 150)
    assert gates.size_faults(gates.modules(tmp_path), gates.MODULE) == []


# imports -------------------------------------------------------------------------------------------


def test_imports_go_one_way() -> None:
    assert gates.import_faults(PACKAGE) == []


def test_every_part_of_the_package_has_its_place_in_the_order() -> None:
    parts = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    code = {part for part in parts if list((PACKAGE / part).glob("*.py")) or (PACKAGE / f"{part}.py").exists()}
    assert code - {"__init__", "__main__"} <= set(gates.ORDER)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("language/x.py", "from immunity.compiler.space import Space"),
        ("compiler/x.py", "import immunity.engine"),
        ("compiler/x.py", "def f():\n    from immunity.engine.rng import philox"),
        ("compiler/x.py", "from ..engine import run"),
        ("engine/x.py", "from immunity.compiler.case import Case"),
        ("engine/x.py", "from immunity.language.quantity import MASS"),
        ("engine/x.py", "from immunity.compiler import build"),
        ("cohorts/x.py", "from immunity.results import Run"),
        ("results/x.py", "from immunity.report import render"),
        ("results/x.py", "from immunity import api"),
        ("results/x.py", "from importlib import import_module\nx = import_module('immunity.report.plot')"),
        ("results/x.py", "import importlib\ndef f():\n    importlib.import_module('immunity.api')"),
        ("results/x.py", "from immunity import run"),
        ("validate/x.py", "import immunity.cli.main"),
        ("scenario.py", "from immunity.engine import run"),
    ],
)
def test_the_gate_of_imports_sees_a_wrong_way(tmp_path: Path, name: str, text: str) -> None:
    assert len(gates.import_faults(plant(tmp_path, name, text))) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compiler/x.py", "from immunity.language.quantity import MASS\nimport numpy as np"),
        ("engine/x.py", "from immunity.compiler.tables import Tables\nfrom immunity.engine.rng import philox"),
        ("engine/x.py", "from .rng import philox"),
        ("cli/x.py", "from immunity.api import load\nfrom immunity import run"),
    ],
)
def test_the_gate_of_imports_lets_the_right_way_through(tmp_path: Path, name: str, text: str) -> None:
    assert gates.import_faults(plant(tmp_path, name, text)) == []


def test_units_are_left_at_the_door() -> None:
    assert gates.library_faults(PACKAGE) == []


def test_the_gate_of_libraries_sees_one(tmp_path: Path) -> None:
    plant(tmp_path, "language/x.py", "import pint")
    assert gates.library_faults(tmp_path) == []
    assert len(gates.library_faults(plant(tmp_path, "engine/x.py", "def f():\n    from pint import Unit"))) == 1


# randomness -----------------------------------------------------------------------------------------


def test_random_numbers_come_from_the_streams_of_the_engine_alone() -> None:
    assert gates.random_faults(PACKAGE) == []


@pytest.mark.parametrize(
    "text",
    [
        "import random",
        "from random import gauss",
        "import numpy as np\nx = np.random.default_rng(1)",
        "import numpy\nx = numpy.random.rand()",
        "from numpy.random import default_rng",
        "from numpy import random",
    ],
)
def test_the_gate_of_randomness_sees_a_stray_call(tmp_path: Path, text: str) -> None:
    assert len(gates.random_faults(plant(tmp_path, "cohorts/x.py", text))) == 1
    assert gates.random_faults(plant(tmp_path / "other", "engine/rng.py", text)) == []


# words ----------------------------------------------------------------------------------------------


def test_engine_and_compiler_hold_no_word_of_the_biology() -> None:
    ids = gates.ids_of(PACKAGE / "biology")
    assert len(ids) > 40
    assert gates.word_faults(PACKAGE, ids) == []


@pytest.mark.parametrize(
    ("package", "text"),
    [
        ("engine", "neutrophil = 1\n"),
        ("compiler", "x = 'il6 at blood'\n"),
        ("engine", "x = 1  # as in the liver\n"),
        ("compiler", '"""How a neutrophil moves."""\n'),
    ],
)
def test_the_gate_of_words_sees_names_texts_and_comments(tmp_path: Path, package: str, text: str) -> None:
    ids = {"neutrophil", "blood", "liver"}
    assert len(gates.word_faults(plant(tmp_path, f"{package}/x.py", text), ids)) == 1
    assert gates.word_faults(plant(tmp_path / "b", "cli/x.py", text), ids) == []


def test_words_that_are_excused_are_still_ids() -> None:
    ids = gates.ids_of(PACKAGE / "biology")
    assert {word for _, word in gates.OTHER_MEANINGS} <= ids
