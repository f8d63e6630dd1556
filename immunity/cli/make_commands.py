"""Commands that write files for people: new, import, cite, schema."""

from __future__ import annotations

from json import dumps
from pathlib import Path

from cyclopts import App
from rich.console import Console

from immunity.cli.files import write_text
from immunity.cli.templates import TEMPLATES
from immunity.language.errors import fail


def register(app: App) -> None:
    for command in (new, cite, schema):
        app.command(command)
    app.command(import_, name="import")


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(text, markup=False)


def new(kind: str, name: str, *, into: Path = Path("my_rules")) -> int:
    """Write a file with blanks for a new entry, in a folder of rules of your own.

    Parameters
    ----------
    kind
        molecule, cell, threat, therapy, deficiency, rules, scenario, sources, finding or trial.
    name
        Its id: lower-case letters, digits and _.
    into
        The folder.
    """
    if kind not in TEMPLATES:
        raise fail("E613", text=kind, known=TEMPLATES)
    if not name.isidentifier() or name != name.lower():
        raise fail("E208", text=name)
    template = TEMPLATES[kind]
    file = into / template.folder / f"{name}.yaml"
    if file.exists():
        raise fail("E706", text=str(file))
    write_text(file, template.text.replace("NAME", name))
    _print(f"Wrote {file}. Fill in the blanks, then: {template.then.replace('NAME', name).replace('INTO', str(into))}")
    return 0


def import_(file: Path, *, out: Path, span: float | None = None, step: float | None = None) -> int:
    """Read a model from SBML, or a problem of PEtab, and write it as a rule book; or time courses as a table.

    Parameters
    ----------
    file
        A document of SBML core, level 2 or 3; the YAML file of a PEtab problem, format 1 or 2; or time courses in
        AnnData (.h5ad).
    out
        The folder of the rule book, or of the table.
    span
        How long its scenario lasts, in the model's unit of time; 100, if not given.
    step
        Its output step; a hundredth of the span, if not given.
    """
    from immunity.interop.petab import import_petab
    from immunity.interop.sbml_import import import_sbml
    from immunity.results.anndata import SUFFIX
    from immunity.results.observed import table_as_csv

    if file.suffix in (".yaml", ".yml"):
        if span is not None or step is not None:
            raise fail("E608", text="--span", reason="a problem of PEtab says itself how long it runs")
        made = import_petab(file, out)
        if made.left_at_zero:
            _print(f"Left as they are, for zero has no logarithm: {', '.join(made.left_at_zero)}.")
        _print(f"Wrote {made.book}, {made.data} and {made.numbers}. Fit it:")
        _print(f"immunity fit --data {made.data} --within {made.numbers} --biology {made.book}")
        return 0
    if file.suffix == SUFFIX:
        if span is not None or step is not None:
            raise fail("E608", text="--span", reason="a table says itself when its values were measured")
        table = table_as_csv(file, out)
        _print(f"Wrote {table}. Fit a model to it: immunity fit NUMBER ... --data {table} --scenario NAME")
        return 0
    book = import_sbml(file, out, span=span, step=step)
    _print(f"Wrote {book}. Run it: immunity run as_published --biology {out}")
    return 0


def cite(folder: Path) -> int:
    """List the papers that the numbers of a finished run come from.

    Parameters
    ----------
    folder
        What --out named.
    """
    from immunity.results import cite as papers_of
    from immunity.results import open_result

    for paper in papers_of(open_result(folder)):
        doi = f" doi:{paper['doi']}" if paper.get("doi") else ""
        _print(f"{paper['cite']}{doi}")
    return 0


def schema(into: Path = Path("schema")) -> int:
    """Write JSON Schemas of every kind of file, for editors.

    Parameters
    ----------
    into
        The folder.
    """
    from immunity.language.schema import schemas
    from immunity.trials import TrialSpec
    from immunity.validate.models import Finding

    for kind, text in schemas({"finding": Finding, "trial": TrialSpec}).items():
        write_text(into / f"{kind}.schema.json", dumps(text, indent=2) + "\n")
    _print(f"Wrote {into}")
    return 0
