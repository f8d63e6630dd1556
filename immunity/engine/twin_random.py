"""The random numbers of the twin: Philox on Python's integers, distributions as their papers give them."""

from __future__ import annotations

import math
from dataclasses import dataclass

LARGE = 1e6


def philox(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    """Philox4x32-10 on Python's integers."""
    low = 0xFFFFFFFF
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        first, second = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (second >> 32) ^ b ^ k, second & low, (first >> 32) ^ d ^ m, first & low
        k, m = (k + 0x9E3779B9) & low, (m + 0xBB67AE85) & low
    return a, b, c, d


@dataclass
class Stream:
    """The random numbers of one flow."""

    seed: int
    host: int
    name: int
    drawn: int = 0

    def pair(self) -> tuple[float, float]:
        counter = (self.drawn & 0xFFFFFFFF, self.drawn >> 32, self.name, self.seed >> 32)
        a, b, c, d = philox(counter, (self.seed & 0xFFFFFFFF, self.host))
        self.drawn += 1
        return ((((a << 32) | b) >> 11) + 0.5) * 2.0**-53, ((((c << 32) | d) >> 11) + 0.5) * 2.0**-53

    def exponential(self) -> float:
        return -math.log(self.pair()[0])

    def normal(self) -> float:
        u, v = self.pair()
        return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)

    def inversion(self, chance: float, ratio: list[float]) -> float:
        """Return how many of a row of chances a uniform number exceeds; ratio[k]: chance of k + 1 over that of k."""
        u, k = self.pair()[0], 0
        while u > chance and k < len(ratio):
            u -= chance
            chance *= ratio[k]
            k += 1
        return float(k)

    def rounded(self, value: float) -> float:
        low = math.floor(value)
        return float(low) if value == low else low + float(self.pair()[0] < value - low)

    def poisson(self, mean: float) -> float:
        if mean <= 0:
            return 0.0
        if mean > LARGE:
            return max(0.0, math.floor(mean + math.sqrt(mean) * self.normal() + 0.5))
        if mean < 10:
            return self.inversion(math.exp(-mean), [mean / k for k in range(1, 201)])
        b = 0.931 + 2.53 * math.sqrt(mean)
        a = 0.02483 * b - 0.059
        while True:
            u, v = self.pair()
            u -= 0.5
            edge = 0.5 - abs(u)
            k = math.floor((2 * a / edge + b) * u + mean + 0.43)
            if edge >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
                return float(k)
            if k >= 0 and (edge >= 0.013 or v <= edge):
                hat = math.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / edge**2 + b))
                if hat <= k * math.log(mean) - mean - math.lgamma(k + 1):
                    return float(k)

    def binomial(self, n: float, p: float) -> float:
        if n <= 0 or p <= 0:
            return 0.0
        if p >= 1:
            return n
        if p > 0.5:
            return n - self.binomial(n, 1 - p)
        mean, q = n * p, 1 - p
        if mean * q > LARGE:
            return min(n, max(0.0, math.floor(mean + math.sqrt(mean * q) * self.normal() + 0.5)))
        if p < 1e-5 and n > LARGE:
            return min(n, self.poisson(mean))
        if mean < 10:
            odds = [(n - k + 1) / k * p / q for k in range(1, int(min(n, 200)) + 1)]
            return self.inversion(math.exp(n * math.log1p(-p)), odds)
        spread = math.sqrt(mean * q)
        b = 1.15 + 2.53 * spread
        a = 0.0248 * b + 0.01 * p - 0.0873
        mode = math.floor((n + 1) * p)
        while True:
            u, v = self.pair()
            u -= 0.5
            edge = 0.5 - abs(u)
            k = math.floor((2 * a / edge + b) * u + mean + 0.5)
            if edge >= 0.07 and v <= 0.92 - 4.2 / b:
                return float(k)
            if 0 <= k <= n:
                hat = math.log(v * (2.83 + 5.1 / b) * spread / (a / edge**2 + b))
                if hat <= log_choose(n, k) - log_choose(n, mode) + (k - mode) * math.log(p / q):
                    return float(k)


def log_choose(n: float, k: float) -> float:
    """Return log(n! / (k! (n - k)!))."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
