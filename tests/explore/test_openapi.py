"""Questions made at random from what the server says of itself: none makes it fail, and answers are as it says."""

from __future__ import annotations

from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis")

from fastapi import FastAPI  # noqa: E402
from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from schemathesis.specs.openapi import checks as openapi_checks  # noqa: E402

from tests.explore.conftest import TOKEN  # noqa: E402

HEADERS = {"X-Token": TOKEN, "Host": "127.0.0.1:1"}
ROUTES = ("/api/catalogue", "/api/lessons", "/api/explain", "/api/runs/{id}/why", "/api/runs/{id}/place", "/api/run")
CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.response_schema_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.status_code_conformance,
]
FEW = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("route", ROUTES)
def test_no_question_makes_it_fail(app: FastAPI, route: str) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=HEADERS)
    found = [each.ok() for each in schema.get_all_operations()]
    operation = next(each for each in found if each.path == route)

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(headers=HEADERS, timeout=180)
        assert answer.status_code in (200, 404, 409, 422), answer.text
        if answer.status_code != 404:
            case.validate_response(answer, checks=CHECKS)

    ask()
