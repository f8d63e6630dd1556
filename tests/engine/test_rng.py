"""Random numbers: known answers of the generator, independence of streams, distributions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from immunity.compiler.tables import Floats
from immunity.engine.kernel import entry
from immunity.engine.rng import (
    FLOWS,
    POOLS,
    Streams,
    binomial,
    exponential,
    new_streams,
    normal,
    philox_block,
    poisson,
    restart_stream,
    rounded,
    uniform_pair,
)
from tests.engine.checks import LIMIT, check_continuous, check_discrete, check_moments

UNIFORM, EXPONENTIAL, NORMAL, POISSON, BINOMIAL, ROUNDED = range(6)
N = 40_000


@entry
def fill(streams: Streams, kind: int, a: float, b: float, out: Floats) -> None:
    for place in range(len(out)):
        if kind == UNIFORM:
            out[place] = uniform_pair(streams, 0)[0]
        elif kind == EXPONENTIAL:
            out[place] = exponential(streams, 0)
        elif kind == NORMAL:
            out[place] = normal(streams, 0)
        elif kind == POISSON:
            out[place] = poisson(streams, 0, a)
        elif kind == BINOMIAL:
            out[place] = binomial(streams, 0, a, b)
        else:
            out[place] = rounded(streams, 0, a)


def draw(kind: int, a: float = 0.0, b: float = 0.0, *, n: int = N, streams: Streams | None = None) -> Floats:
    out = np.zeros(n)
    fill(streams if streams is not None else stream(), kind, a, b, out)
    return out


def stream(seed: int = 5, host: int = 2, name: int = 12345, kind: int = FLOWS) -> Streams:
    return new_streams(seed, host, np.array([name]), kind)


ONES = 0xFFFFFFFF
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_its_known_answers(
    counter: tuple[int, ...], key: tuple[int, ...], answer: tuple[int, ...]
) -> None:
    words = philox_block(np.array(counter, np.uint64), np.array(key, np.uint64))
    assert tuple(int(word) for word in words) == answer
    other = philox_block(np.array(counter, np.uint64), np.array([key[0] ^ 1, key[1]], np.uint64))
    assert all(int(word) != right for word, right in zip(other, answer, strict=True))


OTHERS = {
    "flow": stream(name=12346),
    "host": stream(host=3),
    "seed": stream(seed=6),
    "high word of the seed": stream(seed=5 + (1 << 32)),
    "kind": stream(kind=POOLS),
}


@pytest.mark.parametrize("which", OTHERS)
def test_streams_differ_and_are_uncorrelated(which: str) -> None:
    here, there = draw(UNIFORM), draw(UNIFORM, streams=OTHERS[which])
    assert not np.any(here == there)
    for lag in (0, 1, 2):
        r = np.corrcoef(here[: N - lag], there[lag:])[0, 1]
        assert abs(r) < LIMIT / np.sqrt(N)


def test_numbers_of_one_stream_are_uncorrelated_and_repeatable() -> None:
    here = draw(UNIFORM)
    assert np.array_equal(here, draw(UNIFORM))
    assert len(np.unique(here)) == N
    for lag in (1, 2, 7):
        assert abs(np.corrcoef(here[:-lag], here[lag:])[0, 1]) < LIMIT / np.sqrt(N)


def test_a_restarted_stream_forgets_how_much_was_drawn() -> None:
    first, second = stream(), stream()
    draw(UNIFORM, n=3, streams=first)
    draw(UNIFORM, n=50, streams=second)
    for streams in (first, second):
        restart_stream(streams, 0)
    after = draw(UNIFORM, n=20, streams=first)
    assert np.array_equal(after, draw(UNIFORM, n=20, streams=second))
    assert not np.isin(after, draw(UNIFORM, n=50)).any()


def test_uniform_exponential_and_normal() -> None:
    sample = draw(UNIFORM)
    assert sample.min() > 0.0 and sample.max() < 1.0
    check_continuous(sample, stats.uniform.cdf)
    check_continuous(draw(EXPONENTIAL), stats.expon.cdf)
    check_moments(draw(EXPONENTIAL), 1.0, 1.0)
    check_continuous(draw(NORMAL), stats.norm.cdf)
    check_moments(draw(NORMAL), 0.0, 1.0)


@pytest.mark.parametrize("mean", [0.01, 0.7, 4.0, 9.99, 10.01, 35.0, 400.0, 9e4, 3e6])
def test_poisson(mean: float) -> None:
    sample = draw(POISSON, mean)
    check_moments(sample, mean, mean)
    check_discrete(sample, lambda k: stats.poisson.cdf(k, mean))


BINOMIALS = [
    (1, 0.3),
    (12, 0.5),
    (12, 0.93),
    (30, 0.2),
    (100, 0.0999),
    (100, 0.4),
    (100, 0.9),
    (4000, 0.3),
    (2e6, 0.01),
    (2e9, 3e-9),
    (5e7, 0.4),
]


@pytest.mark.parametrize(("n", "p"), BINOMIALS)
def test_binomial(n: float, p: float) -> None:
    sample = draw(BINOMIAL, n, p)
    assert sample.min() >= 0.0 and sample.max() <= n
    check_moments(sample, n * p, n * p * (1.0 - p))
    check_discrete(sample, lambda k: stats.binom.cdf(k, n, p))


def test_edges_draw_what_is_certain() -> None:
    for mean in (0.0, -1.0):
        assert not draw(POISSON, mean, n=20).any()
    assert not draw(BINOMIAL, 50.0, 0.0, n=20).any() and not draw(BINOMIAL, 0.0, 0.5, n=20).any()
    assert (draw(BINOMIAL, 50.0, 1.0, n=20) == 50.0).all()
    assert (draw(ROUNDED, 7.0, n=20) == 7.0).all()


def test_rounding_keeps_the_mean() -> None:
    sample = draw(ROUNDED, 41.3)
    assert set(sample) == {41.0, 42.0}
    check_moments(sample, 41.3, 0.3 * 0.7)


def test_the_judges_notice_planted_errors() -> None:
    for mean in (4.0, 35.0, 400.0):
        with pytest.raises(AssertionError):
            check_moments(draw(POISSON, mean), mean + 0.15 * np.sqrt(mean), mean)
        with pytest.raises(AssertionError):
            check_moments(draw(POISSON, mean), mean, 1.15 * mean)
        with pytest.raises(AssertionError):
            check_discrete(draw(POISSON, mean), lambda k, mean=mean: stats.poisson.cdf(k, mean + 0.1 * np.sqrt(mean)))
        with pytest.raises(AssertionError):
            check_discrete(draw(POISSON, mean), lambda k, mean=mean: stats.nbinom.cdf(k, 4.0 * mean, 0.8))
    with pytest.raises(AssertionError):
        check_discrete(draw(BINOMIAL, 100.0, 0.4), lambda k: stats.binom.cdf(k, 100, 0.41))
    with pytest.raises(AssertionError):
        check_discrete(draw(EXPONENTIAL), stats.expon.cdf)
    with pytest.raises(AssertionError):
        check_continuous(draw(EXPONENTIAL), lambda x: stats.expon.cdf(1.05 * x))
    with pytest.raises(AssertionError):
        check_continuous(draw(NORMAL), lambda x: stats.norm.cdf(1.05 * x))
