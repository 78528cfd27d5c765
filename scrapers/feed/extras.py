"""What feeds say beside the words: numbers that speak of reach, ratings, what kind of item it is, how often to come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from xml.etree.ElementTree import Element

import msgspec

from listener.types import ItemKind
from listener.urls import host_of
from listener_scrapers.feed.fields import Fields, attribute, plain

_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,6})?", re.ASCII)
#: Sites whose entries are people's posts, not articles.
_POSTS = frozenset(
    "bsky.app facebook.com instagram.com linkedin.com lobste.rs news.ycombinator.com reddit.com stackexchange.com "
    "stackoverflow.com t.me tiktok.com twitter.com x.com youtube.com".split()
)
_COMMENT_TITLE = re.compile(
    r"(?:by: |comment (?:on|by) |re: |comentario en |kommentar zu |commentaires? sur )", re.IGNORECASE
)
#: Periods of http://web.resource.org/rss/1.0/modules/syndication/
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST_RHYTHM = timedelta(days=30)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Measures(msgspec.Struct, frozen=True):
    """Numbers of one entry."""

    metrics: Mapping[str, float] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    rating: float | None = None
    rating_max: float = 5.0
    segment: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))


_NONE = Measures()
_MEASURED = ("slash:comments", "thr:total", "media:community", "yt:statistics", "gd:rating", "im:rating")
_ANY_MEASURED = frozenset(_MEASURED)
_REVIEWS = frozenset({"im:rating"})
_VIDEOS = frozenset({"yt:videoid"})
_REPLIES = frozenset({"thr:in-reply-to"})


def measures(fields: Fields) -> Measures:
    """Read comments, views, likes, votes and ratings where an entry has them."""
    if not fields.has(_ANY_MEASURED):
        return _NONE
    metrics: dict[str, float] = {}
    rating, rating_max = None, 5.0
    segment: dict[str, str] = {}
    for element in fields.every(*_MEASURED):
        name = element.tag.rpartition("}")[2].lower()
        if name in ("comments", "total"):
            _count(metrics, "comments", plain(element))
        elif name == "community":
            for part in element:
                rating, rating_max = _community(part, metrics) or (rating, rating_max)
            if fields.has(_VIDEOS):
                # YouTube writes five stars for every video, and how many people like it for their number.
                rating, likes = None, metrics.pop("ratings", None)
                metrics |= {} if likes is None else {"likes": likes}
        elif name == "statistics":
            _count(metrics, "views", attribute(element, "viewCount"))
            _count(metrics, "likes", attribute(element, "favoriteCount"))
        elif name == "rating":
            rating = _number(attribute(element, "average") or plain(element))
            rating_max = _number(attribute(element, "max")) or 5.0
            _count(metrics, "ratings", attribute(element, "numRaters"))
    if fields.has(_REVIEWS):
        _count(metrics, "votes", fields.word("im:votecount"))
        _count(metrics, "helpful", fields.word("im:votesum"))
        if version := fields.word("im:version"):
            segment["version"] = version[:50]
    if rating is not None and not 0 <= rating <= rating_max:
        rating = None
    return Measures(metrics, rating, rating_max, segment)


def _community(part: Element, metrics: dict[str, float]) -> tuple[float | None, float] | None:
    """Read one part of a `media:community` (https://www.rssboard.org/media-rss#media-community)."""
    name = part.tag.rpartition("}")[2].lower()
    if name == "statistics":
        _count(metrics, "views", attribute(part, "views"))
        _count(metrics, "likes", attribute(part, "favorites"))
    elif name == "starrating":
        _count(metrics, "ratings", attribute(part, "count"))
        return _number(attribute(part, "average")), _number(attribute(part, "max")) or 5.0
    return None


def _number(word: str) -> float | None:
    return float(word) if _NUMBER.fullmatch(word) else None


def _count(metrics: dict[str, float], name: str, word: str) -> None:
    number = _number(word)
    if number is not None:
        metrics.setdefault(name, number)


def kind_of(fields: Fields, title: str, text: str, url: str | None) -> ItemKind:
    """Tell reviews, comments and people's posts from articles."""
    if fields.has(_REVIEWS):
        return "review"
    if fields.has(_REPLIES) or _COMMENT_TITLE.match(title):
        return "comment"
    return article_or_post(title, text, url)


def article_or_post(title: str, text: str, url: str | None) -> ItemKind:
    """Tell posts by their site, and by a title that only repeats the text's beginning."""
    host = host_of(url or "").removeprefix("www.")
    if host in _POSTS or host.partition(".")[2] in _POSTS:
        return "post"
    said = title.rstrip("….").strip()
    return "post" if not said or (len(text) < 600 and text.startswith(said)) else "article"


def rhythm_of(channel: Fields, fetched_at: datetime) -> timedelta | None:
    """Return how long a feed asks to be left alone; None where it doesn't say.

    That is `ttl` or `sy:updatePeriod`, stretched over its `skipHours`, which are GMT, and `skipDays`
    (https://www.rssboard.org/skip-hours-days).
    """
    rhythm = None
    minutes = _number(channel.word("ttl"))
    if minutes:
        rhythm = timedelta(minutes=min(minutes, 1e6))
    elif period := _PERIODS.get(channel.word("sy:updateperiod").lower()):
        rhythm = period / max(1.0, min(_number(channel.word("sy:updatefrequency")) or 1.0, 60.0))
    hours = {int(hour) % 24 for hour in _skipped(channel, "skiphours") if _NUMBER.fullmatch(hour)}
    days = {_DAYS.index(name) for name in _skipped(channel, "skipdays") if name in _DAYS}
    if (not hours and not days) or len(hours) >= 24 or len(days) >= 7:
        return min(rhythm, _LONGEST_RHYTHM) if rhythm else None
    due = fetched_at + (rhythm or timedelta(0))
    while due.hour in hours or due.weekday() in days:
        due = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    wait = min(due - fetched_at, _LONGEST_RHYTHM)
    return wait if wait > timedelta(0) else rhythm


def _skipped(channel: Fields, name: str) -> list[str]:
    return [plain(part).lower()[:10] for element in channel.every(name) for part in element]
