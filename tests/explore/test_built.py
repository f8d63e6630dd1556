"""The built page is that of its sources, small, and in the package."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "explorer"))
import stamp  # noqa: E402  # the script that writes the manifest stands beside the sources

LARGEST = 300_000


def test_the_built_page_is_that_of_its_sources() -> None:
    said = json.loads((stamp.STATIC / "manifest.json").read_text(encoding="utf-8"))
    assert said == stamp.manifest(), "run 'npm install && npm run build' in explorer/"


@pytest.mark.parametrize("change", ["edit", "new", "gone"])
def test_a_changed_source_is_seen(tmp_path: Path, change: str) -> None:
    shutil.copytree(stamp.HERE / "src", tmp_path / "src")
    before = stamp.digest_of(tmp_path, ("src",))
    file = tmp_path / "src" / "main.tsx"
    if change == "edit":
        file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    elif change == "new":
        (tmp_path / "src" / "more.ts").write_text("", encoding="utf-8")
    else:
        file.unlink()
    assert stamp.digest_of(tmp_path, ("src",)) != before


def test_the_page_is_light() -> None:
    files = [stamp.STATIC / "index.html", *(stamp.STATIC / "assets").iterdir()]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < LARGEST


def test_the_page_fetches_nothing_from_elsewhere() -> None:
    for file in (stamp.STATIC / "index.html", *(stamp.STATIC / "assets").iterdir()):
        text = file.read_text(encoding="utf-8")
        assert "//cdn" not in text and "googleapis" not in text
        assert all(
            word.startswith(("http://www.w3.org/",)) for word in text.split('"') if word.startswith(("http:", "https:"))
        )
