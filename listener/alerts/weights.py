"""Weight of an alert among others of its tone, 0 to 1: determines the order within a message.

The scales are rough and of our own: they put in order and are nowhere shown. What many say outweighs what one says, and
what a page says stands among the voices by how much it moves.
"""

from __future__ import annotations

from collections.abc import Mapping

from listener.alerts.events import PainEvent, SpikeEvent
from listener.facts import Change, ChangeKind
from listener.types import Reading, Tone

#: Of one voice: what it suffers, how strongly it feels, and how many hear it.
SEVERITY, FEELING, REACH = 0.4, 0.35, 0.25
#: Of trends: before how far they go is added.
TREND = 0.6
#: Of changes whose size isn't known.
CHANGES: Mapping[ChangeKind, float] = {
    "incident_started": 0.8,
    "plan_removed": 0.6,
    "plan_added": 0.6,
    "incident_resolved": 0.5,
    "headline_changed": 0.4,
    "faq_answer_edited": 0.3,
    "faq_added": 0.3,
    "faq_removed": 0.3,
}
PRICE, OTHER_CHANGE = 0.5, 0.2
#: Sources that fail are the operator's affair: behind what is said.
TROUBLE, GIVEN_UP = 0.05, 0.1


def of_mention(reading: Reading, tone: Tone) -> float:
    """Weigh a mention. A feeling that goes against its tone, as of a friendly complaint, adds nothing."""
    compound = reading.sentiment.compound or 0.0
    felt = {"bad": max(-compound, 0.0), "good": max(compound, 0.0), "plain": abs(compound)}[tone]
    worst = max((pain.severity for pain in reading.pains), default=0)
    return round(SEVERITY * worst / 4 + FEELING * felt + REACH * reading.reach / 100, 4)


def of_change(change: Change) -> float:
    """Weigh a change of a page: of a price by how far it moved."""
    if change.percent is not None:
        return round(min(PRICE + abs(change.percent) / 100, 1.0), 4)
    if change.kind.startswith("price_"):
        return PRICE
    return CHANGES.get(change.kind, OTHER_CHANGE)


def of_spike(event: SpikeEvent) -> float:
    """Weigh a spike by the part of it that is more than usual."""
    return round(TREND + (1 - TREND) * max(1 - event.usual / max(event.count, 1), 0.0), 4)


def of_pain(event: PainEvent) -> float:
    """Weigh a rising pain point by its severity."""
    return round(TREND + (1 - TREND) * min(event.mean_severity / 4, 1.0), 4)
