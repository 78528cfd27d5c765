"""Change rules: whether a page change matches a rule, and the resulting alert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeGuard

from listener.alerts.events import ChangeEvent
from listener.alerts.keys import alert_key
from listener.alerts.mentions import among
from listener.alerts.weights import of_change
from listener.alerts.words import FACT_LIMIT, QUOTE_LIMIT, amount, cut, one_line, shown, word_diff
from listener.facts import Change, ChangeKind, Price
from listener.types import Alert, Rule, RuleOn, Source, Tone

#: What a rule has to be `on` to be told of a change.
WATCHED_BY: Mapping[ChangeKind, RuleOn] = {
    "price_raised": "price",
    "price_lowered": "price",
    "price_changed": "price",
    "plan_added": "price",
    "plan_removed": "price",
    "plan_renamed": "price",
    "feature_changed": "price",
    "faq_added": "faq",
    "faq_removed": "faq",
    "faq_reworded": "faq",
    "faq_answer_edited": "faq",
    "headline_changed": "copy",
    "cta_changed": "copy",
    "copy_changed": "copy",
    "meta_changed": "copy",
    "text_changed": "copy",
    "incident_started": "status",
    "incident_resolved": "status",
}

#: The line that tells a change, after the brand. A price gone or come has a line without the missing side.
LINES: Mapping[ChangeKind, str] = {
    "price_raised": "{subject} raised from {before} to {after}",
    "price_lowered": "{subject} lowered from {before} to {after}",
    "price_changed": "price of {subject} changed from {before} to {after}",
    "plan_added": "new plan {subject}",
    "plan_removed": "plan {subject} removed",
    "plan_renamed": "plan {before} is now called {subject}",
    "feature_changed": "features of {subject} changed",
    "faq_added": "new question: {subject}",
    "faq_removed": "question removed: {subject}",
    "faq_reworded": "question reworded: {subject}",
    "faq_answer_edited": "answer edited: {subject}",
    "headline_changed": "headline changed: {subject}",
    "cta_changed": "call to action changed: {subject}",
    "copy_changed": "copy changed: {subject}",
    "meta_changed": "title or description changed: {subject}",
    "text_changed": "text changed: {subject}",
    "incident_started": "incident: {subject}",
    "incident_resolved": "resolved: {subject}",
}

#: What is called new or removed where one side is missing.
PIECES: Mapping[ChangeKind, str] = {
    "headline_changed": "headline",
    "cta_changed": "call to action",
    "copy_changed": "copy",
    "meta_changed": "title or description",
    "text_changed": "text",
}
TOPICS: Mapping[RuleOn, str] = {"price": "prices", "faq": "FAQ", "copy": "copy", "status": "incidents"}
#: Earlier prices that are told.
HISTORY_LIMIT = 6


def satisfies(rule: Rule, event: ChangeEvent) -> bool:
    """Say whether a change satisfies all conditions of a rule. An unknown percentage satisfies none."""
    change = event.change
    far = rule.percent_at_least is None or (
        change.percent is not None and abs(change.percent) >= abs(rule.percent_at_least)
    )
    plans = {plan.casefold() for plan in rule.plans}
    return (
        rule.on == WATCHED_BY[change.kind]
        and among(event.brand, rule.brands)
        and among(event.source.name, rule.sources)
        and among(change.kind, rule.kinds)
        and (not plans or not plans.isdisjoint(names(change)))
        and far
    )


def names(change: Change) -> set[str]:
    """Return what a rule may call the plan of a change: its name, and the one that it had before."""
    was = change.before.name if isinstance(change.before, Price) else None
    return {name.casefold() for name in (change.subject, was) if name is not None}


def change_alert(rule: Rule, event: ChangeEvent, now: datetime) -> Alert:
    """Make the alert of a rule for a change."""
    change, source = event.change, event.source
    who = event.brand or source.name
    on = WATCHED_BY[change.kind]
    about = one_line(change.subject, 80) if on == "status" else source.name
    return Alert(
        key=alert_key("change", rule.name, event.change_id),
        rule=rule.name,
        on=on,
        brand=event.brand,
        source=source.name,
        created_at=now,
        title=title(who, change),
        quote=quote(change),
        url=event.url or source.url or None,
        tone=tone(change),
        weight=of_change(change),
        facts=tuple(facts(event)),
        thread=f"{who}: {TOPICS[on]} ({about})",
        channels=rule.channels,
        send=rule.send,
    )


def flapping_alert(rule: Rule, source: Source, since: datetime, now: datetime) -> Alert:
    """Make the alert of a rule for a page that keeps going back and forth, whose changes are not reported meanwhile."""
    who = source.brand or source.name
    return Alert(
        key=alert_key("flapping", rule.name, source.name, since.isoformat()),
        rule=rule.name,
        on=rule.on,
        brand=source.brand,
        source=source.name,
        created_at=now,
        title=one_line(f"{who}: {source.name} alternates between versions; its changes are not reported meanwhile"),
        url=source.url or None,
        facts=(("Page", source.name), ("Rule", rule.name)),
        thread=f"{who}: {source.name} alternating",
        channels=rule.channels,
        send=rule.send,
    )


def title(who: str, change: Change) -> str:
    """Tell a change in one line."""
    subject = one_line(change.subject, 120) or "(no name)"
    line = LINES[change.kind].format(subject=subject, before=_before(change), after=shown(change.after) or "nothing")
    if change.kind in PIECES and change.before is None:
        line = f"new {PIECES[change.kind]}: {subject}"
    elif change.kind in PIECES and change.after is None:
        line = f"{PIECES[change.kind]} removed: {subject}"
    if change.percent is not None:
        line += f" ({percentage(change.percent)})"
    elif change.kind == "plan_added" and priced(change.after):
        line += f" at {amount(change.after)}"
    elif change.kind == "plan_removed" and priced(change.before):
        line += f" (was {amount(change.before)})"
    return one_line(f"{who}: {line}")


def priced(side: object) -> TypeGuard[Price]:
    """Say whether one side of a change is a price with a figure."""
    return isinstance(side, Price) and side.price is not None


def _before(change: Change) -> str:
    """Say what was before a change; of a plan that was renamed, its name."""
    if isinstance(change.before, Price) and change.kind == "plan_renamed":
        return one_line(change.before.name or "(no name)", 120)
    return shown(change.before) or "nothing"


def percentage(percent: float) -> str:
    """Say a change in percent with its sign: "+20.4 %"."""
    return f"{percent:+.1f} %"


def tone(change: Change) -> Tone:
    """Say whether a change is good or bad news; what a competitor does with its prices is neither."""
    if change.kind == "incident_started":
        return "bad"
    return "good" if change.kind == "incident_resolved" else "plain"


def quote(change: Change) -> str:
    """Quote what changed in words: a difference where there are two sides, or the side that there is.

    What says no more than the title does isn't quoted.
    """
    before, after = change.before, change.after
    if isinstance(before, str) and isinstance(after, str):
        return word_diff(before, after)
    only = after if isinstance(after, str) else before
    if not isinstance(only, str) or one_line(only, 120) == one_line(change.subject, 120):
        return ""
    return cut(only[: QUOTE_LIMIT * 2], QUOTE_LIMIT)


def facts(event: ChangeEvent) -> list[tuple[str, str]]:
    """List before and after, how much, and what it was earlier."""
    change = event.change
    told: list[tuple[str, str]] = []
    if WATCHED_BY[change.kind] == "price" and change.subject:
        told.append(("Plan", one_line(change.subject, FACT_LIMIT)))
    for label, side in (("Before", change.before), ("After", change.after)):
        if isinstance(side, Price) and side.name is None:
            told.append((label, amount(side)))
    if change.percent is not None:
        told.append(("Change", percentage(change.percent)))
    if event.history:
        earlier = [f"{amount(one.price)} since {one.since:%Y-%m-%d}" for one in event.history[-HISTORY_LIMIT:]]
        told.append(("History", one_line("; ".join(earlier), FACT_LIMIT)))
    told.append(("Page", event.source.name))
    return told
