"""Marketing copy of a page: headlines, subheads, calls to action, claims and logos."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from listener.facts import Copy
from listener.pages.nodes import Line, Node, Page
from listener.pages.words import CONTACT

_HEADINGS = frozenset({"h1", "h2"})
_HEADLINE_CHARACTERS = 220
_ACTION_CHARACTERS = 48
_CHROME_TAGS = frozenset({"nav", "footer", "aside", "select", "template", "noscript", "dialog", "blockquote", "table"})
_CHROME_WORDS = frozenset(
    (
        "nav navbar menu footer cookie cookies consent gdpr testimonial testimonials review reviews carousel "
        "slider modal popup breadcrumb sidebar social share pagination toast banner-cookie lang language skip"
    ).split()
)
_BUTTON_WORDS = frozenset("btn button cta".split())
_PADDED = frozenset({"px", "py", "rounded"})
#: A claim with a figure: "saves 10 hours", "4.9 on G2", "★★★★★".
_FIGURE = re.compile(
    r"\d[\d.,]*\s?(?:\+|%|x\b|×|k\b|m\b|million|thousand|hours?|minutes?|days?|stunden|minuten|tage|heures|"
    r"horas|ore\b)|\b\d[.,]\d\b\s?(?:/\s?5|stars?|sterne|étoiles|on g2|on capterra|★)|#1\b|★{3,}|"
    r"\b(?:no\.? 1|soc ?2|iso 27001)\b",
    re.IGNORECASE,
)
#: One in words.
_ASSURANCE = re.compile(
    r"\b(?:number one|award[- ]winning|money[- ]back|guarantee[d]?|risk[- ]free|no credit card|cancel "
    r"(?:any ?time|anytime)|free trial|trusted by|used by|loved by|rated|gdpr|hipaa|"
    r"garantie|geld[- ]zurück|ohne risiko|jederzeit kündbar|vertrauen|dsgvo|satisfait ou remboursé|sans "
    r"engagement|garantía|sin compromiso|garanzia|soddisfatti o rimborsati|garantia|sem compromisso|gwarancja|"
    r"гарантия)\b",
    re.IGNORECASE,
)
#: Whatever _ASSURANCE finds holds one of these in lower case.
_ASSURANCE_HINTS = (
    "number one", "award", "money", "aran", "risk", "risiko", "credit card", "cancel", "trial", "ed by", "rated",
    "gdpr", "hipaa", "geld", "jederzeit", "vertrauen", "dsgvo", "satisfait", "engagement", "compromis", "soddisfatti",
    "гарант",
)  # fmt: skip
_CLAIM_CHARACTERS = 140
_LOGO_WORDS = frozenset("logos clients customers partners brands trusted press companies".split())
_LOGO_LIMIT = 60


def read_copy(page: Page, taken: Iterable[Line] = ()) -> tuple[Copy, ...]:
    """Return a page's advertising copy in page order. `taken`: lines of questions and answers, which are no copy."""
    skipped = _chrome(page)
    for line in taken:
        skipped[line.index] = 1
    found = [*_headlines(page, skipped), *_actions(page, skipped), *_claims(page, skipped), *_logos(page)]
    unique = dict.fromkeys((place, copy) for place, copy in found)
    told: set[tuple[str, str]] = set()
    kept: list[Copy] = []
    for _, copy in sorted(unique, key=lambda pair: pair[0]):
        if copy.kind == "cta" or (copy.kind, copy.text) not in told:
            told.add((copy.kind, copy.text))
            kept.append(copy)
    return tuple(kept)


def _chrome(page: Page) -> bytearray:
    flags = bytearray(len(page.lines))
    for node in _chrome_nodes(page):
        end = min(node.end_line, len(flags))
        flags[node.line : end] = b"\x01" * max(end - node.line, 0)
    for line in page.lines:
        if line.hidden:
            flags[line.index] = 1
    return flags


def _chrome_nodes(page: Page) -> Iterator[Node]:
    for tag in _CHROME_TAGS:
        yield from page.by_tag.get(tag, ())
    for names, nodes in page.by_names.items():
        if not names.words.isdisjoint(_CHROME_WORDS):
            yield from (node for node in nodes if not node.inline and node.tag not in ("html", "body", "main"))


