"""Decides which events raise an alert. Pure: records in, records out, `now` is an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listener.alerts.planning import FLOOD_WINDOW, RETRY_PAUSES, Planner, channel_pause, digest_time, next_attempt
from listener.alerts.rules import Rules
from listener.lazy import lazy_names

if TYPE_CHECKING:
    from listener.alerts.changes import quote as change_quote
    from listener.alerts.changes import title as change_title
    from listener.alerts.events import ChangeEvent, Example, MentionEvent, PainEvent, PricePoint, SpikeEvent
    from listener.alerts.trends import cool_down_of, stories_of, window_of
else:
    __getattr__ = lazy_names(
        "listener.alerts",
        {
            "changes": "change_quote=quote change_title=title",
            "events": "ChangeEvent Example MentionEvent PainEvent PricePoint SpikeEvent",
            "trends": "cool_down_of stories_of window_of",
        },
    )

__all__ = [
    "FLOOD_WINDOW",
    "RETRY_PAUSES",
    "ChangeEvent",
    "Example",
    "MentionEvent",
    "PainEvent",
    "Planner",
    "PricePoint",
    "Rules",
    "SpikeEvent",
    "change_quote",
    "change_title",
    "channel_pause",
    "cool_down_of",
    "digest_time",
    "next_attempt",
    "stories_of",
    "window_of",
]
