"""What a poll adds to the store and asks of it, where `listener.types` has no record for it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from listener.types import Item, Reading


class NewItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that its source had not shown before."""

    item: Item
    #: Whatever tells the item from the source's others (guid, URL, hash of the content); any of them known means known.
    keys: tuple[str, ...]
    #: Of a survey's answer: the brand asked about and the time it counts at. Without a brand it enters no scores.
    brand: str | None = None
    at: datetime | None = None


class NewMention(msgspec.Struct, frozen=True, kw_only=True):
    """A reading of a stored item, about to become a mention."""

    item_id: int
    source: str
    reading: Reading
    #: None for a text too short to have copies.
    story_id: int | None
    #: When it counts in trends: when it was published, if that is known and not in the future.
    at: datetime
    #: Whether no earlier mention of this brand belongs to the story.
    first_of_story: bool


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A story that may be the one a new item belongs to."""

    id: int
    signature: bytes
