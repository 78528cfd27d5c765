"""Extracts the plans of a page; the entry point of price extraction."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice

from msgspec.structs import replace

from listener.facts import Plan
from listener.pages.clauses import NO_COST
from listener.pages.currency import Reading
from listener.pages.features import features_of
from listener.pages.grid import Row, bare_columns, grid_of, rows_of, unpriced_cells
from listener.pages.groups import Group
from listener.pages.labels import STRONG, inline_label, is_measure, is_period_only, is_session, label_of
from listener.pages.mentions import Mention, mentions_of, mentions_on, slot_mention
from listener.pages.nodes import Line, Node, Page
from listener.pages.offers import declared_currency, microdata_prices, offered_plans, other_states
from listener.pages.period_context import PeriodContext
from listener.pages.periods import BEGINS_ONCE, period_in, rhythm_after
from listener.pages.plans import group_plans
from listener.pages.siblings import unpriced_plans
from listener.pages.zones import offerless

#: Prices with a period among which ones made alike are looked for, and elements up to what holds them all.
_ALIKE_LIMIT = 200
_ALIKE_LEVELS = 5
_GRID_LEVELS = 6
_TABLE_TAGS = frozenset(
    {"table", "thead", "tbody", "tfoot", "tr", "td", "th", "body", "html", "#page", "ul", "ol", "dl"}
)
_FIRST_CLAUSE = re.compile(r"[·•,;|(]\s|\.\s|\s[–—-]\s")
#: Titles of a comparison with somebody else.
_RIVALS = re.compile(
    r"\b(?:vs\.?|versus|compared? (?:to|with|us)|how (?:we|it|they) (?:all )?compare|competit\w+|konkurren\w+|"
    r"wettbewerb\w*|im vergleich zu|concurren\w+|competencia|concorren\w+)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:vs\.?|versus|compared (?:to|with)|competit\w+|alternatives? to|other (?:tools|providers|agencies)|"
    r"others|agency|agencies|freelancers?|in-house|traditional\w*|"
    r"konkurren\w+|wettbewerb\w*|im vergleich zu|klassische\w*|concurren\w+|agence|traditionnel\w*|competencia|"
    r"tradicional\w*|concorren\w+|confronto|tradizional\w*)\b",
    re.IGNORECASE,
)


def read_plans(page: Page, answers: Iterable[Line] = ()) -> tuple[Plan, ...]:
    """Return the plans of a page in page order. `answers`: lines of questions and answers: no offers stand there."""
    reading = Reading(page.lang, page.text, declared_currency(page))
    skipped = offerless(page)
    for line in answers:
        skipped[line.index] = 1
    mentions = mentions_on(page, reading, skipped)
    tables = {table.order: rows_of(page, table) for table in page.by_tag.get("table", ())}
    for rows in tables.values():
        for index, currency in bare_columns(page, rows, reading):
            if index not in mentions and not skipped[index]:
                mentions[index] = mentions_of(page.lines[index], reading, bare=currency)
        _add_unpriced_cells(page, rows, mentions)
    for index, currency in microdata_prices(page):
        if index not in mentions and not skipped[index]:
            mentions[index] = mentions_of(page.lines[index], reading, bare=currency)
    mentions = {index: found for index, found in mentions.items() if found}
    tables.update(_laid_out(page, mentions))
    groups = group_plans(page, mentions, skipped, tables)
    if any(not group.prose for group in groups):
        groups = [group for group in groups if not group.prose]
    groups = _own(groups)
    groups += unpriced_plans(page, groups, set(mentions), skipped)
    groups.sort(key=lambda group: group.first)
    plans = tuple(_without_repeats(_with_periods(page, list(_plans(page, groups, mentions)))))
    return plans if any(plan.price is not None for plan in plans) else (*plans, *offered_plans(page))


def _laid_out(page: Page, mentions: Mapping[int, object]) -> Iterator[tuple[int, list[Row]]]:
    """Yield what isn't a table and laid out as one, by its order, with its rows."""
    holders = Counter(
        node.order
        for index in mentions
        for node in islice(page.lines[index].node.ancestors(), 1, _GRID_LEVELS)
        if node.tag not in _TABLE_TAGS
    )
    for order, count in holders.items():
        if count >= 2 and (rows := grid_of(page, page.nodes[order], mentions.keys())):
            yield order, rows


