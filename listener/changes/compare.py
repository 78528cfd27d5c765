"""Compares two parsed versions of a page: facts with facts, matched by identity, then similarity, never by position."""

from __future__ import annotations

from listener.changes.copy import copy_changes
from listener.changes.incidents import incident_changes
from listener.changes.meta import meta_changes
from listener.changes.plans import plan_changes
from listener.changes.questions import question_changes
from listener.changes.texts import text_changes
from listener.facts import Change, PageFacts


def changes_between(before: PageFacts, after: PageFacts) -> tuple[Change, ...]:
    """Return the changes from `before` to `after`: prices and plans, then questions, copy, and title.

    Both must be parsed by the same version of the program. If neither has plans, questions or copy, the difference of
    their text is returned instead. A version in trouble has no changes.
    """
    if before.trouble or after.trouble:
        return ()
    changes = [
        *plan_changes(before.plans, after.plans),
        *question_changes(before.questions, after.questions),
        *copy_changes(before.copy, after.copy),
        *incident_changes(before.incidents, after.incidents),
    ]
    if any(facts.plans or facts.questions or facts.copy for facts in (before, after)):
        return (*changes, *meta_changes(before, after))
    known = bool(before.incidents or after.incidents)
    return tuple(changes) if known else tuple(text_changes(before.text, after.text))
