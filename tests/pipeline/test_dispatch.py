"""What becomes of a source whose poll fails in a way that nobody foresaw."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from listener.dispatch import Dispatcher
from listener.pipeline import PollResult
from listener.storage import Store
from listener.types import FetchResult, Outcome, Request, Source, Validators
from tests.pipeline.polling import TROUBLE, Clock, PaperWeb, parts

BLOG = Source(name="blog", scraper="feed", url="https://blog.example/feed")
FEED = b"<rss version='2.0'><channel><title>Blog</title></channel></rss>"


class FaultyWeb(PaperWeb):
    """Breaks in a way that is nobody's outcome, until it is mended."""

    mended = False

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        if not self.mended:
            raise KeyError("price")
        return super().fetch(request, validators, under_way=under_way)


def test_a_source_that_breaks_its_scraper_is_told_once_and_its_recovery_too(tmp_path: Path) -> None:
    clock = Clock()
    with closing(Store.open(tmp_path / "listener.db", now=clock())) as store:
        store.sync_sources([BLOG], clock(), spread=timedelta(0))
        web = FaultyWeb(clock, pages={BLOG.url: FEED})
        working = parts(store, web, clock, rules=(TROUBLE,))
        dispatcher = Dispatcher(working, {BLOG.name: BLOG}, lambda _, now: now, workers=1)
        results: list[PollResult] = []
        for polls in range(8):
            web.mended = polls > 5
            dispatcher.poll_due(clock(), results.append)
            clock.advance(timedelta(hours=25))
        dispatcher.close(timedelta(seconds=10))
        titles = [delivery.alert.title for delivery in store.deliveries()][::-1]
    assert [(one.outcome, one.alerts) for one in results[:3]] == [
        (Outcome.ERROR, 0), (Outcome.ERROR, 1), (Outcome.ERROR, 0),
    ]  # fmt: skip
    assert [title.partition(" 2026")[0] for title in titles] == [
        "Source blog has been failing since",
        "Source blog recovered after 6 d 6 h",
    ]
