"""Plans without an amount: the card beside priced cards that says "Free", "Custom" or "Contact sales" instead."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from listener.pages import words
from listener.pages.classes import Names
from listener.pages.groups import Group
from listener.pages.labels import Label, label_of
from listener.pages.mentions import Mention
from listener.pages.money import Amount
from listener.pages.nodes import Line, Node, Page
from listener.pages.periods import Rhythm

#: A card is no longer than this, in lines.
_CARD_LINES = 60
#: Siblings that are looked at: no page for people has so many, and a card's are all that stand beside it.
_COMPARED_LIMIT = 100_000


def unpriced_plans(page: Page, groups: list[Group], priced: set[int], skipped: bytearray) -> list[Group]:
    """Return plans of the cards beside those of `groups` that hold no price; `priced`: indices of lines with one."""
    found: dict[int, Group] = {}
    seen: set[int] = set()
    looked: set[tuple[int, str, frozenset[str]]] = set()
    compared = 0
    for group in groups:
        for card in _cards_around(group):
            if card.order in seen:
                break
            seen.add(card.order)
            make = (card.parent.order if card.parent is not None else 0, card.tag, _class_words(card))
            if make in looked:
                # Its siblings have been looked at for another card of this make, which is one of them.
                break
            siblings = page.children(card.parent) if card.parent is not None else []
            compared += len(siblings)
            if compared > _COMPARED_LIMIT:
                return list(found.values())
            beside = _beside(card, siblings)
            fresh = [other for other in beside if other.order not in seen and other.order not in found]
            for other in fresh:
                if not any(index in priced or skipped[index] for index in range(other.line, other.end_line)):
                    plan = _unpriced(page, other)
                    if plan is not None:
                        found[other.order] = plan
            if beside:
                looked.add(make)
                break
    return list(found.values())


def _cards_around(group: Group) -> list[Node]:
    """Return the elements that may be the whole card of a plan, from the inside out."""
    if group.card is None or group.name is None:
        return []
    first = group.mentions[0].line.node
    around = [node for node in first.ancestors() if node.holds(group.card) or node is group.card]
    return [node for node in around[:5] if node.end_line - node.line <= _CARD_LINES and not node.inline]


def _beside(card: Node, siblings: Iterable[Node]) -> list[Node]:
    """Return those of a card's siblings that are made like a card: same tag, and most of its class."""
    if card.parent is None or card.tag in ("body", "html", "main", "tr", "td", "th"):
        return []
    mine = _class_words(card)
    alike = []
    kept: dict[Names, frozenset[str]] = {}
    for other in siblings:
        if other is card or other.tag != card.tag or not 0 < other.end_line - other.line <= _CARD_LINES:
            continue
        theirs = kept.get(other.names)
        if theirs is None:
            theirs = kept[other.names] = _class_words(other)
        if mine == theirs or len(mine & theirs) * 2 >= min(len(mine), len(theirs)) > 0:
            alike.append(other)
    return alike


def _class_words(node: Node) -> frozenset[str]:
    return frozenset([word.rstrip("0123456789") for word in node.classes.split()])


def _unpriced(page: Page, card: Node) -> Group | None:
    lines = [line for line in page.lines_of(card) if not line.hidden]
    labels = [label for line in lines if (label := label_of(line)) is not None]
    label = _title(labels)
    if label is None:
        return None
    for line in lines:
        if (
            line is not label.line
            and line.index > label.line.index - 3
            and words.FREE.fullmatch(line.text)
            and not _is_button(line)
        ):
            return _group(label, line, free=True)
    if words.FREE.fullmatch(label.text):
        return _group(label, label.line, free=True)
    for line in lines:
        if line is not label.line and words.CONTACT.fullmatch(line.text):
            return _group(label, line, free=False)
    return None


def _title(labels: list[Label]) -> Label | None:
    said = [
        label
        for label in labels[:4]
        if not words.FREE.fullmatch(label.text) and not words.CONTACT.fullmatch(label.text)
    ]
    return min(said or labels[:4], key=lambda label: (label.level, label.line.index), default=None)


def _is_button(line: Line) -> bool:
    return any(node.tag in ("a", "button") for node in (line.node, line.owners[0]))


def _group(label: Label, line: Line, *, free: bool) -> Group:
    amount = Amount(start=0, end=len(line.text), value=Decimal(0), currency=None) if free else None
    mention = Mention(line=line, start=0, end=len(line.text), amount=amount, rhythm=Rhythm(), contact=not free)
    return Group([mention], line.index, line.index, name=label.text, card=label.line.node)
