"""Parts of a page where questions are likely, and where they are impossible."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from listener.pages.labels import HEADINGS
from listener.pages.nodes import Line, Node, Page
from listener.pages.words import FAQ_HINT, FAQ_TITLE, asks

_ZONE_WORDS = frozenset(
    "faq faqs faqpage questions fragen preguntas domande perguntas dudas duvidas vragen pytania otazky fragor sporsmal "
    "kysymykset sorular вопросы voprosy qna qanda".split()
)
_CHROME_WORDS = frozenset("cookie cookies consent gdpr modal popup newsletter breadcrumb breadcrumbs toast".split())
_SKIPPED_TAGS = frozenset({"nav", "footer", "form", "select", "noscript", "template", "figure", "blockquote"})
#: A form longer than this is a page built in one, as ASP.NET does.
_FORM_LINES = 40
_TITLE_CHARACTERS = 90


class Zones(msgspec.Struct):
    """Flags for each line of a page."""

    #: 1 where it stands in a FAQ.
    inside: bytearray
    #: 0 where no question can stand: menus, forms, banners.
    allowed: bytearray


def zones_of(page: Page) -> Zones:
    """Mark the lines of a page."""
    count = len(page.lines)
    zones = Zones(inside=bytearray(count), allowed=bytearray(b"\x01") * count)
    whole = FAQ_TITLE.search(page.title[:200]) is not None
    for node in _chrome(page):
        end = min(node.end_line, count)
        zones.allowed[node.line : end] = bytes(max(end - node.line, 0))
    for node in _named_faqs(page):
        end = min(node.end_line, count)
        zones.inside[node.line : end] = b"\x01" * max(end - node.line, 0)
    for line in page.lines_matching(FAQ_HINT, lowered=True, most=_TITLE_CHARACTERS):
        if _is_title(line):
            whole |= line.node.tag == "h1"
            _mark_section(page, line, zones.inside)
    if whole:
        zones.inside = bytearray(b"\x01") * count
    return zones


def _chrome(page: Page) -> Iterator[Node]:
    for tag in _SKIPPED_TAGS:
        for node in page.by_tag.get(tag, ()):
            if tag != "form" or node.end_line - node.line <= _FORM_LINES:
                yield node
    for names, nodes in page.by_names.items():
        if not names.words.isdisjoint(_CHROME_WORDS):
            yield from (node for node in nodes if not node.inline and node.tag not in ("html", "body"))


def _named_faqs(page: Page) -> Iterator[Node]:
    yield from (node for node in page.properties if node.attr("itemtype").endswith("/Question"))
    for names, nodes in page.by_names.items():
        if not names.words.isdisjoint(_ZONE_WORDS):
            yield from (node for node in nodes if not node.inline and node.tag not in ("html", "li"))


def _is_title(line: Line) -> bool:
    """Whether a line is the title of a FAQ."""
    node = line.node
    if len(line.text) > _TITLE_CHARACTERS or FAQ_TITLE.search(line.text) is None:
        return False
    if node.tag in HEADINGS:
        return True
    linked = node.tag in ("a", "li", "button", "td") or any(each.tag == "a" for each in line.owners)
    return len(line.text) <= 60 and not linked


def _mark_section(page: Page, title: Line, inside: bytearray) -> None:
    """Mark the lines that a FAQ's title stands over: to the next heading as high, or the end of their section."""
    level = HEADINGS.get(title.node.tag, 7)
    section = title.node
    while section.parent is not None and section.end_line - section.line < 4:
        section = section.parent
    while (
        section.parent is not None
        and section.tag not in ("section", "article", "main", "body")
        and section.end_line - title.index < 8
    ):
        section = section.parent
    for line in page.lines[title.index : section.end_line]:
        heading = HEADINGS.get(line.node.tag)
        if line is not title and heading is not None and heading <= level and not asks(line.text):
            break
        inside[line.index] = 1
