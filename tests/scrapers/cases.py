"""Hands bytes to a scraper as the answer to one of its requests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from listener.plugins import Scrapers
from listener.types import Parsed, Request, Response, Source

FOLDER = Path(__file__).resolve().parent
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: One for all: to look for what other distributions bring takes 0.02 s.
SCRAPERS = Scrapers()


def case_bodies(*names: str) -> list[Path]:
    """Return the recorded answers of these scrapers."""
    return [path for name in names for path in sorted(FOLDER.glob(f"{name}/*/response.*"))]


def source_of(name: str, url: str, **options: Any) -> Source:
    """Return a source with options as they stand in the settings."""
    kind = SCRAPERS.get(name).Options
    return Source(
        name="case",
        scraper=name,
        url=url,
        options=None if kind is None else msgspec.convert(options, kind, strict=True),
    )


def asked(source: Source, state: dict[str, Any] | None = None) -> list[Request]:
    """Return the requests that a poll begins with."""
    return list(SCRAPERS.get(source.scraper).requests(source, state or {}))


def answered(
    source: Source, body: bytes | str, *, request: Request | None = None, headers: dict[str, str] | None = None
) -> Parsed:
    """Read bytes as the answer to a request, which is a poll's first one unless given."""
    request = request or asked(source)[0]
    raw = body.encode() if isinstance(body, str) else body
    response = Response(request=request, url=request.url, status=200, headers=headers or {}, body=raw, fetched_at=NOW)
    return SCRAPERS.get(source.scraper).parse(response, source)
