"""Many hosts in the scenario of a page, streamed as they finish: bands that grow."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from immunity.explore.answer import packed
from immunity.explore.asked import Asked
from immunity.explore.session import Session, limited
from immunity.results import simulate

BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
ROWS = 160


class Bands:
    """Hosts of one cohort, run one by one; host k is host k of ``immunity cohort`` with the same seed."""

    def __init__(self, session: Session, asked: Asked) -> None:
        self.case = session.case(asked)
        self.asked = asked
        ids = [info.id for info in self.case.model.readouts]
        wanted = asked.readouts or list(self.case.show)
        self.names = [name for name in wanted if name in ids]
        self.columns = [ids.index(name) for name in self.names]
        count = len(self.case.out_times)
        self.rows = np.unique(np.linspace(0, count - 1, min(count, ROWS)).round().astype(int))
        self.values: list[np.ndarray] = []
        self.outcomes: dict[str, int] = {}

    def step(self) -> None:
        """Run the next host."""
        with limited(self.case, stochastic=True):
            run = simulate(self.case, stochastic=True, seed=self.asked.seed, host=len(self.values), vary=True)
        self.values.append(run.record.readout[self.rows, 0][:, self.columns])
        self.outcomes[run.outcome] = self.outcomes.get(run.outcome, 0) + 1

    def told(self) -> dict[str, Any]:
        """The bands of the hosts so far; the dead are left out from their day on."""
        stack = np.stack(self.values)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # times at which no host is left
            quantiles = np.nanquantile(np.where(np.isfinite(stack), stack, np.nan), BANDS, axis=0)
        return {
            "hosts": len(self.values),
            "outcomes": self.outcomes,
            "times": [round(float(day), 7) for day in self.case.out_times[self.rows]],
            "curves": {
                name: [packed(quantiles[q, :, k]) for q in range(len(BANDS))] for k, name in enumerate(self.names)
            },
        }
