"""Agreement of the program with corrections: precision and recall with counts and intervals. Pure.

Shares come with their 95 % interval by Wilson (Probable Inference, the Law of Succession, and Statistical Inference,
JASA 22, 1927), which holds for few cases and for shares near 0 and 1, too. It takes the judged cases for a sample at
random; whoever judges only what caught the eye measures that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable

import msgspec

from listener.insights.intervals import Z_95


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """So many of so many."""

    right: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.right / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval; None of nothing."""
        if not self.of:
            return None
        share, squared = self.right / self.of, Z_95 * Z_95 / self.of
        middle = share + squared / 2
        half = math.sqrt(squared * (share * (1 - share) + squared / 4))
        return max(0.0, (middle - half) / (1 + squared)), min(1.0, (middle + half) / (1 + squared))


class ClassAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """How well one label is given."""

    name: str
    #: Of those that the program calls so, those that persons do.
    precision: Share
    #: Of those that persons call so, those that the program does.
    recall: Share

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where neither side ever says so."""
        said = self.precision.of + self.recall.of
        return 2 * self.precision.right / said if said else None


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How often one label is right, over all judged mentions."""

    what: str
    #: Mentions in which the program says the very same as persons.
    same: Share
    #: In the order of how often persons say so.
    classes: tuple[ClassAgreement, ...]


def of_labels(what: str, pairs: Iterable[tuple[str | None, str]]) -> Agreement:
    """Return how well single labels agree: pairs of what the program and what persons say.

    Where the program says nothing (None) it isn't right, and no precision suffers from it.
    """
    return of_sets(what, ((() if own is None else (own,), (said,)) for own, said in pairs))


def of_sets(what: str, pairs: Iterable[tuple[Collection[str], Collection[str]]]) -> Agreement:
    """Return how well sets of labels agree, such as the pain points of each mention."""
    own_count: Counter[str] = Counter()
    said_count: Counter[str] = Counter()
    both: Counter[str] = Counter()
    same = judged = 0
    for own, said in pairs:
        judged += 1
        same += set(own) == set(said)
        own_count.update(set(own))
        said_count.update(set(said))
        both.update(set(own) & set(said))
    names = sorted(own_count.keys() | said_count.keys(), key=lambda name: (-said_count[name], name))
    classes = tuple(
        ClassAgreement(
            name=name,
            precision=Share(right=both[name], of=own_count[name]),
            recall=Share(right=both[name], of=said_count[name]),
        )
        for name in names
    )
    return Agreement(what=what, same=Share(right=same, of=judged), classes=classes)


def together(name: str, classes: Iterable[ClassAgreement]) -> ClassAgreement:
    """Return the classes taken together, each case counting the same (micro average)."""
    kept = list(classes)
    return ClassAgreement(
        name=name,
        precision=Share(right=sum(c.precision.right for c in kept), of=sum(c.precision.of for c in kept)),
        recall=Share(right=sum(c.recall.right for c in kept), of=sum(c.recall.of for c in kept)),
    )
