"""From bytes to the tree of a feed, or a ParseError that says what came instead.

Strictly first: most feeds are XML, and expat reads them in a millisecond. What it refuses is repaired in ways that
can't change what it says (references, control characters, undeclared prefixes, noise around it), otherwise mended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.entities import html5
from xml.etree.ElementTree import Element, XMLParser
from xml.etree.ElementTree import ParseError as NotWellFormed

from listener.errors import ParseError
from listener.html import collapse
from listener.html.charset import bom_codec, codec_of, decode_as, header_charset
from listener_scrapers.feed.fields import CUSTOMARY, short
from listener_scrapers.feed.mend import mend

#: "<" in one document; beyond it lies nothing but an attack on the memory. A feed has some twenty an entry.
TAGS_LIMIT = 600_000

#: Frames a feed may have; an Atom entry can be a document of its own.
_ROOT = re.compile(r"<(?:[\w.-]{1,30}:)?(?:rss|rdf|feed|channel|entry)(?=[\s/>])", re.IGNORECASE)
_FIRST_TAG = re.compile(r"<([A-Za-z_][\w.:-]{0,100})")
_OPENING = re.compile(r"<(?:rss:|atom:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[|>)", re.IGNORECASE)
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]{1,40})\s+(?:"([^"&<>%]{0,100})"|'([^'&<>%]{0,100})')\s*>""")
_REFERENCE = re.compile(r"&(?:(#[xX]?[0-9A-Fa-f]{1,7}|[A-Za-z][A-Za-z0-9._-]{0,40});)?")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PREFIX = re.compile(r"[</\s]([A-Za-z_][\w.-]{0,40}):[A-Za-z_]")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w:.-]{2,40})""")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_XML_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as a tree."""

    root: Element
    text: str
    #: It was read strictly, so nothing of it is lost.
    sound: bool
    #: Entry openings in the raw text: as many entries as can be expected.
    openings: int


def text_of_bytes(body: bytes, content_type: str | None) -> str:
    """Decode a feed: byte order mark, HTTP header, its own declaration, UTF-8, windows-1252 (RFC 7303, section 3)."""
    bom = bom_codec(body) or _wide(body)
    found = _DECLARED.search(body[:512])
    declared = codec_of(found[1].decode("ascii")) if found else None
    if declared is not None and declared.startswith(("utf-16", "utf-32")):
        declared = "utf-8"  # what can be read in ASCII isn't in 16 bits, whatever it says
    return decode_as(body, bom, codec_of(header_charset(content_type)), declared)


