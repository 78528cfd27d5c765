"""Elements of feeds by short names, and the words in them.

The same element comes in many namespaces: `short` brings `http://www.w3.org/2005/Atom}updated` and Atom 0.3's to
`atom:updated`, and RSS in any of its versions to no prefix at all. Nothing here knows what a field means.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import unescape
from xml.etree.ElementTree import Element

from listener.html import BLOCKS, collapse, text_of

#: Characters of one field's markup that are read, and of one item's text that are kept.
MARKUP_LIMIT = 400_000
TEXT_LIMIT = 100_000
TITLE_LIMIT = 1_000

#: Names are qualified as expat does it: namespace, "}", local name.
XML = "http://www.w3.org/XML/1998/namespace}"
RDF_ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

#: Namespace, without scheme and closing slash or hash, in lower case → prefix.
_PREFIXES = {
    "": "",
    "purl.org/rss/1.0": "",
    "purl.org/net/rss1.1": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "backend.userland.com/rss": "",
    "backend.userland.com/rss2": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "cyber.law.harvard.edu/rss": "",
    "cyber.law.harvard.edu/rss/rss.html": "",
    "www.w3.org/2005/atom": "atom:",
    "purl.org/atom/ns": "atom:",
    "purl.org/atom": "atom:",
    "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf:",
    "www.w3.org/1999/xhtml": "xhtml:",
    "purl.org/rss/1.0/modules/content": "content:",
    "purl.org/rss/1.0/modules/slash": "slash:",
    "purl.org/rss/1.0/modules/syndication": "sy:",
    "purl.org/dc/elements/1.0": "dc:",
    "purl.org/dc/elements/1.1": "dc:",
    "purl.org/dc/terms": "dcterms:",
    "purl.org/syndication/thread/1.0": "thr:",
    "search.yahoo.com/mrss": "media:",
    "tools.search.yahoo.com/mrss": "media:",
    "www.rssboard.org/media-rss": "media:",
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "www.youtube.com/xml/schemas/2015": "yt:",
    "gdata.youtube.com/schemas/2007": "yt:",
    "schemas.google.com/g/2005": "gd:",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "www.pheedo.com/namespace/pheedo": "pheedo:",
    "itunes.apple.com/rss": "im:",
    "podcastindex.org/namespace/1.0": "podcast:",
}
_PRISM = "prismstandard.org/namespaces/"
#: What a prefix means where a feed forgot to declare it.
CUSTOMARY = {
    "atom": "http://www.w3.org/2005/Atom",
    "a10": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "im": "http://itunes.apple.com/rss",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "yt": "http://www.youtube.com/xml/schemas/2015",
}


@lru_cache(maxsize=2048)
def short(tag: str) -> str:
    """Return an element's name in lower case with the prefix that is customary for its namespace.

    Names of unknown namespaces begin with "?".
    """
    uri, _, local = tag.rpartition("}")
    uri = re.sub(r"^https?://", "", uri.strip().lower()).rstrip("/#")
    prefix = _PREFIXES.get(uri)
    if prefix is None:
        prefix = "prism:" if uri.startswith(_PRISM) else "?"
    return prefix + local.lower()


class Fields:
    """The children of an entry or channel by their short names; those of a `media:group` count as its own."""

    __slots__ = ("_by_name", "element")

    def __init__(self, element: Element) -> None:
        self.element = element
        self._by_name: dict[str, list[Element]] = {}
        self._take(element)

    def _take(self, element: Element) -> None:
        by_name = self._by_name
        for child in element:
            name = short(child.tag)
            if name in by_name:
                by_name[name].append(child)
            else:
                by_name[name] = [child]
            if name == "media:group":
                self._take(child)

    def has(self, names: frozenset[str]) -> bool:
        """Whether there is an element of one of these names."""
        return not names.isdisjoint(self._by_name)

    def every(self, *names: str) -> Sequence[Element]:
        """Return the elements of these names, those of the first name first."""
        by_name = self._by_name
        found: Sequence[Element] = ()
        for name in names:
            if name in by_name:
                found = [*found, *by_name[name]] if found else by_name[name]
        return found

    def word(self, *names: str) -> str:
        """Return the first content among these names that isn't empty, stripped; ""."""
        by_name = self._by_name
        for name in names:
            if name in by_name:
                for element in by_name[name]:
                    content = plain(element)
                    if content:
                        return content
        return ""


def content_of(element: Element) -> str:
    """Return the words of an element that holds no elements, out of base64 where Atom 0.3 puts them into it."""
    content = element.text or ""
    if element.get("mode") == "base64":
        try:
            return b64decode(content).decode("utf-8")
        except ValueError:
            return ""
    return content


def plain(element: Element) -> str:
    """Return an element's character data, stripped, nothing resolved."""
    return (("".join(element.itertext()) if len(element) else element.text) or "").strip()


def attribute(element: Element, name: str) -> str:
    """Return an attribute, stripped; "" where there is none."""
    return (element.get(name) or "").strip()


