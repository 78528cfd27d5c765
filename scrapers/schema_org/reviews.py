"""Objects of schema.org to items: reviews with their stars, and the average of a page."""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

from listener.fields import Fields
from listener.html import text_of
from listener.types import Item
from listener.urls import absolute, is_web

_REVIEWS = frozenset({"Review", "UserReview", "CriticReview", "EmployerReview"})
_NUMBER = re.compile(r"\s*(\d{1,6})(?:[.,](\d{1,6}))?\s*(?:(?:/|of|out of)\s*(\d{1,3})\s*)?", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
#: Of a rating that doesn't name its best value (https://schema.org/bestRating).
_BEST = 5.0


class Average(msgspec.Struct, frozen=True, kw_only=True):
    """An AggregateRating."""

    value: float
    best: float
    #: Ratings, or where only those are counted, reviews.
    count: float | None


def kind_of(thing: Fields) -> str:
    """Return an object's type without its vocabulary; the first of several."""
    named = thing.raw("@type") or thing.raw("@type", 0)
    return named.rpartition("/")[2].rpartition(":")[2]


def review_of(thing: Fields, page: str, average: Average | None) -> Item | None:
    """Return a review as an item; None for what is none or says nothing."""
    if kind_of(thing) not in _REVIEWS:
        return None
    title = _words(thing, "headline") or _words(thing, "name")
    text = _words(thing, "reviewBody") or _words(thing, "description")
    rating, best = _rating(thing.within("reviewRating"))
    if not (title or text) and rating is None:
        return None
    title = " ".join(title.split("\n"))[:1000]
    author = _author(thing)
    declared = thing.raw("inLanguage")[:35]
    published = thing.moment("datePublished") or thing.moment("dateCreated")
    # Only what is an address for all the world: "#review-1" is another review next week.
    own_id = thing.raw("@id") if is_web(thing.raw("@id")) else ""
    return Item(
        title="" if title == text else title,
        text=text,
        url=absolute(thing.raw("url"), page) or page,
        guid=own_id[:1000] or _fingerprint(author or "", thing.raw("datePublished"), title, text),
        author=author,
        published=published,
        updated=thing.moment("dateModified"),
        lang=declared if _LANGUAGE.fullmatch(declared) else None,
        kind="review",
        rating=rating,
        rating_max=best,
        metrics={} if average is None or average.count is None else {"ratings": average.count},
    )


def average_of(thing: Fields) -> Average | None:
    """Return the average that an object is; None for one that isn't an AggregateRating with a value."""
    if kind_of(thing) != "AggregateRating":
        return None
    value, best = _rating(thing)
    if value is None:
        return None
    count = thing.number("ratingCount")
    return Average(value=value, best=best, count=count if count is not None else thing.number("reviewCount"))


def average_item(average: Average, page: str) -> Item:
    """Return the item that says a page's average, the same one as long as its first decimal stays."""
    value = f"{round(average.value, 1):g}"
    by = "" if average.count is None else f" by {average.count:,.0f} people"
    return Item(
        title=f"Rated {value} of {average.best:g}{by}",
        url=page,
        guid=f"average {value}/{average.best:g}",
        kind="review",
        rating=average.value,
        rating_max=average.best,
        metrics={} if average.count is None else {"ratings": average.count},
    )


def _rating(rating: Fields) -> tuple[float | None, float]:
    """Return stars and their best number; None for stars that are no number or not on their scale."""
    value, of = _number(rating.within("ratingValue") if isinstance(rating.value, dict) else rating)
    best = _number(rating.within("bestRating"))[0] or of or _BEST
    return (value if value is not None and value <= best else None), best


def _number(field: Fields) -> tuple[float | None, float | None]:
    """Read 4, 4.5, "4,5" or "4/5": the number, and what it is out of."""
    plain = field.number()
    if plain is not None:
        return (plain if plain >= 0 else None), None
    found = _NUMBER.fullmatch(field.raw()[:30])
    if found is None:
        return None, None
    return float(f"{found[1]}.{found[2] or 0}"), float(found[3]) if found[3] else None


def _words(thing: Fields, name: str) -> str:
    """Return a text; some sites write a list of one."""
    raw = thing.raw(name) or thing.raw(name, 0)
    # Text by the standard, with markup or references in it by custom.
    return text_of(raw)[:100_000] if "<" in raw or "&" in raw else Fields(raw).text()


def _author(thing: Fields) -> str | None:
    author = thing.within("author", 0) if thing.within("author").is_list() else thing.within("author")
    return (author.line("name") or author.line())[:200] or None


def _fingerprint(*parts: str) -> str:
    """Return an identifier made of what a review says, for pages that give none."""
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
