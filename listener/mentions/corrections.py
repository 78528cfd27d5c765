"""What persons said of a mention, and what then holds of it: their word wins over every reading. Pure.

Each thing is corrected by itself: who calls a mention positive has not said that it is no complaint. Only a kind says
something of another thing: a complaint complains, and praise, news, spam and the rest don't.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import fields, replace

from listener.types import Label, Pain, Reading, Speech

#: The compound of a label that only a person gave: the label must agree with it, and trends average it.
COMPOUNDS: Final[dict[Label, float]] = {"positive": 0.5, "neutral": 0.0, "negative": -0.5}
#: In the place of the scorer's version where a person gave the label.
PERSON: Final = "person"
#: Whether a kind of speech complains; of those not named here (a question, a request, churn) some do.
COMPLAINS: Final[dict[Speech, bool]] = {
    "complaint": True,
    "praise": False,
    "news": False,
    "spam": False,
    "other": False,
}
#: Of a pain point that a person named without a severity, where the program found none at all.
SEVERITY: Final = 1


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What persons said of one mention, the last word on each thing; None where nobody said anything."""

    sentiment: Label | None = None
    kind: Speech | None = None
    complaint: bool | None = None
    #: All pain points that there are, each with its severity, or None for the program's own.
    pains: tuple[tuple[str, int | None], ...] | None = None
    irrelevant: bool | None = None
    #: ISO 639-1.
    lang: str | None = None
    #: On the scale of `listener.mentions.reach`.
    reach: float | None = None
    #: The story it belongs to, by its number.
    story: int | None = None

    @property
    def said(self) -> tuple[str, ...]:
        """The names of the things that somebody said something of."""
        return tuple(name for name in FIELDS if getattr(self, name) is not None)


#: What can be corrected, in the order in which it is shown.
FIELDS: Final = tuple(field.name for field in fields(Correction))


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Of a mention, what can be corrected."""

    compound: float | None
    label: Label | None
    scorer: str
    #: Words that led to the compound, with what each gave.
    reasons: tuple[tuple[str, float], ...]
    complaint: float
    kind: Speech
    pains: tuple[Pain, ...]
    irrelevant: bool
    lang: str | None
    reach: float
    story: int | None
    #: The language in which the text was read, where a person gave it: then the rest is of this language, and not of
    #: `lang`, which stays what the program tells.
    read_as: str | None = None


def verdict_of(reading: Reading, *, irrelevant: bool, story: int | None) -> Verdict:
    """Return what the program says of a mention by itself."""
    return Verdict(
        compound=reading.sentiment.compound,
        label=reading.sentiment.label,
        scorer=reading.scorer,
        reasons=reading.sentiment.reasons,
        complaint=reading.complaint,
        kind=reading.kind,
        pains=reading.pains,
        irrelevant=irrelevant,
        lang=reading.lang,
        reach=reading.reach,
        story=story,
    )


def corrected(own: Verdict, correction: Correction) -> Verdict:
    """Return what holds of a mention: what persons said of it, and the program's own word on the rest.

    What was read in another language than it is has no sentiment that is known, until it is read again or a person
    gives it one.
    """
    holds = _placed(own, correction)
    if correction.sentiment is not None and correction.sentiment != holds.label:
        compound = COMPOUNDS[correction.sentiment]
        holds = replace(
            holds,
            compound=compound,
            label=correction.sentiment,
            scorer=PERSON,
            reasons=(("said by a person", compound),),
        )
    if correction.kind is not None:
        complains = COMPLAINS.get(correction.kind)
        complaint = own.complaint if complains is None else sure(own.complaint, complains)
        holds = replace(holds, kind=correction.kind, complaint=complaint)
    if correction.complaint is not None:
        holds = replace(holds, complaint=sure(own.complaint, correction.complaint))
    if correction.pains is not None:
        pains = [_pain(own, topic, severity) for topic, severity in correction.pains]
        holds = replace(holds, pains=tuple(sorted(pains, key=severest_first)))
    if correction.irrelevant is not None:
        holds = replace(holds, irrelevant=correction.irrelevant)
    return holds


def _placed(own: Verdict, correction: Correction) -> Verdict:
    """Return the program's word with the language, the reach and the story that persons gave."""
    holds = replace(own, lang=correction.lang or own.lang)
    if holds.lang != (own.read_as or own.lang):
        holds = replace(holds, compound=None, label=None, reasons=())
    if correction.reach is not None:
        holds = replace(holds, reach=correction.reach)
    if correction.story is not None:
        holds = replace(holds, story=correction.story)
    return holds


def sure(probability: float, holds: bool) -> float:
    """Return a probability that agrees with a person: it stays where it does already."""
    return probability if (probability >= 0.5) == holds else float(holds)


def severest_first(pain: Pain) -> tuple[int, str]:
    """Return what pains are sorted by: the severest first, then by name."""
    return -pain.severity, pain.topic


def _pain(own: Verdict, topic: str, severity: int | None) -> Pain:
    found = next((pain for pain in own.pains if pain.topic == topic), None)
    if severity is None:
        known = [found] if found is not None else own.pains
        severity = max((pain.severity for pain in known), default=SEVERITY)
    return Pain(topic=topic, severity=severity, words=found.words if found is not None else ())
