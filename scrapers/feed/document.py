"""From bytes to the tree of a feed, or a ParseError that says what came instead.

Strictly first: most feeds are XML, and expat reads them in a millisecond. What it refuses is repaired in ways that
can't change what it says (references, control characters, undeclared prefixes, noise around it), otherwise mended.
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ExpatError, ParserCreate

import msgspec

from listener.errors import ParseError
from listener.html import BLOCKS, collapse, text_of
from listener.html.charset import bom_codec, codec_of, decode_as, header_charset
from listener_scrapers.feed.fields import CUSTOMARY, short
from listener_scrapers.feed.mend import mend

#: "<" in one document; beyond it lies nothing but an attack on the memory. A feed has some twenty an entry.
TAGS_LIMIT = 600_000

#: Frames a feed may have; an Atom entry can be a document of its own.
_ROOT = re.compile(r"<(?:[\w.-]{1,30}:)?(?:rss|rdf|feed|channel|entry)(?=[\s/>])", re.IGNORECASE)
_FIRST_TAG = re.compile(r"<([A-Za-z_][\w.:-]{0,100})")
_OPENING = re.compile(r"<(?:rss:|atom:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_CLOSING = re.compile(r"</(?:[\w.-]{1,30}:)?(?:item|entry|channel|rss|feed|rdf)\s*+>", re.IGNORECASE)
_ENDED = re.compile(r"</(?:[\w.-]{1,30}:)?(?:rss|feed|rdf|channel)\s*+>", re.IGNORECASE)
_TITLED = re.compile(r"</(?:[\w.-]{1,30}:)?title\s*+>", re.IGNORECASE)
_NAMED = re.compile(r"</(?:[\w.-]{1,30}:)?(?:link|guid|id)\s*+>|<(?:[\w.-]{1,30}:)?link\s[^<>]*+>", re.IGNORECASE)
_SPACE = re.compile(r"[\s\ufeff\0]*+")
_HTML_TAGS = BLOCKS.union("head meta title script style link b i a span font img frameset".split())
_HTML = re.compile(r"<(?:html|head|body|div|p|br|b)(?=[\s/>])", re.IGNORECASE)
_FRAMES = frozenset({"rss", "rdf", "feed", "channel", "entry"})
_EMPTY_RSS = re.compile(r"<rss\b[^<>]*+>\s*+<channel\b", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*+[\[>]", re.IGNORECASE)
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]{1,40})\s+(?:"([^"&<>%]{0,100})"|'([^'&<>%]{0,100})')\s*>""")
_REFERENCE = re.compile(r"&(?:(#[xX]?[0-9A-Fa-f]{1,7}|[A-Za-z][A-Za-z0-9._-]{0,40});)?")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PREFIX = re.compile(r"[</\s]([A-Za-z_][\w.-]{0,40}):[A-Za-z_]")
_DECLARATION = re.compile(r"\sxmlns:([\w.-]{1,40})\s*=")
_PREFIXES_LIMIT = 100
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w:.-]{2,40})""")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_XML_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})


class Document(msgspec.Struct, frozen=True):
    """A feed as a tree."""

    root: Element
    text: str
    #: It was read strictly, so nothing of it is lost.
    sound: bool
    #: It ended inside its last entry, before that could be told from others: left for another time.
    broken_off: bool = False
    #: It ended before its root did: there may be more entries than those that came.
    cut: bool = False
    #: Entries at its end that were left out.
    beyond: int = 0

    def openings(self) -> int:
        """Count the tags that open an entry in the raw text: as many entries can be expected."""
        return len(_OPENING.findall(self.text))


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


def read(text: str, most: int) -> Document:
    """Return the tree of an XML feed, of a broken one with the first `most` entries: mending costs ten times as much.

    Raises ParseError, saying what it is, for anything else.
    """
    text = _from_root(text)
    if len(text) > TAGS_LIMIT and text.count("<") > TAGS_LIMIT:
        raise ParseError(f"more than {TAGS_LIMIT:,} tags: no feed is that large")
    sound, whole, beyond = True, text, 0
    root = _strict(text)
    if root is None:
        root = _strict(_repaired(text))
    if root is None:
        starts = [found.start() for found in _OPENING.finditer(text)]
        if len(starts) > most:
            beyond = len(starts) - most
            root, sound = mend(text[: starts[most]]), False
        else:
            whole = _without_broken_end(text)
            root, sound = mend(whole), False
    if root is None:
        raise ParseError("markup that breaks off in its first tag instead of a feed")
    _adopt(root)
    if short(root.tag).rpartition(":")[2] not in _FRAMES and not _OPENING.search(text):
        raise ParseError(f"other XML, <{root.tag.rpartition('}')[2][:60]}>, instead of a feed")
    cut = not sound and not _ENDED.search(text)
    return Document(root, whole, sound, broken_off=len(whole) < len(text), cut=cut, beyond=beyond)


def _without_broken_end(text: str) -> str:
    """Return a feed without the entry that it ends inside of, unless its title is whole and its address or id is.

    By half a title alone it would be known as something else the next time, when it comes whole.
    """
    last = max((found.start() for found in _OPENING.finditer(text)), default=-1)
    if last < 0 or _CLOSING.search(text, last):
        return text
    return text if _TITLED.search(text, last) and _NAMED.search(text, last) else text[:last]


def _adopt(root: Element) -> None:
    """Take a namespace that nobody knows for the format's own where the root itself is in it."""
    uri, brace, local = root.tag.rpartition("}")
    if brace and short(root.tag)[0] == "?" and local.lower() in _FRAMES:
        for element in root.iter():
            if element.tag.startswith(uri + brace):
                element.tag = element.tag[len(uri) + 1 :]


