"""Pages of the documentation taken apart: blocks of code in order, links, names in backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
HAND_WRITTEN = sorted(
    page
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]
    if page.parent.name != "catalogue" and page.name not in ("cli.md", "errors.md")
)

_FENCE = re.compile(
    r"(?:<!-- (?P<comment>[^\n]*?) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_LINK = re.compile(r"!?\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
_TICKS = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A block of code, with the comment right above it."""

    language: str
    text: str
    comment: str = ""

    @property
    def file(self) -> str | None:
        """The file that the reader is told to write."""
        return self.comment.removeprefix("file: ") if self.comment.startswith("file: ") else None

    @property
    def needs(self) -> str | None:
        """A package without which the block cannot run."""
        return self.comment.removeprefix("needs: ") if self.comment.startswith("needs: ") else None

    @property
    def elsewhere(self) -> str | None:
        """The test that runs what the block shows, where that takes a minute."""
        return self.comment.removeprefix("run elsewhere: ") if self.comment.startswith("run elsewhere: ") else None


def blocks(text: str) -> Iterator[Block]:
    """Blocks of code in the order in which a reader meets them."""
    for found in _FENCE.finditer(text):
        yield Block(found["language"], found["text"], found["comment"] or "")


def commands(text: str) -> list[str]:
    """The commands of a shell block one by one, without those that only set up an environment."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        for part in line.split(" && "):
            command = part.strip().replace(".venv/bin/", "")
            setup = re.match(r"(git clone|cd|python3? -m venv|(python -m )?pip install|#)\b", command)
            if command and not setup and not command.startswith("#"):
                found.append(command)
    return found


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Targets of all links of a page."""
    return [found["target"] for found in _LINK.finditer(prose(text))]


def broken_links(page: Path, text: str) -> list[str]:
    """Links to files or headings that are not there."""
    return [target for target in links(text) if "://" not in target and not _resolves(page, target)]


def _resolves(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    if not file.exists():
        return False
    return not anchor or file.suffix != ".md" or anchor in anchors(file.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """What a link into a page can point at."""
    made = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        made.add(re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-"))
    return made


def ticked(text: str) -> list[str]:
    """What stands in backticks."""
    return _TICKS.findall(prose(text))
