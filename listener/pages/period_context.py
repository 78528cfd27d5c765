"""Billing periods stated away from the price: switches, tabs, class names, or a sentence about all prices.

Consulted last, for prices without a period of their own. Amounts are not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import msgspec

from listener.pages import clauses
from listener.pages.nodes import Line, Node, Page
from listener.pages.periods import BILLED, PERIOD_HINT, period_in, period_of_heading

#: Pieces of class names, ids and values of data attributes that name the state in which a price is shown.
_STATES = {
    "month": frozenset(
        "monthly month mensual mensuel mensile mensal monatlich monthlyprice pricemonthly maandelijks".split()
    ),
    "year": frozenset(
        "yearly annual annually year yearlyprice priceyearly anual annuel annuale jaehrlich jahrlich jaarlijks".split()
    ),
    "one-time": frozenset("onetime lifetime once".split()),
}
_STATE_ATTRIBUTES = frozenset(
    "data-period data-billing data-interval data-cycle data-term data-plan-period data-billing-period data-frequency "
    "data-tab data-w-tab data-duration data-plan x-show v-if v-show ng-show ng-if data-show".split()
)
#: Attributes of a tab that name its panel, and those of a panel beside its id that say the same.
_IS_OPENED = frozenset("data-w-tab data-tab data-pane data-panel data-tab-content".split())
_OPENS = _IS_OPENED | {"aria-controls", "data-bs-target", "data-target", "href"}
_WORD = re.compile(r"[a-z]+")
_CONTROL_TAGS = frozenset({"button", "a", "label", "option", "summary"})
_CONTROL_WORDS = frozenset(
    "toggle toggler switch switcher tab tabs billing period periods interval segment segmented pill pills option "
    "options frequency cycle schalter umschalter".split()
)
_CHOSEN_WORDS = frozenset({"active", "selected", "current", "checked", "is-active", "is-selected", "w--current", "on"})
_CHOSEN_ATTRIBUTES = frozenset({"aria-selected", "aria-pressed", "aria-checked", "aria-current", "data-active"})
#: A switch says so much at most.
_CONTROL_CHARACTERS = 60
#: The two states of a switch stand no further apart, in lines.
_SWITCH_LINES = 6
_STATEMENT_CHARACTERS = 140
_TABLE_LINES = 40
#: A line that speaks of all prices.
_PRICES = re.compile(
    r"(?<![^\W\d_])(?:prices?|pricing|rates?|fees?|preise?|tarife?|prix|tarifs?|precios?|tarifas?|prezzi|prezzo|tariffe|"
    r"preços?|valores|prijzen|prijs|tarieven|cen[ay]|ceny|ár(?:ak)?|priser|hinnat|fiyat(?:lar)?|цен[аы]|стоимость|"
    r"ціни|billed|per user|per seat)(?![^\W\d_])",
    re.IGNORECASE,
)
#: Whatever _PRICES finds holds one of these in lower case.
_PRICES_HINT = re.compile(
    "pric|rate|fee|preis|tarif|prix|precio|prezz|preço|valores|prij|cen[ay]|ár|pris|hinnat|fiyat|цен|стоимость|ціни|"
    "billed|per user|per seat"
)
_ONCE_CHARACTERS = 80
_NEAR_BEFORE = 80
_NEAR_AFTER = 40
#: Beside "once", in lower case: "one-time payment", "lifetime licence".
_PAID = re.compile(
    r"pay|purchase|licen[cs]e|buy|subscription|zahl|lizenz|kauf|abo\b|paiement|achat|licence|pago|compra|licencia|pagamento|"
    r"acquisto|licenza|betaling|aankoop|licentie|płatnoś|zakup|licencj|platba|оплат|платёж|лиценз|покупк|買い切り|买断"
)


class _State(msgspec.Struct, frozen=True):
    """A control that shows prices of one period."""

    line: int
    period: str
    chosen: bool


class PeriodContext:
    """What one page says of periods; each kind of telling is looked for when it is first asked for."""

    def __init__(self, page: Page, first: int, last: int) -> None:
        """Take a page and the indices of its first and last line with a price: what tells of all stands near them."""
        self._page = page
        self._near = page.lines[max(first - _NEAR_BEFORE, 0) : last + _NEAR_AFTER]

    def period_of(self, line: Line, owner: Node) -> str | None:
        """Return the period of a price that `owner` holds in `line`, as its surroundings tell it."""
        return self._of_elements(owner) or self._of_statement(line.index) or self._of_switch(line.index)

    def _of_elements(self, owner: Node) -> str | None:
        for node in owner.ancestors():
            if node.tag in ("body", "html", "main"):
                return None
            for target in _targets(node):
                if period := self._panels.get(target):
                    return period
            if period := _state_of(node):
                return period
        return None

    @cached_property
    def _panels(self) -> dict[str, str]:
        """Periods of panels by their id, as the tabs that open them tell it."""
        found: dict[str, str] = {}
        by_tag = self._page.by_tag
        for node in (*self._page.openers, *by_tag.get("a", ()), *by_tag.get("button", ())):
            targets = [value.removeprefix("#") for name, value in node.attributes if name in _OPENS and value]
            if targets and (period := period_in(self._said_in(node))):
                found.update((target, period) for target in targets if "/" not in target)
        return found

    def _said_in(self, node: Node) -> str:
        lines = self._page.lines[node.line : max(node.end_line, node.line + 1)]
        return " ".join(text for line in lines[:3] for text, owner in line.parts() if node.holds(owner))[:80]

    def _of_statement(self, index: int) -> str | None:
        # What is priced by the piece is told of a table, not of a page.
        told = [each for each in self._statements if each[1] != "unit" or 0 < index - each[0] <= _TABLE_LINES]
        if len({period for _, period in told}) == 1:
            return told[0][1]
        before = [period for place, period in told if place < index]
        return before[-1] if before else None

    @cached_property
    def _statements(self) -> list[tuple[int, str]]:
        """Periods of lines that speak of all prices, with the lines' indices."""
        found = [
            (line.index, period)
            for line in self._near
            if _may_state(line, _STATEMENT_CHARACTERS, _PRICES_HINT)
            and _PRICES.search(line.text)
            and (period := _stated(line.text))
        ]
        if found:
            return found
        return [
            (line.index, "one-time")
            for line in self._near
            if _may_state(line, _ONCE_CHARACTERS, _PAID) and period_in(line.text) == "one-time"
        ]

    def _of_switch(self, index: int) -> str | None:
        """Return the period that the nearest switch before a line is set to."""
        switch: list[_State] = []
        for state in self._states:
            if state.line > index:
                break
            if switch and state.line - switch[-1].line > _SWITCH_LINES:
                switch = []
            switch.append(state)
        if len({state.period for state in switch}) < 2:
            return None
        return next((state.period for state in switch if state.chosen), switch[0].period)

    @cached_property
    def _states(self) -> list[_State]:
        found: list[_State] = []
        for line in self._near:
            if len(line.text) > _CONTROL_CHARACTERS or PERIOD_HINT.search(line.text.lower()) is None:
                continue
            if any(sign in line.text for sign in "$€£¥₽"):
                continue
            parts = [(owner, period) for text, owner in line.parts() if (period := _named(text))]
            if not parts or not (len({period for _, period in parts}) > 1 or _is_control(parts[0][0])):
                continue
            ticked = len(parts) > 1 and self._is_ticked(line)
            for number, (owner, period) in enumerate(parts):
                chosen = _is_chosen(owner) or (ticked and number == 1) or self._is_checked(owner)
                found.append(_State(line.index, period, chosen))
        return found

    def _is_ticked(self, line: Line) -> bool:
        """Whether the box between two states is ticked: the second one is on."""
        boxes = [node for node in self._page.walk(line.node) if node.tag == "input"]
        return len(boxes) == 1 and boxes[0].has("checked")

    def _is_checked(self, owner: Node) -> bool:
        label = next((node for node in _up(owner, 3) if node.tag in ("label", "option")), None)
        if label is None:
            return False
        return label.has("selected") or any(
            node.tag == "input" and node.attr("type") == "radio" and node.has("checked")
            for node in self._page.walk(label)
        )