def _is_of_others(column: str) -> bool:
    """Whether a column is headed by somebody else: "A typical agency"; a plan may be called "Agency"."""
    return (" " in column and _OTHERS.search(column) is not None) or _RIVALS.search(column) is not None


def _add_unpriced_cells(page: Page, rows: list[Row], mentions: dict[int, list[Mention]]) -> None:
    cells = {cell.order for row in rows for cell in row.cells if cell is not None and cell.line in mentions}
    if cells:
        for index in unpriced_cells(page, rows, cells):
            if index not in mentions and (slot := slot_mention(page.lines[index])):
                mentions[index] = [slot]


def _own(groups: list[Group]) -> list[Group]:
    """Leave out other people's prices and the rows of a table of features, where there are plans beside them."""
    mine = [
        group
        for group in groups
        if not _is_of_others(group.column)
        and not any(_RIVALS.search(text) for text in (group.name or "", group.context or ""))
    ]
    names = {group.name for group in mine if not group.column}
    kept = [group for group in mine if not (group.column and group.column in names and group.name != group.column)]
    kept = [group for group in kept if not _is_repeat(group, kept) and not _is_no_cost(group)]
    return kept or groups


def _is_no_cost(group: Group) -> bool:
    """Whether a group says that something which isn't for sale costs nothing: "Cancellation fee: €0"."""
    nothing = all(mention.amount is not None and not mention.amount.value for mention in group.mentions)
    return nothing and NO_COST.search(group.name or group.weak or "") is not None


def _is_repeat(group: Group, groups: list[Group]) -> bool:
    """Whether the head of a table, or a button, repeats what a card says."""
    if all(mention.button for mention in group.mentions):
        return any(other is not group and _same_prices(group, other) for other in groups)
    if group.card is None or group.card.tag != "th":
        return False
    return any(
        other.card is not None
        and other.card.tag != "th"
        and _same_prices(group, other)
        and _alike(group.name, other.name)
        for other in groups
    )


def _same_prices(group: Group, other: Group) -> bool:
    theirs = {mention.amount.value for mention in other.mentions if mention.amount}
    return all(mention.amount is not None and mention.amount.value in theirs for mention in group.mentions)


def _alike(name: str | None, other: str | None) -> bool:
    one, two = set((name or "").casefold().split()), set((other or "").casefold().split())
    return one <= two or two <= one


def _with_periods(page: Page, told: list[tuple[Mention, Plan]]) -> Iterator[Plan]:
    """Give prices that don't say their period that of the page around them, or of prices beside that are made alike."""
    places = [mention.line.index for mention, _ in told] or [0]
    around = PeriodContext(page, min(places), max(places))
    told = [(mention, each) for mention, plan in told for each in other_states(plan, mention.node)]
    stated = [
        (mention.line.node, plan.period)
        for mention, plan in told
        if plan.period and plan.period != "unit" and not plan.addon
    ]
    for mention, plan in told:
        period = plan.period
        if period is None and plan.price:
            period = around.period_of(mention.line, mention.node)
            if period is None and not plan.addon and len(stated) <= _ALIKE_LIMIT:
                period = _period_of_alike(mention.line.node, stated)
        yield replace(plan, period=period)


def _period_of_alike(node: Node, stated: list[tuple[Node, str]]) -> str | None:
    """Return the one period that the nearest prices say whose elements are made like this one; at least two of them."""
    alike = [(other, period) for other, period in stated if (other.tag, other.classes) == (node.tag, node.classes)]
    if not node.named or len(alike) < 2:
        return None
    for level, above in enumerate(node.ancestors()):
        beside = [period for other, period in alike if above.holds(other)]
        if len(beside) > 1 or level > _ALIKE_LEVELS:
            return beside[0] if len(set(beside)) == 1 else None
    return None