def _wide(body: bytes) -> str | None:
    """Recognise UTF-16 and UTF-32 without a byte order mark by the zeros around the first "<"."""
    for start, codec in (
        (b"<\0\0\0", "utf-32-le"),
        (b"\0\0\0<", "utf-32-be"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
        (b"\x4c\x6f\xa7\x94", "cp037"),
    ):
        if body.startswith(start):
            return codec
    return None


def read(text: str) -> Document:
    """Return the tree of an XML feed. Raises ParseError, saying what it is, for anything else."""
    text = _from_root(text)
    if text.count("<") > TAGS_LIMIT:
        raise ParseError(f"more than {TAGS_LIMIT:,} tags: no feed is that large")
    openings = len(_OPENING.findall(text))
    sound = True
    root = _strict(text)
    if root is None:
        root = _strict(_repaired(text))
    if root is None:
        root, sound = mend(text), False
    if short(root.tag).rpartition(":")[2] not in ("rss", "rdf", "feed", "channel", "entry") and not openings:
        raise ParseError(f"XML of another kind, <{root.tag.rpartition('}')[2][:60]}>, instead of a feed")
    return Document(root, text, sound, openings)


def _strict(text: str) -> Element | None:
    parser = XMLParser()  # noqa: S314 -- no DOCTYPE, so no entity, reaches it
    try:
        parser.feed(text)
        root: Element = parser.close()
    except (NotWellFormed, ValueError):
        return None
    return root


def _from_root(text: str) -> str:
    """Return `text` from the tag of the feed's root on, entities of its DOCTYPE put in. Raises ParseError."""
    first = _FIRST_TAG.search(text)
    found = _ROOT.match(text, first.start()) if first else None
    if found is None:
        found = _ROOT.search(text)
        if found is None or not _OPENING.search(text, found.start()):
            raise ParseError(described(text))
    prolog = text[: found.start()]
    doctype = _DOCTYPE.search(prolog)
    text = text[found.start() :]
    if doctype is None:
        return text
    if doctype[0].endswith("["):
        # The subset may hold markup that looks like the root: the root stands behind its end.
        whole = prolog[doctype.start() :] + text
        end = whole.find("]", doctype.end() - doctype.start())
        close = whole.find(">", end)
        root = _ROOT.search(whole, close) if end >= 0 and close >= 0 else None
        if root is None:
            raise ParseError("a DOCTYPE without an end instead of a feed")
        return _with_entities(whole[root.start() :], whole[:end])
    return text


def _with_entities(text: str, subset: str) -> str:
    """Put in the simple entities that a DOCTYPE declares; nested ones and those that would inflate the text are not."""
    entities = {found[1]: found[2] or found[3] or "" for found in _ENTITY.finditer(subset[:50_000])}
    for name, value in entities.items():
        if name not in _XML_OWN and text.count(f"&{name};") * len(value) <= 100_000:
            text = text.replace(f"&{name};", value)
    return text


def _repaired(text: str) -> str:
    """Mend what can be mended without a guess: characters, references, prefixes, and noise behind the end."""
    text = _ILLEGAL.sub("", text)
    end = max(text.rfind(closer) for closer in ("</rss>", "</feed>", "</rdf:RDF>", "</RDF>"))
    if end >= 0:
        text = text[: text.index(">", end) + 1]
    parts: list[str] = []
    position = 0
    while True:
        start = text.find("<![CDATA[", position)
        stop = text.find("]]>", start) if start >= 0 else -1
        parts.append(_REFERENCE.sub(_legal, text[position : start if stop >= 0 else None]))
        if stop < 0:
            break
        parts.append(text[start : stop + 3])
        position = stop + 3
    return _with_prefixes("".join(parts))


def _legal(found: re.Match[str]) -> str:
    """Return a reference that XML knows for one that it doesn't."""
    name = found[1]
    if name is None:
        return "&amp;"
    if name in _XML_OWN:
        return found[0]
    if name[0] == "#":
        character = unescape(found[0])
        return "" if _ILLEGAL.match(character) else f"&#{ord(character[0])};" if len(character) == 1 else "&amp;" + name
    return html5.get(name + ";", f"&amp;{name};")


def _with_prefixes(text: str) -> str:
    """Declare, in the root's tag, the prefixes that are used and declared nowhere."""
    used = set(_PREFIX.findall(text)) - {"xml", "xmlns"}
    missing = sorted(prefix for prefix in used if f"xmlns:{prefix}" not in text)[:100]
    declarations = "".join(
        f' xmlns:{prefix}="{CUSTOMARY.get(prefix, "urn:undeclared:" + prefix)}"' for prefix in missing
    )
    root = _FIRST_TAG.match(text)
    return text if not declarations or root is None else text[: root.end()] + declarations + text[root.end() :]


def described(text: str) -> str:
    """Say in a sentence what came instead of a feed."""
    start = text[:20_000]
    if not start.strip() or not re.search(r"[^\s]", re.sub(r"<[?!][^>]*>", "", start)):
        return "an empty answer instead of a feed"
    title = _TITLE.search(start)
    named = f" titled {collapse(unescape(title[1]))[:100]!r}" if title else ""
    if title or re.search(
        r"<(?:!doctype\s+html|html|head|body|div|p|br|b|frameset|meta|script)[\s/>]", start, re.IGNORECASE
    ):
        words = "" if named else ": " + repr(collapse(unescape(re.sub(r"<[^>]*>", " ", start)))[:100])
        return f"an HTML page{named or words} instead of a feed"
    first = _FIRST_TAG.search(start)
    if first:
        return f"markup of another kind, <{first[1][:60]}>, instead of a feed"
    return f"text instead of a feed: {collapse(start)[:100]!r}"
