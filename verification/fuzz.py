"""What people and programs may hand in, by the million: every input is understood or refused, and none keeps busy.

    python -m verification.fuzz --count 1000000 --seed 1

Valid books, scenarios, findings, trials, scans, histories and arguments are bent: values replaced, keys dropped,
doubled and made up, texts cut, spliced and filled with odd characters, huge numbers, deep nesting. An escape is
anything but a coded refusal: another exception, or more than 20 s of the processor's time for one input. Nothing is
simulated. The seed and the number of an input bring it back: `--seed S --only N`.
"""

from __future__ import annotations

import argparse
import copy
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from immunity import ask
from immunity.arguments import check_count, check_seed, decimal_number, parse_assignments, plain_data, whole_number
from immunity.compiler.build import Compiled, compile_book
from immunity.compiler.host import build_case
from immunity.language.errors import RuleError, RuleErrors, render, say_value
from immunity.language.formula import evaluate, names_in
from immunity.language.load import FINDINGS, Book, Entry, load_book, validate_entry
from immunity.language.quantity import parse_quantity, parse_unit
from immunity.language.read import Document, read_documents
from immunity.language.references import parse_reference
from immunity.results.condition import parse_condition
from immunity.scans import read_axes, read_reads
from immunity.scenario import find_scenario, override
from immunity.trials.load import BUILT_IN as BUILT_IN_TRIALS
from immunity.trials.load import plan_of
from immunity.validate.expectation import read_value
from immunity.validate.load import read_finding

ROOT = Path(__file__).parents[1]
BODY = ROOT / "tests" / "language" / "valid" / "body.yaml"
BUILT_IN = ROOT / "immunity" / "biology"
LIMIT = 20  # seconds of the processor's time for one input: a busy machine changes nothing

ODD = [
    "", " ", "\x00", "\ud800", "²", "１２", "٣", "é", "\u202e", "\ufeff", "nan", "-inf", "inf", "1e999", "-0",
    "1e-400", "9" * 400, "1_000", "0x10", "1,5", "true", "null", "~", "[]", "{}", "*", "each", "at", "each each",
    "at at at", "[", "]", "a.b.c.d", "..", ".", "time", "age", "volume", "host", "1 mm9**9**9", "1 ((m^9)^9)^9",
    "9**9**9**9", "a**a", "log(log(0))", "1 mcg", "x" * 5000, "-1", "0", "1e308", "1e15 CFU", "1e30 CFU", "5 mL",
    "0 day", "-3 day", "1e9 year", "70 kg", "*a*a*a*a*a*a*b",
]  # fmt: skip
ALPHABET = "abcxyz019.,:;*/^-+ []{}()'\"#&!|>%@`\\\n\t_éµ²１\u2028\ud83e"


@dataclass
class Material:
    """What is bent, read once."""

    texts: list[bytes]
    documents: list[tuple[str, Document]]
    words: list[str]
    body: Book
    compiled: Compiled
    findings: list[dict[str, Any]]
    trials: list[dict[str, Any]]
    refused: Counter[str] = field(default_factory=Counter)


def gather() -> Material:
    """Read the built-in books and the small one that is compiled."""
    book, body = load_book([BUILT_IN]), load_book([BODY])
    entries = [entry for group in (*book.entries.values(), *body.entries.values()) for entry in group.values()]
    documents = [(entry.kind, entry.document) for entry in entries]
    texts = [path.read_bytes() for path in sorted(BUILT_IN.rglob("*.yaml"))]
    words = sorted({word for _, document in documents for word in _texts(document.data)})
    files = sorted((ROOT / "immunity" / FINDINGS).rglob("*.yaml"))
    findings = [document.data for path in files for document in read_documents(path)]
    trials = [document.data for path in sorted(BUILT_IN_TRIALS.glob("*.yaml")) for document in read_documents(path)]
    return Material(texts, documents, words, body, compile_book(body), findings, trials)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from _texts(each)


# bending ------------------------------------------------------------------------------------------


