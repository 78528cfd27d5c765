"""Finds emerging pain points in the stored complaints about a brand."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from listener.insights.emerging import Emerging, Voice, emerging
from listener.mentions.voices import Runs
from listener.storage import Complaint, Store


class EmergingPains:
    """Looks for phrases that recur among late complaints and didn't among earlier ones."""

    def __init__(self, store: Store, runs: Runs, frequent: Collection[str]) -> None:
        """Take what cuts complaints about one brand into words, and the words that everybody uses."""
        self._store = store
        self._runs = runs
        self._frequent = frequent

    def find(self, brand: str, start: datetime, late: datetime, end: datetime, *, limit: int) -> Emerging:
        """Return what emerges from `late` on and before `end`, compared with the time from `start` up to `late`."""
        return emerging(
            lambda: self._voices(brand, late, end),
            lambda: self._voices(brand, start, late),
            self._frequent,
            limit=limit,
        )

    def _voices(self, brand: str, start: datetime, end: datetime) -> Iterator[Voice]:
        return map(self._voice, self._store.pains.iter_complaints(brand, start, end))

    def _voice(self, complaint: Complaint) -> Voice:
        return Voice(
            mention_id=complaint.mention_id,
            runs=self._runs.of(complaint.excerpt),
            who=f"{complaint.source}\0{complaint.author}" if complaint.author else None,
            reach=complaint.reach,
        )
