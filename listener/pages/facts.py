"""Extracts all facts of a page, or those of one kind."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

from listener.facts import PageFacts
from listener.pages.advertising import read_copy
from listener.pages.faq import read_faq
from listener.pages.nodes import Page
from listener.pages.pricing import read_plans
from listener.pages.tree import read_page
from listener.pages.trouble import find_trouble

FactKind: TypeAlias = Literal["pricing", "faq", "landing"]
ALL: frozenset[FactKind] = frozenset({"pricing", "faq", "landing"})

_TEXT_CHARACTERS = 400_000
_DESCRIPTION_CHARACTERS = 1_000


def read_facts(markup: str, kinds: Collection[FactKind] = ALL) -> PageFacts:
    """Read what a page says of plans, questions and itself; of these `kinds` only.

    Raises ParseError for a page that no person could have written. Questions are always looked for: amounts in their
    answers are no prices.
    """
    page = read_page(markup)
    questions, answers = read_faq(page)
    plans = read_plans(page, answers) if "pricing" in kinds else ()
    priced = "pricing" not in kinds or any(plan.price is not None for plan in plans)
    return PageFacts(
        title=page.title,
        description=" ".join(page.metas.get("description", "").split())[:_DESCRIPTION_CHARACTERS],
        lang=page.lang or None,
        plans=plans,
        questions=questions if "faq" in kinds else (),
        copy=read_copy(page, answers) if "landing" in kinds else (),
        text=readable_text(page),
        trouble=find_trouble(
            page, facts=bool(plans or questions), priced=priced and bool(plans or "pricing" not in kinds)
        ),
    )


def readable_text(page: Page) -> str:
    """Return what a page shows, a line for each block."""
    return "\n".join(line.text for line in page.lines if not line.hidden)[:_TEXT_CHARACTERS]
