"""What a user holds after a life, or many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunity._faces import face
from immunity.language.errors import plainly
from immunity.lifetime.episodes import YEAR, Episode, Year, count_years
from immunity.lifetime.plan import LifePlan
from immunity.lifetime.run import Lived, Told

if TYPE_CHECKING:
    import pandas as pd

    from immunity.results import Run

BANDS = ((0, 1), (1, 2), (2, 3), (3, 5), (5, 10), (10, 18), (18, 30), (30, 50), (50, 65), (65, 80), (80, 150))


@dataclass(frozen=True, repr=False)
class Life:
    """One life: ``life.episodes``, ``life.years``, ``life.run``; ``life.report("life.html")`` writes its page."""

    lived: Lived

    def __repr__(self) -> str:
        from immunity.lifetime.tell import life_lines

        return "\n".join(life_lines(self))

    @property
    def plan(self) -> LifePlan:
        """What was asked for."""
        return self.lived.plan

    @property
    def run(self) -> Run:
        """The run behind it, with its curves."""
        return self.lived.run

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """Infections and times of being a carrier, in order."""
        return self.lived.episodes

    @property
    def years(self) -> list[Year]:
        """What came in each year of age."""
        return count_years(self.episodes, self.plan.start, self.lived.ended)

    @property
    def summary(self) -> dict[str, Any]:
        """All that was counted, for a program."""
        return {
            **self.plan.setting,
            "from_age": self.plan.start / YEAR,
            "to_age": self.lived.ended / YEAR,
            "died": self.lived.died,
            "vaccines": [{"therapy": dose.therapy, "age": dose.age / YEAR} for dose in self.plan.doses],
            "episodes": [episode.row() for episode in self.episodes],
            "years": [asdict(year) for year in self.years],
            "run": {key: value for key, value in self.run.summary.items() if key != "readouts"},
        }

    @plainly
    def to_dataframe(self) -> pd.DataFrame:
        """Episodes, a row each, ages in years."""
        import pandas as pd

        return pd.DataFrame([episode.row() for episode in self.episodes])

    @plainly
    def report(self, file: Path | str, *, beside: Life | None = None) -> Path:
        """Write the page of this life, or of two with the same luck."""
        Path(file).write_text(face("page_of_life")(self, beside), encoding="utf-8")
        return Path(file)


@dataclass(frozen=True)
class Band:
    """What came to people of an age, per person and year.

    ``low`` and ``high`` are the quartiles over people of ``illnesses``.
    """

    ages: tuple[int, int]
    person_years: float
    infections: float
    illnesses: float
    low: float
    high: float
    fevers: float
    hospital: float
    carrying: float
    deaths: float


@dataclass(frozen=True, repr=False)
class Lives:
    """Many lives, of which the episodes are kept: ``lives.bands``, ``lives.to_dataframe()``."""

    plan: LifePlan
    people: tuple[Told, ...]
    seed: int

    def __len__(self) -> int:
        return len(self.people)

    def __repr__(self) -> str:
        from immunity.lifetime.tell import lives_lines

        return "\n".join(lives_lines(self))

    @property
    def bands(self) -> list[Band]:
        """What came by age."""
        import numpy as np

        found = []
        by_person = [
            (told, count_years(told.episodes, self.plan.start, told.ended)) for told in self.people if not told.failed
        ]
        for low, high in BANDS:
            rows = [(told, [year for year in years if low <= year.age < high]) for told, years in by_person]
            rows = [(told, years) for told, years in rows if years]
            lived = sum(year.lived for _, years in rows for year in years)
            if lived <= 0.0:
                continue

            def rate(key: str, rows: Sequence[tuple[Told, list[Year]]] = rows, lived: float = lived) -> float:
                return sum(getattr(year, key) for _, years in rows for year in years) / lived

            each = [sum(y.illnesses for y in years) / sum(y.lived for y in years) for _, years in rows]
            dead = sum(told.died and low * YEAR <= told.ended < high * YEAR for told, _ in rows)
            quartiles = np.quantile(each, [0.25, 0.75])
            found.append(
                Band(
                    (low, high),
                    lived,
                    rate("infections"),
                    rate("illnesses"),
                    float(quartiles[0]),
                    float(quartiles[1]),
                    rate("fevers"),
                    rate("hospital"),
                    rate("carrier_days") / YEAR,
                    dead / lived,
                )
            )
        return found

    @property
    def agents(self) -> dict[str, dict[str, float]]:
        """Of each agent: infections, the share in which somebody was ill the first time, and later."""
        found: dict[str, dict[str, float]] = {}
        episodes = [each for told in self.people for each in told.episodes if not each.carried]
        for agent, count in Counter(each.agent for each in episodes).most_common():
            first = [each.ill for each in episodes if each.agent == agent and each.first]
            later = [each.ill for each in episodes if each.agent == agent and not each.first]
            found[agent] = {
                "infections": float(count),
                "ill_first": sum(first) / len(first) if first else float("nan"),
                "ill_later": sum(later) / len(later) if later else float("nan"),
            }
        return found

    @property
    def summary(self) -> dict[str, Any]:
        """All that was counted, for a program."""
        return {
            **self.plan.setting,
            "seed": self.seed,
            "lives": len(self.people),
            "died": sum(told.died for told in self.people),
            "failed": sum(told.failed for told in self.people),
            "by_age": [asdict(band) for band in self.bands],
            "by_agent": json.loads(json.dumps(self.agents).replace("NaN", "null")),
        }

    @plainly
    def to_dataframe(self) -> pd.DataFrame:
        """Episodes of all, a row each, with the number of the person; ages in years."""
        import pandas as pd

        return pd.DataFrame([{"host": told.host, **each.row()} for told in self.people for each in told.episodes])
