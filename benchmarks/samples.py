"""Read recorded answers of networks and print, for each, the scraper, the items read and the fields filled.

    python benchmarks/samples.py --data DIR [--all]

DIR holds `samples.tar.*`, or a folder for each kind of answer (`reddit-json/`, `mastodon-json/`, ...) at any depth, or
a folder `social-api-samples` that does. Of each answer the line tells how many items have a text or title, an address,
a date, an author, a rating, and numbers that speak of reach. Answers that hold no posts (accounts, trends, lists of
communities) rightly give none: `-`. Networks without a scraper of their own are read by `list`, with paths as a user
would write them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from listener.errors import ParseError
from listener.plugins import Scrapers
from listener.types import Item, Request, Response, Source

#: Kind of answer, and the scraper that reads it with the address that it may have come from.
READ_BY = {
    "reddit-json": ("reddit-api", "https://oauth.reddit.com/new"),
    "mastodon-json": ("mastodon", "https://mastodon.social/api/v1/timelines/public"),
    "mastodon-json-localtest": ("mastodon", "https://mastodon.social/api/v1/timelines/public"),
    "bluesky-json": ("bluesky", "https://api.bsky.app/xrpc/app.bsky.feed.searchPosts"),
    "youtube-json": ("youtube", "https://www.googleapis.com/youtube/v3/commentThreads"),
    "stackexchange-json": ("stack-exchange", "https://api.stackexchange.com/2.3/questions"),
    "github-json": ("github", "https://api.github.com/search/issues"),
    "hackernews-algolia-json": ("hacker-news", "https://hn.algolia.com/api/v1/search_by_date"),
    "hackernews-firebase-json": ("hacker-news", "https://hacker-news.firebaseio.com/v0/item/1.json"),
    "discourse-json": ("discourse", "https://meta.discourse.example/latest.json"),
    "appstore-reviews-json": (
        "app-store",
        "https://itunes.apple.com/us/rss/customerreviews/id=1/sortBy=mostRecent/json",
    ),
    "trustpilot-html": ("schema-org", "https://www.trustpilot.com/review/example.com"),
}
#: Kind of answer, and how `list` reads it: item, title, text, link, date, author, id; "" where there is none.
LISTED = {
    "askbot": ("questions", "title", "summary", "url", "added_at", "author.username", "id"),
    "gitter-json": (".", "", "text", "", "sent", "fromUser.displayName", "id"),
    "telegram-json": ("result", "", "message.text", "", "message.date", "message.from.username", "update_id"),
    "tumblr-json": ("liked_posts", "", "caption", "post_url", "timestamp", "blog_name", "id"),
    "twitter-json": (".", "", "text", "", "created_at", "user.screen_name", "id_str"),
    "weibo-json": ("statuses", "", "text", "", "created_at", "user.screen_name", "id"),
}
#: Of single answers, where the list stands elsewhere.
LISTED_AT = {"huginn-search_tweets.json": "statuses"}
#: Names of answers that hold no posts, whatever reads them, or no list of them.
WITHOUT_POSTS = ("favourited_by", "reblogged_by", "v1_trends", "search_channels", "exists", "categories",
                 "rooms", "api_24396", "askbot_question")  # fmt: skip
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came of one answer."""

    kind: str
    name: str
    scraper: str
    items: tuple[Item, ...] = ()
    error: str = ""
    #: Why entries that are there gave no item.
    skipped: tuple[str, ...] = ()
    milliseconds: float = 0.0

    @property
    def holds_posts(self) -> bool:
        """Whether there was something to read."""
        return not any(part in self.name for part in WITHOUT_POSTS)

    @property
    def fields(self) -> dict[str, int]:
        """How many items have which field."""
        return {
            "text": sum(bool(item.text or item.title) for item in self.items),
            "url": sum(item.url is not None for item in self.items),
            "date": sum(item.published is not None for item in self.items),
            "author": sum(item.author is not None for item in self.items),
            "rating": sum(item.rating is not None for item in self.items),
            "reach": sum(bool(item.metrics) for item in self.items),
        }