#: A tag that HTML knows and that authors put into feeds. Others (`<Suspense>`, `vector<int>`) are words about code.
_KNOWN_TAG = re.compile(
    r"</?(?:a|abbr|acronym|b|big|blockquote|br|center|cite|code|del|div|em|font|h[1-6]|hr|i|img|ins|li|mark|nobr|ol|p|pre|q|s|"
    r"small|span|strike|strong|sub|sup|table|td|tr|tt|u|ul|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAKING_TAG = re.compile(r"</?(?:br|p|div|li|h[1-6]|td|tr)\b", re.IGNORECASE)
_LEFT_OVER = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,5}|amp|quot|apos|nbsp|hellip|[mn]dash|[lr][sd]quo);", re.IGNORECASE)
#: Windows-1252 read as ISO-8859-1: in Unicode these are control characters that nobody writes.
_WINDOWS = {
    code: character
    for code in range(0x80, 0xA0)
    if (character := bytes([code]).decode("cp1252", "replace")) != "\ufffd"
}
_FROM_WINDOWS = {ord(character): code for code, character in _WINDOWS.items()}
_CONTROL = re.compile("[\x80-\x9f]")
#: What UTF-8 looks like that was read as windows-1252, or as ISO-8859-1, and written as UTF-8 again.
_SEQUENCE = re.compile("[\xc2-\xf4][\x80-\xbf\u0152-\u2122]")
_TWICE = re.compile(
    "[\xc2-\xf4][\x80-\x9f]|[ÂÃ]\xa0|[ÂÃÄÅ][\xa1-\xbf€‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ]|Ã[–—‘’“”•…][a-zà-ÿ]|â[\x80€]|"
    "[ÐÑ][\x80-\xbf\u0152-\u2122][ÐÑ ]|[ã-é][\x80-\xbf\u0152-\u2122]{2}"
)


def title_of(content: str) -> str:
    """Return a title as readable text on one line.

    Titles come plain, as HTML and escaped twice, whatever the format says. Tags that HTML knows go away, others are
    words; references are resolved, once more where some are left.
    """
    content = once(content[: 4 * TITLE_LIMIT])
    if content.isprintable() and "&" not in content and "<" not in content and "  " not in content:
        return content[:TITLE_LIMIT].strip()
    if "<" in content:
        content = _KNOWN_TAG.sub(_gap, _SCRIPT.sub("", content))
    if "&" in content:
        content = unescape(content)
        if "&" in content and _LEFT_OVER.search(content):
            content = unescape(content)
        if "</" in content:
            content = _KNOWN_TAG.sub(_gap, content)
    return " ".join(collapse(content, mended).split("\n"))[:TITLE_LIMIT].rstrip()


def body_of(content: str, *, html: bool = True) -> str:
    """Return a text field's readable text.

    `html` is False where the format promises plain text: then only tags that HTML knows are taken for tags.
    """
    content = once(content[:MARKUP_LIMIT])
    if not html and "<" in content and not _KNOWN_TAG.search(content):
        return collapse(unescape(content), mended)[:TEXT_LIMIT]
    text = text_of(content, mended)
    if "<" not in content and "</" in text and _KNOWN_TAG.search(text):
        text = text_of(text, mended)  # escaped twice: not one real tag, but closing tags once references are resolved
    return text[:TEXT_LIMIT]


def mended(text: str) -> str:
    """Return `text` with Windows' quotation marks and dashes where an encoding was taken for ISO-8859-1."""
    return text.translate(_WINDOWS) if _CONTROL.search(text) else text


def once(text: str) -> str:
    """Return text that was encoded twice as it was meant: "FlÃ¼chtling" is "Flüchtling", "donâ€™t" is "don’t".

    All of it has to be UTF-8 when taken back a step, which text that isn't broken never is.
    """
    if text.isascii():
        return text
    # Nearly all text ends here, after a look at its first character beyond ASCII.
    try:
        text.encode("ascii")
    except UnicodeEncodeError as error:
        if not _SEQUENCE.match(text, error.start) or not _TWICE.search(text, error.start):
            return text
    try:
        return text.translate(_FROM_WINDOWS).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _gap(tag: re.Match[str]) -> str:
    return " " if _BREAKING_TAG.match(tag[0]) else ""


_HIDDEN = frozenset({"script", "style", "head", "template"})


def inner_text(element: Element) -> str:
    """Return the readable text of markup that stands in the feed as elements (XHTML, or HTML that nobody escaped)."""
    parts: list[str] = []
    todo: list[Element | str] = [element]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        local = node.tag.rpartition("}")[2].lower()
        if local in _HIDDEN:
            continue
        edge = "\n" if local in BLOCKS else " " if local in ("td", "th") else ""
        parts.append(edge + (node.text or "").replace("\n", " "))
        todo.append(edge)
        for child in reversed(node):
            todo.append((child.tail or "").replace("\n", " "))
            todo.append(child)
    return collapse(once("".join(parts)), mended)[:TEXT_LIMIT]


def distinct(words: Iterable[str], limit: int) -> tuple[str, ...]:
    """Return the first `limit` different words that aren't empty."""
    return tuple(dict.fromkeys(filter(None, words)))[:limit]
