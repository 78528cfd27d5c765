"""Lines that can name a plan, with a confidence."""

from __future__ import annotations

import re

import msgspec

from listener.pages import words
from listener.pages.nodes import Line, Node
from listener.pages.periods import period_in, without_periods

#: Ranks of a label.
STRONG, WEAK = 2, 1

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_NAME_WORDS = frozenset(
    (
        "name title titre titel título titolo nome nombre plan planname tier heading "
        "headline caption pack paket package produkt product-name label service tarif treatment"
    ).split()
)
_NOT_NAMES = frozenset(
    (
        "subtitle sub badge ribbon tag desc description price amount period popular feature features note "
        "currency eyebrow tagline"
    ).split()
)
_BADGES = frozenset({"badge", "ribbon", "popular", "pill", "chip", "flag", "sticker"})
#: A name may end in a sign: "C++", "Pro+", "(klein)".
_OPENERS = "([{\"'„“«"
#: Dots that lead the eye from a name to its price.
_LEADERS = re.compile(r"(?:\s?[.·…_]){3,}")
_LETTER = re.compile(r"[^\W\d_]")
#: Wants another name beside it: a span of time, a number of people, a size.
_MEASURE = re.compile(
    r"[\W_]*(?:(?:bis|ab|up to|over|under|from|je|à|ca\.?|unter|über|for|für|pour|por|per|pro|до|от|od|do|mit|"
    r"with|x|×|jusqu'à|hasta|até|fino a)\s+)*"
    r"\d[\d.,–-]*\s?\+?(?:[-–]\s?\d+)?\s?(?:x|er|-er)?[-\s]?(?:min\w*|std\w*|stunden?|h|hours?|hrs?|days?|tage?n?|"
    r"weeks?|wochen?|months?|monate?n?|years?|jahre?n?|"
    r"minut\w*|мин\w*|час\w*|heures?|horas?|ore|godz\w*|uur|sessions?|lessons?|classes|visits?|people|persons?|"
    r"personen|users?|nutzer|seats?|pax|pages?|seiten|"
    r"GB|MB|TB|ml|cl|cc|g|kg|l|m|m²|qm|km|cm|stk\.?|pcs|pieces?|credits?|tokens?|meses|mesi|mois|miesi\w+|"
    r"месяц\w*|занят\w+|분|分|分鐘|時間|人|名|回|个月|ヶ月)\b.{0,30}",
    re.IGNORECASE,
)


class Label(msgspec.Struct, frozen=True):
    """A line that may name what stands near it."""

    line: Line
    text: str
    rank: int
    #: 0 for an element named for holding a name, 1 to 6 for headings, 7 for other strong lines, 8 for plain ones.
    level: int
    #: What else its line says: "30 min" beside an element named for holding a name.
    rest: str = ""


def label_of(line: Line) -> Label | None:
    """Return a line as a label; None for text that can't name anything."""
    level = _level(line)
    if level == 8 and _names_nothing(line.node):
        return None
    named = _named_part(line)
    text = clean_name(named or _without_badges(line))
    if len(text) > words.LABEL_CHARACTERS and "(" in text[3:60]:
        text = clean_name(text[: text.index("(", 3)])
    if not text or len(text) > words.LABEL_CHARACTERS or _LETTER.search(text) is None:
        return None
    if level == 8 and (text.endswith((".", "!", "?")) or len(text) > 60 or len(text.split()) > 8):
        return None
    if words.is_generic(text):
        return None
    rest = clean_name(line.text.replace(named, "", 1)) if named else ""
    return Label(line, text, STRONG if level < 8 else WEAK, level, rest)


def _names_nothing(node: Node) -> bool:
    """Whether a plain line in this element is none that could name a plan."""
    if node.tag == "li":
        # The first item of a list may be its title; the others are what it lists.
        return not node.is_first or _is_action(node)
    return node.tag in ("a", "button", "label", "option") or _is_action(node)


def _level(line: Line) -> int:
    node: Node | None = line.node
    owner = line.owners[0]
    for step in range(4):
        if node is None or node.end_line - node.line > (1 if step else 3):
            break
        if node.tag in HEADINGS:
            return HEADINGS[node.tag]
        if node.tag in ("dt", "th", "caption", "legend", "summary"):
            return 7
        if _is_named_name(node):
            return 0
        if node.attr("role") == "heading":
            return 3
        node = node.parent
    if owner is not line.node:
        if _is_named_name(owner):
            return 0
        if all(_is_bold(each, line.node) for each in line.owners):
            return 7
    return 8