def _headlines(page: Page, skipped: bytearray) -> Iterator[tuple[int, Copy]]:
    for node in page.of_tags(*_HEADINGS):
        if node.line >= node.end_line or skipped[node.line]:
            continue
        text = page.text_of(node)
        if not 2 < len(text) <= _HEADLINE_CHARACTERS or not any(sign.isalpha() for sign in text):
            continue
        yield node.line, Copy(kind="headline", text=text)
        subhead = _subhead(page, node, skipped)
        if subhead is not None:
            yield subhead.index, Copy(kind="subhead", text=subhead.text)


def _subhead(page: Page, heading: Node, skipped: bytearray) -> Line | None:
    """Return the line of running text right below a headline."""
    for line in page.lines[heading.end_line : heading.end_line + 1]:
        if (
            not skipped[line.index]
            and line.node.tag in ("p", "div", "h2", "h3", "h4")
            and 20 <= len(line.text) <= 400
            and line.node.tag not in _HEADINGS
        ):
            return line
    return None


def _actions(page: Page, skipped: bytearray) -> Iterator[tuple[int, Copy]]:
    for node in page.of_tags("a", "button"):
        if node.hidden or node.line >= len(page.lines) or skipped[node.line]:
            continue
        if (
            node.tag == "a"
            and (not node.named or node.words.isdisjoint(_BUTTON_WORDS))
            and node.attr("role") != "button"
        ):
            continue
        if node.has("aria-expanded") or node.has("aria-controls") or node.attr("role") == "tab":
            continue
        text = _text_within(page, node).strip(" →›»▸➜↗")
        if 2 < len(text) <= _ACTION_CHARACTERS and sum(sign.isalpha() for sign in text) > 2 and not text.endswith("?"):
            yield node.line, Copy(kind="cta", text=text, url=node.attr("href") or None)


def _is_button(node: Node) -> bool:
    """Whether a link looks like a button: named one, or padded and rounded by utility classes."""
    if node.attr("role") == "button":
        return True
    return node.named and (not node.words.isdisjoint(_BUTTON_WORDS) or len(node.words & _PADDED) >= 2)


def _text_within(page: Page, node: Node) -> str:
    """Return the text that stands in an element, also where that is a part of a line."""
    parts: list[str] = []
    for line in page.lines[node.line : max(node.end_line, node.line + 1)]:
        ends = [*line.starts[1:], len(line.text)]
        parts += [
            line.text[start:end].strip()
            for start, end, owner in zip(line.starts, ends, line.owners, strict=True)
            if node.holds(owner)
        ]
    return " ".join(part for part in parts if part)


def _claims(page: Page, skipped: bytearray) -> Iterator[tuple[int, Copy]]:
    told = [*page.numbered, *page.lines_holding("★")]
    told = [line for line in told if _may_claim(line, skipped) and _FIGURE.search(line.text)]
    assured = page.lines_holding(*_ASSURANCE_HINTS)
    told += [line for line in assured if _may_claim(line, skipped) and _ASSURANCE.search(line.text)]
    for line in told:
        if not CONTACT.fullmatch(line.text[:60]) and sum(sign.isalpha() for sign in line.text) >= 5:
            yield line.index, Copy(kind="claim", text=line.text)


def _may_claim(line: Line, skipped: bytearray) -> bool:
    return (
        not skipped[line.index]
        and 6 <= len(line.text) <= _CLAIM_CHARACTERS
        and line.node.tag not in ("button", "a", "label", "option")
    )


def _logos(page: Page) -> Iterator[tuple[int, Copy]]:
    count = 0
    for node in page.by_tag.get("img", ()):
        if count >= _LOGO_LIMIT:
            return
        name = " ".join(node.attr("alt").split())
        around = [
            above
            for above in islice(node.ancestors(), 1, 5)
            if above.tag not in ("body", "html", "main", "header", "nav", "footer")
        ]
        if 1 < len(name) <= 60 and any(above.named and not above.words.isdisjoint(_LOGO_WORDS) for above in around):
            count += 1
            yield node.line, Copy(kind="logo", text=name)