def _strict(text: str) -> Element | None:
    # As `XMLParser` would, in three quarters of its time: that one is told each line of a text by itself, and follows
    # where in the text it is. No DOCTYPE, so no entity, reaches it.
    builder = TreeBuilder()
    parser = ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(text, True)
    except (ExpatError, ValueError):
        return None
    return builder.close()


def _from_root(text: str) -> str:
    """Return `text` from the tag of the feed's root on, entities of its DOCTYPE put in. Raises ParseError."""
    start, subset = _prolog(text)
    found = _ROOT.match(text, start)
    if found is None:
        # A page that holds a feed, or warnings of a program before one: only with entries, as pages embed RDF, too.
        found = _ROOT.search(text, start)
        if found is None or not (_OPENING.search(text, found.start()) or _EMPTY_RSS.match(text, found.start())):
            raise ParseError(described(text, start))
    return _with_entities(text[found.start() :], subset)


def _prolog(text: str) -> tuple[int, str]:
    """Return where the first tag or text begins behind declaration, comments and DOCTYPE, and the DOCTYPE's subset."""
    position, subset = 0, ""
    while True:
        blank = _SPACE.match(text, position)
        position = blank.end() if blank else position
        if text.startswith("<?", position):
            end = text.find(">", position)
        elif text.startswith("<!--", position):
            end = text.find("-->", position + 4)
            end = end + 2 if end >= 0 else -1
        elif doctype := _DOCTYPE.match(text, position):
            end = doctype.end() - 1
            if doctype[0].endswith("["):
                close = text.find("]", end)
                subset = text[end:close]
                end = text.find(">", close) if close >= 0 else -1
        else:
            return position, subset
        if end < 0:
            return position, subset
        position = end + 1


def _with_entities(text: str, subset: str) -> str:
    """Put in the simple entities that a DOCTYPE declares; nested ones and those that would inflate the text are not."""
    if not subset:
        return text
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
    missing = sorted(used - set(_DECLARATION.findall(text)))
    if len(missing) > _PREFIXES_LIMIT:
        return text
    declarations = "".join(
        f' xmlns:{prefix}="{CUSTOMARY.get(prefix, "urn:undeclared:" + prefix)}"' for prefix in missing
    )
    root = _FIRST_TAG.match(text)
    return text if not declarations or root is None else text[: root.end()] + declarations + text[root.end() :]


def described(text: str, start: int = 0) -> str:
    """Say in a sentence what came instead of a feed. `start` is where its prolog ends."""
    sample = text[start : start + 20_000]
    if not sample.strip("\0 \t\r\n"):
        return "an empty answer instead of a feed"
    if len(_ILLEGAL.findall(sample)) * 20 > len(sample):
        return "binary data instead of a feed"
    first = _FIRST_TAG.match(sample)
    if first and first[1].lower() == "opml":
        return "an OPML list of feeds instead of a feed; `listener import` takes it"
    if first and first[1].lower() not in _HTML_TAGS:
        return f"markup of another kind, <{first[1][:60]}>, instead of a feed"
    if first or _HTML.search(sample):
        title = _TITLE.search(sample)
        words = text_of(title[1] if title else sample)[:100].replace("\n", " ")
        return f"an HTML page {'titled ' if title else ''}{words!r} instead of a feed"
    return f"text instead of a feed: {collapse(sample)[:100]!r}"
