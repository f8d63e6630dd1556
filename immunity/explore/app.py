"""The server's routes: what there is, a run, why, who is where, many hosts, lessons, exports. OpenAPI tells of them."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse

from immunity._version import __version__
from immunity.explore import deeper
from immunity.explore.answer import answer
from immunity.explore.asked import MAX_HOSTS, Asked, Faults
from immunity.explore.catalogue import catalogue, setup
from immunity.explore.cohort import Bands
from immunity.explore.export import EXPORTS, export
from immunity.explore.lessons import load_lessons
from immunity.explore.runner import Runner, Stale
from immunity.explore.session import Made, Session
from immunity.language.errors import RuleError, RuleErrors, fail
from immunity.results.present import UnknownName

STATIC = FilePath(__file__).parent / "static"
HOSTS = ("127.0.0.1", "localhost", "[::1]")
MAX_BODY = 200_000
REFUSED: dict[int | str, dict[str, Any]] = {
    422: {"model": Faults, "description": "Refused, with code, place and mend"},
    401: {"model": Faults, "description": "No token, or a wrong one"},
    409: {"model": Faults, "description": "A newer question came"},
}
RunId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[0-9a-f]+$")]
Name = Annotated[str, Query(min_length=1, max_length=300)]
Day = Annotated[float, Query(ge=0.0, le=1e6)]


def make_app(session: Session, token: str, runner: Runner, over: threading.Event | None = None) -> FastAPI:
    """The application around a session; every question but for the page itself must bring the token."""
    over = over or threading.Event()
    app = FastAPI(title="immunity explore", version=__version__, docs_url=None, redoc_url=None, responses=REFUSED)
    app.middleware("http")(_guard(token))
    for kind in (RuleError, RuleErrors, UnknownName, Stale, RequestValidationError):
        app.exception_handler(kind)(_told)

    async def done(future: Future[Any]) -> Any:
        """Wait for the thread that simulates."""
        return await asyncio.wrap_future(future)

    def kept(id: str) -> Made:
        made = session.kept(id)
        if made is None:
            raise fail("E732", text=id)
        return made

    @app.get("/api/catalogue")
    async def get_catalogue() -> dict[str, Any]:
        """Scenarios, deficiencies, drugs and germs to choose from."""
        return catalogue(session)

    @app.post("/api/setup")
    async def post_setup(asked: Asked) -> dict[str, Any]:
        """One scenario: who is in it, what is met and given, what can be changed."""
        return await done(runner.submit("", lambda: setup(session, session.entry(asked))))

    @app.post("/api/run", response_model=dict[str, Any])
    async def post_run(asked: Asked) -> JSONResponse:
        """Run one host in one scenario."""
        slot = f"run {asked.page}" if asked.page else ""
        made = runner.submit(slot, lambda: answer(session.run(asked), session.findings_about(asked.scenario)))
        # as it is: the answer is plain already, and to look through it for what is not takes 2 ms
        return JSONResponse(await done(made))

    @app.get("/api/runs/{id}/why")
    async def get_why(id: RunId, readout: Name, day: Day | None = None) -> dict[str, Any]:
        """Why a readout stood where it stood."""
        made = kept(id)
        return await done(runner.submit("", lambda: deeper.why(made, readout, day)))

    @app.get("/api/runs/{id}/place")
    async def get_place(id: RunId, place: Name, day: Day) -> dict[str, Any]:
        """Who is in a place on a day, and what flows there."""
        made = kept(id)
        return await done(runner.submit("", lambda: deeper.inhabitants(made, place, day)))

    @app.get("/api/explain")
    async def get_explain(name: Name) -> dict[str, Any]:
        """What a rule, an entry, a readout or a number is."""
        return await done(runner.submit("", lambda: deeper.explain(session, name)))

    @app.get("/api/lessons")
    async def get_lessons() -> list[dict[str, Any]]:
        """The guided lessons."""
        return [lesson.to_dict() for lesson in load_lessons(session.book.book)]

    @app.get("/api/runs/{id}/export/{what}", response_class=PlainTextResponse)
    async def get_export(id: RunId, what: Literal["scenario", "python", "csv", "report"]) -> Response:
        """A run to take away."""
        made = kept(id)
        text = await done(runner.submit("", lambda: export(session, made, what)))
        name, kind = EXPORTS[what]
        return Response(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    @app.post("/api/cohort", response_class=StreamingResponse)
    async def post_cohort(asked: Asked, hosts: Annotated[int, Query(ge=1, le=MAX_HOSTS)] = 50) -> StreamingResponse:
        """Many hosts, a line of JSON for each few of them as they finish."""
        slot = f"cohort {asked.page}" if asked.page else ""
        bands: Bands = await done(runner.submit(slot, lambda: Bands(session, asked)))

        async def lines() -> AsyncIterator[str]:
            try:
                for k in range(hosts):
                    if over.is_set():
                        return
                    await done(runner.submit(slot, bands.step))
                    if k + 1 in (1, 2, 3, 5, 8, 12) or (k + 1) % 8 == 0 or k + 1 == hosts:
                        yield json.dumps(bands.told()) + "\n"
            except Stale:
                return  # a newer question of the page has the slot
            except asyncio.CancelledError:
                if slot:
                    runner.drop(slot)
            except (RuleError, RuleErrors) as error:
                yield json.dumps({"errors": _errors(error)}) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    @app.get("/", include_in_schema=False)
    async def index() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    @app.get("/assets/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        known = {path.name: path for path in (STATIC / "assets").iterdir()}
        if name not in known:
            return Response(status_code=404)
        return FileResponse(known[name], headers={"Cache-Control": "no-cache"})

    return app


def _guard(token: str) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    """Refuse other machines' names (a page elsewhere that makes its name lead here) and questions without the token."""

    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        host = (request.headers.get("host") or "").rpartition(":")[0] or request.headers.get("host") or ""
        if host not in HOSTS:
            return JSONResponse({"errors": [{"message": "This server speaks to its own machine only."}]}, 403)
        if request.url.path.startswith("/api/"):
            given = request.headers.get("x-token") or request.query_params.get("token") or ""
            if not hmac.compare_digest(given.encode(), token.encode()):
                words = "The token is missing or wrong: open the address that 'immunity explore' printed."
                return JSONResponse({"errors": [{"message": words}]}, 401)
            if int(request.headers.get("content-length") or 0) > MAX_BODY:
                return JSONResponse({"errors": [{"message": "The question is too long."}]}, 413)
        try:
            answer = await go_on(request)
        except RuntimeError:
            if not await request.is_disconnected():
                raise
            return Response(status_code=499)  # who asked has left: no fault of anybody, and no trace on the terminal
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Content-Security-Policy"] = (
            "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
        )
        return answer

    return guard


async def _told(request: Request, error: Exception) -> Response:
    if isinstance(error, Stale):
        return JSONResponse({"errors": [{"message": "A newer question came."}]}, 409)
    return JSONResponse({"errors": _errors(error)}, 422)


def _errors(error: Exception) -> list[dict[str, Any]]:
    """Errors of the language with code, place and mend."""
    if isinstance(error, RequestValidationError):
        return [
            {"message": f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}"} for each in error.errors()[:20]
        ]
    if isinstance(error, RuleErrors):
        return [_error(each) for each in error.errors[:20]]
    if isinstance(error, RuleError):
        return [_error(error)]
    return [{"message": str(error)}]


def _error(error: RuleError) -> dict[str, Any]:
    return {
        "code": error.code,
        "message": error.message,
        "place": str(error.location) if error.location else "",
        "line": error.location.line if error.location else 0,
        "suggestion": error.suggestion or "",
        "mend": error.mend,
    }
