"""Which changes of pages make an alert, and what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import pytest

from listener.alerts import ChangeEvent, PricePoint, Rules
from listener.alerts.changes import LINES, WATCHED_BY
from listener.facts import Change, ChangeKind, Price
from listener.types import Rule, Source

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PAGE = Source(name="globex-pricing", scraper="page", url="https://globex.example.com/pricing", brand="globex")


def price(figure: str | None, currency: str | None = "USD", period: str | None = "month") -> Price:
    return Price(price=None if figure is None else Decimal(figure), currency=currency, period=period)


RAISED = Change(kind="price_raised", subject="Pro", before=price("49"), after=price("59"), percent=20.408)


def event(change: Change, *, change_id: int = 3, history: tuple[PricePoint, ...] = ()) -> ChangeEvent:
    return ChangeEvent(change=change, change_id=change_id, source=PAGE, brand="globex", seen_at=NOW, history=history)


def fires(rule: Rule, change: Change) -> bool:
    return bool(Rules([rule]).change_alerts(event(change), NOW))


def test_every_kind_of_change_is_watched_by_some_rule_and_has_its_line() -> None:
    kinds = set(get_args(ChangeKind))
    assert set(WATCHED_BY) == kinds
    assert set(LINES) == kinds
    for kind in kinds:
        (alert,) = Rules([Rule(name="r", on=WATCHED_BY[kind])]).change_alerts(
            event(Change(kind=kind, subject="a {subject} %s", before="old words", after="new words")), NOW
        )
        assert alert.title.startswith("globex: ")
        assert "nothing" not in alert.title


def test_a_price_rise_is_told_with_before_after_percent_and_history() -> None:
    history = (
        PricePoint(since=datetime(2025, 1, 3, tzinfo=UTC), price=price("39.00")),
        PricePoint(since=datetime(2026, 3, 5, tzinfo=UTC), price=price("49")),
    )
    (alert,) = Rules([Rule(name="prices", on="price", channels=("mail",))]).change_alerts(
        event(RAISED, history=history), NOW
    )
    assert alert.title == "globex: Pro raised from 49 USD per month to 59 USD per month (+20.4 %)"
    assert alert.facts == (
        ("Plan", "Pro"),
        ("Before", "49 USD per month"),
        ("After", "59 USD per month"),
        ("Change", "+20.4 %"),
        ("History", "39 USD per month since 2025-01-03; 49 USD per month since 2026-03-05"),
        ("Page", "globex-pricing"),
    )
    assert alert.url == "https://globex.example.com/pricing"
    assert alert.thread == "globex: prices (globex-pricing)"
    assert alert.quote == ""


@pytest.mark.parametrize(
    ("rule", "fires_on_rise"),
    [
        (Rule(name="r", on="price"), True),
        (Rule(name="r", on="faq"), False),
        (Rule(name="r", on="mention"), False),
        (Rule(name="r", on="price", brands=("globex",)), True),
        (Rule(name="r", on="price", brands=("acme",)), False),
        (Rule(name="r", on="price", sources=("globex-faq",)), False),
        (Rule(name="r", on="price", percent_at_least=20), True),
        (Rule(name="r", on="price", percent_at_least=-20), True),
        (Rule(name="r", on="price", percent_at_least=25), False),
        (Rule(name="r", on="price", plans=("pro", "team")), True),
        (Rule(name="r", on="price", plans=("team",)), False),
        (Rule(name="r", on="price", kinds=("price_lowered",)), False),
        (Rule(name="r", on="price", kinds=("price_raised",)), True),
    ],
)
def test_conditions_on_changes(rule: Rule, fires_on_rise: bool) -> None:
    assert fires(rule, RAISED) is fires_on_rise


def test_a_plan_that_is_renamed_is_told_to_who_watches_it_by_either_name() -> None:
    was, now = (Price(price=Decimal(49), currency="USD", period="month", name=name) for name in ("Pro", "Max"))
    renamed = Change(kind="plan_renamed", subject="Max", before=was, after=now)
    told = {name: fires(Rule(name="r", on="price", plans=(name,)), renamed) for name in ("pro", "max", "team")}
    assert told == {"pro": True, "max": True, "team": False}


def test_a_drop_counts_by_its_size_and_an_unknown_percentage_satisfies_nothing() -> None:
    rule = Rule(name="r", on="price", percent_at_least=5)
    assert fires(rule, Change(kind="price_lowered", subject="Pro", percent=-10.0))
    assert not fires(rule, Change(kind="price_changed", subject="Pro", before=price("9"), after=price("9", "EUR")))


@pytest.mark.parametrize(
    ("change", "title"),
    [
        (Change(kind="plan_added", subject="Team", after=price("99.5")), "new plan Team at 99.50 USD per month"),
        (Change(kind="plan_removed", subject="Solo", before=price("9", None, None)), "plan Solo removed (was 9)"),
        (Change(kind="plan_renamed", subject="Max", before="Pro", after="Max"), "plan Pro is now called Max"),
        (
            Change(kind="price_changed", subject="Pro", before=price("49", "EUR", "seat-month"), after=price(None)),
            "price of Pro changed from 49 EUR per seat and month to no price shown",
        ),
        (
            Change(kind="price_lowered", subject="", before=price("0.004", "USD", "one-time"), after=price("0")),
            "(no name) lowered from 0.004 USD one-time to 0 USD per month",
        ),
        (Change(kind="faq_removed", subject="Can I\n leave?", before="Yes."), "question removed: Can I leave?"),
        (Change(kind="incident_started", subject="API errors"), "incident: API errors"),
        (Change(kind="text_changed", subject="Save 20 %", after="Save 20 %"), "new text: Save 20 %"),
        (Change(kind="cta_changed", subject="Buy", before="Buy"), "call to action removed: Buy"),
        (Change(kind="plan_added", subject="Team", after=price(None)), "new plan Team"),
        (Change(kind="plan_removed", subject="Team", before=price(None)), "plan Team removed"),
    ],
)
def test_a_change_is_one_line(change: Change, title: str) -> None:
    (alert,) = Rules([Rule(name="r", on=WATCHED_BY[change.kind])]).change_alerts(event(change), NOW)
    assert alert.title == f"globex: {title}"


def test_a_change_of_words_is_quoted_as_a_difference() -> None:
    change = Change(
        kind="faq_answer_edited",
        subject="Can I leave?",
        before="You can leave at any time, free of charge.",
        after="You can leave once a year, free of charge.",
    )
    (alert,) = Rules([Rule(name="r", on="faq")]).change_alerts(event(change), NOW)
    assert alert.quote == "You can leave [-at any time,-] {+once a year,+} free of charge."


def test_a_change_with_one_side_quotes_that_side() -> None:
    rules = Rules([Rule(name="r", on="faq")])
    (added,) = rules.change_alerts(event(Change(kind="faq_added", subject="Q?", after="A " * 2000)), NOW)
    (removed,) = rules.change_alerts(event(Change(kind="faq_removed", subject="Q?", before="Gone.")), NOW)
    assert len(added.quote) <= 1000
    assert removed.quote == "Gone."


def test_a_quote_says_more_than_the_title() -> None:
    rules = Rules([Rule(name="r", on="faq"), Rule(name="c", on="copy")])
    same = Change(kind="faq_added", subject="Where does  my money go?", after="Where does my money go?")
    longer = Change(kind="text_changed", subject="Sale", after="Sale\nOnly today")
    assert [alert.quote for change in (same, longer) for alert in rules.change_alerts(event(change), NOW)] == [
        "",
        "Sale\nOnly today",
    ]


def test_start_and_end_of_an_incident_share_a_thread_but_two_incidents_do_not() -> None:
    rules = Rules([Rule(name="r", on="status")])
    changes = (
        Change(kind="incident_started", subject="API"),
        Change(kind="incident_resolved", subject="API"),
        Change(kind="incident_started", subject="Login"),
    )
    started, ended, other = (
        rules.change_alerts(event(change, change_id=number), NOW)[0] for number, change in enumerate(changes)
    )
    assert started.thread == ended.thread != other.thread
    assert (started.tone, ended.tone) == ("bad", "good")
    assert len({started.key, ended.key, other.key}) == 3


def test_a_change_makes_one_alert_for_each_rule_however_often_it_is_asked() -> None:
    rules = Rules([Rule(name="one", on="price"), Rule(name="two", on="price")])
    first = [alert.key for alert in rules.change_alerts(event(RAISED), NOW)]
    again = [alert.key for alert in rules.change_alerts(event(RAISED), NOW)]
    assert first == again
    assert len(set(first)) == 2