def _is_named_name(node: Node) -> bool:
    """Whether one of the element's classes ends in a word for names: `price-tier`, `plan__name`, `cardTitle`."""
    if not node.named:
        return False
    return not node.endings.isdisjoint(_NAME_WORDS) and node.endings.isdisjoint(_NOT_NAMES)


def _named_part(line: Line) -> str:
    """Return the part of a line that stands in an element named for holding a name; "" where none does."""
    if len(line.owners) == 1:
        return ""
    ends = [*line.starts[1:], len(line.text)]
    parts = [
        line.text[start:end]
        for start, end, owner in zip(line.starts, ends, line.owners, strict=True)
        if owner is not line.node and owner.inline and _is_named_name(owner)
    ]
    return parts[0] if len(parts) == 1 else ""


def _without_badges(line: Line) -> str:
    """Return a line's text without the ribbons that stand in it."""
    if len(line.owners) == 1:
        return line.text
    ends = [*line.starts[1:], len(line.text)]
    parts = [line.text[start:end] for start, end in zip(line.starts, ends, strict=True)]
    kept = [part for part, owner in zip(parts, line.owners, strict=True) if not _is_badge(part, owner, line.node)]
    return "".join(kept) if kept else line.text


def _is_badge(text: str, owner: Node, block: Node) -> bool:
    if words.is_badge(text):
        return True
    return owner is not block and owner.named and not owner.words.isdisjoint(_BADGES)


def _is_bold(owner: Node, block: Node) -> bool:
    node: Node | None = owner
    while node is not None and node is not block:
        if node.tag in ("strong", "b") or node.tag in HEADINGS:
            return True
        node = node.parent
    return False


def _is_action(node: Node) -> bool:
    return node.named and not node.words.isdisjoint(
        {"btn", "button", "cta", "badge", "ribbon", "popular", "tag", "feature", "features"}
    )


def clean_name(text: str) -> str:
    """Return a label without the marks around it: bullets, trailing colons and dashes, emoji, half a bracket."""
    text = " ".join(text.split())
    if text and text[0].isalnum() and text[-1].isalnum() and "(" not in text:
        return text
    previous = ""
    while text != previous:
        previous = text
        if text and not text[0].isalnum() and text[0] not in _OPENERS:
            text = text[1:].lstrip()
        if (text and text[-1] in " -–—:|·•*,;/=~…→➜»>([✓✔†") or (
            text and text[-1] == "." and not text[-2:-1].isupper()
        ):
            text = text[:-1].rstrip()
    if (text.count("(") != text.count(")") and text.endswith(")")) or (text.startswith("(") and text.endswith(")")):
        text = text.strip("()")
    if text.count("(") > text.count(")"):
        text = text.rpartition("(")[0].rstrip(" -–")
    return text


def is_measure(text: str) -> bool:
    """Whether a label needs the name of a group before it: "30 min", "up to 5 users"."""
    return _MEASURE.fullmatch(text[:80]) is not None


def is_period_only(text: str) -> bool:
    """Whether a label speaks of nothing but a period: "Monthly", "Billed annually", "pro Monat"."""
    return len(text) <= 50 and period_in(text) is not None and words.is_filler(without_periods(text))


def inline_label(text: str, *, row: bool = False) -> str | None:
    """Return what a price's line says before or after it as a label; None where that is small print.

    `row`: the line is one of a list, where "Plus" and "Standard" are names and no lead-in to the price.
    """
    name = clean_name(_LEADERS.sub(" ", text).rpartition(". ")[2])
    if len(name) < 2 or _LETTER.search(name) is None or len(name) > words.LABEL_CHARACTERS:
        return None
    if (
        words.is_generic(name)
        or (words.is_lead_in(name) and not (row and name[0].isupper()))
        or words.ACTION.fullmatch(name)
    ):
        return None
    return name


_SESSION = re.compile(
    r"\b\d{1,3}\s?[-–]?\s?(?:min\b|mins\b|minut\w*|мин\w*|分|분|std\b|stunden?\b|hours?\b|h\b|hod\b|heures?\b|horas?\b|"
    r"ore\b|uur\b|godz\w*)|"
    r"\b(?:massage|lesson|lessons|fahrstunde|lezione|clase|aula|séance|sitzung|session|sesión|sessão|behandlung|"
    r"treatment|haircut|coaching|beratung|consultation|drop[- ]in|trening|training|konzultac\w+|konsultacj\w+|"
    r"(?:strategy|discovery|coaching|intro) call|trial class|probetraining)\b",
    re.IGNORECASE,
)


def is_session(name: str) -> bool:
    """Whether a name speaks of something that one comes for: "Massage 60 min", "driving lesson"."""
    return _SESSION.search(name) is not None
