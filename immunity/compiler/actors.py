"""Who takes part in one instance of a rule: its pools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from immunity.compiler.bind import Env, Scope, pools_of, reference_of
from immunity.compiler.rules import Rule
from immunity.compiler.space import Pool, Space
from immunity.language.errors import fail
from immunity.language.references import Reference
from immunity.language.verbs import SUBJECT_KEYS, Verb


class Actors(NamedTuple):
    """The pools of one instance.

    ``after`` is the next stage where a member moves on inside a chain of ``length`` stages.
    """

    scope: Scope
    primary: Pool | None
    partner: Pool | None = None
    after: Pool | None = None
    length: int = 1


class Made(NamedTuple):
    """What one firing makes, apart from side effects."""

    pools: tuple[Pool, ...]
    weight: int

    @property
    def first(self) -> Pool | None:
        return self.pools[0] if self.pools else None


def told_apart(space: Space, pool: Pool, env: Env, implied: Sequence[str]) -> bool:
    """Whether a pool is this instance's; of members that it does not tell apart, the first stands for all."""
    return all(
        env[name].name == (space.sets[name] or [""])[0]
        for name in implied
        if not space.knows(pool.entity, pool.place, name)
    )


def subject(space: Space, rule: Rule, key: str, text: str | None, scope: Scope) -> list[Pool]:
    """Pools a key names; the rule's own pools where the text may be left out."""
    at = rule.at(key)
    if text is None:
        return pools_of(space, Reference(None, None, None, rule.own or ""), scope, at=at)
    return pools_of(space, reference_of(space, text, rule.own, at=at), scope, at=at)


def check_bystanders(space: Space, rule: Rule, verb: Verb, scope: Scope) -> None:
    """Whether those that a rule names without moving them are there: who kills or takes up."""
    moved = {verb.primary or "by", verb.partner, *verb.makes}
    for key in SUBJECT_KEYS:
        text = rule.text(key) if key not in moved else None
        if text and not subject(space, rule, key, text, scope):
            raise fail("E406", at=rule.at(key), text=text, count="none")


def chains_of(pools: Sequence[Pool]) -> list[list[Pool]]:
    """Group staged pools into chains; a pool without stages is a chain of one."""
    chains: dict[Pool, list[Pool]] = {}
    for pool in pools:
        chains.setdefault(pool._replace(stage=None), []).append(pool)
    return list(chains.values())


def one_chain(space: Space, rule: Rule, key: str, text: str | None, scope: Scope, primary: Pool | None) -> list[Pool]:
    """The stages of the single pool that a key names; of several members of index sets, that of the primary pool."""
    pools = subject(space, rule, key, text, scope)
    if primary and len(pools) > 1 and space.entity(pools[0].entity).over == space.entity(primary.entity).over:
        pools = [pool for pool in pools if _same_members(pool, primary)] or pools
    chains = chains_of(pools)
    if len(chains) != 1:
        count = len(chains) if chains else "none"
        raise fail("E406", at=rule.at(key), text=text or rule.own, count=count)
    return chains[0]


def _same_members(first: Pool, second: Pool) -> bool:
    """Whether two pools are of the same members, as far as both are told apart."""
    return all(a == b or not a or not b for a, b in zip(first.indices, second.indices, strict=True))
