"""The composition root: builds all objects from the settings.

The program's only clock is chosen here, too; everything below takes `now` or this clock as an argument. What many
installations never need, such as mailboxes, is imported on first use: importing everything costs as much as hundreds
of polls.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from listener import __version__, config
from listener.alerts import Planner, Rules
from listener.changes.confirm import ConfirmSettings
from listener.dispatch import Dispatcher
from listener.errors import StorageError
from listener.fetch import HOST_GAPS, Fetcher, FetchSettings, MemoryHosts
from listener.mentions.matcher import BrandNames, Matcher, compile_query
from listener.outbox import Delivered, Outbox
from listener.parts import Parts
from listener.pipeline import PollResult
from listener.plugins import Scrapers, bundled
from listener.rounds import NotAsked, Round, Wait
from listener.routing import Adapter, LazyAdapter, Router
from listener.schedule import Bounds
from listener.storage import Store
from listener.types import Brand, Channel, HostState, Item

if TYPE_CHECKING:
    from listener.browser import Browser
    from listener.callbacks import Callbacks
    from listener.emerging import EmergingPains
    from listener.mentions.data import Data
    from listener.mentions.pains import Topic
    from listener.mentions.understand import Understander
    from listener.rescore import Rescorer, Wanted
    from listener.storage import Retained
    from listener.trending import Trending
    from listener.websub import WebSub

#: Between the first polls of two new sources, so that they don't all come at once; together no more than the limit, so
#: that the first alert is a matter of minutes.
SPREAD_EACH = timedelta(milliseconds=50)
SPREAD_LIMIT = timedelta(seconds=60)
#: When what is to be forgotten was last looked for, in the database.
UPKEEP_AT = "upkeep_at"
#: For each thing that the scripts of a page ask for while a browser renders it.
ASSET_TIMEOUT = timedelta(seconds=15)


def system_clock() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


class App:
    """The assembled program, driven by the daemon, the commands and the demo."""

    def __init__(
        self,
        settings: config.Settings,
        *,
        clock: Callable[[], datetime] = system_clock,
        sleep: Callable[[float], None] = time.sleep,
        now: datetime | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._sleep = sleep
        self.store = Store.open(settings.database, now=clock())
        self.fetcher = Fetcher(fetch_settings(settings), self.store, clock=clock, sleep=sleep)
        self._assets = assets_fetcher(fetch_settings(settings), clock=clock, sleep=sleep)
        self.scrapers = Scrapers(settings.scraper_folders)
        words = {
            rule.name: compile_query(rule.words, narrows=True) for rule in settings.alerts if rule.words is not None
        }
        matcher, understander = understanding(settings)
        self.push: WebSub | None = None
        self._callbacks: Callbacks | None = None
        self.parts = Parts(
            store=self.store,
            fetcher=Router(self.fetcher, self._other_adapters(), LazyAdapter(self._browser)),
            scrapers=self.scrapers,
            matcher=matcher,
            understander=understander,
            rules=Rules(settings.alerts, {name: query.holds for name, query in words.items()}, zone=settings.timezone),
            planner=Planner(settings.channels, settings.timezone),
            bounds=Bounds(
                every=settings.fetch.every, min_every=settings.fetch.min_every, max_every=settings.fetch.max_every
            ),
            confirm=ConfirmSettings(looks=settings.pages.looks, delay=settings.pages.delay),
            clock=clock,
            pushed=lambda source: self.push is not None and self.push.pushed(source),
        )
        self.sources = {source.name: source for source in settings.sources if source.enabled}
        self.dispatcher = Dispatcher(self.parts, self.sources, self.fetcher.ready_at, settings.workers)
        self.trending = cache(self._trending)
        self.outbox = Outbox(self.store, built_channels(settings), self.parts.planner, clock)

    def _trending(self) -> Trending:
        from listener.trending import Trending

        known = taxonomy(self.settings) if self.parts.rules.on_pains else ()
        return Trending(self.parts, self.settings.brands, {topic.name: topic.definition for topic in known})

    def _browser(self) -> Browser:
        return browser(self.fetcher, self._assets, self.settings.fetch.body_limit, clock=self.clock)

    def _other_adapters(self) -> dict[str, Adapter]:
        """Return the adapters for URL schemes other than http and https."""
        root = self.settings.path.parent

        def folders() -> Adapter:
            from listener.files import Folders

            return Folders(root, clock=self.clock)

        def mailboxes() -> Adapter:
            from listener.mailboxes import Mailboxes

            return Mailboxes(fetch_settings(self.settings), root, clock=self.clock)

        mails = LazyAdapter(mailboxes)
        return {"file": LazyAdapter(folders), "imap": mails, "imaps": mails}

    def start(self) -> None:
        """Synchronise the stored sources with the settings. New sources are due within a minute."""
        spread = min(SPREAD_EACH * len(self.sources), SPREAD_LIMIT)
        self.store.sync_sources(self.settings.sources, self.clock(), spread=spread)

    def listen(self) -> None:
        """Serve WebSub callbacks and subscribe to hubs, if `[websub]` has a `public_url`.

        Raises ListenerError if the local address is in use.
        """
        section = self.settings.websub
        if not section.public_url:
            return
        # Few listen for hubs, and what serves calls takes its time to be imported.
        from listener.callbacks import Callbacks
        from listener.websub import WebSub

        self.push = WebSub(self.store, self.fetcher, section.public_url, clock=self.clock)
        self.push.keep_only(self.sources)
        self._callbacks = Callbacks(*section.listen, self.push.answer, use="for hubs (websub.listen)")

    def size(self) -> tuple[int, int, int]:
        """Return the numbers of sources, brands and channels."""
        return len(self.sources), len(self.settings.brands), len(self.settings.channels)

    def poll_due(self, done: Callable[[PollResult], None]) -> int:
        """Poll all sources that are due, and wait for them; call `done` with each result. Return their number."""
        return self.dispatcher.poll_due(self.clock(), done)

    def poll_all(
        self, done: Callable[[PollResult], None], waiting: Callable[[Wait], None] = lambda _: None
    ) -> list[NotAsked]:
        """Poll every source once regardless of its schedule; call `done` for each, and `waiting` before longer waits.

        Return those that were skipped.
        """
        return Round(
            self.store, self.dispatcher, self.sources, self.fetcher, clock=self.clock, sleep=self._sleep
        ).run(done, waiting)  # fmt: skip

    def send_due(self) -> list[Delivered]:
        """Send all deliveries that are due, and wait for them; return the result of each message."""
        return self.outbox.send_due(self.clock())

    def look_at_trends(self, now: datetime) -> int:
        """Evaluate the rules on spikes and rising pain points; return the number of new alerts."""
        rules = self.parts.rules
        return self.trending().look(now) if rules.on_spikes or rules.on_pains else 0

    def upkeep(self, now: datetime, *, go_on: Callable[[], bool] = lambda: True) -> Retained:
        """Apply retention; return the number of deleted rows by kind. Stops early once `go_on` returns False."""
        keep = self.settings.retention
        retained = self.store.retain(
            now,
            items=keep.items,
            mentions=keep.mentions,
            snapshots=keep.snapshots,
            deliveries=keep.deliveries,
            go_on=go_on,
        )
        if go_on():
            with self.store.write() as tx:
                tx.set_meta(UPKEEP_AT, now.isoformat())
        return retained

    def upkeep_due(self, now: datetime, every: timedelta) -> bool:
        """Return whether `every` has passed since `upkeep` last completed, or the clock was set back since."""
        last = self.store.find_meta(UPKEEP_AT)
        return last is None or not timedelta(0) <= now - datetime.fromisoformat(last) < every

    def drain(self, timeout: timedelta) -> int:
        """Wait for polls and messages in progress, for `timeout` in total; return the number of unfinished polls."""
        began = time.monotonic()
        left = self.dispatcher.close(timeout)
        self.outbox.close(max(timeout - timedelta(seconds=time.monotonic() - began), timedelta()))
        return left

    def close(self) -> None:
        """Close sockets and the database."""
        if self._callbacks is not None:
            self._callbacks.close()
        if self.push is not None:
            self.push.close()
        self.fetcher.close()
        self._assets.close()
        self.store.close()


class OptionsOf(Mapping[str, type[Any] | None]):
    """Options classes by scraper name; each scraper is imported on first use."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._scrapers = Scrapers(folders)

    def __getitem__(self, name: str) -> type[Any] | None:
        if name not in self._scrapers.names():
            raise KeyError(name)
        return self._scrapers.get(name).Options

    def __iter__(self) -> Iterator[str]:
        return iter(self._scrapers.names())

    def __len__(self) -> int:
        return len(self._scrapers.names())


