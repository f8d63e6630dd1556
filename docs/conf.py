"""The documentation as a site: ``python -m sphinx -W -b html docs site``, offline, with the extra ``docs``.

Pages are the Markdown files of this folder as they are; links that lead out of it, to code and data, stay as the paths
of files in the repository.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent

project = "immunity"
author = "the authors of immunity"
release = re.search(r'"(.+)"', (HERE.parent / "immunity" / "_version.py").read_text(encoding="utf-8"))[1]  # type: ignore[index]
extensions = ["myst_nb"]  # Markdown, and notebooks with the outputs that they keep
root_doc = "index"
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nb_execution_mode = "off"
exclude_patterns = ["pages", "site"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # findings stand under a third-level heading each, as in the repository
html_theme = "furo"
html_title = f"immunity {release}"
html_static_path: list[str] = []


def leads_out(app: Sphinx, document: nodes.document) -> None:
    """Links out of this folder have nothing to lead to on the site: they become the name of the file."""
    page = Path(str(document["source"]))
    for link in list(document.findall(nodes.reference)):
        _plain_if_outside(link, page, str(link.get("refuri", "")))
    from sphinx.addnodes import download_reference, pending_xref

    for kind in (download_reference, pending_xref):
        for link in list(document.findall(kind)):
            _plain_if_outside(link, page, str(link.get("reftarget", "")))


def anchors(app: Sphinx, document: nodes.document) -> None:
    """The catalogue marks its entries by HTML anchors, which are as good to link to as headings."""
    slugs = app.env.metadata[app.env.current_document.docname].setdefault("myst_slugs", {})
    for raw in document.findall(nodes.raw):
        for name in re.findall(r'<a id="([^"]+)">', raw.astext()):
            slugs.setdefault(name, (raw.line or 0, name, name))


def _plain_if_outside(link: nodes.Element, page: Path, target: str) -> None:
    path = target.partition("#")[0]
    if not path or ":" in path:
        return
    found = (page.parent / path).resolve()
    there = found.exists() or found.with_name(f"{found.name}.md").exists()  # pages are known without their ending
    if there and not found.is_relative_to(HERE):
        link.replace_self(nodes.inline("", "", *[child.deepcopy() for child in link.children]))


def lexers(app: Sphinx) -> None:
    """Tables are shown as they are: Pygments knows no CSV."""
    from pygments.lexers.special import TextLexer
    from sphinx.highlighting import lexers as known

    known["csv"] = TextLexer()


def setup(app: Sphinx) -> None:
    """Hook into Sphinx."""
    app.connect("builder-inited", lexers)
    app.connect("doctree-read", leads_out)
    app.connect("doctree-read", anchors)
