"""Entries of RSS, RDF and Atom, in whatever mixture, to items.

One list of names for each field, best first: real feeds put Atom into RSS and Dublin Core into everything, so the
format's own name for itself decides nothing but what is plain text and what is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from functools import lru_cache
from operator import itemgetter
from xml.etree.ElementTree import Element

import msgspec

from listener.dates import day_first_in, parse_date
from listener.types import Item, ItemKind
from listener.urls import absolute
from listener_scrapers.feed.document import Document
from listener_scrapers.feed.extras import kind_of, measures
from listener_scrapers.feed.fields import (
    MARKUP_LIMIT,
    RDF_ABOUT,
    XML,
    Fields,
    attribute,
    body_of,
    content_of,
    distinct,
    inner_text,
    plain,
    short,
    title_of,
)

#: Entries of one response that are read.
ENTRY_LIMIT = 10_000
#: A body shorter than this may be no more than a picture's frame: every summary is looked at, too.
_MEAGRE = 200
_AUTHOR_LIMIT = 200
_CATEGORY_LIMIT = 50

_TITLES = ("title", "atom:title", "media:title", "dc:title", "itunes:title")
_BODIES = ("content:encoded", "atom:content", "xhtml:body", "content", "body")
_SUMMARIES = (
    "description",
    "atom:summary",
    "summary",
    "media:description",
    "dc:description",
    "itunes:summary",
    "?fulltext",
)
_TEXTS = (*_BODIES, *_SUMMARIES)
_PUBLISHED = (
    *(
        "pubdate",
        "atom:published",
        "published",
        "dc:date",
        "atom:issued",
        "issued",
        "dcterms:issued",
        "dcterms:created",
    ),
    *("prism:publicationdate", "atom:created", "created", "date"),
)
_UPDATED = ("atom:updated", "updated", "atom:modified", "modified", "dcterms:modified", "lastbuilddate")
_GUIDS = ("guid", "atom:id", "id", "dc:identifier", "yt:videoid")
_AUTHORS = (("atom:author", "author"), ("dc:creator",), ("itunes:author",), ("media:credit",))
_ANY_AUTHOR = frozenset(name for names in _AUTHORS for name in names)
_MAIL_AND_NAME = re.compile(r"\S+@\S+\s*\(([^()]+)\)")
_NAME_AND_MAIL = re.compile(r"([^<>]+?)\s*<[^<>]*@[^<>]*>")
_ANY_CATEGORY = frozenset({"category", "atom:category", "dc:subject", "media:keywords", "itunes:keywords"})
_NOBODY = frozenset({"(author unknown)", "unknown", "unknown author", "noreply@blogger.com"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")
#: Kinds of `rel` whose link leads to the entry itself, best first.
_RELATIONS = ("alternate", "", "related", "via", "shortlink", "self")


class Channel(msgspec.Struct, frozen=True):
    """What a feed says of all its entries."""

    fields: Fields
    #: Against which relative links are resolved.
    base: str
    lang: str | None
    author: str | None
    #: Of times without one, and of dates such as 03/10/2025.
    zone: tzinfo
    day_first: bool | None
    #: From the settings; None: found out for each entry.
    kind: ItemKind | None


def entries_of(document: Document) -> list[Element]:
    """Return the entry elements in their order, wherever they hang."""
    tags = {element.tag for element in document.root.iter()}
    names = [tag for tag in tags if short(tag) in ("item", "entry", "atom:entry", "atom:item")]
    if len(names) == 1:
        return list(document.root.iter(names[0]))
    return [element for element in document.root.iter() if element.tag in names]


def channel_of(document: Document, url: str, *, zone: tzinfo, day_first: bool | None, kind: ItemKind | None) -> Channel:
    """Read what a feed says of itself. `url` is where it came from."""
    root = document.root
    inner = next((child for child in root if short(child.tag) == "channel"), None)
    fields = Fields(root if inner is None else inner)
    base = _base(root, url)
    if inner is not None:
        base = _base(inner, base)
    if base == url:
        # RSS says nothing of relative links; they are meant from the site, and the feed may lie at an aggregator.
        base = absolute(fields.word("link"), url) or url
    declared = attribute(root, XML + "lang") or attribute(fields.element, XML + "lang")
    lang = language(declared or fields.word("language", "dc:language"))
    author = _people(fields.every("atom:author", "author")) if "atom:" in short(root.tag) else None
    return Channel(fields, base, lang, author, zone, day_first, kind)


def item_of(entry: Element, channel: Channel) -> Item | None:
    """Read one entry; None where it says nothing."""
    fields = Fields(entry)
    base = _base(entry, channel.base)
    title = _title(fields)
    text = _text(fields)
    guid = fields.word(*_GUIDS) or attribute(entry, RDF_ABOUT)
    url = _address(fields, base, guid)
    if not (title or text or url or guid):
        return None
    lang = language(attribute(entry, XML + "lang") or fields.word("dc:language", "language")) or channel.lang
    published = _date(fields, _PUBLISHED, channel, lang)
    updated = _date(fields, _UPDATED, channel, lang)
    reach = measures(fields)
    return Item(
        title=title,
        text=text,
        url=url,
        guid=guid[:1000] or None,
        author=_author(fields) or channel.author,
        published=published or updated,
        updated=updated,
        lang=lang,
        kind=channel.kind or kind_of(fields, title, text, url),
        categories=_categories(fields),
        rating=reach.rating,
        rating_max=reach.rating_max,
        metrics=reach.metrics,
        segment=reach.segment,
    )


def told_empty(numbers: list[int]) -> list[str]:
    """Say which entries (1 is the first) hold nothing: one by one while they are few."""
    if len(numbers) > 5:
        return [f"{len(numbers):,} entries are empty, the first of them entry {numbers[0]:,}"]
    return [f"entry {number} is empty" for number in numbers]


def language(declared: str) -> str | None:
    """Return a language tag with hyphens; None for anything that isn't one."""
    declared = declared.strip()[:35]
    return declared.replace("_", "-") if _LANGUAGE.fullmatch(declared) else None


