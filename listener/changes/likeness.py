"""Text similarity and best matching pairs. Bounded: long texts are compared by their sets of words only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

_T = TypeVar("_T")

#: Texts up to here are compared in order; of longer ones only the sets of their words.
_ORDERED_CHARACTERS = 600
#: Pairs that are weighed at most; beyond it only equal things match.
_PAIR_LIMIT = 40_000
_SIGN = re.compile(r"[^\W_]+|[%€$£¥₹₽+]")


def fold(text: str) -> str:
    """Return the words and currency signs of a text, without case, punctuation and Unicode composition."""
    return " ".join(_SIGN.findall(unicodedata.normalize("NFKC", text).casefold()))


def likeness(one: str, other: str) -> float:
    """Return the similarity of two folded texts, 0 to 1."""
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    if len(one) > _ORDERED_CHARACTERS or len(other) > _ORDERED_CHARACTERS:
        return _overlap(one.split(), other.split())
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.4 and matcher.quick_ratio() > 0.4 else 0.0


def _overlap(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    ours, theirs = set(one), set(other)
    return len(ours & theirs) / max(len(ours | theirs), 1)


def best_pairs(
    before: Sequence[_T], after: Sequence[_T], score: Callable[[_T, _T], float], *, least: float
) -> list[tuple[_T, _T]]:
    """Return pairs with a score of at least `least`, best first; each element is in at most one pair."""
    if len(before) * len(after) > _PAIR_LIMIT:
        return []
    weighed = [(score(old, new), i, j) for i, old in enumerate(before) for j, new in enumerate(after)]
    weighed.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    used_before: set[int] = set()
    used_after: set[int] = set()
    pairs: list[tuple[_T, _T]] = []
    for value, i, j in weighed:
        if value < least:
            break
        if i not in used_before and j not in used_after:
            used_before.add(i)
            used_after.add(j)
            pairs.append((before[i], after[j]))
    return pairs


def match_equal(
    before: Iterable[_T], after: Iterable[_T], key: Callable[[_T], Hashable]
) -> tuple[list[tuple[_T, _T]], list[_T], list[_T]]:
    """Pair elements with equal keys, in order; return the pairs and the rest of either side."""
    waiting: dict[Hashable, list[_T]] = {}
    for new in after:
        waiting.setdefault(key(new), []).append(new)
    pairs: list[tuple[_T, _T]] = []
    left: list[_T] = []
    for old in before:
        same = waiting.get(key(old))
        if same:
            pairs.append((old, same.pop(0)))
        else:
            left.append(old)
    taken = {id(new) for _, new in pairs}
    return pairs, left, [new for new in after if id(new) not in taken]