def main() -> int:
    """Read all samples; return 1 where a scraper is there and an answer with posts was not read."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--all", action="store_true", help="also list answers that no scraper is for")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as unpacked:
        readings = [read(path) for path in samples(options.data, Path(unpacked))]
    print(f"{'answer':<66} {'scraper':<15} {'items':>5} {'text':>5} {'url':>5} {'date':>5} {'author':>6} ", end="")
    print(f"{'rating':>6} {'reach':>5} {'ms':>6}")
    for reading in readings:
        if reading.scraper != "none" or options.all:
            print(line(reading))
    return summary(readings)


def samples(folder: Path, unpacked: Path) -> Iterator[Path]:
    """Yield the answers below a folder, unpacked where they come in an archive."""
    if (folder / "social-api-samples").is_dir():
        folder /= "social-api-samples"
    for archive in sorted(folder.glob("*.tar*")):
        subprocess.run(["tar", "-xf", str(archive), "-C", str(unpacked)], check=True)
        folder = unpacked
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and path.parent not in (folder, unpacked))


def read(path: Path) -> Reading:
    """Read one answer with the scraper of its kind."""
    kind = path.parent.name
    name, url = READ_BY.get(kind, ("list" if kind in LISTED else "none", "https://example.com/list"))
    if name == "none":
        return Reading(kind=kind, name=path.name, scraper=name)
    request = Request(url=url)
    response = Response(request=request, url=url, status=200, headers={}, body=path.read_bytes(), fetched_at=NOW)
    scraper = Scrapers().get(name)
    options = None
    if kind in LISTED:
        assert scraper.Options is not None
        rules = dict(zip(("item", "title", "text", "link", "date", "author", "id"), LISTED[kind], strict=True))
        rules |= {"form": "json", "item": LISTED_AT.get(path.name, rules["item"])}
        options = msgspec.convert({name: rule for name, rule in rules.items() if rule}, scraper.Options)
    begun = time.perf_counter()
    try:
        parsed = scraper.parse(response, Source(name="sample", scraper=name, url=url, options=options))
    except ParseError as error:
        return Reading(kind=kind, name=path.name, scraper=name, error=str(error))
    return Reading(
        kind=kind,
        name=path.name,
        scraper=name,
        items=parsed.items,
        skipped=parsed.skipped,
        milliseconds=(time.perf_counter() - begun) * 1000,
    )


def line(reading: Reading) -> str:
    """Return one line of the table."""
    start = f"{reading.kind + '/' + reading.name:<66.66} {reading.scraper:<15}"
    if reading.error:
        return f"{start} {'-' if not reading.holds_posts else 'NOT READ'}: {reading.error[:80]}"
    if not reading.items and reading.skipped:
        return f"{start} {0:>5} {reading.skipped[0]}"
    if not reading.items:
        return f"{start} {_nothing(reading):>5}"
    text, url, date, author, rating, reach = reading.fields.values()
    counts = f"{len(reading.items):>5} {text:>5} {url:>5} {date:>5} {author:>6} {rating:>6} {reach:>5}"
    return f"{start} {counts} {reading.milliseconds:>6.1f}"


def _nothing(reading: Reading) -> str:
    if reading.scraper == "none" or not reading.holds_posts:
        return "-"
    return "NO ITEMS"


def summary(readings: list[Reading]) -> int:
    """Print what was read of each kind; return how many answers with posts were not, at most 1."""
    print()
    missed = 0
    for kind in sorted({reading.kind for reading in readings}):
        these = [reading for reading in readings if reading.kind == kind]
        if these[0].scraper == "none":
            print(f"{kind:<28} {len(these):>3} answers, no scraper")
            continue
        meant = [reading for reading in these if reading.holds_posts]
        unread = [reading for reading in meant if not (reading.items or reading.skipped)]
        missed += len(unread)
        filled: Counter[str] = Counter()
        for reading in these:
            filled.update(reading.fields)
        items = sum(len(reading.items) for reading in these)
        shares = ", ".join(f"{name} {count / items:.0%}" for name, count in filled.items()) if items else ""
        read_of = f"{len(meant)} with posts, {len(unread)} not read, {items} items"
        print(f"{kind:<28} {len(these):>3} answers, {read_of}: {shares}")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
