"""Facts extracted from pricing, FAQ, landing and status pages, and the changes between two versions. Records only."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One price of one plan: a plan with a monthly and a yearly price gives two of these."""

    #: As on the page; None if it has no name.
    name: str | None
    #: In units of the currency, not cents; None for "contact us".
    price: Decimal | None
    #: Upper end of a range.
    price_max: Decimal | None = None
    #: Struck-out price shown with this one.
    list_price: Decimal | None = None
    #: ISO 4217; None if the page shows none.
    currency: str | None = None
    #: month, year, week, day, hour, one-time, seat-month, ...; None if the page doesn't say.
    period: str | None = None
    #: What the price applies to: seat, site, "1,000 calls".
    unit: str | None = None
    #: "billed annually" and the like.
    billing: str | None = None
    free: bool = False
    contact: bool = False
    promotional: bool = False
    addon: bool = False
    #: "from 49".
    starting: bool = False
    #: Limits and features listed with the plan.
    features: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question and its answer, as plain text."""

    question: str
    answer: str = ""


CopyKind: TypeAlias = Literal["headline", "subhead", "cta", "claim", "logo"]


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of marketing copy."""

    kind: CopyKind
    text: str
    #: Target of a call to action.
    url: str | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident of a status page."""

    title: str
    #: none, minor, major, critical, maintenance; None if unknown.
    impact: str | None = None
    components: tuple[str, ...] = ()
    started: datetime | None = None
    resolved: datetime | None = None
    #: investigating, identified, monitoring, resolved, ...
    state: str | None = None
    text: str = ""
    url: str | None = None


class PageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything extracted from one version of a page. If `trouble` is set, the rest must not be used."""

    title: str = ""
    #: The meta description.
    description: str = ""
    lang: str | None = None
    plans: tuple[Plan, ...] = ()
    questions: tuple[Question, ...] = ()
    copy: tuple[Copy, ...] = ()
    incidents: tuple[Incident, ...] = ()
    #: Plain text, one line per block.
    text: str = ""
    #: captcha, login, error-page, empty-shell, script-prices, ...; None: a regular page.
    trouble: str | None = None


ChangeKind: TypeAlias = Literal[
    "price_raised",
    "price_lowered",
    "price_changed",
    "plan_added",
    "plan_removed",
    "plan_renamed",
    "faq_added",
    "faq_removed",
    "faq_reworded",
    "faq_answer_edited",
    "headline_changed",
    "cta_changed",
    "copy_changed",
    "feature_changed",
    "meta_changed",
    "text_changed",
    "incident_started",
    "incident_resolved",
]


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """A price before or after a change."""

    price: Decimal | None
    currency: str | None = None
    period: str | None = None
    #: Name of the plan; set only if the name changed.
    name: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One typed difference between two versions of a page."""

    kind: ChangeKind
    #: Plan name; the question in its new wording; for copy the new text, or the old one when removed.
    subject: str
    before: Price | str | None = None
    after: Price | str | None = None
    #: Change in percent of the old price; only if both prices have the same currency.
    percent: float | None = None
