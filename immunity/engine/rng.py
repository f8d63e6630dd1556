"""Random numbers that belong to (seed, host, flow, how many drawn before), never to a process.

References
----------
Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3 (Philox4x32-10).
Hormann (1993), The transformed rejection method for generating Poisson random variables (PTRS).
Hormann (1993), The generation of binomial random variates (BTRS).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from immunity.engine.kernel import entry, kernel, shared
from immunity.engine.packed import Packed, Words

Word = np.uint64  # of which 32 bits are used
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_MANTISSA = np.uint64(11)
FLOWS, SHOWN, POOLS = 0, 1, 2  # what streams belong to: flows, flows as shown within a step, pools
LARGE = 1e6  # above this expected count (or variance) a rounded Gaussian is drawn: no test can tell


@dataclass(frozen=True, eq=False)
class Streams(Packed):
    """One stream per flow (or per pool, for events); `drawn` counts the blocks used of each."""

    key: Words  # [2] seed, host
    salt: Words  # [2] what they belong to in the top bits of a word, high word of the seed
    name: Words  # [stream]
    drawn: Words  # [stream]


def new_streams(seed: int, host: int, names: np.ndarray, kind: int) -> Streams:
    """Make the streams of one host; seed is taken modulo 2**64, host modulo 2**32."""
    return Streams(
        key=np.array([seed & 0xFFFFFFFF, host & 0xFFFFFFFF], np.uint64),
        salt=np.array([kind << 30, (seed >> 32) & 0xFFFFFFFF], np.uint64),
        name=names.astype(np.uint64),
        drawn=np.zeros(len(names), np.uint64),
    )


@kernel
def philox(c0: Word, c1: Word, c2: Word, c3: Word, k0: Word, k1: Word) -> tuple[Word, Word, Word, Word]:
    """Philox4x32-10: ten rounds of multiply, swap and xor; all words are uint64 that hold 32 bits."""
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@entry
def philox_block(counter: np.ndarray, key: np.ndarray) -> tuple[Word, Word, Word, Word]:
    """Return one block of four words (counter uint64[4], key uint64[2])."""
    return philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1])


@kernel
def uniform_pair(streams: Streams, stream: int) -> tuple[float, float]:
    """Draw two numbers evenly spread over (0, 1), of 53 bits each."""
    n = streams.drawn[stream]
    streams.drawn[stream] = n + np.uint64(1)
    a, b, c, d = philox(
        n & _LOW, (n >> _HALF) | streams.salt[0], streams.name[stream], streams.salt[1], streams.key[0], streams.key[1]
    )
    first = np.float64(((a << _HALF) | b) >> _MANTISSA)
    second = np.float64(((c << _HALF) | d) >> _MANTISSA)
    return (first + 0.5) * 2.0**-53, (second + 0.5) * 2.0**-53


@kernel
def exponential(streams: Streams, stream: int) -> float:
    """Draw from the exponential distribution of mean 1."""
    return -math.log(uniform_pair(streams, stream)[0])


@kernel
def normal(streams: Streams, stream: int) -> float:
    """Draw from the standard normal distribution (Box and Muller)."""
    u, v = uniform_pair(streams, stream)
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)


@kernel
def rounded(streams: Streams, stream: int, value: float) -> float:
    """Round up or down at random so that the mean is kept."""
    low = np.floor(value)
    if value == low or value > LARGE * LARGE:
        return low
    return low + (uniform_pair(streams, stream)[0] < value - low)


@kernel
def stirling_tail(k: float) -> float:
    """log(k!) minus Stirling's (k + 1/2) log(k + 1) - (k + 1) + log(2 pi) / 2."""
    if k < 10.0:
        return math.lgamma(k + 1.0) - (k + 0.5) * math.log(k + 1.0) + (k + 1.0) - 0.5 * math.log(2.0 * math.pi)
    square = 1.0 / ((k + 1.0) * (k + 1.0))
    return (1.0 / 12.0 - (1.0 / 360.0 - square / 1260.0) * square) / (k + 1.0)


