"""Every scraper against its cases: folders `tests/scrapers/<name>/<case>/`.

`response.*` holds the bytes of an answer; `request.json`, where there is one, what came with them (`url`, `headers`)
and the source's `options`; `expected.json` the items that must come out, each with the fields that aren't empty, and
`skipped`, `rhythm` in seconds, or `error`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import fields

from listener.errors import ParseError
from listener.plugins import Scrapers
from listener.types import Item, Parsed, Request, Response, Source

#: Cases with settings are whole polls: see `tests.scrapers.polls`.
CASES = sorted(
    path.parent
    for path in Path(__file__).parent.glob("*/*/expected.json")
    if not (path.parent / "settings.toml").exists()
)
FETCHED_AT = datetime(2025, 10, 3, 12, 30, tzinfo=UTC)


def outcome(case: Path) -> dict[str, Any]:
    """Return what a scraper makes of a case, in the words of `expected.json`."""
    (body,) = case.glob("response.*")
    given = case / "request.json"
    request: dict[str, Any] = json.loads(given.read_text(encoding="utf-8")) if given.exists() else {}
    scraper = Scrapers().get(case.parent.name)
    options = None if scraper.Options is None else msgspec.convert(request.get("options", {}), scraper.Options)
    url = request.get("url", "https://source.example/feed")
    response = Response(
        request=Request(url=url),
        url=url,
        status=200,
        headers=request.get("headers", {}),
        body=body.read_bytes(),
        fetched_at=FETCHED_AT,
    )
    try:
        return described(scraper.parse(response, Source(name="case", scraper=scraper.name, url=url, options=options)))
    except ParseError as error:
        return {"error": str(error)}


def described(parsed: Parsed) -> dict[str, Any]:
    found: dict[str, Any] = {"items": [filled(item) for item in parsed.items]}
    if parsed.skipped:
        found["skipped"] = list(parsed.skipped)
    if parsed.rhythm is not None:
        found["rhythm"] = parsed.rhythm.total_seconds()
    return found


def filled(item: Item) -> dict[str, Any]:
    """Return the fields of an item that aren't empty, as JSON has them."""
    values = {field.name: getattr(item, field.name) for field in fields(item)}
    if item.rating is None:
        del values["rating_max"]
    return {
        name: value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        for name, value in (
            (name, dict(value) if name in ("metrics", "segment") else value) for name, value in values.items()
        )
        if value not in (None, "", (), {})
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_recorded_answer_gives_what_is_expected(case: Path) -> None:
    assert outcome(case) == json.loads((case / "expected.json").read_text(encoding="utf-8"))
