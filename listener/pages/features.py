"""Limits and features listed on a plan's card."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from listener.pages.nodes import Line, Node, Page

#: A card is no longer than this, in lines; what holds more is a page.
_CARD_LINES = 60
_FEATURE_LIMIT = 40
_FEATURE_CHARACTERS = 160
_BULLETS = " \t✓✔☑✅•·–—-*›»→➤●○"
_WORDS = frozenset({"feature", "features", "benefit", "benefits", "perk", "perks"})
_STOPS = frozenset({"body", "html", "main", "#page"})


def features_of(page: Page, line: Line, mine: set[int], priced: Sequence[int]) -> tuple[str, ...]:
    """Return the list items in the card around a price, in page order, each once.

    `priced`: sorted indices of all lines with prices, `mine` of those of this plan; the card is the largest element
    that holds none of another plan.
    """
    card = _card(line, mine, priced)
    if card is None:
        return ()
    found = dict.fromkeys(each.text.lstrip(_BULLETS) for each in _listed(page, card) if each.index not in mine)
    return tuple(found)[:_FEATURE_LIMIT]


def _card(line: Line, mine: set[int], priced: Sequence[int]) -> Node | None:
    card: Node | None = None
    for node in line.node.ancestors():
        if node.tag in _STOPS or node.end_line - node.line > _CARD_LINES:
            break
        within = priced[bisect_left(priced, node.line) : bisect_left(priced, node.end_line)]
        if not mine.issuperset(within):
            break
        if not node.inline:
            card = node
    return card if card is not None and card.tag not in ("li", "tr", "td", "th") else None


def _listed(page: Page, card: Node) -> Iterator[Line]:
    for line in page.lines_of(card):
        if len(line.text) > _FEATURE_CHARACTERS or line.hidden or not any(sign.isalnum() for sign in line.text):
            continue
        for node in line.node.ancestors():
            if node.tag == "li" or (node.named and not node.endings.isdisjoint(_WORDS)):
                yield line
                break
            if node is card:
                break
