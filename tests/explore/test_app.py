"""The server answers what a page asks, refuses kindly what it may not ask, and opens no file."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from immunity import api
from immunity.explore.session import Session

CUT: dict[str, Any] = {"scenario": "cut_finger", "days": 4}


def numbers(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def told(answer: Any) -> str:
    return str(answer.json()["errors"][0].get("code", answer.json()["errors"][0]["message"]))


def test_a_run_is_that_of_the_command_line(client: Any) -> None:
    found = client.post("/api/run", json=CUT | {"changes": {"host.age": "70 y"}}).json()
    run = api.run("cut_finger", host={"age": "70 y"}, days=4)
    curve = next(each for each in found["curves"] if each["id"] == "skin.neutrophils")
    expected = np.interp(found["times"], run.record.time, run.raw("skin.neutrophils").values)
    assert np.allclose(numbers(curve["values"]), expected, rtol=1e-5, atol=1e-7)
    assert found["outcome"] == run.outcome
    assert len(found["times"]) == len(numbers(curve["values"]))


def test_a_sketch_is_near_what_it_sketches(client: Any) -> None:
    exact, sketch = (client.post("/api/run", json=CUT | {"sketch": flag}).json() for flag in (False, True))
    assert sketch["sketch"] and not exact["sketch"]
    assert exact["outcome"] == sketch["outcome"]
    for one, other in zip(exact["curves"], sketch["curves"], strict=True):
        high = [float(np.nanmax(numbers(each["values"]))) for each in (one, other)]
        assert high[1] == pytest.approx(high[0], rel=0.1, abs=1e-6)


def test_the_same_luck_on_both_sides(client: Any) -> None:
    asked = CUT | {"stochastic": True, "seed": 3, "days": 1}
    one, two = (
        client.post("/api/run", json=asked | {"readouts": [name]}).json() for name in ("blood.crp", "blood.crp")
    )
    other = client.post("/api/run", json=asked | {"seed": 4, "readouts": ["skin.bacteria"]}).json()
    first = client.post("/api/run", json=asked | {"readouts": ["skin.bacteria"]}).json()
    assert one["curves"] == two["curves"]
    assert first["curves"][0]["values"] != other["curves"][0]["values"]


def test_a_setup_offers_what_the_scenario_has(client: Any) -> None:
    found = client.post("/api/setup", json={"scenario": "pneumonia_ceftriaxone"}).json()
    assert [each["therapy"] for each in found["therapies"]] == ["ceftriaxone"]
    assert found["deficiencies"] == ["asplenia"]
    assert any("vaccine" in each["label"] for each in found["histories"])
    assert not any("Influenza" in each["label"] or "Tetanus" in each["label"] for each in found["histories"])
    for each in found["histories"]:
        asked = {"scenario": "pneumonia_ceftriaxone", "changes": {"host.history": [each["item"]]}}
        client.post("/api/setup", json=asked).raise_for_status()


def test_everything_that_can_be_given_can_be_built(client: Any, session: Session) -> None:
    """Drugs and germs are offered with the dose and the way of a scenario that gives them; one host gets them all."""
    known = client.get("/api/catalogue").json()
    every = {
        key: [each["as"] for each in known[offered] if "broth" not in str(each["as"])]
        for key, offered in (("therapies", "therapies"), ("exposures", "threats"))
    }
    assert len(every["therapies"]) > 40 and len(every["exposures"]) > 25
    session.case_of(session.scenarios["healthy_adult"], every | {"days": 1})


def test_why_and_who_are_answered_of_a_run(client: Any) -> None:
    run = client.post("/api/run", json=CUT).json()
    why = client.get(f"/api/runs/{run['id']}/why", params={"readout": "skin.neutrophils", "day": 0.5}).json()
    assert why["lines"] and any(line["rule"] for line in why["lines"])
    rule = next(line["rule"] for line in why["lines"] if line["rule"])
    assert client.get("/api/explain", params={"name": rule}).json()["lines"]
    place = client.get(f"/api/runs/{run['id']}/place", params={"place": "skin", "day": 0.5}).json()
    assert "neutrophil" in [each["id"] for each in place["who"]]
    assert place["flows"] and all(each["rule"] for each in place["flows"])


def test_many_hosts_stream_and_are_those_of_a_cohort(client: Any) -> None:
    asked = CUT | {"days": 1, "readouts": ["skin.neutrophils"]}
    lines = [json.loads(line) for line in client.post("/api/cohort?hosts=3", json=asked).text.splitlines()]
    assert [line["hosts"] for line in lines] == [1, 2, 3]
    cohort = api.cohort("cut_finger", hosts=3, days=1, progress=False)
    median = np.median(cohort.raw("skin.neutrophils").values, axis=1)
    expected = np.interp(lines[-1]["times"], cohort.record.time, median)
    assert np.allclose(numbers(lines[-1]["curves"]["skin.neutrophils"][2]), expected, rtol=1e-5)


def test_exports_give_the_run_again(client: Any, tmp_path: Path) -> None:
    asked = CUT | {
        "changes": {"host.age": "70 y", "exposures": [{"threat": "scrape", "site": "skin", "dose": "1 cm2"}]}
    }
    run = client.post("/api/run", json=asked).json()
    text = client.get(f"/api/runs/{run['id']}/export/scenario").text
    file = tmp_path / "again.yaml"
    file.write_text(text, encoding="utf-8")
    again = api.run(file)
    assert yaml.safe_load(text)["host"]["age"] == "70 y"
    assert again.outcome == run["outcome"]
    table = client.get(f"/api/runs/{run['id']}/export/csv").text.splitlines()
    assert table[0].startswith("day,") and len(table) >= len(again.record.time) + 2  # jumps stand twice
    snippet = client.get(f"/api/runs/{run['id']}/export/python").text
    found: dict[str, Any] = {}
    exec(snippet.replace("run.plot()", ""), found)
    assert found["run"].outcome == run["outcome"]
    assert "<html" in client.get(f"/api/runs/{run['id']}/export/report").text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scenario": "cut_fingr"}, "E601"),
        ({"changes": {"host.age": "70"}}, "E305"),
        ({"changes": {"hots.age": "70 y"}}, "E608"),
        ({"changes": {"every": "1 min"}, "days": 100}, "E731"),
        ({"text": "id: x\ntitle: x\ndays: 5000\nevery: 1 d\n"}, "E731"),
        ({"text": "id: x\ntitle: x\ndays: 1\nexposure: []\n"}, "E201"),
        ({"text": "a: [1"}, "E1"),
        ({"text": "id: x\n---\nid: y\n"}, "E601"),
    ],
)
def test_bad_questions_are_refused_with_a_code(client: Any, changes: dict[str, Any], code: str) -> None:
    answer = client.post("/api/run", json=CUT | changes | ({"days": None} if "text" in changes else {}))
    assert answer.status_code == 422
    assert told(answer).startswith(code)


def test_no_file_is_opened_for_a_page(client: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("id: mine\ntitle: Mine\ndays: 1\n", encoding="utf-8")
    answer = client.post("/api/run", json={"scenario": str(file)})
    assert answer.status_code == 422 and "scenario" in told(answer)
    history = client.post("/api/run", json=CUT | {"changes": {"host.history": [str(file)]}})
    assert history.status_code == 422 and told(history) == "E601"


def test_limits(client: Any) -> None:
    assert client.post("/api/run", json=CUT | {"days": 1e9}).status_code == 422
    assert client.post("/api/run", json=CUT | {"changes": {f"a{k}": 1 for k in range(100)}}).status_code == 422
    assert client.post("/api/cohort?hosts=100000", json=CUT).status_code == 422
    assert client.post("/api/run", content=b"x" * 300_000).status_code == 413


@pytest.mark.parametrize("headers", [{"X-Token": "wrong"}, {"X-Token": ""}])
def test_without_the_token_nothing_is_told(client: Any, headers: dict[str, str]) -> None:
    for path in ("/api/catalogue", "/api/lessons", "/api/explain?name=crp", "/api/runs/ab/export/csv"):
        assert client.get(path, headers=headers).status_code == 401


def test_a_page_elsewhere_cannot_lead_here_by_its_name(client: Any) -> None:
    assert client.get("/api/catalogue", headers={"Host": "evil.example:80"}).status_code == 403
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403


def test_the_page_itself_is_served(client: Any) -> None:
    page = client.get("/")
    assert page.status_code == 200 and "explore.js" in page.text
    assert client.get("/assets/explore.js").status_code == 200
    assert client.get("/assets/..%2Fapp.py").status_code == 404
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