def _base(element: Element, base: str) -> str:
    """Return against what links inside an element are resolved (https://www.w3.org/TR/xmlbase/)."""
    given = element.get(XML + "base")
    return (absolute(given, base) or base) if given else base


def day_first_of(entries: Iterable[Element]) -> bool | None:
    """Return whether the dates of these entries put the day first, where one of them shows it."""
    return day_first_in(plain(part) for entry in entries for part in entry if short(part.tag) in _PUBLISHED)


def _date(fields: Fields, names: Iterable[str], channel: Channel, lang: str | None) -> datetime | None:
    for element in fields.every(*names):
        found = parse_date(plain(element), zone=channel.zone, day_first=channel.day_first, lang=lang)
        if found is not None:
            return found
    return None


def _title(fields: Fields) -> str:
    for element in fields.every(*_TITLES):
        title = title_of(inner_text(element) if len(element) else content_of(element))
        if title:
            return title
    return ""


def _text(fields: Fields) -> str:
    """Return the fullest text there is: the body, unless a summary holds clearly more."""
    best = ""
    for element in fields.every(*_TEXTS):
        if len(best) >= _MEAGRE and not len(element) and len(element.text or "") < 1.5 * len(best):
            continue
        text = _readable(element)
        if len(text) > len(best):
            best = text
    return best


def _readable(element: Element) -> str:
    form = attribute(element, "type").lower()
    if form.startswith(("image/", "audio/", "video/", "application/octet")):
        return ""
    if len(element):
        return inner_text(element)
    content = content_of(element)
    if not content or content.isspace():
        return ""
    return body_of(
        content[:MARKUP_LIMIT], html=form not in ("", "text", "text/plain") or short(element.tag)[:5] != "atom:"
    )


def _address(fields: Fields, base: str, guid: str) -> str | None:
    """Return where an entry is read: before a counting redirect, its link, an id that is an address, its enclosure."""
    for element in fields.every("feedburner:origlink", "pheedo:origlink"):
        if found := absolute(plain(element), base):
            return found
    candidates = list(_links(fields, base))
    if len(candidates) > 1:
        candidates.sort(key=itemgetter(0))
    for _, address, own_base in candidates:
        if found := absolute(address, own_base):
            return found
    permanent = all(attribute(element, "isPermaLink").lower() != "false" for element in fields.every("guid"))
    if permanent and guid[:4].lower() == "http" and (found := absolute(guid)):
        return found
    if found := absolute(attribute(fields.element, "href") or attribute(fields.element, "HREF"), base):
        return found
    for element in fields.every("enclosure", "media:content"):
        if found := absolute(attribute(element, "url"), base):
            return found
    return None


def _links(fields: Fields, base: str) -> Iterator[tuple[int, str, str]]:
    """Yield rank (0 is best), address and base of the links that may lead to the entry."""
    for element in fields.every("link", "atom:link"):
        own_base = _base(element, base)
        address = attribute(element, "href")
        if not address:
            if content := plain(element):
                yield 0, content, own_base
            continue
        relation = attribute(element, "rel").lower().rpartition("/")[2]
        if relation in _RELATIONS:
            form = attribute(element, "type").lower()
            other = bool(form) and "html" not in form
            yield 2 + 2 * _RELATIONS.index(relation) + other, address, own_base


def _author(fields: Fields) -> str | None:
    if not fields.has(_ANY_AUTHOR):
        return None
    return next(filter(None, (_people(people) for names in _AUTHORS if (people := fields.every(*names)))), None)


def _people(elements: Iterable[Element]) -> str | None:
    names = []
    for element in elements:
        if len(element):
            name = Fields(element).word("atom:name", "name", "rdf:value", "atom:email", "email")
        else:
            name = plain(element)
        names.append(_person(name[:_AUTHOR_LIMIT]))
        if len(names) >= 10:
            break
    return ", ".join(distinct(names, 10))[:_AUTHOR_LIMIT] or None


@lru_cache(maxsize=256)  # most entries of a feed have few authors
def _person(name: str) -> str:
    name = title_of(name) if "&" in name or "<" not in name else name
    found = _MAIL_AND_NAME.fullmatch(name) or _NAME_AND_MAIL.fullmatch(name)
    name = (found[1] if found else name).strip()
    return "" if name.startswith(("http://", "https://")) or name.lower() in _NOBODY else name


def _categories(fields: Fields) -> tuple[str, ...]:
    if not fields.has(_ANY_CATEGORY):
        return ()
    names: list[str] = []
    for element in fields.every("category", "atom:category", "dc:subject"):
        name = attribute(element, "label") or plain(element) or attribute(element, "term")
        names.append(_category(name[:_AUTHOR_LIMIT]))
    for element in fields.every("media:keywords", "itunes:keywords"):
        names += (title_of(word) for word in plain(element)[:2000].split(","))
    return distinct(names, _CATEGORY_LIMIT)


#: As a feed's entries share their categories.
_category = lru_cache(maxsize=256)(title_of)
