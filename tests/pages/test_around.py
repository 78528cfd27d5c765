"""Periods that a page tells elsewhere than beside its prices."""

from __future__ import annotations

import pytest

from listener.pages.facts import read_facts


def periods(markup: str) -> list[str | None]:
    return [plan.period for plan in read_facts(markup, {"pricing"}).plans]


CARDS = (
    '<div class="g"><div class="c"><h3>Solo</h3><p class="p">$12</p></div>'
    '<div class="c"><h3>Crew</h3><p class="p">$36</p></div></div>'
)


@pytest.mark.parametrize(
    ("switch", "period"),
    [
        ("<p><button>Monthly</button><button>Yearly</button></p>", "month"),
        ('<p><button>Monthly</button><button class="active">Yearly</button></p>', "year"),
        ('<p><button aria-pressed="false">Yearly</button><button aria-pressed="true">Monthly</button></p>', "month"),
        ("<p><label><input type=radio> Mensual</label><label><input type=radio checked> Anual</label></p>", "year"),
        ("<p><span>Monthly</span><input type=checkbox><span>Yearly</span></p>", "month"),
        ("<p><span>Monthly</span><input type=checkbox checked><span>Yearly</span></p>", "year"),
        ("<p>All prices per month, excluding VAT.</p>", "month"),
        ("<p>Alle Preise pro Jahr.</p>", "year"),
        ("<p>All plans are billed monthly.</p>", "month"),
        ("<p>One-time payment. No subscription.</p>", "one-time"),
        ("<p>Save with yearly billing.</p>", None),
        ("<p>We sell monthly.</p>", None),
    ],
)
def test_a_switch_or_a_sentence_tells_the_period_of_all_prices(switch: str, period: str | None) -> None:
    assert periods(f"<main>{switch}{CARDS}</main>") == [period, period]


def test_a_panel_has_the_period_of_the_tab_that_opens_it() -> None:
    tabs = '<a href="#m" role="tab">Monthly</a><a href="#y" role="tab">Annually</a>'
    cards = CARDS.replace("$12", "$120").replace("$36", "$360")
    markup = f'<main>{tabs}<div id="m">{CARDS}</div><div id="y">{cards}</div></main>'
    assert periods(markup) == ["month", "month", "year", "year"]


@pytest.mark.parametrize(
    ("attributes", "period"),
    [
        ('class="price-yearly"', "year"),
        ('data-billing="monthly"', "month"),
        ("x-show=\"billing === 'annual'\"", "year"),
        ('class="monthly yearly"', None),
    ],
)
def test_an_element_named_for_a_period_holds_prices_of_it(attributes: str, period: str | None) -> None:
    assert periods(f"<main><h2>Pro</h2><div {attributes}><b>$9</b></div></main>") == [period]


def test_a_price_made_like_those_beside_it_is_due_as_they_are() -> None:
    cards = "".join(
        f'<div class="card"><h3>{name}</h3><p class="amount">{price}</p></div>'
        for name, price in (("A", "$5 a week"), ("B", "$9 a week"), ("C", "$20"))
    )
    other = '<div><p class="amount">$3 a day</p></div>'
    assert periods(f"<main><div>{cards}</div><h2>Locker</h2>{other}</main>") == ["week", "week", "week", "day"]


def test_what_a_price_says_itself_counts_for_more() -> None:
    markup = f"<main><button class=active>Yearly</button><button>Monthly</button>{CARDS}</main>"
    assert periods(markup.replace("$12", "$12 per month")) == ["month", "year"]