def bend_text(random: Random, text: str) -> str:
    """Cut, double, splice or sprinkle."""
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(text))
        match random.randrange(6):
            case 0:
                text = text[:at] + random.choice(ALPHABET) + text[at:]
            case 1:
                text = text[:at] + text[at + random.randint(1, 4) :]
            case 2:
                text = text[:at] + random.choice(ODD) + text[at:]
            case 3:
                text = text[:at] + text[at : at + 8] * random.choice((2, 3, 40)) + text[at:]
            case 4:
                text = text.swapcase() if random.random() < 0.3 else text[::-1] if random.random() < 0.1 else text
            case _:
                text = (
                    text[:at] + chr(random.choice((random.randint(0, 0x2FF), random.randint(0, 0x10FFFF)))) + text[at:]
                )
    return text


def odd_value(random: Random, words: list[str], depth: int = 0) -> Any:
    """Something that may or may not be able to stand there."""
    match random.randrange(10):
        case 0 | 1:
            return random.choice(ODD)
        case 2 | 3:
            return random.choice(words)
        case 4:
            return bend_text(random, random.choice(words))
        case 5:
            return random.choice((0, -1, 1, 2**63, 10**300, 1.5, 1e308, True, False, None, float("nan")))
        case 6 if depth < 3:
            return [odd_value(random, words, depth + 1) for _ in range(random.randint(0, 3))]
        case 7 if depth < 3:
            keys = [random.choice(words) for _ in range(random.randint(0, 3))]
            return {key: odd_value(random, words, depth + 1) for key in keys}
        case 8 if depth == 0:
            deep: Any = random.choice(words)
            for _ in range(random.choice((5, 39, 60, 200))):
                deep = [deep] if random.random() < 0.5 else {"a": deep}
            return deep
    return random.choice(words)


def bend_data(random: Random, data: Any, words: list[str]) -> Any:
    """Change a few places of plain data."""
    data = copy.deepcopy(data)
    for _ in range(random.randint(1, 3)):
        node: Any = data
        parent: Any = None
        key: Any = None
        while isinstance(node, dict | list) and node and random.random() < 0.85:
            parent, key = node, random.choice(list(node)) if isinstance(node, dict) else random.randrange(len(node))
            node = node[key]
        if parent is None:
            continue
        match random.randrange(5):
            case 0 if isinstance(node, str):
                parent[key] = bend_text(random, node)
            case 1:
                del parent[key]
            case 2 if isinstance(parent, dict):
                parent[random.choice((*words[:50], random.choice(ODD), "id", "kind", "flows"))] = node
            case 3 if isinstance(parent, list):
                parent.extend([copy.deepcopy(node)] * random.choice((1, 3, 50)))
            case _:
                parent[key] = odd_value(random, words)
    return data


# what is tried --------------------------------------------------------------------------------------

TEXT_READERS: list[Callable[[str], Any]] = [
    parse_quantity,
    parse_unit,
    parse_reference,
    parse_condition,
    read_value,
    names_in,
    lambda text: evaluate(text, {"a": parse_quantity("2 h"), "k": parse_quantity("3")}),
    lambda text: whole_number(text, "--hosts"),
    lambda text: decimal_number(text, "--days"),
    lambda text: parse_assignments([text], option="--with"),
    lambda text: read_documents("(made)", content=text.encode("utf-8", "surrogatepass")),
]
SAMPLES = [
    "outcome is dead before day 3",
    "blood.neutrophils < 0.5 1e9 cell/L and not x > 3 at day 2",
    "k * a**2 / exp(k)",
]


def try_text(random: Random, material: Material) -> None:
    text = random.choice((random.choice(material.words), random.choice(ODD), random.choice(SAMPLES)))
    random.choice(TEXT_READERS)(bend_text(random, text))


