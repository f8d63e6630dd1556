"""Links from a rule book's identifiers and keys to the places that explain them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

RESOLVER = "https://identifiers.org/"
AUTHORITIES = {
    "cl": ("Cell Ontology", "{}"),
    "uberon": ("UBERON", "{}"),
    "chebi": ("ChEBI", "{}"),
    "hp": ("Human Phenotype Ontology", "{}"),
    "mondo": ("MONDO", "{}"),
    "uniprot": ("UniProt", "uniprot:{}"),
    "hgnc": ("HGNC", "hgnc:{}"),
    "ncbitaxon": ("NCBI Taxonomy", "taxonomy:{}"),
    "omim": ("OMIM", "mim:{}"),
    "loinc": ("LOINC", "loinc:{}"),
    "atc": ("ATC", "atc:{}"),
}


def identifier(authority: str, id: str) -> str:
    """A link to an identifier at its authority; the plain identifier where the authority is not known."""
    if authority not in AUTHORITIES:
        return f"{authority} {id}"
    name, form = AUTHORITIES[authority]
    local = id.split(":")[-1] if ":" in form else id
    return f"[{name} {id.split(':')[-1]}]({RESOLVER}{form.format(local)})"


def identifiers(xref: Mapping[str, str]) -> str:
    """Links to all identifiers of an entry."""
    return ", ".join(identifier(authority, id) for authority, id in xref.items())


def doi(text: str) -> str:
    """A link to a paper."""
    return f"[doi:{text}](https://doi.org/{text})"


def linked(text: str, sources: Iterable[str], page: str = "sources.md") -> str:
    """A sentence in which every key of a paper is a link to its entry in the list of papers."""
    keys = "|".join(re.escape(key) for key in sorted(sources, key=len, reverse=True))
    if not keys:
        return text
    return re.sub(rf"(?<![\w.])({keys})(?![\w.]\w)\b", lambda found: f"[{found[1]}]({page}#{found[1]})", text)


def cell(text: object) -> str:
    """A text that fits into a table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def value_cell(text: str, where: Iterable[tuple[str, str]]) -> str:
    """What a number is, with the numbers that stand in its formula alone."""
    own = ", ".join(f"{symbol} = {value}" for symbol, value in where)
    return cell(f"{text}, where {own}" if own else text)
