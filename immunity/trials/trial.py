"""What a user holds after a trial."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunity._faces import face
from immunity.results import all_or_nothing
from immunity.trials import tell
from immunity.trials.result import ALL, Findings

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FILES = ("trial.json", "endpoints.csv", "effects.csv", "survival.csv", "hosts.csv")


@dataclass(frozen=True)
class Trial:
    """A finished trial: ``im.trial("early_antibiotic_in_pneumonia", hosts=20)``."""

    findings: Findings

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        title, *lines = self._lines()
        rows = "".join(f"<li>{escape(line)}</li>" for line in lines)
        return f"<p><b>{escape(title)}</b></p><ul>{rows}</ul>"

    def _lines(self) -> list[str]:
        findings = self.findings
        trial = findings.plan.trial
        lines = [f"{trial.title}: {', '.join(f'{arm.title} ({len(arm)} hosts)' for arm in findings.arms.values())}"]
        for name, endpoint in trial.endpoints.items():
            parts = [f"{findings.arms[f.arm].title} {tell.say_found(f)}" for f in tell.of_all(findings, name)]
            lines.append(f"{endpoint.title or name}: {'; '.join(parts)}")
        return lines

    @property
    def summary(self) -> dict[str, Any]:
        """The contents of ``trial.json``."""
        return tell.to_dict(self.findings)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms."""
        return tuple(self.findings.arms)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Names of the endpoints."""
        return tuple(self.findings.plan.trial.endpoints)

    @property
    def effects(self) -> pd.DataFrame:
        """How each arm differs from the reference: a row for every endpoint, group and measure."""
        return _frame(tell.effects_rows(self.findings))

    @property
    def hosts(self) -> pd.DataFrame:
        """Every enrolled host of every arm with its endpoints."""
        return _frame(tell.host_rows(self.findings))

    def to_dataframe(self) -> pd.DataFrame:
        """As :attr:`hosts`."""
        return self.hosts

    def survival(self, endpoint: str, arm: str, group: str = ALL) -> xr.Dataset:
        """The Kaplan-Meier curve of an endpoint that is a time: ``free``, ``low``, ``high``, ``at_risk``.

        Raises
        ------
        KeyError
            For an endpoint without one, or an arm or a group that is not there.
        """
        import xarray as xr

        for each in self.findings.found:
            if (each.endpoint, each.arm, each.group) == (endpoint, arm, group) and each.steps is not None:
                steps = each.steps
                values = {name: ("time", getattr(steps, name)) for name in ("free", "low", "high", "at_risk", "events")}
                return xr.Dataset(values, coords={"time": ("time", steps.day, {"units": "day"})})
        raise KeyError(f"there is no curve of {endpoint!r} in {arm!r} among {group!r}")

    def plot(self, endpoint: str | None = None) -> Any:
        """Draw Kaplan-Meier curves of an endpoint, or its values by arm; needs matplotlib."""
        return face("plot_trial")(self.findings, endpoint or self.findings.plan.trial.primary_id())

    def report(self, file: Path | str) -> Path:
        """Write the self-contained report, as ``immunity trial --out`` does."""
        Path(file).write_text(face("page_of_trial")(self.findings), encoding="utf-8")
        return Path(file)

    def save(self, folder: Path | str, *, report: bool = False) -> Path:
        """Write ``trial.json`` and the tables into a folder, all or none; with ``report`` the page too."""
        page = face("page_of_trial")(self.findings) if report else None
        with all_or_nothing(Path(folder)) as staging:
            text = json.dumps(self.summary, indent=2, allow_nan=False) + "\n"
            (staging / "trial.json").write_text(text, encoding="utf-8")
            for name, rows in (
                ("endpoints", tell.endpoint_rows),
                ("effects", tell.effects_rows),
                ("survival", tell.survival_rows),
                ("hosts", tell.host_rows),
            ):
                (staging / f"{name}.csv").write_text(tell.as_csv(rows(self.findings)), encoding="utf-8")
            if page is not None:
                (staging / "report.html").write_text(page, encoding="utf-8")
        return Path(folder)


def _frame(table: tuple[list[str], list[list[Any]]]) -> pd.DataFrame:
    import pandas as pd  # comes with xarray

    rows = [[float("nan") if cell is None else cell for cell in row] for row in table[1]]
    return pd.DataFrame(rows, columns=table[0])