def understanding(settings: config.Settings) -> tuple[Matcher, Callable[[], Understander]]:
    """Return the matcher, and a factory of the understander, for these settings.

    The understander is built on first use: a round without news needs none of its lexicons and weights.
    """

    @cache
    def data() -> Data:
        from listener.mentions.data import load_for

        return load_for(settings.understand.scorer, bundled("config"))

    @cache
    def understander() -> Understander:
        from listener.config.understanding import understand_settings
        from listener.mentions.understand import Understander

        return Understander(settings.brands, understand_settings(settings), data())

    def language(item: Item) -> str | None:
        return data().languages.tell(f"{item.title}\n{item.text}", item.lang, settings.understand.languages)

    return Matcher(settings.brands, language=language), understander


def built_channels(settings: config.Settings) -> dict[str, Channel]:
    """Return the channels of the settings by name. Raises PermanentDeliveryError for one that can't be built."""
    if not settings.channels:
        return {}
    from listener.notify import build

    return {name: build(name, channel, settings.timezone) for name, channel in settings.channels.items()}


def taxonomy(settings: config.Settings) -> tuple[Topic, ...]:
    """Return the pain points in force: bundled ones, and those of the settings, which may replace them by name."""
    from listener.mentions.data import PAINS_FILE, read_topics

    bundled_ones = () if settings.understand.only_own_pains else read_topics(bundled("config") / PAINS_FILE)
    return tuple({topic.name: topic for topic in (*bundled_ones, *settings.pains)}.values())


