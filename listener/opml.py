"""OPML: lists of feeds as feed readers exchange them. Pure: text in, records out, and back.

Format: https://opml.org/spec2.opml. Folders become categories (`News/Tech`), and categories folders. What OPML has no
words for stands in attributes of a namespace of our own, which other programs leave alone; a source that is no feed
gets no `xmlUrl`, so that no feed reader takes a page of prices for one.

Hostile files are refused: entities, nesting without end, more outlines than anybody subscribes to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import msgspec

from listener.errors import ListenerError

NAMESPACE = "https://listener.invalid/opml"
PREFIX = "listener"
SIZE_LIMIT_BYTES = 50_000_000
OUTLINES_LIMIT = 200_000
DEPTH_LIMIT = 50
TEXT_LIMIT = 500
#: Keys of a source that are written as they are.
KEYS = ("scraper", "brand", "every", "weight", "enabled")

_BARE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class OpmlError(ListenerError):
    """A file is no OPML, or not one that is safe to read."""


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription."""

    #: As the file has it; may be empty.
    title: str
    url: str
    #: Folders from the outside in, joined by "/".
    category: str = ""
    #: Where it stands in the file, from 1.
    line: int = 0
    #: Name in the settings, where listener wrote the file.
    name: str | None = None
    #: scraper, brand, every, weight, enabled and the scraper's options, likewise.
    keys: Mapping[str, Any] = msgspec.field(default_factory=dict)


def read(body: bytes) -> list[Outline]:
    """Return the subscriptions of an OPML file, in order. Raises OpmlError.

    Files that aren't quite XML (bare "&", control characters, white space before the declaration) are read.
    """
    if len(body) > SIZE_LIMIT_BYTES:
        raise OpmlError(f"more than {SIZE_LIMIT_BYTES:,} bytes: no list of feeds is that large.")
    if body[:2] not in (b"\xff\xfe", b"\xfe\xff"):  # two bytes a character: not to be mended byte by byte
        body = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        return _Reader().read(body)
    except expat.ExpatError as error:
        first = error
    try:
        return _Reader().read(_CONTROL.sub(b"", _BARE.sub(b"&amp;", body)))
    except expat.ExpatError:
        words = expat.errors.messages.get(first.code, "")
        raise OpmlError(f"line {first.lineno}: not XML: {expat.ErrorString(first.code) or words}.") from first


class _Reader:
    """Reads with expat itself: a tree of 200,000 outlines would be ten times the file."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._found: list[Outline] = []
        #: For each open element the folder that it is; None for one that is none.
        self._open: list[str | None] = []
        self._seen = 0

    def read(self, body: bytes) -> list[Outline]:
        """Read a whole file. Raises ExpatError and OpmlError."""
        self._parser.Parse(body, True)
        return self._found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2].lower()
        if not self._open and name != "opml":
            raise OpmlError(f"<{name[:40]}> instead of an OPML list of feeds.")
        if len(self._open) >= DEPTH_LIMIT:
            raise OpmlError(f"line {self._parser.CurrentLineNumber}: folders are nested more than {DEPTH_LIMIT} deep.")
        folder = None
        if name == "outline":
            self._seen += 1
            if self._seen > OUTLINES_LIMIT:
                raise OpmlError(f"more than {OUTLINES_LIMIT:,} outlines: no list of feeds is that long.")
            folder = self._outline(attributes)
        self._open.append(folder)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _refuse_entity(self, *declaration: object) -> None:
        raise OpmlError("it declares entities, which no list of feeds needs: refused.")

    def _outline(self, attributes: Mapping[str, str]) -> str | None:
        """Take in a subscription, or return the folder that an outline is."""
        plain = {name.lower(): value.strip() for name, value in attributes.items() if " " not in name}
        own = {name.rpartition(" ")[2]: value for name, value in attributes.items() if name.startswith(NAMESPACE)}
        title = " ".join((plain.get("text") or plain.get("title") or "").split())[:TEXT_LIMIT]
        # Some programs write the feed's address into `url`, and `xmlUrl` in all spellings.
        url = plain.get("xmlurl") or own.get("url") or (plain.get("url", "") if plain.get("type") == "rss" else "")
        if not url and plain.get("type", "").lower() not in ("rss", "atom", PREFIX):
            return title or None
        folders = "/".join(folder.replace("/", "-") for folder in self._open if folder)
        category = folders or plain.get("category", "").partition(",")[0].strip("/ ")
        self._found.append(
            Outline(
                title=title,
                url=url,
                category=own.get("category", category)[:TEXT_LIMIT],
                line=self._parser.CurrentLineNumber,
                name=own.get("name"),
                keys=_keys(own),
            )
        )
        return title or None


def _keys(own: Mapping[str, str]) -> dict[str, Any]:
    keys: dict[str, Any] = {name: own[name] for name in ("scraper", "brand", "every") if own.get(name)}
    try:
        if "weight" in own:
            keys["weight"] = float(own["weight"])
        options = json.loads(own.get("options", "{}"))
    except (ValueError, RecursionError):
        return keys
    if own.get("enabled") == "false":
        keys["enabled"] = False
    return keys | (options if isinstance(options, dict) else {})


def write(outlines: Iterable[Outline], *, title: str) -> str:
    """Return an OPML 2.0 file with these subscriptions; categories become nested folders."""
    folders: dict[str | None, Any] = {}
    for outline in outlines:
        folder = folders
        # Only a category that comes back the same is made a folder; the others are told by an attribute alone.
        for part in outline.category.split("/") if _foldable(outline.category) else ():
            folder = folder.setdefault(part, {})
        folder.setdefault(None, []).append(outline)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:{PREFIX}="{NAMESPACE}">',
        f"  <head><title>{_attribute(title)[1:-1]}</title></head>",
        "  <body>",
        *_folder_lines(folders, "    "),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _foldable(category: str) -> bool:
    parts = category.split("/")
    return len(parts) < DEPTH_LIMIT - 5 and all(part and part == " ".join(part.split()) for part in parts)


def _folder_lines(folder: Mapping[str | None, Any], indent: str) -> Iterable[str]:
    for outline in folder.get(None, ()):
        yield f"{indent}{_element(outline)}"
    for name, inner in folder.items():
        if name is not None:
            yield f"{indent}<outline text={_attribute(name)}>"
            yield from _folder_lines(inner, f"{indent}  ")
            yield f"{indent}</outline>"


def _element(outline: Outline) -> str:
    keys = dict(outline.keys)
    feed = keys.get("scraper", "feed") == "feed"
    text = outline.title or outline.url
    attributes = [("text", text), ("title", text), ("type", "rss" if feed else PREFIX)]
    attributes.append(("xmlUrl", outline.url) if feed else (f"{PREFIX}:url", outline.url))
    if outline.category:
        if _foldable(outline.category):
            attributes.append(("category", f"/{outline.category}"))
        else:
            attributes.append((f"{PREFIX}:category", outline.category))
    if outline.name is not None:
        attributes.append((f"{PREFIX}:name", outline.name))
    for key in KEYS:
        if key in keys:
            value = keys.pop(key)
            attributes.append((f"{PREFIX}:{key}", str(value).lower() if isinstance(value, bool) else str(value)))
    if keys:
        attributes.append((f"{PREFIX}:options", json.dumps(keys, ensure_ascii=False, sort_keys=True)))
    return f"<outline {' '.join(f'{name}={_attribute(value)}' for name, value in attributes)}/>"


def _attribute(value: str) -> str:
    return quoteattr(_ILLEGAL.sub("", value), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
