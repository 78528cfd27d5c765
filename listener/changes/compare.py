"""What changed between two readings of a page: facts against facts, by identity, then likeness, never position."""

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

    Both are to be readings by the same version of the program. Where neither holds plans, questions or copy, what was
    added to and removed from the readable text is told instead. A reading in trouble changes nothing.
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
