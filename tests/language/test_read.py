"""The reader: YAML 1.2 values, places of everything, and no crash on any text."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from immunity.language import read
from immunity.language.errors import Location, RuleError
from immunity.language.read import Document, read_documents

MADE = Path("made.yaml")


def read_text(text: str) -> list[Document]:
    return read_documents(MADE, content=text.encode("utf-8", "surrogatepass"))


@pytest.fixture(params=["C", "Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both parsers; the slow one is used where PyYAML was built without libyaml."""
    if request.param == "C" and not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(read, "_PARSER", yaml.CSafeLoader if request.param == "C" else yaml.SafeLoader)
    return request.param


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("y", "y"),
        ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("1e5", 1e5),
        ("1.5E-3", 1.5e-3),
        (".5", 0.5),
        ("1.", 1.0),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("+7", 7),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("'1'", "1"),
        ('"no"', "no"),
        ('"1e5"', "1e5"),
        ("1e", "1e"),
        ("-", "-x"),
        ("=", "="),
    ],
)
def test_scalars_follow_yaml_1_2(parser: str, text: str, value: Any) -> None:
    text = "-x" if text == "-" else text
    found = read_text(f"key: {text}")[0].data["key"]
    assert found == value
    assert type(found) is type(value)


def test_null_and_special_floats(parser: str) -> None:
    document = read_text("{a: ~, b: null, c: .inf, d: -.INF, e: .nan, f: ''}")[0]
    data = document.data
    assert data["a"] is None and data["b"] is None and data["f"] == ""
    assert data["c"] == math.inf and data["d"] == -math.inf and math.isnan(data["e"])
    assert document.nulls == (("a",), ("b",))


def test_every_value_and_key_has_its_place(parser: str) -> None:
    document = read_text("id: a\nflows:\n  - verb: die\n    half: {value: '1 h'}\n  - verb: eat\n")[0]
    assert document.at("id") == Location("made.yaml", 1, 5)
    assert document.at("id", key=True) == Location("made.yaml", 1, 1)
    assert document.at("flows") == Location("made.yaml", 2, 1)
    assert document.at("flows", 0, "verb") == Location("made.yaml", 3, 11)
    assert document.at("flows", 0, "half", "value") == Location("made.yaml", 4, 19)
    assert document.at("flows", 1, "verb", key=True) == Location("made.yaml", 5, 5)


def test_an_unknown_path_falls_back_to_what_is_around_it() -> None:
    document = read_text("a: {b: [1, 2]}")[0]
    assert document.at("a", "b", 7) == document.at("a", "b")
    assert document.at("x") == document.at()


def test_documents_of_a_file_keep_their_lines(parser: str) -> None:
    one, two = read_text("a: 1\n---\na: 2\n")
    assert (one.data, two.data) == ({"a": 1}, {"a": 2})
    assert (one.at("a").line, two.at("a").line) == (1, 3)


def test_byte_order_mark_and_windows_lines_are_read(parser: str) -> None:
    assert read_text("\ufeffa: 1\r\nb: 2\r\n")[0].data == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\na: 2", "E108"),
        ("'a': 1\na: 2", "E108"),
        ("&x a: 1", "E109"),
        ("a: *x", "E109"),
        ("<<: {b: 1}", "E110"),
        ("a: ! b", "E111"),
        ("1: a", "E112"),
        ("~: a", "E112"),
        ("? [a]\n: b", "E112"),
    ],
)
def test_both_parsers_refuse_alike(parser: str, text: str, code: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_text(text)
    assert caught.value.code == code
    assert caught.value.location is not None


def test_quoted_merge_key_is_a_key_like_any_other() -> None:
    assert read_text("'<<': 1")[0].data == {"<<": 1}


YAML_LIKE = st.text(
    alphabet=st.sampled_from(list("ab1.:-?[]{},&*!|>'\"%@`#~ \n\t\\\r<\x00\x85\u2028\ud800é")), max_size=60
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(YAML_LIKE, st.text(max_size=40)))
@example("a: |\n\t x")
@example("%YAML 9.9\n--- a")
@example("- - - - ? : -")
def test_no_text_does_anything_but_read_or_refuse(text: str) -> None:
    try:
        documents = read_text(text)
    except RuleError as error:
        assert error.code.startswith("E1")
        return
    assert documents


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_do_anything_but_read_or_refuse(content: bytes) -> None:
    try:
        read_documents(MADE, content=content)
    except RuleError as error:
        assert error.code.startswith("E1")


TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), max_size=8)
SCALARS = st.one_of(
    st.booleans(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(TEXTS, PLAIN, min_size=1, max_size=3))
def test_what_json_writes_is_read_back(data: dict[str, Any]) -> None:
    assert read_text(json.dumps(data, ensure_ascii=False))[0].data == data
