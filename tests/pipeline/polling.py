"""A poll's parts for tests: the real ones, but for a web that is a dictionary and a clock that is set by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from listener.alerts import Planner, Rules
from listener.changes.confirm import ConfirmSettings
from listener.channels import ChannelSettings, ConsoleSettings
from listener.mentions.data import load
from listener.mentions.matcher import Matcher
from listener.mentions.understand import Understander, UnderstandSettings
from listener.parts import Parts
from listener.plugins import Scrapers, bundled
from listener.schedule import Bounds
from listener.storage import Store
from listener.types import Brand, FetchResult, Outcome, Request, Response, Rule, Source, Validators

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
BRANDS = (Brand(name="acme", query="Acme"), Brand(name="globex", query="Globex", role="competitor"))
ANGRY = Rule(name="angry", brands=("acme",), sentiment_at_most=-0.4, channels=("screen",))
TROUBLE = Rule(name="trouble", on="source", failing_for=timedelta(hours=6), channels=("screen",))


class Clock:
    """Time as a test sets it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@dataclass(slots=True)
class PaperWeb:
    """Answers from a dictionary; an Outcome stands for a fetch that failed so."""

    clock: Clock
    pages: dict[str, bytes | FetchResult | Outcome] = field(default_factory=dict)
    asked: list[tuple[str, Validators]] = field(default_factory=list)

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        self.asked.append((request.url, validators))
        page = self.pages.get(request.url, Outcome.NOT_FOUND)
        if isinstance(page, FetchResult):
            return page
        if isinstance(page, Outcome):
            return FetchResult(request=request, outcome=page, detail=f"said to be {page}", validators=validators)
        etag = f'"{hash(page)}"'
        if validators.etag == etag:
            return FetchResult(request=request, outcome=Outcome.NOT_MODIFIED, status=304, validators=validators)
        response = Response(
            request=request,
            url=request.url,
            status=200,
            headers={"content-type": "application/rss+xml"},
            body=page,
            fetched_at=self.clock(),
        )
        body_hash = hashlib.sha256(page).hexdigest()
        return FetchResult(
            request=request,
            outcome=Outcome.OK,
            response=response,
            validators=Validators(etag=etag, body_hash=body_hash),
            same_body=validators.body_hash == body_hash,
        )


@cache
def understander() -> Understander:
    """Return what reads mentions: its data takes a moment to load, and holds no state."""
    return Understander(BRANDS, UnderstandSettings(), load(bundled("config")))


def parts(
    store: Store, web: PaperWeb, clock: Clock, *, rules: Sequence[Rule] = (ANGRY, TROUBLE), folders: Sequence[Path] = ()
) -> Parts:
    """Return the parts of a poll."""
    channels: Mapping[str, ChannelSettings] = {"screen": ConsoleSettings()}
    return Parts(
        store=store,
        fetcher=web,
        scrapers=Scrapers(folders),
        matcher=Matcher(BRANDS),
        understander=understander,
        rules=Rules(rules),
        planner=Planner(channels, ZoneInfo("UTC")),
        bounds=Bounds(),
        confirm=ConfirmSettings(),
        clock=clock,
    )


def source(name: str = "blog", **settings: str) -> Source:
    """Return a feed's source."""
    return Source(name=name, scraper="feed", url=f"https://{name}.example/feed", brand=settings.get("brand"))


def rss(*entries: tuple[str, str, datetime], prefix: str = "") -> bytes:
    """Return a feed with these titles, texts and dates."""
    items = "".join(
        f"<item><title>{title}</title><description>{text}</description><guid>{prefix}{title}</guid>"
        f"<link>https://example.com/{abs(hash(title))}</link><pubDate>{format_datetime(at)}</pubDate></item>"
        for title, text, at in entries
    )
    return f'<rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>'.encode()
