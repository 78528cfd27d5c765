"""Where a feed goes on with what is older: archived and paged feeds (RFC 5005), and those of WordPress.

A paged feed names its next page (`rel="next"`), an archived one the document before (`rel="prev-archive"`), in RSS by
Atom's link. WordPress names none, but answers `?paged=2`
(https://developer.wordpress.org/reference/classes/wp_query/#pagination-parameters).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import Element

from listener.searching import with_parameters
from listener.urls import absolute
from listener_scrapers.feed.fields import content_of

_RELATIONS = ("prev-archive", "next")
_WORDPRESS = re.compile(r"\bwordpress\.(?:org|com)\b", re.IGNORECASE)
_PAGES_LIMIT = 100_000


def older_page(channel: Element, base: str, url: str) -> str | None:
    """Return the address of what is older than a feed's page; None where it names none.

    `channel` is the element that the feed's own fields stand in, `url` where the page came from.
    """
    found: dict[str, str] = {}
    wordpress = False
    for element in list(channel)[:200]:
        name = element.tag.rpartition("}")[2].rpartition(":")[2].lower()
        if name == "link":
            found.setdefault(element.get("rel", "").strip().lower(), element.get("href", "").strip())
        elif name == "generator":
            wordpress = wordpress or _WORDPRESS.search(content_of(element)[:300]) is not None
    for relation in _RELATIONS:
        address = absolute(found.get(relation), base)
        if address is not None and address != url:
            return address
    return _next_of_wordpress(url) if wordpress else None


def _next_of_wordpress(url: str) -> str | None:
    page = dict(parse_qsl(urlsplit(url).query)).get("paged", "1")
    number = int(page) if page.isdecimal() and len(page) <= 6 else 0
    return with_parameters(url, {"paged": number + 1}) if 0 < number < _PAGES_LIMIT else None
