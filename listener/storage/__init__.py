"""Adapter: the database. All SQL lives here; rows are converted to records at the edge."""

from __future__ import annotations

from listener.storage.records import (
    ChangeStatus,
    Counts,
    Mention,
    NewItem,
    NewMention,
    Score,
    Snapshot,
    StoredAlert,
    StoredAnswer,
    StoredChange,
    StoredClaim,
    StoredPrice,
    StoredSource,
    Story,
)
from listener.storage.retention import Retained
from listener.storage.store import Store
from listener.storage.transaction import Transaction

__all__ = [
    "ChangeStatus",
    "Counts",
    "Mention",
    "NewItem",
    "NewMention",
    "Retained",
    "Score",
    "Snapshot",
    "Store",
    "StoredAlert",
    "StoredAnswer",
    "StoredChange",
    "StoredClaim",
    "StoredPrice",
    "StoredSource",
    "Story",
    "Transaction",
]
