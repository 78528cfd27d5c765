"""Adapter: the database. All SQL lives here; rows are converted to records at the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listener.lazy import lazy_names
from listener.storage.additions import NewItem, NewMention, Story
from listener.storage.outbox import RETRY_ASKED
from listener.storage.store import Store
from listener.storage.transaction import Transaction

if TYPE_CHECKING:
    from listener.storage.records import (
        ChangeStatus,
        Complaint,
        Counts,
        Judged,
        Mention,
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
    )
    from listener.storage.retention import Retained
    from listener.storage.revision import NewReading, Revised
else:
    # What is read and looked after by people and once a day; polls need none of it.
    __getattr__ = lazy_names(
        "listener.storage",
        {
            "records": "ChangeStatus Complaint Counts Judged Mention Score Snapshot StoredAlert StoredAnswer "
            "StoredChange StoredClaim StoredCorrection StoredItem StoredPrice StoredSource StoredText",
            "retention": "Retained",
            "revision": "NewReading Revised",
        },
    )

__all__ = [
    "RETRY_ASKED",
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
