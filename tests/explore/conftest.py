"""One session and one client for all tests of the server."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from immunity import api
from immunity.explore.app import make_app
from immunity.explore.runner import Runner
from immunity.explore.session import Session

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

TOKEN = "a-token"


@pytest.fixture(scope="session")
def session() -> Session:
    return Session(api.load())


@pytest.fixture(scope="session")
def app(session: Session) -> Iterator[FastAPI]:
    runner = Runner()
    yield make_app(session, TOKEN, runner)
    runner.close()


@pytest.fixture(scope="session")
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:1", headers={"X-Token": TOKEN})
