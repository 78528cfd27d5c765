"""Adapter: the database. All SQL lives here; rows are converted to records at the edge."""

from __future__ import annotations

from listener.storage.records import (
    ChangeStatus,
    Complaint,
    Counts,
    Judged,
    Mention,
    NewItem,
    NewMention,
    Score,
    Snapshot,
    StoredAlert,
    StoredAnswer,
    StoredChange,
    StoredClaim,
    StoredCorrection,
    StoredItem,
    StoredPrice,
    StoredSource,
    StoredText,
    Story,
)
from listener.storage.retention import Retained
from listener.storage.revision import NewReading, Revised
from listener.storage.store import Store
from listener.storage.transaction import Transaction

__all__ = [
    "ChangeStatus",
    "Complaint",
    "Counts",
    "Judged",
    "Mention",
    "NewItem",
    "NewMention",
    "NewReading",
    "Retained",
    "Revised",
    "Score",
    "Snapshot",
    "Store",
    "StoredAlert",
    "StoredAnswer",
    "StoredChange",
    "StoredClaim",
    "StoredCorrection",
    "StoredItem",
    "StoredPrice",
    "StoredSource",
    "StoredText",
    "Story",
    "Transaction",
]
