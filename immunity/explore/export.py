"""What a page takes away: the scenario as a file, the same in Python, a table, a report that opens offline."""

from __future__ import annotations

import csv
import io
from typing import Any

import yaml

from immunity.explore.session import Made, Session
from immunity.results.again import command_of, python_of
from immunity.results.curves import with_jumps

_SAID = ("id", "title", "story", "days", "every", "host", "meets", "exposures", "therapies", "events", "ends_when")
_SAID += ("numbers", "show")


def scenario_yaml(session: Session, made: Made) -> str:
    """The scenario with what was changed written into it, as a file that ``immunity run`` takes."""
    from immunity.scenario import override

    said = dict(made.asked.changes) | ({} if made.asked.days is None else {"days": made.asked.days})
    data = dict(override(session.entry(made.asked), said).document.data)
    if said:
        data["id"], data["title"] = f"{data['id']}_changed", made.run.record.title
        data.pop("story", None)
    data = {key: data[key] for key in _SAID if key in data}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


def snippet(made: Made) -> str:
    """The same run in Python, and on the command line."""
    record = made.run.record
    if made.asked.text is not None:
        return 'import immunity as im\n\nrun = im.run("scenario.yaml")  # the file exported beside this\nrun.plot()\n'
    return f"import immunity as im\n\nrun = {python_of(record)}\nrun.plot()\n# {command_of(record)}\n"


def table(made: Made) -> str:
    """Every readout over time as CSV, units in the second line."""
    record = with_jumps(made.run.record)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["day", *(info.id for info in record.infos)])
    writer.writerow(["day", *(info.unit for info in record.infos)])
    for row, day in enumerate(record.time):
        writer.writerow([f"{day:.8g}", *(f"{value:.6g}" for value in record.readout[row, 0])])
    return out.getvalue()


def report(made: Made) -> str:
    """The report of ``immunity run --out``."""
    from immunity.report.from_run import page_of_run

    return page_of_run(made.run)


EXPORTS: dict[str, tuple[str, str]] = {
    "scenario": ("scenario.yaml", "application/yaml"),
    "python": ("run.py", "text/x-python"),
    "csv": ("curves.csv", "text/csv"),
    "report": ("report.html", "text/html"),
}


def export(session: Session, made: Made, what: str) -> str:
    """One of EXPORTS."""
    made_of: dict[str, Any] = {
        "scenario": lambda: scenario_yaml(session, made),
        "python": lambda: snippet(made),
        "csv": lambda: table(made),
        "report": lambda: report(made),
    }
    return made_of[what]()
