"""Pages whose prices a script fills in are told from pages without prices."""

from __future__ import annotations

import pytest

from listener.pages.facts import read_facts
from listener.pages.notices import in_words
from listener.pages.trouble import SCRIPT_PRICES

HEAD = "<html><title>Pricing</title><h1>Plans and pricing</h1><p>Choose the plan that fits your team best.</p>"
SCRIPT = "<script src='/app.js'></script>"


@pytest.mark.parametrize(
    "stage",
    [
        "<div id='pricing-table'></div>",
        "<section id='plans'><!-- filled in --></section>",
        "<ul id=preise></ul>",
        "<stripe-pricing-table pricing-table-id='prctbl_1'></stripe-pricing-table>",
    ],
)
def test_an_empty_stage_for_plans_waits_for_a_script(stage: str) -> None:
    facts = read_facts(HEAD + stage + SCRIPT, {"pricing"})
    assert (facts.trouble, facts.plans) == (SCRIPT_PRICES, ())
    assert "render = true" in in_words(SCRIPT_PRICES)


@pytest.mark.parametrize(
    "rest",
    [
        "<div id='pricing-table'></div>",
        f"<div id='pricing'><p>Ask us for an offer.</p></div>{SCRIPT}",
        f"<hr class='pricing-line'><div class='pricing-shadow'></div>{SCRIPT}",
        f"<div id='plans'></div><div class='card'><h3>Pro</h3><p class='price'>$9/mo</p></div>{SCRIPT}",
        f"<div id='explanations'></div>{SCRIPT}",
        f"<div id='plans' hidden></div>{SCRIPT}",
    ],
)
def test_ornaments_and_pages_with_prices_wait_for_nothing(rest: str) -> None:
    assert read_facts(HEAD + rest, {"pricing"}).trouble is None


def test_a_page_about_something_else_waits_for_no_prices() -> None:
    page = f"<title>Welcome</title><h1>Work for less</h1><p>We make tools.</p><div id='plans'></div>{SCRIPT}"
    assert read_facts(page).trouble is None


def test_a_page_that_is_read_for_its_answers_waits_for_no_prices() -> None:
    assert read_facts(f"{HEAD}<div id='plans'></div>{SCRIPT}", {"faq"}).trouble is None