def emerging_pains(settings: config.Settings, store: Store, brand: Brand) -> EmergingPains:
    """Return a finder of emerging pain points of a brand."""
    from listener.emerging import EmergingPains
    from listener.mentions.data import read_frequent_words
    from listener.mentions.voices import Runs

    frequent = read_frequent_words(bundled("config"), settings.understand.languages)
    return EmergingPains(store, Runs(taxonomy(settings), BrandNames(brand).spans), frequent)


def rescorer(settings: config.Settings, store: Store, wanted: Wanted) -> Rescorer:
    """Return a rescorer for stored mentions, with the current settings."""
    from listener.rescore import Rescorer

    matcher, understander = understanding(settings)
    sources = {source.name: source for source in settings.sources}
    told = (settings.brands, settings.understand, settings.pains)
    return Rescorer(store, matcher, understander(), sources, wanted, told, system_clock)


def fetch_settings(settings: config.Settings) -> FetchSettings:
    """Return the fetcher's settings, with a User-Agent that includes the contact."""
    section = settings.fetch
    contact = f" (+{settings.contact})" if settings.contact else ""
    return FetchSettings(
        user_agent=f"listener/{__version__}{contact}",
        gap=section.gap,
        host_gaps={**HOST_GAPS, **section.gaps},
        connect_timeout=section.connect_timeout,
        read_timeout=section.read_timeout,
        total_timeout=section.total_timeout,
        body_limit=section.body_limit,
        allow_networks=section.allow_networks,
        robots=section.robots,
        ca_file=settings.path.parent / Path(section.ca_file).expanduser() if section.ca_file else None,
    )


