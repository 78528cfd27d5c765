"""URLs that a site lists for crawlers: sitemaps, sitemap indexes, and their locations in robots.txt. Pure.

Format: https://www.sitemaps.org/protocol.html. Read by its tags alone, in time in proportion to its length: no document
types, no entities, nothing to expand. Packed ones (gzip) are unpacked up to a limit.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from html import unescape

import msgspec

from listener.urls import absolute

#: What the protocol allows in one file.
ADDRESS_LIMIT = 50_000
UNPACKED_LIMIT_BYTES = 50_000_000
#: Sitemaps that a robots.txt or an index may name before the rest is left alone.
MAPS_LIMIT = 200

_LOC = re.compile(r"<loc>([^<]{1,3000}|\s{0,50}<!\[CDATA\[[^\]]{1,3000}\]\]>\s{0,50})</loc>", re.IGNORECASE)
_CDATA = re.compile(r"\s*<!\[CDATA\[(.*)\]\]>\s*", re.DOTALL)
_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,3000})", re.IGNORECASE | re.MULTILINE)
_GZIP = b"\x1f\x8b"


class Sitemap(msgspec.Struct, frozen=True, kw_only=True):
    """One file: addresses of pages, or of further sitemaps."""

    pages: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()


def maps_in_robots(text: str, url: str) -> tuple[str, ...]:
    """Return the sitemaps that a robots.txt names (https://www.sitemaps.org/protocol.html#submit_robots)."""
    found = (absolute(match[1], url) for match in _LINE.finditer(text[:500_000]))
    return tuple(dict.fromkeys(address for address in found if address))[:MAPS_LIMIT]


def read_sitemap(body: bytes, url: str) -> Sitemap:
    """Read a sitemap or an index of sitemaps, as XML or as plain lines, packed or not; empty for anything else."""
    text = unpacked(body).decode("utf-8", "replace")
    head = text[:5_000].lower()
    if "<sitemapindex" in head:
        return Sitemap(maps=tuple(dict.fromkeys(_addresses(text, url, MAPS_LIMIT))))
    if "<urlset" in head:
        return Sitemap(pages=tuple(dict.fromkeys(_addresses(text, url, ADDRESS_LIMIT))))
    if "<" in head:
        return Sitemap()
    lines = (absolute(line.strip()) for line in text.splitlines()[:ADDRESS_LIMIT])
    return Sitemap(pages=tuple(dict.fromkeys(line for line in lines if line)))


def unpacked(body: bytes) -> bytes:
    """Return a body unpacked where it is gzip, cut at the limit; what is broken counts up to where it breaks."""
    if not body.startswith(_GZIP):
        return body[:UNPACKED_LIMIT_BYTES]
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(body, UNPACKED_LIMIT_BYTES)
    except zlib.error:
        return b""


def _addresses(text: str, url: str, limit: int) -> Iterator[str]:
    count = 0
    for match in _LOC.finditer(text):
        inner = _CDATA.fullmatch(match[1])
        address = absolute(inner[1] if inner else unescape(match[1]).strip(), url)
        if address is not None:
            count += 1
            yield address
        if count >= limit:
            return