@shared
def poisson(streams: Streams, stream: int, mean: float) -> float:
    """Draw from a Poisson distribution: by inversion below 10, PTRS above, a rounded Gaussian where none can tell."""
    if mean <= 0.0:
        return 0.0
    if mean > LARGE:
        return max(0.0, np.floor(mean + math.sqrt(mean) * normal(streams, stream) + 0.5))
    if mean < 10.0:
        u = uniform_pair(streams, stream)[0]
        chance, k = math.exp(-mean), 0.0
        while u > chance and k < 200.0:
            u -= chance
            k += 1.0
            chance *= mean / k
        return k
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    log_mean = math.log(mean)
    while True:
        u, v = uniform_pair(streams, stream)
        u -= 0.5
        edge = 0.5 - abs(u)
        k = np.floor((2.0 * a / edge + b) * u + mean + 0.43)
        if edge >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2.0):
            return k
        if k < 0.0 or (edge < 0.013 and v > edge):
            continue
        hat = math.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (edge * edge) + b))
        if hat <= k * log_mean - mean - math.lgamma(k + 1.0):
            return k


@kernel
def _binomial_half(streams: Streams, stream: int, n: float, p: float) -> float:
    """Draw from a binomial distribution with p of at most one half."""
    mean, q = n * p, 1.0 - p
    if mean * q > LARGE:
        return min(n, max(0.0, np.floor(mean + math.sqrt(mean * q) * normal(streams, stream) + 0.5)))
    if p < 1e-5 and n > LARGE:
        return min(n, poisson(streams, stream, mean))
    if mean < 10.0:
        u = uniform_pair(streams, stream)[0]
        chance, k = math.exp(n * math.log1p(-p)), 0.0
        while u > chance and k < min(n, 200.0):
            u -= chance
            k += 1.0
            chance *= (n - k + 1.0) / k * p / q
        return k
    spread = math.sqrt(mean * q)
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    odds, mode = p / q, np.floor((n + 1.0) * p)
    peak = (mode + 0.5) * math.log((mode + 1.0) / (odds * (n - mode + 1.0))) + stirling_tail(mode)
    peak += stirling_tail(n - mode)
    while True:
        u, v = uniform_pair(streams, stream)
        u -= 0.5
        edge = 0.5 - abs(u)
        k = np.floor((2.0 * a / edge + b) * u + mean + 0.5)
        if edge >= 0.07 and v <= 0.92 - 4.2 / b:
            return k
        if k < 0.0 or k > n:
            continue
        hat = math.log(v * (2.83 + 5.1 / b) * spread / (a / (edge * edge) + b))
        density = peak + (n + 1.0) * math.log((n - mode + 1.0) / (n - k + 1.0))
        density += (k + 0.5) * math.log(odds * (n - k + 1.0) / (k + 1.0)) - stirling_tail(k) - stirling_tail(n - k)
        if hat <= density:
            return k


@shared
def binomial(streams: Streams, stream: int, n: float, p: float) -> float:
    """Draw from a binomial distribution: by inversion below 10 expected, BTRS above, a rounded Gaussian far above."""
    if n <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    if p > 0.5:
        return n - _binomial_half(streams, stream, n, 1.0 - p)
    return _binomial_half(streams, stream, n, p)


@entry
def draw_poisson(streams: Streams, stream: int, mean: float) -> float:
    """Draw from a Poisson distribution, called from Python."""
    return poisson(streams, stream, mean)


@entry
def draw_binomial(streams: Streams, stream: int, n: float, p: float) -> float:
    """Draw from a binomial distribution, called from Python."""
    return binomial(streams, stream, n, p)


@entry
def draw_rounded(streams: Streams, stream: int, value: float) -> float:
    """Round at random, called from Python."""
    return rounded(streams, stream, value)


def restart_stream(streams: Streams, stream: int) -> None:
    """Jump to the start of the next 2**16 blocks, so that an event's draws do not depend on those of earlier ones."""
    streams.drawn[stream] = ((int(streams.drawn[stream]) >> 16) + 1) << 16
