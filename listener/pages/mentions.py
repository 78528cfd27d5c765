"""Price candidates: each amount of a line with what it is for, and whether a customer pays it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from listener.pages import clauses, words
from listener.pages.currency import Reading
from listener.pages.money import Amount, find_amounts
from listener.pages.nodes import Line, Node, Page
from listener.pages.periods import Rhythm, rhythm_after, rhythm_before

#: price: what is paid; list: the struck-out price beside it; note: an equivalent, a saving, somebody else's price.
Role: TypeAlias = Literal["price", "list", "note"]

_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_STRUCK_WORDS = frozenset(
    {"strike", "strikethrough", "struck", "line-through", "crossed", "old", "was", "original", "oldprice", "uvp"}
)
_SAVING_WORDS = frozenset({"save", "saving", "savings", "discount", "economize", "saved", "badge", "ribbon"})
_PRICE_ENDINGS = frozenset(
    "price prices amount cost preis prix precio prezzo preco valor tarifa cena betrag figure num number value".split()
)
#: Lines with prices that are read: no page for people has more.
_LINE_LIMIT = 3_000
_LINE_CHARACTERS = 2_000
_CLAUSE = re.compile(r"[.!?;:,](?=\s)|[•·|]|\s[–—-]\s")


class Mention(msgspec.Struct, kw_only=True, eq=False):
    """One amount, or "free" or "contact us" where a price would stand."""

    line: Line
    #: Span of amount and rhythm in the line.
    start: int
    end: int
    #: None for "contact us".
    amount: Amount | None
    rhythm: Rhythm
    role: Role = "price"
    contact: bool = False
    starting: bool = False
    addon: bool = False
    promotional: bool = False
    #: In a sentence, not standing for itself.
    prose: bool = False
    #: In a button.
    button: bool = False
    #: What the line says besides: before and after.
    before: str = ""
    after: str = ""
    #: Struck-out price beside this one.
    listed: Amount | None = None
    #: Further lines with words on rhythm near it.
    near: list[str] = msgspec.field(default_factory=list)

    @property
    def node(self) -> Node:
        """The element that holds the amount itself."""
        return self.line.owner_at(self.start)


def mentions_of(line: Line, reading: Reading, *, bare: str | None = None) -> list[Mention]:
    """Return what a line says of prices, in order."""
    amounts = find_amounts(line.text, reading, bare=bare)
    if not amounts:
        return []
    found: list[Mention] = []
    floor = 0
    for number, amount in enumerate(amounts):
        ceiling = amounts[number + 1].start if number + 1 < len(amounts) else len(line.text)
        found.append(_mention(line, amount, reading, floor, ceiling))
        floor = found[-1].end
    for second, first in pairwise(reversed(found)):
        if first.rhythm.period is None and not line.text[first.end : second.start].strip(" /|"):
            # Two states of a toggle, or a struck-out price and the present one: "$9.99 $7.99 /month".
            first.rhythm = second.rhythm
    return found


def _mention(line: Line, amount: Amount, reading: Reading, floor: int, ceiling: int) -> Mention:
    text = line.text
    rhythm = rhythm_after(text[:ceiling], amount.end, reading.language)
    before = text[floor : amount.start]
    if rhythm.period is None and (early := rhythm_before(text[floor:], amount.start - floor)):
        rhythm = Rhythm(period=early, unit=rhythm.unit, billing=rhythm.billing, end=rhythm.end)
    end = max(rhythm.end, amount.end)
    plus = clauses.STARTING_AFTER.match(text, amount.end)
    starting = clauses.STARTING.search(before)
    clause, label = _clause_of(before)
    after = text[end:ceiling]
    mention = Mention(line=line, start=amount.start, end=end, amount=amount, rhythm=rhythm)
    mention.starting = starting is not None or plus is not None
    mention.before = before[: starting.start()] if starting else before
    mention.after = after
    given = clauses.SAVING.search(label) or clauses.DEPOSIT.match(label)
    mention.role = "note" if given else _role(mention, clause, after[:40])
    mention.addon = clauses.ADDON.search(clause + " " + after[:30]) is not None or before.rstrip().endswith("+")
    mention.promotional = clauses.PROMOTION.search(f"{label} {clause} {after[:40]}") is not None
    mention.button = any(node.tag == "button" or is_button(node) for node in _inner(mention)[:3])
    mention.prose = (
        len(text) > 160 or len(before) + len(after) > 90 or (len(after) > 45 and after.strip().endswith("."))
    )
    return mention


def _clause_of(before: str) -> tuple[str, str]:
    """Return the end of the clause before an amount, and the label whose colon it follows, "" if it follows none."""
    last = label = 0
    for found in _CLAUSE.finditer(before):
        last, label = found.end(), last
    return before[last:][-60:], "" if before[last:].strip() else before[label:last][-60:]


def _role(mention: Mention, clause: str, after: str) -> Role:
    nodes = _inner(mention)
    if any(is_struck(node) for node in nodes):
        return "list"
    if clauses.LIST_BEFORE.search(clause):
        return "list"
    if any(not node.words.isdisjoint(_SAVING_WORDS) for node in nodes[:2] if node.named) and _says_saving(
        mention.line.text
    ):
        return "note"
    if clauses.GIVEN_AFTER.match(after):
        return "note"
    if clauses.SAVING.search(clause) or clauses.SAVING.match(after.lstrip(" -–(").removeprefix("in ")):
        return "note"
    if (
        clauses.NOT_A_PRICE.search(clause)
        or clauses.CANCELLED.search(clause)
        or clause.rstrip().endswith(("~", "≈", "ca.", "approx."))
    ):
        return "note"
    return "price"


def is_button(node: Node) -> bool:
    """Whether a link looks like a button."""
    return node.tag == "a" and node.named and not node.words.isdisjoint({"btn", "button", "cta"})


def _says_saving(text: str) -> bool:
    return clauses.SAVING.search(text) is not None


def _inner(mention: Mention) -> list[Node]:
    """Return the elements from the amount's own up to the line's block and the one around it."""
    nodes: list[Node] = []
    for node in mention.node.ancestors():
        nodes.append(node)
        if node is mention.line.node:
            if node.parent is not None:
                nodes.append(node.parent)
            break
    return nodes


def is_struck(node: Node) -> bool:
    """Whether text in this element is shown struck out."""
    if node.tag in _STRUCK_TAGS:
        return True
    if not node.attributes:
        return False
    return "line-through" in node.attr("style") or (
        node.words & _STRUCK_WORDS != frozenset() and node.last - node.order < 5
    )


def price_slots(page: Page) -> set[int]:
    """Return the indices of lines that begin in an element which is named for holding a price."""
    found: set[int] = set()
    for names, nodes in page.by_names.items():
        if names.endings.isdisjoint(_PRICE_ENDINGS):
            continue
        for node in nodes:
            if node.end_line - node.line <= 4:
                found.update(line.index for line in page.lines_of(node) if _is_just_below(node, line))
    return found


def _is_just_below(slot: Node, line: Line) -> bool:
    node: Node | None = line.owners[0]
    for _ in range(4):
        if node is slot:
            return True
        node = None if node is None else node.parent
    return False


def slot_mention(line: Line) -> Mention | None:
    """Return "free" or "contact us" as a mention; None for a line that says something else."""
    text = line.text
    if len(text) > 60:
        return None
    if words.FREE.fullmatch(text):
        free = Amount(start=0, end=len(text), value=Decimal(0), currency=None)
        return Mention(line=line, start=0, end=len(text), amount=free, rhythm=Rhythm())
    if words.CONTACT.fullmatch(text) and line.node.tag not in ("a", "button"):
        return Mention(line=line, start=0, end=len(text), amount=None, rhythm=Rhythm(), contact=True)
    return None


def _zero_mention(page: Page, line: Line) -> Mention | None:
    """Return a bare "0" as nothing to pay, where a line near it says so: others are filled in by a script."""
    if line.text.strip() not in ("0", "0.00", "0,00"):
        return None
    around = page.lines[max(line.index - 3, 0) : line.index + 2]
    if not any(words.FREE.fullmatch(other.text[:60]) for other in around if other is not line):
        return None
    free = Amount(start=0, end=len(line.text), value=Decimal(0), currency=None)
    return Mention(line=line, start=0, end=len(line.text), amount=free, rhythm=Rhythm())


def mentions_on(page: Page, reading: Reading, skipped: bytearray) -> dict[int, list[Mention]]:
    """Return the mentions of each line by its index, leaving out lines flagged in `skipped`."""
    found: dict[int, list[Mention]] = {}
    slots = price_slots(page)
    numbered = {line.index for line in page.numbered}
    for index in sorted(numbered | slots):
        line = page.lines[index]
        if skipped[index] or len(line.text) > _LINE_CHARACTERS or clauses.QUOTATION.fullmatch(line.text):
            continue
        mentions = mentions_of(line, reading) if index in numbered and '="' not in line.text else []
        if not mentions and index in slots and (slot := slot_mention(line) or _zero_mention(page, line)):
            mentions = [slot]
        if mentions:
            found[index] = mentions
        if len(found) >= _LINE_LIMIT:
            break
    return found


def amounts(mentions: Iterable[Mention]) -> list[Amount]:
    """Return the amounts of mentions that have one."""
    return [mention.amount for mention in mentions if mention.amount is not None]