def try_bytes(random: Random, material: Material) -> None:
    content = bytearray(random.choice(material.texts))
    start = random.randrange(len(content))
    content = content[start : start + random.choice((50, 400, 2000))] if random.random() < 0.8 else content
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(content) + 1)
        content[at : at + random.choice((0, 1, 3))] = random.choice(
            (
                bytes([random.randrange(256)]),
                random.choice(ODD).encode("utf-8", "surrogatepass"),
                b"\n",
                b": ",
                b"- ",
                b"{",
                b"[",
            )
        )
    read_documents("(made)", content=bytes(content))


def try_entry(random: Random, material: Material) -> None:
    kind, document = random.choice(material.documents)
    if random.random() < 0.05:
        kind = random.choice(material.documents)[0]
    validate_entry(kind, Document("(made)", bend_data(random, document.data, material.words), {}, {}))


def try_book(random: Random, material: Material) -> None:
    """A small book with one entry bent is compiled."""
    entries = {kind: dict(group) for kind, group in material.body.entries.items()}
    kind = random.choice([kind for kind, group in entries.items() if group])
    old = random.choice(list(entries[kind].values()))
    new = validate_entry(
        kind, Document("(made)", plain_data(bend_data(random, old.document.data, material.words)), {}, {})
    )
    del entries[kind][old.id]
    entries[kind][new.id] = new
    compile_book(Book(entries, "made", ()))


def try_override(random: Random, material: Material) -> None:
    """--host, --with and changes from Python, on a scenario of the small book."""
    names = list(material.compiled.book.entries["scenario"])
    entry: Entry = find_scenario(material.compiled, random.choice(names))
    keys = [
        "host.age",
        "host.weight",
        "host.sex",
        "host.deficiencies",
        "exposures.0.dose",
        "exposures.0.at",
        "exposures.1",
    ]
    keys += [
        "therapies.0.dose",
        "therapies.0.every",
        "events",
        "numbers",
        "days",
        "every",
        "show",
        "title",
        "host",
        "id",
    ]
    keys += [f"numbers.{name}" for name in list(material.compiled.numbers.index)[:40]]
    changes: dict[str, Any] = {}
    for _ in range(random.randint(1, 3)):
        key = random.choice(keys) if random.random() < 0.8 else bend_text(random, random.choice(keys))
        if random.random() < 0.5:
            value = say_value(odd_value(random, material.words))
            changes |= parse_assignments([f"{key}={value}"], option=random.choice(("--with", "--host")))
        else:
            changes[key] = odd_value(random, material.words)
    build_case(material.compiled, override(entry, changes))


def try_finding(random: Random, material: Material) -> None:
    data = bend_data(random, random.choice(material.findings), material.words)
    read_finding(Document("(made)", data, {}, {}))


def try_question(random: Random, material: Material) -> None:
    """`explain NAME`, `trace READOUT`, a scenario, a seed, a number of hosts."""
    name = bend_text(random, random.choice((*material.compiled.space.entities, *material.words[:20])))
    match random.randrange(5):
        case 0:
            ask.trace(name, book=material.compiled)
        case 1:
            ask.explain(name, book=material.compiled)
        case 2:
            find_scenario(material.compiled, name)
        case 3:
            check_seed(odd_value(random, material.words))
        case _:
            check_count(odd_value(random, material.words), "hosts")


def try_trial(random: Random, material: Material) -> None:
    """A trial, as a file or with keys replaced."""
    data = bend_data(random, random.choice(material.trials), material.words)
    if not isinstance(data, dict):
        return
    changes = {random.choice(("hosts", "seed", "days", "arms")): odd_value(random, material.words)}
    plan_of(Document("(made)", data, {}, {}), changes if random.random() < 0.2 else None)


RANGES = ["1e5 CFU to 1e9 CFU in 5 log", "0 to 1", "20 y to 80 y in 3", "1 mg to 9 mg"]
READINGS = ["blood.crp maximum", "outcome is dead", "body.temperature > 39 degC", "not outcome is ill"]


