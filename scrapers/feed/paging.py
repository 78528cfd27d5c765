"""What a feed names beside its entries: where it goes on with what is older, and the hub that tells of its news.

A paged feed names its next page (`rel="next"`), an archived one the document before (`rel="prev-archive"`; RFC 5005),
in RSS by Atom's link. WordPress names none, but answers `?paged=2`
(https://developer.wordpress.org/reference/classes/wp_query/#pagination-parameters). A hub is named by `rel="hub"`
(https://www.w3.org/TR/websub/#discovery).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import Element

import msgspec

from listener.searching import with_parameters
from listener.types import Hub
from listener.urls import absolute
from listener_scrapers.feed.fields import content_of

_RELATIONS = ("prev-archive", "next")
_WORDPRESS = re.compile(r"\bwordpress\.(?:org|com)\b", re.IGNORECASE)
_PAGES_LIMIT = 100_000
_LINK = re.compile(r"<([^<>]{1,2000})>((?:[^,<\"]|\"[^\"]{0,500}\"){0,500})")
_REL = re.compile(r"""(?:^|;)\s{0,10}rel\s{0,10}=\s{0,10}(?:"([^"]{0,200})"|([\w-]{1,50}))""", re.IGNORECASE)


class Links(msgspec.Struct, frozen=True):
    """What a feed names beside its entries."""

    #: Addresses as they stand.
    by_relation: Mapping[str, str]
    by_wordpress: bool


def links_of(channel: Element, header: str) -> Links:
    """Return what a feed names beside its entries, and what the Link header (RFC 8288) of its answer does.

    `channel` is the element that the feed's own fields stand in. The first of a relation counts, the header's before.
    """
    found: dict[str, str] = {}
    for address, parameters in _LINK.findall(header[:8_000]):
        relation = _REL.search(parameters)
        for word in (relation[1] or relation[2]).lower().split()[:10] if relation else ():
            found.setdefault(word, address)
    by_wordpress = False
    for element in list(channel)[:200]:
        name = _local(element.tag)
        if name == "link":
            found.setdefault(element.get("rel", "").strip().lower(), element.get("href", "").strip())
        elif name == "generator":
            by_wordpress = by_wordpress or _WORDPRESS.search(content_of(element)[:300]) is not None
    return Links(found, by_wordpress)


@lru_cache(maxsize=512)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def older_page(links: Links, base: str, url: str) -> str | None:
    """Return the address of what is older than a feed's page, which came from `url`; None where it names none."""
    for relation in _RELATIONS:
        address = absolute(links.by_relation.get(relation), base)
        if address is not None and address != url:
            return address
    return _next_of_wordpress(url) if links.by_wordpress else None


def hub_of(links: Links, base: str, url: str) -> Hub | None:
    """Return the hub that a feed names, and the feed's own address as it names it (WebSub, section 4)."""
    hub = absolute(links.by_relation.get("hub"), base)
    return None if hub is None else Hub(url=hub, topic=absolute(links.by_relation.get("self"), base) or url)


def _next_of_wordpress(url: str) -> str | None:
    page = dict(parse_qsl(urlsplit(url).query)).get("paged", "1")
    number = int(page) if page.isdecimal() and len(page) <= 6 else 0
    return with_parameters(url, {"paged": number + 1}) if 0 < number < _PAGES_LIMIT else None
