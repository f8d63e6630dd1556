"""Export one host in one scenario as other simulators read it."""

from __future__ import annotations

from importlib.util import find_spec

from immunity.compiler.build import Compiled
from immunity.compiler.case import Case
from immunity.engine import prepare, settle
from immunity.interop.sbml import to_sbml
from immunity.language.errors import fail


def pool_references(compiled: Compiled) -> dict[str, dict[str, str]]:
    """Look up, pool by pool, the identifiers of its entity and of the place it lies in."""
    space = compiled.space
    return {
        pool.name: {**space.places[pool.place].record.xref, **space.entities[pool.entity].record.xref}
        for pool in space.pools
    }


def sbml_of_case(case: Case, compiled: Compiled | None = None) -> str:
    """Settle the host and write the model with all its events as SBML.

    Parameters
    ----------
    compiled : Compiled, optional
        The rule book of the case; with it, pools carry their identifiers (Cell Ontology, UBERON, UniProt, ...).

    Raises
    ------
    RuleError
        E704 if the library for SBML is not installed, E707 if the host does not come to rest,
        E709 if the case has what no document of this kind says.
    """
    if find_spec("libsbml") is None:
        raise fail("E704", text="python-libsbml")
    waits = {
        "what begins or stops when a readout crosses a level": case.plans,
        "end points of a scenario": case.ends,
        "exposures at a rate": case.chances,
        "a history": case.past,
    }
    for what, held in waits.items():
        if held:
            raise fail("E709", text=case.scenario, reason=what)
    tables = case.model.tables
    state, status, _ = settle(prepare(tables), case.theta, tables.initial_for(case.theta), tables.settle_days)
    if status != 0:
        raise fail("E707", text=case.scenario, status=status)
    references = pool_references(compiled) if compiled else None
    left_out = [f"{len(case.plans)} courses that begin or stop by what is seen"] if case.plans else []
    left_out += ["named end points"] if case.ends else []
    return to_sbml(tables, case.theta, state, case.events, title=case.title, annotations=references, left_out=left_out)
