"""Fixtures of scrapers: a folder holds the settings of a source, what its requests are answered, and what comes of it.

`settings.toml` is a settings file with brands, if need be, and one source. The first request is answered with
`response.*`, or with `response-1.*`, the next with `response-2.*` and so on, whatever their endings. `state.json` is
what the poll before has left, if there was one. `expected.json` holds the requests, the items without what is empty,
and the state that is left; it is written when it isn't there, to be looked at and kept.

Cases without settings are one answer each, read by `test_cases.py`, with the source's address and options in
`request.json`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import fields

from listener.app import OptionsOf
from listener.config import load
from listener.plugins import Scrapers
from listener.types import Request, Response, Scraper, Source

FOLDER = Path(__file__).resolve().parent
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
#: Secrets that the fixtures' settings refer to.
ENVIRON = {"TOKEN": "s3cret", "KEY": "k3y"}
SCRAPERS = Scrapers()


def cases() -> list[Path]:
    """Return the folders of all cases, those of one answer among them."""
    return sorted({path.parent for path in FOLDER.glob("*/*/response*")})


def is_poll(case: Path) -> bool:
    """Whether a case is a whole poll."""
    return (case / "settings.toml").exists()


def scraper_of(case: Path) -> Scraper:
    """Return the scraper that a case is about."""
    return SCRAPERS.get(case.parent.name)


@cache
def source_of(case: Path) -> Source:
    """Return the source of a case."""
    if not is_poll(case):
        path, kind = case / "request.json", scraper_of(case).Options
        given = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        options = None if kind is None else msgspec.convert(given.get("options", {}), kind, strict=True)
        url = given.get("url", "https://source.example/feed")
        return Source(name="case", scraper=case.parent.name, url=url, options=options)
    (source,) = load(case / "settings.toml", environ=ENVIRON, scrapers_in=OptionsOf).sources
    return source


def answers_of(case: Path) -> list[bytes]:
    """Return what a case's requests are answered with."""
    return [path.read_bytes() for path in sorted(case.glob("response*"))]


def state_of(case: Path) -> Mapping[str, Any]:
    """Return what the poll before a case's has left."""
    path = case / "state.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def answer(request: Request, body: bytes) -> Response:
    """Return a response of 200 without headers."""
    return Response(request=request, url=request.url, status=200, headers={}, body=body, fetched_at=NOW)


def polled(case: Path) -> dict[str, Any]:
    """Play a poll of a case's source, and return what came of it as `expected.json` has it."""
    scraper, source = scraper_of(case), source_of(case)
    queue = deque(scraper.requests(source, state_of(case)))
    asked: list[str] = []
    items: list[dict[str, Any]] = []
    state: dict[str, Any] = {}
    skipped: list[str] = []
    missed = ""
    facts: dict[str, Any] = {}
    for body in answers_of(case):
        request = queue.popleft()
        asked.append(shown(request))
        parsed = scraper.parse(answer(request, body), source)
        queue.extend(parsed.more)
        items += [plain(item) for item in parsed.items]
        state |= parsed.state or {}
        skipped += parsed.skipped
        missed = missed or parsed.missed
        facts |= plain(parsed.facts) if parsed.facts is not None else {}
    left = [shown(request) for request in queue]
    found = {
        "asked": asked,
        "left": left,
        "items": items,
        "facts": facts,
        "state": state,
        "skipped": skipped,
        "missed": missed,
    }
    return {name: value for name, value in found.items() if value or name == "items"}


def shown(request: Request) -> str:
    """Return a request as a line: method, URL, names of headers that may hold a secret."""
    secret = [name for name in request.headers if name.lower() not in ("accept", "content-type", "accept-language")]
    return " ".join([*([request.method] if request.method != "GET" else []), request.url, *secret])


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """Return an item or a fact as JSON has it, without what is empty or as usual."""
    told = {}
    for field in fields(record):
        value = getattr(record, field.name)
        usual = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        if field.name == "kind" or value != usual:
            told[field.name] = _in_json(value)
    return told


def _in_json(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    return [_in_json(one) for one in value] if isinstance(value, tuple) else value