def try_scan(random: Random, material: Material) -> None:
    """`--over KEY=RANGE`, lists of values from Python, `--read READING`."""
    said: Any = bend_text(random, random.choice((*RANGES, *ODD)))
    if random.random() < 0.4:
        said = [odd_value(random, material.words) for _ in range(random.randint(0, 4))]
    axes = read_axes({bend_text(random, "exposures.0.dose"): said})
    _ = [axis.at(random.random()) for axis in axes], [axis.label(0) for axis in axes]
    read_reads([bend_text(random, random.choice(READINGS))])


HISTORY: list[dict[str, Any]] = [
    {"before": "30 d", "exposures": [{"threat": "coccus", "site": "skin", "dose": "10 CFU", "at": "1 d"}]},
    {"age": "5 y", "events": [{"at": "1 d", "number": "coccus.divide.hazard", "scale": "2"}]},
    {"before": "4 d", "therapies": [{"therapy": "drug", "dose": "1 mg"}]},
]
WHEN = {"readout": "blood.neutrophils", "below": "1e9 cell/L", "delay": "1 h", "at_most": 2, "again_after": "1 d"}


def try_course(random: Random, material: Material) -> None:
    """What a host lived through, and what waits for a readout."""
    entry: Entry = find_scenario(material.compiled, random.choice(list(material.compiled.book.entries["scenario"])))
    changes: dict[str, Any] = {"host.history": bend_data(random, HISTORY, material.words)}
    if random.random() < 0.5:
        key = random.choice(("exposures.0.when", "therapies.0.when", "therapies.0.stop_when", "events.0.when"))
        readout = next(iter(material.compiled.model.readouts)).id
        changes = {key: bend_data(random, WHEN | {"readout": readout}, material.words)}
    build_case(material.compiled, override(entry, changes))


TRIES: dict[Callable[[Random, Material], None], int] = {
    try_text: 520,
    try_bytes: 120,
    try_entry: 180,
    try_override: 100,
    try_question: 40,
    try_finding: 25,
    try_book: 15,
    try_trial: 25,
    try_scan: 60,
    try_course: 60,
}


class Hang(Exception):
    """One input kept busy for longer than it may."""


def _stop(*_: Any) -> None:
    raise Hang(f"more than {LIMIT} s")


def attempt(seed: int, number: int, material: Material) -> str | None:
    """Try one input; hand back what escaped, or None."""
    random = Random(f"{seed}:{number}")
    chosen = random.choices(list(TRIES), list(TRIES.values()))[0]
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        chosen(random, material)
        material.refused["understood"] += 1
    except (RuleError, RuleErrors) as refusal:
        first = refusal.errors[0] if isinstance(refusal, RuleErrors) else refusal
        material.refused[first.code] += 1
        try:
            render(refusal).encode("utf-8")
        except UnicodeError:
            return f"input {number} ({chosen.__name__}): what is said of it cannot be written: {refusal!r}"
    except Exception:
        return f"input {number} ({chosen.__name__}): {traceback.format_exc(limit=-3)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None


def fuzz(seed: int, numbers: range) -> tuple[list[str], Counter[str]]:
    """Try many inputs; hand back what escaped, and how often which code was given."""
    escapes: list[str] = []
    signal.signal(signal.SIGPROF, _stop)
    material = gather()
    for number in numbers:
        escaped = attempt(seed, number, material)
        if escaped:
            escapes.append(escaped)
    return escapes, material.refused


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="this input alone")
    given = parser.parse_args()
    numbers = range(given.start, given.start + given.count) if given.only is None else range(given.only, given.only + 1)
    began = time.perf_counter()
    escapes, refused = fuzz(given.seed, numbers)
    took = time.perf_counter() - began
    for escape in escapes[:20]:
        print(escape.encode("ascii", "backslashreplace").decode())
    print(f"refused as: {', '.join(f'{code} {count}' for code, count in refused.most_common())}")
    print(f"seed {given.seed}, inputs {numbers.start} to {numbers.stop - 1}: {len(numbers)} tried in {took:.0f} s")
    print(f"{len(escapes)} escapes")
    return 1 if escapes else 0


if __name__ == "__main__":
    sys.exit(main())
