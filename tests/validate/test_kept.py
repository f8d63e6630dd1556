"""Verdicts kept in a folder: taken again while nothing that they depend on has changed, and only then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from immunity.language.errors import RuleError
from immunity.validate import load_findings, run_findings
from immunity.validate.kept import KeptVerdicts, feed
from tests.validate.test_run import FINDINGS, Builder, finding


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    path = tmp_path / "all.yaml"
    path.write_text("".join(finding(id, FINDINGS[id]) for id in ("right", "flux", "series", "unknown_scenario")))
    return path


def judged(asked: Path, kept: Path, build: Any = None) -> tuple[list[Any], list[int]]:
    """The verdicts, and how many hosts were simulated for them."""
    hosts = []
    verdicts = run_findings(
        load_findings([asked]), build or Builder(), kept=kept, progress=lambda done, total: hosts.append(total)
    )
    return verdicts, hosts


def test_what_is_kept_is_not_simulated_again(asked: Path, tmp_path: Path) -> None:
    first, hosts = judged(asked, tmp_path / "kept")
    again, none = judged(asked, tmp_path / "kept")
    assert again == first and hosts and not none
    unkept = run_findings(load_findings([asked]), Builder())
    assert [verdict.points for verdict in unkept] == [verdict.points for verdict in first]


def test_words_do_not_count_but_what_is_asked_does(asked: Path, tmp_path: Path) -> None:
    judged(asked, tmp_path / "kept")
    text = asked.read_text()
    asked.write_text(text.replace("A claim", "Another claim"))
    assert not judged(asked, tmp_path / "kept")[1]
    asked.write_text(text.replace("statistic: mean", "statistic: last"))
    assert judged(asked, tmp_path / "kept")[1]


def test_a_number_of_the_model_that_changes_is_judged_anew(asked: Path, tmp_path: Path) -> None:
    judged(asked, tmp_path / "kept")

    class Fed(Builder):
        def __call__(self, *words: Any, **options: Any) -> Any:
            case = super().__call__(*words, **options)
            return replace(case, theta=case.theta * (1.0 + 1e-12))

    assert judged(asked, tmp_path / "kept", Fed())[1]


def test_a_cut_file_is_judged_anew(asked: Path, tmp_path: Path) -> None:
    first, _ = judged(asked, tmp_path / "kept")
    (tmp_path / "kept" / "right.json").write_text('{"key": "')
    again, hosts = judged(asked, tmp_path / "kept")
    assert hosts and [verdict.verdict for verdict in again] == [verdict.verdict for verdict in first]


def test_verdicts_are_read_as_they_lie(asked: Path, tmp_path: Path) -> None:
    """Whatever has changed since; what was not judged counts as such."""
    first, _ = judged(asked, tmp_path / "kept")
    (tmp_path / "kept" / "flux.json").unlink()
    asked.write_text(asked.read_text().replace("statistic: mean", "statistic: last"))
    lie = KeptVerdicts(tmp_path / "kept").as_they_lie(load_findings([asked]))
    assert [each.verdict for each in lie] == ["not judged" if v.id == "flux" else v.verdict for v in first]


def test_a_folder_that_cannot_be_is_refused_before_anything_is_simulated(asked: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RuleError, match="E701"):
        judged(asked, tmp_path / "file")


@dataclass
class Thing:
    a: Any


def digest_of(value: Any) -> bytes:
    from hashlib import sha256

    digest = sha256()
    feed(digest, value)
    return digest.digest()


def test_different_values_have_different_digests() -> None:
    values = [1, 1.0, True, "1", None, (1,), ((1,),), {"a": 1}, {"a": 1.0}, Thing(1), Thing((1,)), b"1", frozenset({1})]
    values += [np.zeros(2), np.zeros(2, np.int32), np.zeros((2, 1)), ("a", "b"), ("ab",), ()]
    digests = [digest_of(value) for value in values]
    assert len(set(digests)) == len(digests)
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    with pytest.raises(TypeError):
        digest_of(object())
