"""Print any stage of the compiler, and trace a number from a readout to its paper."""

from __future__ import annotations

from collections.abc import Iterator

from immunity.compiler.build import Compiled
from immunity.compiler.flows import FlowRow
from immunity.compiler.signal_rows import LawRow, SignalRow
from immunity.compiler.tables import (
    LAW_CURVE,
    LAW_EXP,
    LAW_HILL,
    LAW_LOG,
    LAW_POWER,
    LAW_PROPORTIONAL,
    TERM_POOL,
    TERM_SIGNAL,
)
from immunity.language.errors import fail
from immunity.language.quantity import base_unit

FUNCTIONS = {LAW_POWER: "", LAW_LOG: "ln", LAW_EXP: "exp"}
STAGES = ("entries", "pools", "numbers", "signals", "flows", "readouts")


def show_stage(compiled: Compiled, stage: str) -> Iterator[str]:
    """Lines of one stage, one row each.

    Parameters
    ----------
    stage : str     one of ``STAGES``

    Raises
    ------
    RuleError
        E613 for another stage.
    """
    if stage not in STAGES:
        raise fail("E613", text=stage, known=STAGES)
    if stage == "entries":
        for kind, entries in compiled.book.entries.items():
            for id, entry in entries.items():
                yield f"{kind} {id}  ({entry.at()})"
    elif stage == "pools":
        for index, row in enumerate(compiled.space.rows):
            kind = "counted" if row.countable else "continuous"
            yield f"{index:4d} {row.pool.name}  [{row.unit}] {kind}, floor {row.floor:g}"
    elif stage == "numbers":
        for index in range(len(compiled.numbers.rows)):
            yield f"{index:4d} {number_line(compiled, index)}"
    elif stage == "signals":
        for index, row in enumerate(compiled.signals.rows):
            yield f"{index:4d} {signal_line(compiled, row)}"
    elif stage == "flows":
        for index, row in enumerate(compiled.flows):
            yield f"{index:4d} {flow_line(compiled, row)}"
    else:
        for index, row in enumerate(compiled.readouts):
            name = compiled.signals[row.signal].name
            yield f"{index:4d} {row.info.id} = {row.scale:g} * {name} + {row.offset:g}  [{row.info.unit}]"


def number_line(compiled: Compiled, index: int) -> str:
    """A number with its evidence."""
    row = compiled.numbers[index]
    source = f", {', '.join(row.source)}" if row.source else ""
    page = f" p. {row.page}" if row.page else ""
    where = f"  ({row.location})" if row.location else ""
    return f"{row.name} = {row.text}  = {row.value:.6g} {base_unit(row.dimension)} [{row.status}{source}{page}]{where}"


def law_text(compiled: Compiled, law: LawRow) -> str:
    """A law as arithmetic."""
    numbers = compiled.numbers
    s = compiled.signals[law.signal].name
    if law.kind == LAW_PROPORTIONAL:
        return f"<{s}>"
    if law.kind == LAW_HILL:
        base, top, half, hill = (numbers[i].value for i in law.parameters)
        return f"hill(<{s}>: {base:g} to {top:g}, half {half:.4g}, n {hill:g})"
    if law.kind == LAW_CURVE:
        return f"curve(<{s}>)"
    if law.kind in FUNCTIONS:
        unit = numbers[law.parameters[0]].value
        power = f"^{numbers[law.parameters[1]].value:g}" if law.kind == LAW_POWER else ""
        return f"{FUNCTIONS[law.kind]}(<{s}> / {unit:.4g}){power}"
    return f"<{s}> / ({numbers[law.parameters[0]].value:.4g} + <{s}> + <{compiled.signals[law.signal2].name}>)"


def signal_line(compiled: Compiled, row: SignalRow) -> str:
    """A signal as arithmetic, in base units."""
    numbers = compiled.numbers
    terms = [] if row.constant < 0 else [f"{numbers[row.constant].value:.4g}"]
    for term in row.terms:
        weight = "" if term.weight < 0 else f"{numbers[term.weight].value:.4g} * "
        if term.kind == TERM_POOL:
            terms.append(weight + compiled.space.rows[term.source].pool.name)
        elif term.kind == TERM_SIGNAL:
            terms.append(f"{weight}<{compiled.signals[term.source].name}>")
        else:
            terms.append("time")
    text = "(" + " + ".join(terms or ["0"]) + ")"
    if row.divisor >= 0:
        text += f" / {numbers[row.divisor].name}"
    return f"<{row.name}> = " + " * ".join([text, *(law_text(compiled, law) for law in row.laws)])


def flow_line(compiled: Compiled, row: FlowRow) -> str:
    """A flow with its propensity and stoichiometry."""
    numbers, rows = compiled.numbers, compiled.space.rows
    factors = [] if row.coefficient == 1.0 else [f"{row.coefficient:.4g}"]
    factors += [numbers[i].name if power > 0 else f"1/{numbers[i].name}" for i, power in row.factors]
    factors += [law_text(compiled, law) for law in row.laws]
    if row.primary >= 0:
        factors.append(rows[row.primary].pool.name)
    changes = []
    for change in row.changes:
        amount = change.coefficient * (1.0 if change.weight < 0 else numbers[change.weight].value)
        changes.append(f"{amount:+.4g} {rows[change.pool].pool.name}")
    return f"{row.name}: {', '.join(changes) or 'nothing'} at {' * '.join(factors)}  ({row.location})"


def trace_pools(compiled: Compiled, pools: set[int]) -> Iterator[str]:
    """Every flow in and out of some pools, with each number and its evidence."""
    for row in compiled.flows:
        effects = [change for change in row.changes if change.pool in pools]
        if not effects:
            continue
        weights = [1.0 if change.weight < 0 else compiled.numbers[change.weight].value for change in effects]
        net = sum(change.coefficient * weight for change, weight in zip(effects, weights, strict=True))
        yield ("in   " if net > 0 else "out  " if net < 0 else "both ") + flow_line(compiled, row)
        used = {i for i, _ in row.factors} | {i for law in row.laws for i in law.parameters if i >= 0}
        used |= {change.weight for change in row.changes if change.weight >= 0}
        for index in sorted(used):
            if compiled.numbers[index].status != "constant":
                yield "       " + number_line(compiled, index)


def pools_of_signal(compiled: Compiled, index: int) -> set[int]:
    """All pools a signal sums, through other signals."""
    found: set[int] = set()
    for term in compiled.signals[index].terms:
        if term.kind == TERM_POOL:
            found.add(term.source)
        elif term.kind == TERM_SIGNAL:
            found |= pools_of_signal(compiled, term.source)
    return found
