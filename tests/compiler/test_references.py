"""Any text that follows the grammar of references is read as what it says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from immunity.language.references import Index, Part, Reference, parse_reference

WORDS = {"each", "at", "as"}
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in WORDS)
parts = st.builds(Part, names, st.booleans(), st.none() | names, st.none() | names)
indices = st.one_of(
    st.just(Index(None)),
    st.builds(Index, names, st.booleans(), st.integers(-9, 9), st.none() | names, st.just(False)),
    st.builds(Index, names, st.just(False), st.just(0), st.none() | names, st.just(True)),
    st.builds(Index, st.integers(0, 99).map(str)),
)
references = st.builds(
    lambda entity, place, index: Reference(entity, place, tuple(index) if index else None, ""),
    parts,
    st.none() | parts,
    st.none() | st.lists(indices, min_size=1, max_size=3),
)


def written_part(part: Part) -> str:
    return (
        ("each " if part.each else "")
        + part.name
        + (f".{part.tail}" if part.tail else "")
        + (f" as {part.variable}" if part.variable else "")
    )


def written_index(index: Index) -> str:
    if index.name is None:
        return "*"
    step = f"{index.step:+d}" if index.step else ""
    variable = f" as {index.variable}" if index.variable else ""
    return ("*" if index.star else "") + ("each " if index.each else "") + index.name + step + variable


def written(reference: Reference) -> str:
    assert reference.entity
    place = f" at {written_part(reference.place)}" if reference.place else ""
    brackets = f" [{', '.join(map(written_index, reference.indices))}]" if reference.indices else ""
    return written_part(reference.entity) + place + brackets


@settings(max_examples=200, deadline=None)
@given(references)
def test_a_written_reference_is_read_back(reference: Reference) -> None:
    text = written(reference)
    read = parse_reference(text)
    assert (read.entity, read.place, read.indices) == (reference.entity, reference.place, reference.indices)
    assert written(read) == text
