"""A slice of the fuzz with a fixed seed, and a proof that it sees an escape."""

from __future__ import annotations

import pytest

from verification import fuzz


def test_a_slice_has_no_escapes() -> None:
    escapes, refused = fuzz.fuzz(20_261_129, range(2_000))
    assert escapes == []
    assert len(refused) > 25 and refused["understood"] > 100  # not all is refused at the door


def test_an_escape_and_a_hang_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(random: object, material: object) -> None:
        raise KeyError("not a refusal")

    def spin(random: object, material: object) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzz, "LIMIT", 0.05)
    monkeypatch.setattr(fuzz, "TRIES", {stumble: 1})
    escapes, _ = fuzz.fuzz(1, range(2))
    assert len(escapes) == 2 and "KeyError" in escapes[0]
    monkeypatch.setattr(fuzz, "TRIES", {spin: 1})
    escapes, _ = fuzz.fuzz(1, range(1))
    assert len(escapes) == 1 and "Hang" in escapes[0]


def test_an_input_comes_back_by_its_number() -> None:
    material = fuzz.gather()
    seen = []
    for _ in range(2):
        random = fuzz.Random("1:7")
        seen.append(fuzz.bend_data(random, material.documents[3][1].data, material.words))
    assert seen[0] == seen[1]
