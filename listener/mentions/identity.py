"""What an item is known by, so that it becomes a mention once: however often a feed repeats, moves or renames it.

An item has up to four keys. It is known when any of them is known in its source; whoever stores it stores all of them.

- `g`: its guid. With the same guid and other words an item was edited, not published anew.
- `u`: its address with its title (or the beginning of its words): survives a changed guid. Without a guid also the
  address alone, so that a corrected headline doesn't make a second item.
- `c`: its words, if there are enough of them to be nobody else's, with their author: survives a change of guid and
  address together, as when a site moves.
- `d`: its words and date, for an item that has nothing else.

Feeds lie about identity: one guid or one link for all entries. In one response a key that two items share, though their
guids or words differ, says nothing, and is given to neither. Keys are 17 characters. Pure.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec

from listener.text import letters_of
from listener.types import Item
from listener.urls import canonical

#: Letters and digits of title and text that are enough to be recognised by. A template such as "We will carry out
#: maintenance, no downtime is expected" repeats for different events, and is shorter.
ENOUGH_CHARACTERS = 150
#: Characters of a text that are looked at: what repeats beyond this repeats altogether.
_LOOKED_AT = 1000
#: Kinds where different people write the same words, and the same person does twice.
_PERSONAL = frozenset({"review", "comment", "ticket", "survey", "incident"})
#: From base64's own alphabet to that for URLs.
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class _Traits(msgspec.Struct, frozen=True):
    """What tells one item of a response from another."""

    guid: str
    address: str
    #: Title and the beginning of the text, folded.
    words: str
    #: The title alone.
    title: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """What two items must share to be one: `words` holds the title already."""
        return self.guid, self.address, self.words


def item_keys(items: Sequence[Item]) -> list[tuple[str, ...]]:
    """Return the keys of each item of one response, in the same order.

    An item without guid, address and words has none.
    """
    traits = [_traits(item) for item in items]
    candidates = [tuple(_keys(item, own)) for item, own in zip(items, traits, strict=True)]
    owners: dict[str, _Traits] = {}
    shared: set[str] = set()
    for own, keys in zip(traits, candidates, strict=True):
        for key in keys:
            owner = owners.setdefault(key, own)
            if owner is not own and owner.identity != own.identity:
                shared.add(key)
    if not shared:
        return candidates
    return [
        tuple(key for key in keys if key not in shared) or _last_resort(item, own)
        for item, own, keys in zip(items, traits, candidates, strict=True)
    ]


def _traits(item: Item) -> _Traits:
    guid = (item.guid or "").strip()
    address = _address(item.url) if item.url else ""
    if guid[:4].lower() == "http":
        # An address among guids in its canonical form, too: `http` became `https` nearly everywhere.
        guid = address if guid == item.url else _address(guid)
    title = letters_of(item.title)
    return _Traits(guid, address, title + letters_of(item.text[:_LOOKED_AT]), title)


def _keys(item: Item, own: _Traits) -> Iterable[str]:
    if own.guid:
        yield _digest("g", own.guid)
    if own.address:
        yield _digest("u", own.address, own.title or letters_of(item.text[:100]))
        if not own.guid:
            yield _digest("u", own.address)
    if len(own.words) >= ENOUGH_CHARACTERS and item.kind not in _PERSONAL:
        yield _digest("c", own.words, item.author or "")
    if not own.guid and not own.address:
        yield from _last_resort(item, own)


def _last_resort(item: Item, own: _Traits) -> tuple[str, ...]:
    """Return the key of an item that nothing else tells apart: all that it says at once."""
    if not (own.guid or own.address or own.words):
        return ()
    date = item.published.isoformat() if item.published else ""
    return (_digest("d", own.guid, own.address, own.words, date, item.author or ""),)


def _address(url: str) -> str:
    """Return what tells a page from others: with the anchor of a comment, without one that only counts visits."""
    fragment = url.partition("#")[2]
    if not fragment or fragment[0] == "!" or "=" in fragment or not any(map(str.isdigit, fragment)):
        return canonical(url)
    return f"{canonical(url)}#{fragment}"


def _digest(kind: str, *parts: str) -> str:
    digest = _EMPTY[kind].copy()
    digest.update("\0".join(parts).encode("utf-8", "surrogatepass"))
    return kind + b2a_base64(digest.digest(), newline=False).translate(_URL_SAFE).decode("ascii")


#: By kind of key, the digest of nothing yet.
_EMPTY = {kind: blake2b(digest_size=12, person=kind.encode()) for kind in "gucd"}
