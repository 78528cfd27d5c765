"""Changes of plain text, for pages without facts."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from listener.changes.likeness import fold
from listener.facts import Change

#: Lines of a text that are compared, and characters of a change that are kept.
_LINE_LIMIT = 4_000
_CHARACTERS = 4_000


def text_changes(before: str, after: str) -> list[Change]:
    """Return one change with all removed and added lines, or none if the words are the same.

    Different line breaks alone are not a change.
    """
    old, new = before.splitlines()[:_LINE_LIMIT], after.splitlines()[:_LINE_LIMIT]
    ours, theirs = [fold(line) for line in old], [fold(line) for line in new]
    stayed = set(ours) & set(theirs)
    removed: list[str] = []
    added: list[str] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal" and words(ours[i1:i2]) != words(theirs[j1:j2]):
            removed += [old[i] for i in range(i1, i2) if ours[i] and ours[i] not in stayed]
            added += [new[j] for j in range(j1, j2) if theirs[j] and theirs[j] not in stayed]
    if not removed and not added:
        return []
    gone, fresh = "\n".join(removed)[:_CHARACTERS], "\n".join(added)[:_CHARACTERS]
    return [Change(kind="text_changed", subject=(added or removed)[0][:120], before=gone or None, after=fresh or None)]


def words(lines: Sequence[str]) -> list[str]:
    """Return the words of lines, ignoring line breaks."""
    return " ".join(lines).split()
