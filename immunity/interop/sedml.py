"""Simulation Experiment Description Markup Language, Level 1 Version 3: what is run, and what of it is shown.

Level 1 Version 3 is what most simulators read. The course is uniform; each readout that the scenario shows is a curve
as a laboratory presents it: not below its limit of detection, and as a logarithm where that is the custom.
"""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from immunity.compiler.case import Case, ReadoutInfo
from immunity.interop.sbml_names import unique_ids
from immunity.results.present import present_unit

NAMESPACE = "http://sed-ml.org/sed-ml/level1/version3"
MATHML = "http://www.w3.org/1998/Math/MathML"
SBML = "http://www.sbml.org/sbml/level3/version2/core"
CVODE, RELATIVE, ABSOLUTE = "KISAO:0000019", "KISAO:0000209", "KISAO:0000211"
RTOL, ATOL = 1e-8, 1e-8  # of the simulator that runs it; pools are counted in cells, CFU, ng and pmol


def sedml_of_case(case: Case, model: str, *, source: str) -> str:
    """Say how a model that was written as SBML is run as the scenario runs it.

    Parameters
    ----------
    model : str     the document of SBML
    source : str    where it lies, as seen from this one
    """
    names = _readout_ids(model)
    known = {info.id: info for info in case.model.readouts}
    shown = [known[id] for id in (case.show or known) if id in names]
    ids = unique_ids([info.id for info in shown], {"time", "course", "model", "run"})
    steps, days = _steps(case)
    generators = [
        _generator(
            "time", "Time, day", '<variable id="t" symbol="urn:sedml:symbol:time" taskReference="run"/>', _ci("t")
        )
    ]
    for sid, info in zip(ids, shown, strict=True):
        target = f"/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id='{names[info.id]}']"
        variable = f'<variable id="{sid}_v" target={quoteattr(target)} taskReference="run"/>'
        generators.append(_generator(sid, _label(info), variable, _presented(f"{sid}_v", info)))
    curves = "".join(
        f'    <plot2D id="plot_{sid}" name={quoteattr(_label(info))}>\n      <listOfCurves>\n'
        f'        <curve id="curve_{sid}" logX="false" logY="false" xDataReference="time" yDataReference="{sid}"/>\n'
        "      </listOfCurves>\n    </plot2D>\n"
        for sid, info in zip(ids, shown, strict=True)
    )
    columns = "".join(
        f'        <dataSet id="data_{sid}" label={quoteattr(label)} dataReference="{sid}"/>\n'
        for sid, label in [("time", "time"), *((sid, info.id) for sid, info in zip(ids, shown, strict=True))]
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sedML xmlns="{NAMESPACE}" xmlns:sbml="{SBML}" level="1" version="3">\n'
        f'  <notes><p xmlns="http://www.w3.org/1999/xhtml">{escape(case.title)}. Time is in days.</p></notes>\n'
        "  <listOfSimulations>\n"
        '    <uniformTimeCourse id="course" initialTime="0" outputStartTime="0"'
        f' outputEndTime="{days:.10g}" numberOfPoints="{steps}">\n'
        f'      <algorithm kisaoID="{CVODE}">\n        <listOfAlgorithmParameters>\n'
        f'          <algorithmParameter kisaoID="{RELATIVE}" value="{RTOL:g}"/>\n'
        f'          <algorithmParameter kisaoID="{ABSOLUTE}" value="{ATOL:g}"/>\n'
        "        </listOfAlgorithmParameters>\n      </algorithm>\n"
        "    </uniformTimeCourse>\n  </listOfSimulations>\n"
        "  <listOfModels>\n"
        f'    <model id="model" language="urn:sedml:language:sbml.level-3.version-2" source={quoteattr(source)}/>\n'
        "  </listOfModels>\n"
        '  <listOfTasks>\n    <task id="run" modelReference="model" simulationReference="course"/>\n  </listOfTasks>\n'
        f"  <listOfDataGenerators>\n{''.join(generators)}  </listOfDataGenerators>\n"
        f"  <listOfOutputs>\n{curves}"
        f'    <report id="table">\n      <listOfDataSets>\n{columns}      </listOfDataSets>\n    </report>\n'
        "  </listOfOutputs>\n</sedML>\n"
    )


def _readout_ids(model: str) -> dict[str, str]:
    """Identifiers of what has a name; readouts are written last, so that theirs stands where a name comes twice."""
    root = ElementTree.fromstring(model)
    return {str(p.get("name")): str(p.get("id")) for p in root.iter(f"{{{SBML}}}parameter")}


def _steps(case: Case) -> tuple[int, float]:
    """A uniform course that has all output times of the scenario, or, if there is none, its shortest step."""
    steps = np.diff(case.out_times)
    shortest = float(steps[steps > 1e-9].min())
    days = float(case.out_times[-1])
    return max(1, round(days / shortest)), days


def _label(info: ReadoutInfo) -> str:
    return f"{info.name}, {present_unit(info)}"


def _generator(sid: str, name: str, variable: str, mathematics: str) -> str:
    return (
        f'    <dataGenerator id="{sid}" name={quoteattr(name)}>\n'
        f"      <listOfVariables>{variable}</listOfVariables>\n"
        f'      <math xmlns="{MATHML}">{mathematics}</math>\n    </dataGenerator>\n'
    )


def _presented(sid: str, info: ReadoutInfo) -> str:
    value = _ci(sid)
    if info.limit_of_detection is not None:
        limit = f"<cn>{info.limit_of_detection!r}</cn>"
        above = f"<apply><geq/>{value}{limit}</apply>"
        value = f"<piecewise><piece>{value}{above}</piece><otherwise>{limit}</otherwise></piecewise>"
    return f"<apply><log/>{value}</apply>" if info.scale == "log10" else value


def _ci(sid: str) -> str:
    return f"<ci>{sid}</ci>"
