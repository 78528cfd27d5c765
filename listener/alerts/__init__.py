"""Deciding what is worth an alert. Pure: records in, records out, `now` is an argument."""

from __future__ import annotations

from listener.alerts.changes import quote as change_quote
from listener.alerts.changes import title as change_title
from listener.alerts.events import ChangeEvent, MentionEvent, PricePoint
from listener.alerts.planning import FLOOD_WINDOW, RETRY_PAUSES, Planner, digest_time, next_attempt
from listener.alerts.rules import Rules

__all__ = [
    "FLOOD_WINDOW",
    "RETRY_PAUSES",
    "ChangeEvent",
    "MentionEvent",
    "Planner",
    "PricePoint",
    "Rules",
    "change_quote",
    "change_title",
    "digest_time",
    "next_attempt",
]
