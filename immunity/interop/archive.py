"""A COMBINE archive: the model as SBML, what is run and shown as SED-ML, who made it, and a list of all that."""

from __future__ import annotations

import zipfile
from io import BytesIO
from xml.sax.saxutils import escape

from immunity._version import __version__
from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.interop.case import sbml_of_case
from immunity.interop.sbml import DISCLAIMER
from immunity.interop.sedml import sedml_of_case

MODEL, SIMULATION, METADATA, MANIFEST = "model.xml", "simulation.sedml", "metadata.rdf", "manifest.xml"
FORMATS = {
    ".": "http://identifiers.org/combine.specifications/omex",
    MANIFEST: "http://identifiers.org/combine.specifications/omex-manifest",
    MODEL: "http://identifiers.org/combine.specifications/sbml.level-3.version-2",
    SIMULATION: "http://identifiers.org/combine.specifications/sed-ml.level-1.version-3",
    METADATA: "http://identifiers.org/combine.specifications/omex-metadata",
}
_WRITTEN = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can say: the same model makes the same bytes


def archive_of_case(case: Case, compiled: Compiled | None = None) -> bytes:
    """One host in one scenario as a COMBINE archive, which other simulators open and run.

    Parameters
    ----------
    compiled : Compiled, optional
        The rule book of the case; with it, pools carry their identifiers.

    Returns
    -------
    bytes
        A zip with ``model.xml`` (SBML), ``simulation.sedml`` (the time course, and each readout that the scenario shows
        as a curve and in one table), ``metadata.rdf`` and ``manifest.xml``. The same case makes the same bytes.

    Raises
    ------
    RuleError
        E704, E707, E709 as in :func:`immunity.interop.case.sbml_of_case`.
    """
    model = sbml_of_case(case, compiled)
    files = {
        MANIFEST: _manifest(),
        MODEL: model,
        SIMULATION: sedml_of_case(case, model, source=MODEL),
        METADATA: _metadata(case),
    }
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            about = zipfile.ZipInfo(name, _WRITTEN)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o644 << 16
            archive.writestr(about, text)
    return held.getvalue()


def _manifest() -> str:
    rows = ""
    for name, format in FORMATS.items():
        location, master = (name if name == "." else f"./{name}"), ' master="true"' if name == SIMULATION else ""
        rows += f'  <content location="{location}" format="{format}"{master}/>\n'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<omexManifest xmlns="http://identifiers.org/combine.specifications/omex-manifest">\n{rows}</omexManifest>\n'
    )


def _metadata(case: Case) -> str:
    said = (
        f"{case.title}. Scenario {case.scenario} of immunity {__version__}, rule book {case.model.digest}. {DISCLAIMER}"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        '  <rdf:Description rdf:about=".">\n'
        f"    <dc:title>{escape(case.title)}</dc:title>\n"
        f"    <dc:description>{escape(said)}</dc:description>\n"
        f"    <dc:creator>immunity {__version__}</dc:creator>\n"
        "  </rdf:Description>\n"
        "</rdf:RDF>\n"
    )