def _targets(panel: Node) -> Iterator[str]:
    """Yield the names by which a tab may call a panel."""
    if panel.names.ident:
        yield panel.names.ident
    for name, value in panel.attributes:
        if value and name in _IS_OPENED:
            yield value


def _may_state(line: Line, limit: int, hint: re.Pattern[str]) -> bool:
    if len(line.text) > limit or line.hidden or hint.search(line.text.lower()) is None:
        return False
    return clauses.SAVING.search(line.text) is None


def _stated(text: str) -> str | None:
    period = period_of_heading(text)
    if period is not None:
        return period
    billed = BILLED.search(text)
    return period_in(text[billed.start() : billed.end() + 30]) if billed else None


def _named(text: str) -> str | None:
    return period_in(text) or period_of_heading(text)


def _up(node: Node, steps: int) -> Iterator[Node]:
    for number, above in enumerate(node.ancestors()):
        if number > steps or above.tag in ("body", "main", "html"):
            return
        yield above


def _is_control(owner: Node) -> bool:
    return any(
        node.tag in _CONTROL_TAGS
        or node.attr("role") in ("tab", "radio", "switch", "option")
        or (node.named and not node.words.isdisjoint(_CONTROL_WORDS))
        for node in _up(owner, 4)
    )


def _is_chosen(owner: Node) -> bool:
    for node in _up(owner, 3):
        if node.named and not node.words.isdisjoint(_CHOSEN_WORDS):
            return True
        if any(name in _CHOSEN_ATTRIBUTES and value in ("true", "page", "") for name, value in node.attributes):
            return True
        if node.tag in _CONTROL_TAGS:
            return False
    return False


def _state_of(node: Node) -> str | None:
    """Return the period that an element's names, or its attributes for such, tell; None for none or several."""
    words = set(node.words) if node.named else set()
    for name, value in node.attributes:
        if name in _STATE_ATTRIBUTES and value:
            words.update(_WORD.findall(value[:80].lower()))
    if not words:
        return None
    told = [period for period, names in _STATES.items() if not words.isdisjoint(names)]
    return told[0] if len(told) == 1 else None