def known_pains() -> set[str]:
    """Return the names of the bundled pain points."""
    from listener.mentions.data import PAINS_FILE, read_topics

    return {topic.name for topic in read_topics(bundled("config") / PAINS_FILE)}


def load_settings(path: Path, *, need_secrets: bool = True) -> config.Settings:
    """Read the settings with this process's environment and the scrapers that can be found. Raises ConfigError."""
    return config.load(
        path, environ=os.environ, scrapers_in=OptionsOf, known_pains=known_pains, need_secrets=need_secrets
    )


@contextmanager
def open_store(settings: config.Settings, now: datetime) -> Iterator[Store]:
    """Open only the database, for commands that inspect or repair it. Raises StorageError."""
    store = Store.open(settings.database, now=now)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_trial(settings: config.Settings, *, clock: Callable[[], datetime] = system_clock) -> Iterator[App]:
    """Build the program with a temporary database, for commands that store nothing.

    Backoff and rate limits of hosts are taken from the real database.
    """
    alone = _hosts_left_alone(settings, clock())
    with TemporaryDirectory(prefix="listener-") as folder:
        app = App(replace(settings, database=str(Path(folder) / "trial.db")), clock=clock)
        try:
            for host in alone:
                app.store.save_host(host)
            yield app
        finally:
            app.close()


def assets_fetcher(
    settings: FetchSettings, *, clock: Callable[[], datetime], sleep: Callable[[float], None]
) -> Fetcher:
    """Make the fetcher for what the scripts of one page ask for: without gaps, as it is one visit, and less patient."""
    hurried = replace(settings, gap=timedelta(0), host_gaps={}, total_timeout=ASSET_TIMEOUT)
    return Fetcher(hurried, MemoryHosts(), clock=clock, sleep=sleep)


def browser(
    pages: Fetcher, assets: Fetcher, body_limit: int | None = None, *, clock: Callable[[], datetime]
) -> Browser:
    """Make what renders pages; it fetches them with `pages`, and what their scripts ask for with `assets`."""
    from listener.browser import Browser, BrowserSettings

    bounds = BrowserSettings() if body_limit is None else BrowserSettings(body_limit=body_limit)
    return Browser(pages, assets, bounds, clock=clock)


@contextmanager
def open_web(settings: config.Settings | None, *, clock: Callable[[], datetime] = system_clock) -> Iterator[Router]:
    """Build a fetcher that keeps host state in memory only, for commands that fetch a few URLs.

    Without settings, the default limits apply.
    """
    hosts = MemoryHosts()
    if settings is None:
        networks = FetchSettings(user_agent=f"listener/{__version__}")
    else:
        networks = fetch_settings(settings)
        for host in _hosts_left_alone(settings, clock()):
            hosts.save_host(host)
    fetcher = Fetcher(networks, hosts, clock=clock)
    assets = assets_fetcher(networks, clock=clock, sleep=time.sleep)
    try:
        body_limit = None if settings is None else settings.fetch.body_limit
        yield Router(fetcher, {}, LazyAdapter(lambda: browser(fetcher, assets, body_limit, clock=clock)))
    finally:
        fetcher.close()
        assets.close()


def _hosts_left_alone(settings: config.Settings, now: datetime) -> Iterable[HostState]:
    """Return the stored hosts that must not be contacted yet."""
    with suppress(StorageError):  # none yet, or in trouble: that is for other commands to say
        real = Store.open(settings.database, now=now, must_exist=True)
        try:
            return real.hosts_left_alone(now).values()
        finally:
            real.close()
    return ()


def open_app(path: Path) -> App:
    """Load the settings at `path` and build the program. Raises ConfigError and StorageError."""
    return App(load_settings(path))
