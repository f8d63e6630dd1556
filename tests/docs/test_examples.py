"""Every example of the README, the tutorials and the how-to pages runs as a reader would run it, if more hastily."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest

from immunity.cli.main import run_command
from tests.docs.pages import DOCS, ROOT, Block, blocks, commands

PAGES = [ROOT / "README.md", *sorted((DOCS / "tutorials").glob("*.md")), *sorted((DOCS / "howto").glob("*.md"))]
HURRIED = {"1 y": "30 d"}


def follow(text: str, folder: Path) -> int:
    """Do what a page says, in a folder; the number of steps done."""
    names: dict[str, object] = {}
    steps = 0
    for block in blocks(text):
        if block.comment == "test command":
            continue
        if block.file:
            write(block, folder)
        elif block.language == "bash":
            for command in commands(block.text):
                run(command)
        elif block.language == "python":
            if block.needs and find_spec(block.needs) is None:
                continue
            code = compile(block.text, "(example)", "exec")
            if block.elsewhere is None:
                exec(code, names)
            else:
                assert (ROOT / block.elsewhere).is_file()
        else:
            continue
        steps += 1
    return steps


def write(block: Block, folder: Path) -> None:
    assert block.file is not None
    file = folder / block.file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")


def run(command: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "immunity", f"examples only run this program: {command}"
    assert run_command(hurried(arguments)) == 0, f"failed: {command}"


def hurried(arguments: list[str]) -> list[str]:
    """The same command to within a percent, and a shorter life: whether it runs is asked here, not what comes out."""
    if arguments[0] == "life":
        return [HURRIED.get(word, word) for word in arguments]
    return [*arguments, "--rtol", "1e-2"] if arguments[0] in ("run", "compare", "cohort") else arguments


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert follow(page.read_text(encoding="utf-8"), tmp_path) > 0


@pytest.mark.parametrize(
    "text",
    [
        "```bash\nimmunity run no_such_scenario\n```\n",
        "```python\nimport immunity\nimmunity.no_such_name\n```\n",
        "<!-- file: a.yaml -->\n```yaml\n{kind: cell, id: x, colour: red}\n```\n```bash\nimmunity check a.yaml\n```\n",
        "```bash\nrm -rf results\n```\n",
        "<!-- run elsewhere: tests/no_such_test.py -->\n```python\nimport roadrunner\n```\n",
    ],
)
def test_a_page_with_a_broken_example_is_noticed(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((AssertionError, AttributeError)):
        follow(text, tmp_path)


def test_the_readme_holds_one_test_command() -> None:
    found = [
        block for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if block.comment == "test command"
    ]
    assert len(found) == 1
    assert found[0].language == "bash"
    assert "pytest" in found[0].text and "venv" in found[0].text
