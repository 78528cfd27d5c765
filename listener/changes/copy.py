"""Changes of marketing copy: replaced texts are paired by the unchanged copy around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from listener.changes.likeness import best_pairs, fold, likeness
from listener.facts import Change, ChangeKind, Copy, CopyKind

_KINDS: tuple[tuple[CopyKind, ChangeKind], ...] = (
    ("headline", "headline_changed"),
    ("subhead", "copy_changed"),
    ("cta", "cta_changed"),
)
#: Copy this like another is the same one edited.
_EDITED = 0.5
#: Beyond so many pieces of one kind only equal ones are matched.
_COUNT_LIMIT = 400


def copy_changes(before: Sequence[Copy], after: Sequence[Copy]) -> list[Change]:
    """Return the changed headlines, subheads and calls to action."""
    changes: list[Change] = []
    for kind, told in _KINDS:
        old = [each.text for each in before if each.kind == kind]
        new = [each.text for each in after if each.kind == kind]
        changes += [Change(kind=told, subject=now, before=was, after=now) for was, now in _replaced(old, new)]
    return changes


def _replaced(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of replaced texts: similar ones, or single ones in the same gap between unchanged copy."""
    ours, theirs = [fold(text) for text in old], [fold(text) for text in new]
    gone, fresh = Counter(ours) - Counter(theirs), Counter(theirs) - Counter(ours)
    if not gone or not fresh or len(old) > _COUNT_LIMIT or len(new) > _COUNT_LIMIT:
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "replace":
            continue
        was = [old[i] for i in range(i1, i2) if ours[i] in gone]
        now = [new[j] for j in range(j1, j2) if theirs[j] in fresh]
        if len(was) == 1 and len(now) == 1:
            yield was[0], now[0]
        else:
            yield from best_pairs(was, now, lambda one, other: likeness(fold(one), fold(other)), least=_EDITED)
