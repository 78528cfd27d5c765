"""Facts and changes of pages as JSON: the shapes that docs/pages.md promises. Keys are added, never removed."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from listener.facts import Change, Copy, Incident, Plan, Price
from listener.reading import Look
from listener.types import Item

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


def look_json(look: Look) -> dict[str, Json]:
    """Return what was read as JSON. `answers` holds those of `questions` that have one; `text` is a page's alone."""
    facts = look.facts
    return {
        "kinds": list(look.kinds),
        "title": facts.title,
        "description": facts.description,
        "lang": facts.lang,
        "trouble": facts.trouble,
        "plans": [plan_json(plan) for plan in facts.plans],
        "questions": [each.question for each in facts.questions],
        "answers": {each.question: each.answer for each in facts.questions if each.answer},
        "copy": [copy_json(each) for each in facts.copy],
        "incidents": [incident_json(each) for each in facts.incidents],
        "items": [item_json(each) for each in look.items],
        "text": facts.text if "page" in look.kinds else None,
    }


def plan_json(plan: Plan) -> dict[str, Json]:
    """Return a plan as JSON; prices are numbers in units of the currency."""
    return {
        "plan": plan.name,
        "price": number(plan.price),
        "price_max": number(plan.price_max),
        "list_price": number(plan.list_price),
        "currency": plan.currency,
        "period": plan.period,
        "unit": plan.unit,
        "billing": plan.billing,
        "free": plan.free,
        "contact": plan.contact,
        "promotional": plan.promotional,
        "addon": plan.addon,
        "from": plan.starting,
        "features": list(plan.features),
    }


def copy_json(copy: Copy) -> dict[str, Json]:
    """Return a piece of copy as JSON."""
    return {"kind": copy.kind, "text": copy.text, "url": copy.url}


def incident_json(incident: Incident) -> dict[str, Json]:
    """Return an incident as JSON; times are ISO 8601."""
    return {
        "title": incident.title,
        "impact": incident.impact,
        "components": list(incident.components),
        "started": incident.started.isoformat() if incident.started else None,
        "resolved": incident.resolved.isoformat() if incident.resolved else None,
        "state": incident.state,
        "text": incident.text,
        "url": incident.url,
    }


def item_json(item: Item) -> dict[str, Json]:
    """Return an entry of a feed as JSON; times are ISO 8601, null where the feed gives none that can be read."""
    return {
        "title": item.title,
        "text": item.text,
        "url": item.url,
        "id": item.guid,
        "author": item.author,
        "published": item.published.isoformat() if item.published else None,
        "updated": item.updated.isoformat() if item.updated else None,
        "kind": item.kind,
        "lang": item.lang,
        "categories": list(item.categories),
        "rating": item.rating,
        "rating_max": item.rating_max if item.rating is not None else None,
    }


def change_json(change: Change) -> dict[str, Json]:
    """Return a change as JSON: `before` and `after` are prices or texts."""
    return {
        "kind": change.kind,
        "subject": change.subject,
        "before": _side(change.before),
        "after": _side(change.after),
        "percent": change.percent,
    }


def _side(value: Price | str | None) -> Json:
    if value is None or isinstance(value, str):
        return value
    told: dict[str, Json] = {"price": number(value.price), "currency": value.currency, "period": value.period}
    return told if value.name is None else {**told, "name": value.name}


def number(value: Decimal | None) -> int | float | None:
    """Return an amount as the number that JSON has for it."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
