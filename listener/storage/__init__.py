"""Adapter: the database. All SQL lives here; rows are converted to records at the edge."""

from __future__ import annotations

from listener.storage.records import (
    Counts,
    Mention,
    NewItem,
    NewMention,
    Score,
    Snapshot,
    StoredAlert,
    StoredSource,
    Story,
)
from listener.storage.store import Store
from listener.storage.transaction import Transaction

__all__ = [
    "Counts",
    "Mention",
    "NewItem",
    "NewMention",
    "Score",
    "Snapshot",
    "Store",
    "StoredAlert",
    "StoredSource",
    "Story",
    "Transaction",
]
