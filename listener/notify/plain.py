"""Makes text from the web safe to display: it can't move, hide, recolour or reorder what surrounds it."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from listener.alerts.words import cut

URL_LIMIT = 2000
#: Controls but line feed; then marks that change direction, join invisibly or annotate, and tag characters
#: (Unicode Technical Report 36, "Unicode Security Considerations"). The two joiners stay: emoji and Persian need them.
HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
SURROGATES = re.compile("[\ud800-\udfff]")
BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
#: More marks on one letter than any language uses paint over the lines above and below.
PILED = re.compile("([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
                   "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")  # fmt: skip
BLANK_LINES = re.compile(r"\n[ \n]*\n")
#: What may stand in an address as it is; anything else is percent-encoded. Quotes, angle brackets and | are not here.
ADDRESS_SAFE = ";/?:@&=+$,#%!~*'()[]-._"


def clean(text: str, limit: int) -> str:
    """Return at most `limit` characters of text, its lines kept but for repeated blank ones, hidden characters gone."""
    text = BREAKS.sub("\n", text[: limit * 8])
    text = HIDDEN.sub(lambda match: " " if "\t" in match[0] else "", text)
    text = PILED.sub(r"\1", SURROGATES.sub("\ufffd", text))
    lines = "\n".join(" ".join(line.split(" ")).strip() for line in text.split("\n"))
    return cut(BLANK_LINES.sub("\n\n", lines).strip(), limit)


def clean_line(text: str, limit: int) -> str:
    """Return text on one line of at most `limit` characters, without hidden characters."""
    return cut(" ".join(clean(text, limit * 4).split()), limit)


def link(url: str | None) -> str | None:
    """Return an http(s) address in printable ASCII, safe between quotes or angle brackets; None for anything else.

    A user name in it is taken out: it only serves to look like another host.
    """
    if url is None or len(url) > URL_LIMIT:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}", host):
        return None
    place = f"[{host}]" if ":" in host else host
    place += f":{port}" if port is not None else ""
    path, query, fragment = (encoded(part) for part in (parts.path, parts.query, parts.fragment))
    address = f"{parts.scheme}://{place}{path}{'?' if query else ''}{query}{'#' if fragment else ''}{fragment}"
    return address if len(address) <= URL_LIMIT else None


def encoded(part: str) -> str:
    """Percent-encode what may not stand in an address as it is; a lone surrogate is no character at all."""
    return quote(SURROGATES.sub("\ufffd", part), safe=ADDRESS_SAFE)


def host_of(address: str) -> str:
    """Return the host of an address that `link` returned."""
    return urlsplit(address).hostname or ""
