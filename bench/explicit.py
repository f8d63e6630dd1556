"""An explicit pair over the engine's own hazard kernel: what the integrator of the engine is measured against.

Dormand and Prince's order 5(4), with first-same-as-last and proportional-integral step control. Not part of the
package; deterministic, without events.
"""

from __future__ import annotations

import numba
import numpy as np

from immunity.compiler.tables import Floats
from immunity.engine.hazard import derivative, evaluate_signals
from immunity.engine.live import N_FLOWS, N_SIGNALS, Live, find_live, new_live
from immunity.engine.net import Host, Net, Wiring, resolve

A = np.array(
    [
        [0, 0, 0, 0, 0, 0],
        [1 / 5, 0, 0, 0, 0, 0],
        [3 / 40, 9 / 40, 0, 0, 0, 0],
        [44 / 45, -56 / 15, 32 / 9, 0, 0, 0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0, 0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
)
C = A.sum(axis=1)
E = np.array([71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])


@numba.njit(error_model="numpy")
def slope(
    wiring: Wiring, host: Host, live: Live, x: Floats, t: float, values: Floats, scratch: Floats, out: Floats
) -> None:
    """out = N a(x); ``scratch`` is float64[2, flow]."""
    values[: wiring.n_pool] = x
    values[-1] = t
    out[:] = 0.0
    evaluate_signals(wiring, host, live.signals, live.size[N_SIGNALS], values)
    derivative(wiring, host, live.flows, live.size[N_FLOWS], values, scratch[0], scratch[1], out)


@numba.njit(error_model="numpy")
def _integrate(
    wiring: Wiring, host: Host, live: Live, values: Floats, x: Floats, out_times: Floats, rtol: float, result: Floats
) -> int:
    n = wiring.n_pool
    k, y, scratch = np.zeros((7, n)), np.zeros(n), np.zeros((2, wiring.n_flow))
    t, h, steps, before = out_times[0], 1e-4, 0, 1.0
    slope(wiring, host, live, x, t, values, scratch, k[0])
    result[0] = x
    for place in range(1, len(out_times)):
        while t < out_times[place]:
            left = out_times[place] - t
            step = left if h >= left else h
            for i in range(1, 7):
                y[:] = x
                for j in range(i):
                    if A[i, j] != 0.0:
                        y += step * A[i, j] * k[j]
                slope(wiring, host, live, y, t + C[i] * step, values, scratch, k[i])
            error = 0.0
            for p in range(n):
                wrong = 0.0
                for i in range(7):
                    wrong += E[i] * k[i, p]
                error = max(error, abs(step * wrong) / (rtol * (abs(y[p]) + wiring.floor[p])))
            steps += 1
            if not error <= 1.0:
                h = step * max(0.2, 0.9 * error**-0.2) if np.isfinite(error) else 0.2 * step
                continue
            x[:] = y
            k[0] = k[6]
            t = out_times[place] if step == left else t + step
            error = max(error, 1e-8)
            longer = step * min(5.0, max(0.2, 0.9 * error**-0.14 * before**0.08))
            h = max(h, longer) if step < h else longer
            before = max(error, 1e-4)
        result[place] = x
    return steps


def run_explicit(net: Net, theta: Floats, state: Floats, out_times: Floats, rtol: float) -> tuple[Floats, int]:
    """Integrate one host; return pools [time, pool] and the number of steps."""
    wiring, host, live, values = make_ready(net, theta, state)
    result = np.zeros((len(out_times), wiring.n_pool))
    steps = _integrate(wiring, host, live, values, state.copy(), out_times, rtol, result)
    return result, steps


def make_ready(net: Net, theta: Floats, state: Floats) -> tuple[Wiring, Host, Live, Floats]:
    """Resolve a host and list what is live."""
    wiring, host = net.wiring, resolve(net, theta)
    live, values = new_live(wiring), np.zeros(wiring.n_pool + wiring.n_signal + 1)
    _list_live(wiring, host, state, live, np.zeros(len(values), np.uint8), values)
    return wiring, host, live, values


@numba.njit
def _list_live(wiring: Wiring, host: Host, x: Floats, live: Live, needed: np.ndarray, values: Floats) -> None:
    find_live(wiring, host, x, live, needed, values)
