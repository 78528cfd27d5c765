"""Machine-readable prices: schema.org offers in JSON-LD and microdata, and data attributes of a toggle.

What a visitor sees comes first. An offer in JSON-LD is a plan only where the page shows no price; microdata lends a
number its currency; data attributes tell what a switch would show instead. Vocabulary: https://schema.org/Offer,
https://schema.org/UnitPriceSpecification; unit codes: UN/CEFACT Recommendation 20.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from listener.facts import Plan
from listener.pages.currency import CODES
from listener.pages.labels import clean_name
from listener.pages.money import number_of
from listener.pages.nodes import Node, Page
from listener.pages.periods import period_of_word
from listener.pages.structured import Thing, objects_of, text_of_value, type_of

_UNIT_CODES = {
    "MON": "month",
    "ANN": "year",
    "WEE": "week",
    "DAY": "day",
    "HUR": "hour",
    "QAN": "quarter",
}
_DURATION = re.compile(r"P(\d{1,3})([DWMY])")
_DURATIONS = {"D": "day", "W": "week", "M": "month", "Y": "year"}
_OFFER_LIMIT = 200
_MONTH = re.compile(r"month|mensu|mensa|mensi|monat")
_YEAR = re.compile(r"year|annual|anual|annu|jahr")
#: A price for a year is at least so many times the one for a month; less is a month's, paid by the year.
_MONTHS_TO_A_YEAR = 2
_STATE_LEVELS = 3


def offered_plans(page: Page) -> list[Plan]:
    """Return the offers of a page's JSON-LD as plans, in its order, each once."""
    found: dict[Plan, None] = {}
    nested: set[int] = set()
    for thing in objects_of(page):
        if id(thing) in nested:
            continue
        offers = _listed(thing.get("offers"))
        name = text_of_value(thing.get("name"))
        if type_of(thing) == "Offer":
            offers, name = [thing], ""
        for offer in offers:
            nested.update(id(each) for each in (offer, *_listed(offer.get("offers"))))
            found.update(dict.fromkeys(_plans_of(offer, name)))
        if len(found) > _OFFER_LIMIT:
            break
    plans = list(found)
    # "Free" alone is what many pages of paid things tell machines.
    return plans if any(plan.price for plan in plans) else []


def _plans_of(offer: Thing, name: str) -> Iterator[Plan]:
    within = _listed(offer.get("offers"))
    if within:
        for each in within:
            yield from _plans_of({**each, "offers": None}, name)
        return
    own = clean_name(text_of_value(offer.get("name"))) or clean_name(name) or None
    specifications = [each for each in _listed(offer.get("priceSpecification")) if _price(each) is not None]
    for specification in specifications or [offer]:
        price = _price(specification)
        if price is not None:
            currency = _currency(specification) or _currency(offer)
            period = _period(specification) or _period(offer)
            yield Plan(name=own, price=price, currency=currency, period=period, free=price == 0)


def _listed(value: object) -> list[Thing]:
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _price(thing: Thing) -> Decimal | None:
    for key in ("price", "lowPrice", "minPrice"):
        value = thing.get(key)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return number_of(str(value))
    return None


def _currency(thing: Thing) -> str | None:
    code = str(thing.get("priceCurrency") or "").strip().upper()
    return code if code in CODES else None


def _period(thing: Thing) -> str | None:
    """Return the period of a price: a duration, or a unit of time."""
    for key in ("billingDuration", "billingIncrement", "referenceQuantity", "eligibleDuration"):
        value = thing.get(key)
        if isinstance(value, str) and (found := _DURATION.fullmatch(value.strip().upper())):
            return _counted(int(found[1]), _DURATIONS[found[2]])
        if isinstance(value, dict) and (unit := _unit(value)):
            count = number_of(str(value.get("value", 1)))
            return _counted(int(count or 1), unit)
    unit = _unit(thing)
    duration = thing.get("billingDuration")
    return _counted(duration, unit) if unit and isinstance(duration, int) and not isinstance(duration, bool) else unit


def _unit(thing: Thing) -> str | None:
    code = str(thing.get("unitCode") or "").strip().upper()
    text = str(thing.get("unitText") or "").strip()
    return _UNIT_CODES.get(code) or (period_of_word(text) if len(text) < 20 else None)


def _counted(count: int, unit: str) -> str:
    if (count, unit) == (12, "month"):
        return "year"
    return unit if count <= 1 else f"{count}-{unit}"


def declared_currency(page: Page) -> str | None:
    """Return the one currency that a page declares to machines; None for none or several."""
    codes = {_currency(thing) for thing in objects_of(page)}
    codes |= {code for node in page.properties if (code := _property(page, node, "priceCurrency"))}
    for name in ("product:price:currency", "og:price:currency"):
        codes.add(page.metas.get(name, "").strip().upper() or None)
    known = {code for code in codes if code in CODES}
    return known.pop() if len(known) == 1 else None


def microdata_prices(page: Page) -> Iterator[tuple[int, str]]:
    """Yield the lines of prices in microdata, each with the currency that its offer names."""
    for node in page.properties:
        if node.attr("itemprop") != "price" or node.line >= len(page.lines) or node.tag in ("meta", "link"):
            continue
        scope = next((above for above in node.ancestors() if above.has("itemscope")), page.root)
        for other in page.properties:
            if scope.holds(other) and (code := _property(page, other, "priceCurrency")) in CODES:
                yield node.line, code
                break


def _property(page: Page, node: Node, name: str) -> str:
    if node.attr("itemprop") != name:
        return ""
    return (node.attr("content") or page.text_of(node)).strip().upper()[:8]


def other_states(plan: Plan, node: Node) -> list[Plan]:
    """Return a plan as its price's data attributes tell it: as it is shown, and as a switch would show it.

    The attributes have to tell the shown price, too: `<b data-monthly="19" data-yearly="15">$15</b>`.
    """
    for number, above in enumerate(node.ancestors()):
        states = _states_of(above) if number < _STATE_LEVELS else {}
        month, year = states.get("month"), states.get("year")
        if month is None or year is None or plan.price not in (month, year):
            continue
        by_year = year < month * _MONTHS_TO_A_YEAR
        told = [(month, "month", None), (year, "month" if by_year else "year", "billed yearly" if by_year else None)]
        shown, other = told if plan.price == month else told[::-1]
        seat = "seat-" if (plan.period or "").startswith("seat-") else ""
        first = replace(plan, period=plan.period or shown[1], billing=plan.billing or shown[2])
        if month == year:
            return [first]
        return [first, replace(plan, price=other[0], period=seat + other[1], billing=other[2], list_price=None)]
    return [plan]


def _states_of(node: Node) -> dict[str, Decimal]:
    states: dict[str, Decimal] = {}
    for name, value in node.attributes:
        if not name.startswith("data-") or not value or len(value) > 20:
            continue
        period = "month" if _MONTH.search(name) else "year" if _YEAR.search(name) else None
        price = number_of(value.strip(" $€£")) if period else None
        if period and price is not None:
            states.setdefault(period, price)
    return states
