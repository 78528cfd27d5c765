"""Prices that a page tells machines, and what a card lists."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from listener.facts import Plan
from listener.pages.facts import read_facts


def plans(markup: str) -> tuple[Plan, ...]:
    return read_facts(markup, {"pricing"}).plans


def told(markup: str) -> list[tuple[str | None, Decimal | None, str | None, str | None]]:
    return [(plan.name, plan.price, plan.currency, plan.period) for plan in plans(markup)]


def linked(thing: dict[str, Any]) -> str:
    return f'<script type="application/ld+json">{json.dumps(thing)}</script><main><h1>Prices</h1></main>'


@pytest.mark.parametrize(
    ("specification", "period"),
    [
        ({"billingDuration": "P1M"}, "month"),
        ({"billingDuration": "P12M"}, "year"),
        ({"billingDuration": "P6M"}, "6-month"),
        ({"billingDuration": 1, "unitCode": "ANN"}, "year"),
        ({"unitCode": "MON"}, "month"),
        ({"unitText": "month"}, "month"),
        ({"referenceQuantity": {"value": "1", "unitCode": "HUR"}}, "hour"),
        ({"unitCode": "C62"}, None),
        ({}, None),
    ],
)
def test_an_offer_for_machines_tells_its_period(specification: dict[str, Any], period: str | None) -> None:
    price = {"@type": "UnitPriceSpecification", "price": "18.00", "priceCurrency": "USD", **specification}
    thing = {"@type": "Product", "name": "Kite", "offers": {"@type": "Offer", "priceSpecification": price}}
    assert told(linked(thing)) == [("Kite", Decimal(18), "USD", period)]


def test_offers_are_found_in_aggregates_lists_and_alone_each_once() -> None:
    offers = [
        {"@type": "Offer", "name": "Team", "price": 18, "priceCurrency": "EUR"},
        {"@type": "Offer", "price": "1,200.50", "priceCurrency": "EUR"},
    ]
    things = [
        {"@type": "Service", "name": "Kite", "offers": {"@type": "AggregateOffer", "lowPrice": 18, "offers": offers}},
        {"@type": "Offer", "name": "Team", "price": 18, "priceCurrency": "EUR"},
    ]
    expected = [("Team", Decimal(18), "EUR", None), ("Kite", Decimal("1200.50"), "EUR", None)]
    assert told(linked({"@graph": things})) == expected


@pytest.mark.parametrize(
    "offers",
    [
        {"@type": "Offer", "price": 0, "priceCurrency": "USD"},
        {"@type": "Offer", "price": "ask", "priceCurrency": "USD"},
        {"@type": "Offer", "price": True},
        {"@type": "Offer", "price": None, "priceSpecification": [7, {"price": []}]},
        "https://example.com/offer",
        [[]],
    ],
)
def test_what_offers_nothing_is_no_plan(offers: object) -> None:
    assert told(linked({"@type": "SoftwareApplication", "name": "Kite", "offers": offers})) == []


def test_what_a_visitor_sees_counts_for_more_than_what_machines_are_told() -> None:
    thing = {"@type": "Product", "name": "Old", "offers": {"@type": "Offer", "price": 9, "priceCurrency": "USD"}}
    assert told(linked(thing) + "<h2>Fresh</h2><p>$12 a month</p>") == [("Fresh", Decimal(12), "USD", "month")]


def test_a_page_that_declares_its_currency_means_that_by_its_dollar() -> None:
    thing = {"@type": "Offer", "price": 12, "priceCurrency": "CAD"}
    assert told(linked(thing) + "<h2>Fresh</h2><p>$12 a month</p>")[0][2] == "CAD"
    meta = '<meta property="product:price:currency" content="AUD">'
    assert told(f"<head>{meta}</head><h2>Fresh</h2><p>$12 a month</p>")[0][2] == "AUD"


def test_microdata_lends_a_number_its_currency() -> None:
    markup = (
        '<div itemscope><h2>A</h2><meta itemprop="priceCurrency" content="SEK"><b itemprop="price">99</b> a month</div>'
        '<div itemscope><h2>B</h2><b itemprop="price">7</b></div>'
    )
    assert told(markup) == [("A", Decimal(99), "SEK", "month")]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (
            '<p><b data-monthly="19" data-yearly="15">$15</b></p>',
            [(15, "month", "billed yearly"), (19, "month", None)],
        ),
        (
            '<p data-price-month="€9,50" data-price-year="95">€9,50 per user</p>',
            [(9.5, "month", None), (95, "year", None)],
        ),
        ('<p data-monthly="3" data-yearly="4">$15</p>', [(15, None, None)]),
    ],
)
def test_data_of_a_switch_tells_the_other_price(
    markup: str, expected: list[tuple[float, str | None, str | None]]
) -> None:
    found = plans(f"<h2>A</h2>{markup}")
    assert [(float(plan.price or 0), plan.period, plan.billing) for plan in found] == expected


def test_a_card_lists_the_features_of_its_plan_alone() -> None:
    def card(name: str, price: str, *features: str) -> str:
        listed = "".join(f"<li>{feature}</li>" for feature in features)
        return f"<div class=card><h3>{name}</h3><p>{price}</p><ul>{listed}</ul></div>"

    markup = (
        f"<ul><li>News</li></ul><div>{card('A', '$5', '✓ 1 GB', 'Mail')}{card('B', '$9', '5 GB', '+ $1 per GB')}</div>"
    )
    found = {plan.name: plan.features for plan in plans(markup)}
    assert found["A"] == ("1 GB", "Mail")
    assert found["B"] == ("5 GB", "+ $1 per GB")


@pytest.mark.parametrize(
    ("price", "promotional"),
    [("<s>$9</s> $5", True), ("Launch price: $5", True), ("$5 for the first 3 months", True), ("$5", False)],
)
def test_a_price_for_a_while_is_promotional(price: str, promotional: bool) -> None:
    (plan,) = plans(f"<div><h3>A</h3><p>{price}</p></div>")
    assert plan.promotional is promotional


def test_boxes_in_rows_and_columns_are_read_as_a_table() -> None:
    def row(*cells: str) -> str:
        return f"<div>{''.join(f'<div>{cell}</div>' for cell in cells)}</div>"

    grid = row("", "Tin", "Lead") + row("Monthly price", "$5", "$9") + row("Mailboxes", "1", "10")
    assert told(f"<section><h2>Find yours</h2><div>{grid}</div></section>") == [
        ("Tin", Decimal(5), "USD", "month"),
        ("Lead", Decimal(9), "USD", "month"),
    ]
