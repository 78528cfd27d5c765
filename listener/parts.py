"""Dependencies of a poll: built once by `listener.app`, shared by all polls, immutable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import msgspec

from listener.alerts import Planner, Rules
from listener.changes.confirm import ConfirmSettings
from listener.mentions.matcher import Matcher
from listener.routing import Adapter
from listener.schedule import Bounds
from listener.storage import Store
from listener.types import Scraper

if TYPE_CHECKING:
    from listener.mentions.understand import Understander


class FindsScraper(Protocol):
    """The part of the loaded scrapers that the pipeline uses."""

    def get(self, name: str) -> Scraper:
        """Return the scraper of that name. Raises PluginError."""
        ...


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Dependencies of a poll, built once by `listener.app`."""

    store: Store
    fetcher: Adapter
    scrapers: FindsScraper
    matcher: Matcher
    #: Made at the first mention.
    understander: Callable[[], Understander]
    rules: Rules
    planner: Planner
    bounds: Bounds
    confirm: ConfirmSettings
    clock: Callable[[], datetime]
    #: Whether a hub has promised to tell of a source's news, so that it is polled more rarely.
    pushed: Callable[[str], bool] = lambda _: False
    #: Held by whoever reads what came: Python runs one thread at a time anyway, and an answer being read takes many
    #: times its size. So all workers wait for the web, and one holds the tree of a page: a second one would save no
    #: time, and take 7 MB.
    reader: Lock = msgspec.field(default_factory=Lock)
