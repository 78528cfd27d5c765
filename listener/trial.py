"""One live poll of which nothing is stored: its requests, its items, and which brands they mention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from listener.errors import ParseError
from listener.mentions.identity import item_keys
from listener.parts import FindsScraper, Parts
from listener.pipeline import gather
from listener.poll_items import matches, new_items
from listener.routing import Adapter
from listener.types import (
    FetchResult,
    Item,
    Match,
    Outcome,
    Parsed,
    Reading,
    Request,
    Response,
    Scraper,
    Source,
    SourceState,
    Validators,
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and what its answer was read as: a ParseError in words, or None where there was none to read."""

    result: FetchResult
    parsed: Parsed | None = None
    unreadable: str | None = None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An item with the brands whose query it answers, and how it would be read for each; None: taken for a namesake."""

    item: Item
    matches: tuple[tuple[Match, Reading | None], ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll would bring."""

    outcome: Outcome
    detail: str
    asked: tuple[Asked, ...]
    items: tuple[Judged, ...]
    #: Items that came twice in the same poll.
    doubled: int

    @property
    def worked(self) -> bool:
        """Whether the source answered."""
        return self.outcome in (Outcome.OK, Outcome.NOT_MODIFIED)


class Witness:
    """Stands between a poll and the web, and remembers what passes. For one poll, so for one thread."""

    def __init__(self, fetcher: Adapter, scrapers: FindsScraper) -> None:
        self._fetcher = fetcher
        self._scrapers = scrapers
        self.asked: list[Asked] = []

    def fetch(self, request: Request, validators: Validators, *, under_way: bool) -> FetchResult:
        """Fetch, and remember how that ended."""
        result = self._fetcher.fetch(request, validators, under_way=under_way)
        self.asked.append(Asked(result=result))
        return result

    def get(self, name: str) -> Scraper:
        """Return a scraper whose reading is remembered. Raises PluginError."""
        return _Watched(self._scrapers.get(name), self.asked)


class _Watched:
    def __init__(self, scraper: Scraper, asked: list[Asked]) -> None:
        self.name, self.version, self.Options = scraper.name, scraper.version, scraper.Options
        self._scraper = scraper
        self._asked = asked

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        return self._scraper.requests(source, state)

    def parse(self, response: Response, source: Source) -> Parsed:
        try:
            parsed = self._scraper.parse(response, source)
        except ParseError as error:
            self._asked[-1] = replace(self._asked[-1], unreadable=str(error))
            raise
        self._asked[-1] = replace(self._asked[-1], parsed=parsed)
        return parsed


def try_source(source: Source, parts: Parts) -> Trial:
    """Poll `source` as if for the first time, and store nothing but what politeness remembers of hosts."""
    witness = Witness(parts.fetcher, parts.scrapers)
    state = SourceState(source=source.name, due_at=parts.clock())
    gathered = gather(source, state, replace(parts, fetcher=witness, scrapers=witness))
    fresh = new_items(gathered.items, item_keys(gathered.items), {})
    return Trial(
        outcome=gathered.polled.outcome,
        detail=gathered.polled.detail,
        asked=tuple(witness.asked),
        items=tuple(judge(source, item, parts) for item, _ in fresh),
        doubled=len(gathered.items) - len(fresh),
    )


def judge(source: Source, item: Item, parts: Parts) -> Judged:
    """Return whose mention an item would be, and how it would be read."""
    found = matches(source, item, parts.matcher)
    return Judged(item=item, matches=tuple((match, parts.understander().read(item, match, source)) for match in found))
