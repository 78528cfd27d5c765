"""Facts against facts: what is told of two readings of one page, and what isn't."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from listener.changes.compare import changes_between
from listener.facts import Change, Copy, PageFacts, Plan, Price, Question

PRO = Plan(name="Pro", price=Decimal(49), currency="USD", period="month", features=("10 GB", "Mail", "Chat"))
SOLO = Plan(name="Solo", price=Decimal(9), currency="USD", period="month")
PAGE = PageFacts(title="Prices", plans=(SOLO, PRO), text="Prices")


def kinds(before: PageFacts, after: PageFacts) -> list[tuple[str, str]]:
    return [(change.kind, change.subject) for change in changes_between(before, after)]


def with_pro(plan: Plan) -> PageFacts:
    return replace(PAGE, plans=(SOLO, plan))


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (replace(PRO, price=Decimal(59)), "price_raised"),
        (replace(PRO, price=Decimal(39)), "price_lowered"),
        (replace(PRO, currency="EUR"), "price_changed"),
        (replace(PRO, price=None, contact=True), "price_changed"),
        (replace(PRO, period="year"), "price_changed"),
    ],
)
def test_another_price_of_a_plan_is_one_change(after: Plan, kind: str) -> None:
    assert kinds(PAGE, with_pro(after)) == [(kind, "Pro")]


def test_a_raised_price_is_told_in_percent_with_both_prices() -> None:
    (change,) = changes_between(PAGE, with_pro(replace(PRO, price=Decimal(59))))
    assert change == Change(
        kind="price_raised",
        subject="Pro",
        before=Price(price=Decimal(49), currency="USD", period="month"),
        after=Price(price=Decimal(59), currency="USD", period="month"),
        percent=20.4,
    )


def test_plans_come_go_and_move() -> None:
    assert kinds(PAGE, replace(PAGE, plans=(SOLO,))) == [("plan_removed", "Pro")]
    assert kinds(replace(PAGE, plans=(SOLO,)), PAGE) == [("plan_added", "Pro")]
    assert kinds(PAGE, replace(PAGE, plans=(PRO, SOLO))) == []
    assert kinds(PAGE, with_pro(replace(PRO, name="PRO:"))) == []
    assert kinds(PAGE, with_pro(replace(PRO, name="Studio"))) == [("plan_renamed", "Studio")]


def test_an_edited_list_of_features_is_one_change() -> None:
    (change,) = changes_between(PAGE, with_pro(replace(PRO, features=("5 GB", "Mail", "Chat", "Phone"))))
    assert (change.kind, change.subject, change.before, change.after) == (
        "feature_changed",
        "Pro",
        "10 GB",
        "5 GB\nPhone",
    )


@pytest.mark.parametrize("features", [(), ("Chat", "mail", "10 GB."), ("One", "Two", "Three")])
def test_a_list_that_moved_or_is_another_one_is_no_change_of_features(features: tuple[str, ...]) -> None:
    assert kinds(PAGE, with_pro(replace(PRO, features=features))) == []


def test_questions_are_reworded_answered_otherwise_added_and_removed() -> None:
    first = Question(question="Can I cancel my plan?", answer="Yes, at any time, from the page of settings.")
    second = Question(question="Do you ship?", answer="No.")
    page = replace(PAGE, questions=(first, second))
    reworded = replace(first, question="May I cancel my plan?")
    edited = replace(first, answer="Yes, within fourteen days, by letter to us.")
    assert kinds(page, replace(page, questions=(second, first))) == []
    assert kinds(page, replace(page, questions=(reworded, second))) == [("faq_reworded", reworded.question)]
    assert kinds(page, replace(page, questions=(edited, second))) == [("faq_answer_edited", first.question)]
    assert kinds(page, replace(page, questions=(first,))) == [("faq_removed", second.question)]
    assert kinds(replace(page, questions=(first,)), page) == [("faq_added", second.question)]


def test_copy_that_stands_in_the_place_of_other_copy_replaced_it() -> None:
    headline, action = Copy(kind="headline", text="Ship faster"), Copy(kind="cta", text="Start now")
    page = replace(PAGE, copy=(headline, action))
    after = replace(page, copy=(replace(headline, text="Sleep better"), replace(action, text="Try it free")))
    assert kinds(page, after) == [("headline_changed", "Sleep better"), ("cta_changed", "Try it free")]


@pytest.mark.parametrize(
    ("title", "description", "told"),
    [
        ("Prices", "All plans", []),
        ("prices!", "All plans.", []),
        ("Prices", "", []),
        ("Plans & prices", "All plans", ["Plans & prices"]),
        ("Prices", "Our plans", ["Our plans"]),
    ],
)
def test_title_and_description_are_told_when_their_words_change(title: str, description: str, told: list[str]) -> None:
    before = replace(PAGE, description="All plans")
    after = replace(PAGE, title=title, description=description)
    assert kinds(before, after) == [("meta_changed", text) for text in told]


def test_a_year_in_a_title_is_no_change() -> None:
    assert kinds(replace(PAGE, title="Prices 2025"), replace(PAGE, title="Prices 2026")) == []


def test_a_page_without_facts_is_told_by_its_lines() -> None:
    before = PageFacts(title="About", text="We are ten.\nWe work in Bern.\nCall us.")
    after = replace(before, title="About us", text="We are twelve.\nWe work in Bern.\nCall us.")
    (change,) = changes_between(before, after)
    assert (change.kind, change.before, change.after) == ("text_changed", "We are ten.", "We are twelve.")
    assert changes_between(before, replace(before, text="We are\nten. We work in Bern.\nCall us.")) == ()
    moved = replace(before, text="Call us.\nWe are ten.\nWe work in Bern.")
    assert changes_between(before, moved) == ()


def test_a_reading_in_trouble_changes_nothing() -> None:
    assert changes_between(PAGE, PageFacts(trouble="captcha")) == ()
    assert changes_between(PageFacts(trouble="empty-shell"), PAGE) == ()


PLANS = st.builds(
    Plan,
    name=st.sampled_from(["Solo", "Pro", "Pro+", "Team", None]),
    price=st.sampled_from([None, Decimal(0), Decimal(9), Decimal(49)]),
    currency=st.sampled_from(["USD", "EUR", None]),
    period=st.sampled_from(["month", "year", None]),
    features=st.sampled_from([(), ("a", "b"), ("b", "c")]),
)


@given(st.lists(PLANS, max_size=5), st.lists(PLANS, max_size=5), st.randoms(use_true_random=False))
def test_what_moved_is_no_change_and_each_plan_is_told_once_at_most(
    before: list[Plan], after: list[Plan], rng: object
) -> None:
    old, new = (PageFacts(text="x", plans=tuple(plans)) for plans in (before, after))
    assert changes_between(old, replace(old, plans=tuple(before))) == ()
    told = [change for change in changes_between(old, new) if change.kind.startswith("p")]
    assert sum(change.kind != "plan_added" for change in told) <= len(before)
    assert sum(change.kind != "plan_removed" for change in told) <= len(after)
