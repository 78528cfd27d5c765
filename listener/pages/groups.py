"""Prices that belong to one plan, before and after its name is known."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from listener.pages.labels import HEADINGS, Label, inline_label, is_measure, is_period_only
from listener.pages.mentions import Mention
from listener.pages.nodes import Node

_ROWS = frozenset({"li", "tr", "td", "dd", "dt", "th"})


class Group(msgspec.Struct, eq=False):
    """Prices that belong to one plan."""

    mentions: list[Mention]
    #: First and last line.
    first: int
    last: int
    name: str | None = None
    #: What the price's own line says before it.
    inline: str | None = None
    #: What the price's own line or a plain line near it says.
    weak: str | None = None
    #: A strong line after it, within a smaller element than any before it.
    later: str | None = None
    #: The plain lines before it.
    plain: list[Label] = msgspec.field(default_factory=list)
    #: Told between plans of one name: "über 8 Stunden".
    qualifier: str | None = None
    #: Title of the group of plans that this one stands in.
    context: str | None = None
    #: The element in which the name was found.
    card: Node | None = None
    #: Stands alone in its line, or in an element named for prices.
    prominent: bool = False
    row: bool = False
    prose: bool = False
    #: In a table: heading of the column, name of the row, the period that either tells.
    column: str = ""
    row_label: str = ""
    period: str | None = None
    lists: list[Mention] = msgspec.field(default_factory=list)


def line_groups(mentions: list[Mention]) -> list[Group]:
    """Make groups of the prices of one line: one for all, or one for each where each has its own label."""
    lists = [mention for mention in mentions if mention.role == "list"]
    prices = [mention for mention in mentions if mention.role == "price"]
    if not prices:
        return []
    row = is_row(prices[0].line.node)
    labelled = [inline_label(mention.before, row=row) for mention in prices]
    if len(prices) > 1 and distinct(labelled):
        groups = [_single([mention], label) for mention, label in zip(prices, labelled, strict=True)]
        groups[0].lists = lists
        return groups
    group = _single(prices, labelled[0])
    group.lists = lists
    return [group]


def _single(mentions: list[Mention], label: str | None) -> Group:
    first = mentions[0]
    line = first.line
    group = Group(mentions, line.index, line.index)
    group.prose = all(mention.prose for mention in mentions)
    after = inline_label(mentions[-1].after)
    block = line.node
    group.row = is_row(block)
    group.prominent = label is None and after is None
    if group.prose:
        group.weak = label if label is not None and len(label.split()) <= 5 else None
        return group
    if label is not None and not is_period_only(label):
        told = first.before.rstrip().endswith((":", "–", "—")) and len(first.before) < 60
        if block.tag in HEADINGS or ((group.row or told) and not is_measure(label)):
            group.name, group.card = label, block
        else:
            group.inline = group.weak = label
    elif after is not None:
        group.qualifier = after
        if not is_period_only(after) and not first.addon:
            group.weak = after
    return group


def is_row(block: Node) -> bool:
    """Whether a block is a row of a list or table."""
    return block.tag in _ROWS or (block.parent is not None and block.parent.tag in _ROWS)


def merged(groups: list[Group]) -> Group:
    whole = groups[0]
    for other in groups[1:]:
        whole.mentions += other.mentions
        whole.lists += other.lists
        whole.last = max(whole.last, other.last)
        whole.weak = whole.weak or other.weak
        whole.later = whole.later or other.later
        whole.prominent = whole.prominent or other.prominent
    whole.prose = all(group.prose for group in groups)
    return whole


def give(group: Group, name: str | None, node: Node | None, rest: str = "") -> None:
    """Name a group: what it is called, where that was found, and what that line says besides."""
    group.name = name
    group.card = node
    group.qualifier = group.qualifier or rest or None


def distinct(texts: Sequence[str | None]) -> bool:
    return all(texts) and len(set(texts)) == len(texts)