def _plans(page: Page, groups: list[Group], priced: Collection[int]) -> Iterator[tuple[Mention, Plan]]:
    names = [group.name or group.weak or group.later for group in groups]
    counts = Counter((name, group.context) for group, name in zip(groups, names, strict=True))
    lines = sorted({mention.line.index for group in groups for mention in group.mentions})
    for group, name in zip(groups, names, strict=True):
        mine = {mention.line.index for mention in group.mentions}
        features = features_of(page, group.mentions[0].line, mine, lines)
        shared = counts[name, group.context] > 1
        several = len(group.mentions) > 1
        for mention in group.mentions:
            if mention.role == "price":
                told = _full_name(group, mention, name, shared or several)
                yield mention, replace(_plan(page, group, mention, told, priced), features=features)


def _full_name(group: Group, mention: Mention, name: str | None, shared: bool) -> str | None:
    if name is None:
        return None
    if group.context and (is_measure(name) or is_period_only(name)):
        name = f"{group.context} {name}"
    qualifier = inline_label(mention.after) or group.qualifier
    if qualifier and (shared or is_measure(qualifier)) and qualifier != name and len(qualifier) < 60:
        name = f"{name} {qualifier}"
    return name


def _plan(page: Page, group: Group, mention: Mention, name: str | None, priced: Collection[int]) -> Plan:
    amount = mention.amount
    rhythm = mention.rhythm
    period = (
        rhythm.period
        or group.period
        or _period_nearby(page, group, mention, priced)
        or _period_of_names(name, group.context)
    )
    return Plan(
        name=name,
        price=amount.value if amount else None,
        price_max=amount.upper if amount else None,
        list_price=_list_price(group, mention),
        currency=amount.currency if amount else None,
        period=period,
        unit=rhythm.unit,
        billing=rhythm.billing,
        free=amount is not None and amount.value == 0,
        contact=mention.contact,
        promotional=mention.promotional or bool(group.lists),
        addon=mention.addon,
        starting=mention.starting,
    )


def _list_price(group: Group, mention: Mention) -> Decimal | None:
    for listed in group.lists:
        if listed.amount and mention.amount and listed.amount.currency == mention.amount.currency:
            return listed.amount.value
    return None


def _period_nearby(page: Page, group: Group, mention: Mention, priced: Collection[int]) -> str | None:
    """Return the period that the line after or before a price speaks of, within the same card."""
    index = mention.line.index
    low, high = 0, len(page.lines)
    if group.card is not None:
        low, high = group.card.line, min(group.card.end_line, len(page.lines))
    for near in (index + 1, index - 1, index + 2):
        if low <= near < high and near not in priced and (period := _period_told(page.lines[near])):
            return period
    if group.card is not None:
        below = [page.lines[near].text for near in range(index + 1, min(high, index + 5)) if near not in priced]
        if any(BEGINS_ONCE.match(text) for text in below):
            return "one-time"
    return None


def _period_of_names(name: str | None, context: str | None) -> str | None:
    if name and (period := period_in(name)):
        return period
    if name and is_session(name):
        return "session"
    return period_in(context) if context else None


def _period_told(line: Line) -> str | None:
    """Return the period of a line that speaks of nothing else: "per month · cancel anytime", "Billed yearly"."""
    label = label_of(line)
    if label is not None and label.rank == STRONG:
        return None
    clause = _FIRST_CLAUSE.split(line.text, maxsplit=1)[0].strip()
    if not 0 < len(clause) <= 50:
        return None
    rhythm = rhythm_after(clause, 0)
    if rhythm.period and rhythm.end >= len(clause) - 1 and not clause[0].isdigit():
        return rhythm.period
    return period_in(clause) if is_period_only(clause) else None


def _without_repeats(plans: Iterable[Plan]) -> Iterator[Plan]:
    """Leave out a price that was found before: under the same name, or under none of its own."""
    periods: dict[tuple[object, ...], set[str | None]] = {}
    for plan in plans:
        known = periods.setdefault((plan.name, plan.price, plan.currency, plan.contact), set())
        unnamed = plan.name is None and any(
            key[1:] == (plan.price, plan.currency, plan.contact) for key in periods if key[0] is not None
        )
        if plan.period not in known and not unnamed and not (known and plan.period is None):
            known.add(plan.period)
            yield plan
