"""Which mentions make an alert, and what it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from listener.alerts import MentionEvent, Rules
from listener.types import Item, ItemKind, Label, Pain, Reading, Rule, Sentiment, Source, Speech

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def event(
    *,
    brand: str = "acme",
    compound: float | None = -0.7,
    label: Label | None = "negative",
    kind: Speech = "complaint",
    item_kind: ItemKind = "post",
    pains: tuple[Pain, ...] = (),
    reach: float = 40.0,
    relevance: float = 0.9,
    title: str = "Lost a day",
    excerpt: str = "Acme Cloud lost a day of our backups.",
    published: datetime | None = NOW - timedelta(hours=2),
    updated: datetime | None = None,
    source: str = "hacker-news",
    story_id: int = 7,
    first: bool = True,
    history: bool = False,
) -> MentionEvent:
    return MentionEvent(
        reading=Reading(
            brand=brand,
            excerpt=excerpt,
            lang="en",
            sentiment=Sentiment(compound=compound, label=label),
            scorer="vader-1",
            complaint=0.9,
            kind=kind,
            pains=pains,
            relevance=relevance,
            reach=reach,
            hits=(),
        ),
        item=Item(
            title=title,
            text=excerpt,
            kind=item_kind,
            published=published,
            updated=updated,
            author="jo",
            url="https://news.example.com/item/1",
        ),
        source=Source(name=source, scraper="feed"),
        mention_id=11,
        story_id=story_id,
        first_of_story=first,
        seen_at=NOW,
        history=history,
    )


def fires(rule: Rule, seen: MentionEvent) -> bool:
    return bool(Rules([rule]).mention_alerts(seen, NOW))


def test_a_rule_without_conditions_is_satisfied_by_every_mention() -> None:
    assert fires(Rule(name="all"), event())


@pytest.mark.parametrize(
    ("rule", "fitting", "unfitting"),
    [
        (Rule(name="r", brands=("acme",)), event(), event(brand="globex")),
        (Rule(name="r", sources=("hacker-news",)), event(), event(source="blog")),
        (Rule(name="r", sentiment_at_most=-0.4), event(compound=-0.4), event(compound=-0.39)),
        (Rule(name="r", sentiment_at_least=0.5), event(compound=0.5), event(compound=0.49)),
        (Rule(name="r", reach_at_least=50), event(reach=50), event(reach=49.9)),
        (Rule(name="r", relevance_at_least=0.5), event(relevance=0.5), event(relevance=0.4)),
        (Rule(name="r", kinds=("complaint", "churn")), event(kind="churn"), event(kind="praise")),
        (Rule(name="r", kinds=("review",)), event(item_kind="review"), event()),
        (
            Rule(name="r", pains=("billing",)),
            event(pains=(Pain(topic="billing", severity=0, words=("bill",)),)),
            event(pains=(Pain(topic="outage", severity=4, words=("down",)),)),
        ),
        (
            Rule(name="r", severity_at_least=3),
            event(pains=(Pain(topic="outage", severity=3, words=("down",)),)),
            event(pains=(Pain(topic="outage", severity=2, words=("slow",)),)),
        ),
        (Rule(name="r", severity_at_least=0), event(pains=(Pain(topic="ui", severity=0, words=()),)), event()),
    ],
)
def test_a_condition_lets_the_fitting_mention_through_and_holds_the_other_back(
    rule: Rule, fitting: MentionEvent, unfitting: MentionEvent
) -> None:
    assert fires(rule, fitting)
    assert not fires(rule, unfitting)


def test_severity_is_asked_of_the_named_pain_and_not_of_another_one() -> None:
    rule = Rule(name="r", pains=("billing",), severity_at_least=3)
    mild_billing = Pain(topic="billing", severity=1, words=())
    grave_outage = Pain(topic="outage", severity=4, words=())
    assert not fires(rule, event(pains=(mild_billing, grave_outage)))
    assert fires(rule, event(pains=(Pain(topic="billing", severity=3, words=()), grave_outage)))


@pytest.mark.parametrize("rule", [Rule(name="r", sentiment_at_most=1.0), Rule(name="r", sentiment_at_least=-1.0)])
def test_a_mention_without_a_score_satisfies_no_sentiment_condition(rule: Rule) -> None:
    assert not fires(rule, event(compound=None, label=None))


def test_words_are_tried_only_on_mentions_that_satisfy_the_rest() -> None:
    asked: list[str] = []

    def has_backups(item: Item) -> bool:
        asked.append(item.title)
        return "backups" in item.text

    rules = Rules([Rule(name="backups", brands=("acme",), words="backups")], {"backups": has_backups})
    assert rules.mention_alerts(event(), NOW)
    assert not rules.mention_alerts(event(excerpt="Acme Cloud is fine."), NOW)
    assert not rules.mention_alerts(event(brand="globex", title="elsewhere"), NOW)
    assert asked == ["Lost a day", "Lost a day"]


def test_words_without_a_compiled_query_are_refused() -> None:
    with pytest.raises(ValueError, match="backups"):
        Rules([Rule(name="backups", words="backups")])


@pytest.mark.parametrize(
    ("seen", "alerts"),
    [
        (event(published=NOW - timedelta(days=2)), True),
        (event(published=NOW - timedelta(days=2, seconds=1)), False),
        (event(published=NOW + timedelta(days=30)), True),
        (event(published=None), True),
        (event(published=None, history=True), False),
        (event(published=NOW - timedelta(hours=1), history=True), True),
        (event(published=NOW - timedelta(days=9), history=True), False),
        (event(published=None, updated=NOW - timedelta(days=9)), False),
        (event(published=None, updated=NOW, history=True), True),
    ],
)
def test_the_past_of_a_source_makes_no_alerts(seen: MentionEvent, alerts: bool) -> None:
    assert fires(Rule(name="r"), seen) is alerts


def test_copies_of_a_story_have_one_key_for_each_rule_and_brand() -> None:
    rules = Rules([Rule(name="one"), Rule(name="two")])
    first = [alert.key for alert in rules.mention_alerts(event(), NOW)]
    copy = [alert.key for alert in rules.mention_alerts(event(source="blog", first=False), NOW + timedelta(days=1))]
    others = [
        alert.key for seen in (event(brand="globex"), event(story_id=8)) for alert in rules.mention_alerts(seen, NOW)
    ]
    assert first == copy
    assert len({*first, *others}) == 6


def test_moments_are_told_by_the_clocks_of_a_zone() -> None:
    (alert,) = Rules([Rule(name="r")], zone=ZoneInfo("Europe/Berlin")).mention_alerts(event(), NOW)
    assert dict(alert.facts)["Published"] == "2026-11-20 08:30 CET"


def test_an_item_that_is_a_title_alone_is_not_quoted_beside_its_title() -> None:
    seen = event()
    bare = replace(seen, item=replace(seen.item, title="Acme lost my order", text=""))
    (alert,) = Rules([Rule(name="r")]).mention_alerts(bare, NOW)
    assert alert.title.endswith(": Acme lost my order")
    assert alert.quote == ""


def test_only_mention_rules_are_asked() -> None:
    assert not Rules([Rule(name="r", on="price"), Rule(name="s", on="source")]).mention_alerts(event(), NOW)


def test_the_alert_says_what_a_person_asks_first() -> None:
    rule = Rule(name="angry", channels=("mail", "slack"), send="07:00")
    pains = (Pain(topic="slow", severity=1, words=()), Pain(topic="data loss", severity=4, words=("lost",)))
    (alert,) = Rules([rule]).mention_alerts(event(pains=pains), NOW)
    assert alert.title == "acme: complaint on hacker-news: Lost a day"
    assert alert.quote == "Acme Cloud lost a day of our backups."
    assert alert.url == "https://news.example.com/item/1"
    assert (alert.tone, alert.channels, alert.send, alert.brand) == ("bad", ("mail", "slack"), "07:00", "acme")
    assert alert.created_at == NOW
    assert alert.facts == (
        ("Sentiment", "-0.70 negative"),
        ("Pain points", "data loss 4 of 4, slow 1 of 4"),
        ("Author", "jo"),
        ("Source", "hacker-news"),
        ("Published", "2026-11-20 07:30 UTC"),
        ("Reach", "40 of 100"),
    )


def test_one_pain_point_is_told_with_its_severity_and_a_feeling_of_none_without_a_sign() -> None:
    pains = (Pain(topic="slow", severity=1, words=()),)
    (alert,) = Rules([Rule(name="r")]).mention_alerts(event(pains=pains, compound=-0.001, label="neutral"), NOW)
    assert dict(alert.facts)["Pain point"] == "slow, severity 1 of 4"
    assert dict(alert.facts)["Sentiment"] == "0.00 neutral"


def test_unknown_things_are_called_unknown() -> None:
    (alert,) = Rules([Rule(name="r")]).mention_alerts(
        event(compound=None, label=None, kind="other", title="", published=None), NOW
    )
    assert alert.title == "acme: mention on hacker-news: Acme Cloud lost a day of our backups."
    assert dict(alert.facts)["Sentiment"] == "not scored"
    assert dict(alert.facts)["Published"] == "not dated"
    assert alert.tone == "plain"


@pytest.mark.parametrize(
    ("kind", "label", "tone", "called"),
    [
        ("praise", "positive", "good", "praise"),
        ("other", "positive", "good", "positive mention"),
        ("churn", "neutral", "bad", "churn"),
        ("news", "negative", "bad", "negative mention"),
        ("question", "neutral", "plain", "question"),
    ],
)
def test_a_mention_is_called_by_what_it_says_or_how_it_feels(
    kind: Speech, label: Label, tone: str, called: str
) -> None:
    (alert,) = Rules([Rule(name="r")]).mention_alerts(event(kind=kind, label=label), NOW)
    assert alert.tone == tone
    assert f": {called} on " in alert.title


@given(title=st.text(), excerpt=st.text(max_size=3000))
def test_whatever_the_web_says_the_title_is_one_short_line(title: str, excerpt: str) -> None:
    (alert,) = Rules([Rule(name="r")]).mention_alerts(event(title=title, excerpt=excerpt), NOW)
    assert len(alert.title) <= 200
    assert len(alert.title.splitlines()) == 1
    assert len(alert.quote) <= 1000


def test_a_huge_item_makes_an_ordinary_alert() -> None:
    (alert,) = Rules([Rule(name="r")]).mention_alerts(event(title="A" * 100_000, excerpt="b " * 50_000), NOW)
    assert len(alert.title) == 200
    assert alert.title.endswith("…")
    assert len(alert.quote) <= 1000
