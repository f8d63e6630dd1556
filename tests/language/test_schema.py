"""JSON Schemas say the same as the loader, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from immunity.language.models import MODELS
from immunity.language.read import read_documents
from immunity.language.schema import WHOLE, schemas, write_schemas

from .judge import HERE

jsonschema = pytest.importorskip("jsonschema")

WRONG_IN_SHAPE = [
    "key_unknown",
    "key_misspelt",
    "key_misspelt_in_law",
    "key_of_another_kind",
    "id_missing",
    "title_missing",
    "half_missing",
    "flows_not_a_list",
    "status_unknown",
    "scale_unknown",
    "kind_unknown",
    "kind_missing",
    "id_in_capitals",
    "value_left_out",
    "number_without_quotes",
    "dose_without_quotes",
    "verb_unknown",
]


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema.Draft202012Validator(schemas()[WHOLE])


@pytest.mark.parametrize("name", [*MODELS, WHOLE])
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas()[name])


@pytest.mark.parametrize("path", sorted((HERE / "valid").glob("*.yaml")), ids=lambda path: path.stem)
def test_valid_examples_fit(validator: Any, path: Path) -> None:
    kinds = schemas()
    for document in read_documents(path):
        assert [error.message for error in validator.iter_errors(document.data)] == []
        jsonschema.Draft202012Validator(kinds[document.data["kind"]]).validate(document.data)


@pytest.mark.parametrize("name", WRONG_IN_SHAPE)
def test_what_is_wrong_in_shape_does_not_fit(validator: Any, name: str) -> None:
    documents = read_documents(HERE / "invalid" / f"{name}.yaml")
    assert any(list(validator.iter_errors(document.data)) for document in documents)


def test_kind_may_be_left_out_where_the_folder_says_it() -> None:
    cell = jsonschema.Draft202012Validator(schemas()["cell"])
    assert cell.is_valid({"id": "alga"})
    assert not cell.is_valid({"id": "alga", "kind": "molecule"})


def test_keys_are_described_and_verbs_listed() -> None:
    flow = schemas()["cell"]["$defs"]["Flow"]["properties"]
    assert "per time" in flow["hazard"]["description"]
    assert "extravasate" in flow["verb"]["enum"]


def test_schemas_are_written_and_do_not_change_from_run_to_run(tmp_path: Path) -> None:
    paths = list(write_schemas(tmp_path / "one"))
    again = list(write_schemas(tmp_path / "two"))
    assert {path.name for path in paths} == {f"{name}.schema.json" for name in [*MODELS, WHOLE]}
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
    assert json.loads(paths[0].read_text())["title"] == paths[0].name.removesuffix(".schema.json")
