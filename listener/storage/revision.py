"""Changes of stored mentions by rescoring or correction, with their trend rows.

A mention's row and its pains hold what counts: what persons said, and the program's word on the rest. What the program
itself says of a mention that somebody corrected is kept beside it, in `overruled`: a correction that is taken back
finds it there, a later reading replaces it, and its quality is measured by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from listener.errors import StorageError
from listener.mentions.corrections import FIELDS, Correction, Verdict, corrected, severest_first, verdict_of
from listener.storage.mentions import counted, pain_rows, reading_columns
from listener.storage.prepared import Prepared, chunks, insert, replace
from listener.storage.tables import corrections, items, mention_pains, mentions, overruled, stories
from listener.storage.timestamps import moment, stamp
from listener.storage.trends import Tally
from listener.storage.values import E4, clean, clean_or_none, e4, e4_or_none, from_e4, from_json, to_json
from listener.types import Pain, Reading

INSERT_PAIN = insert(mention_pains)
DELETE_PAINS = Prepared(
    lambda _: sa.delete(mention_pains).where(mention_pains.c.mention_id == sa.bindparam("mention_id"))
)
OVERRULE = replace(overruled)
_ID = "of_mention"
UPDATE = Prepared(
    lambda _: (
        sa.update(mentions)
        .where(mentions.c.id == sa.bindparam(_ID))
        .values({column.name: sa.bindparam(column.name) for column in mentions.c if not column.primary_key})
    )
)


class NewReading(msgspec.Struct, frozen=True, kw_only=True):
    """What a stored mention is to be from now on, by the program's own word; None leaves what is there."""

    mention_id: int
    reading: Reading | None = None
    irrelevant: bool | None = None
    #: The language that the program tells by itself, where `reading` was made in one that a person gave.
    told: str | None = None
    read_as: str | None = None


class Revised(msgspec.Struct, frozen=True, kw_only=True):
    """A mention before and after: what counted, and what counts now."""

    mention_id: int
    brand: str
    before: Verdict
    after: Verdict
    #: What persons said of it, and what the program says by itself.
    correction: Correction
    own: Verdict


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Some mentions as the database has them."""

    rows: dict[int, dict[str, Any]]
    pains: Mapping[int, tuple[Pain, ...]]
    overruled: Mapping[int, Verdict]
    corrections: Mapping[int, Correction]


def revise(connection: sa.Connection, new: Sequence[NewReading], *, write: bool = True) -> list[Revised]:
    """Let mentions be what is new of them, under what persons said; the trends follow. Return each before and after.

    Without `write` nothing is changed. When the first mention of a story becomes irrelevant or leaves it, the next one
    of the same brand stands for the story. Mentions that are gone are left out. Raises ValueError for the reading of
    another brand.
    """
    stored = _read(connection, [one.mention_id for one in new])
    tally = Tally()
    done = []
    for one in new:
        row = stored.rows.get(one.mention_id)
        if row is None:
            continue
        if one.reading is not None and one.reading.brand != row["brand"]:
            raise ValueError(f"mention {one.mention_id} is of {row['brand']}, not of {one.reading.brand}")
        before = _verdict_of_row(row, stored.pains.get(one.mention_id, ()))
        own_before = stored.overruled.get(one.mention_id, before)
        correction = stored.corrections.get(one.mention_id, Correction())
        own = own_before if one.reading is None else _as_stored(one.reading, own_before)
        if one.read_as is not None:
            own = msgspec.structs.replace(own, lang=one.told, read_as=one.read_as)
        if one.irrelevant is not None:
            own = msgspec.structs.replace(own, irrelevant=one.irrelevant)
        after = corrected(own, correction)
        revised = Revised(
            mention_id=one.mention_id,
            brand=row["brand"],
            before=before,
            after=after,
            correction=correction,
            own=own,
        )
        done.append(revised)
        if write:
            _write(connection, stored, row, one.reading, revised, tally)
    if write:
        tally.write(connection)
    return done


def _write(
    connection: sa.Connection,
    stored: _Stored,
    old: dict[str, Any],
    reading: Reading | None,
    revised: Revised,
    tally: Tally,
) -> None:
    """Write one mention where it differs, and note what that means for the trends."""
    mention_id, before, after = revised.mention_id, revised.before, revised.after
    new = old | (reading_columns(reading) if reading is not None else {}) | _columns_of(after)
    moved = after.story != before.story
    if moved or (after.irrelevant != before.irrelevant and old["story_id"] is not None):
        heir = _leave_story(connection, old, tally) if moved or after.irrelevant else None
        if heir in stored.rows:
            stored.rows[heir]["first_of_story"] = True
        new["first_of_story"] = not after.irrelevant and _stands_alone(connection, new)
    if new != old:
        UPDATE.run(connection, {**{name: value for name, value in new.items() if name != "id"}, _ID: mention_id})
        stored.rows[mention_id] = new
    if after.pains != before.pains:
        DELETE_PAINS.run(connection, {"mention_id": mention_id})
        rows = pain_rows(mention_id, after.pains)
        if rows:
            INSERT_PAIN.run(connection, rows)
    if new != old or after.pains != before.pains:
        if not before.irrelevant:
            tally.add(counted(old, _severities(before)), -1)
        if not after.irrelevant:
            tally.add(counted(new, _severities(after)))
    if revised.correction.said:
        OVERRULE.run(connection, _overruled_row(revised))
    elif mention_id in stored.overruled:
        connection.execute(sa.delete(overruled).where(overruled.c.mention_id == mention_id))


def _stands_alone(connection: sa.Connection, mention: Mapping[str, Any]) -> bool:
    """Tell whether no other mention of the brand stands for the story of this one."""
    if mention["story_id"] is None:
        return True
    return connection.execute(_others(mention).where(mentions.c.first_of_story).limit(1)).one_or_none() is None


def _leave_story(connection: sa.Connection, mention: Mapping[str, Any], tally: Tally) -> int | None:
    """Let the next mention stand for a story that this one leaves; return it, if this one stood for it."""
    if not mention["first_of_story"] or mention["story_id"] is None:
        return None
    m = mentions.c
    heir = connection.execute(_others(mention).order_by(m.at, m.id).limit(1)).mappings().one_or_none()
    if heir is None:
        return None
    found = sa.select(mention_pains.c.topic, mention_pains.c.severity)
    pains = [tuple(row) for row in connection.execute(found.where(mention_pains.c.mention_id == heir["id"]))]
    tally.add(counted(dict(heir), pains), -1)
    tally.add(counted({**heir, "first_of_story": True}, pains))
    connection.execute(sa.update(mentions).where(m.id == heir["id"]).values(first_of_story=True))
    return int(heir["id"])


def _others(mention: Mapping[str, Any]) -> sa.Select[Any]:
    """Return the query of the other relevant mentions of the same brand and story."""
    m = mentions.c
    return sa.select(mentions).where(
        m.story_id == mention["story_id"], m.brand == mention["brand"], m.id != mention["id"], ~m.irrelevant
    )


# --- what persons said


def add_corrections(
    connection: sa.Connection, mention_id: int, said: Mapping[str, object], *, at: datetime, by: str
) -> Revised:
    """Keep what a person said of a mention, by field (None takes back what was said), and let it count.

    Raises StorageError where there is no such mention, or no such story.
    """
    if connection.execute(sa.select(mentions.c.id).where(mentions.c.id == mention_id)).one_or_none() is None:
        raise StorageError(f"there is no mention {mention_id}")
    story = said.get("story")
    if story is not None and connection.execute(sa.select(stories.c.id).where(stories.c.id == story)).first() is None:
        raise StorageError(f"there is no story {story}")
    rows = [
        {
            "mention_id": mention_id,
            "field": field,
            "value": to_json(value),
            "made_at": stamp(at),
            "made_by": clean(by),
        }
        for field, value in said.items()
    ]
    if rows:
        connection.execute(sa.insert(corrections), rows)
    return revise(connection, [NewReading(mention_id=mention_id)])[0]


def told_by(connection: sa.Connection, mention_id: int) -> tuple[datetime, str]:
    """Return when a mention was made, and the title of its item. Raises StorageError where there is no such mention."""
    found = sa.select(mentions.c.at, items.c.title).join(items, items.c.id == mentions.c.item_id)
    row = connection.execute(found.where(mentions.c.id == mention_id)).one_or_none()
    if row is None:
        raise StorageError(f"there is no mention {mention_id}")
    return moment(row.at), row.title or ""


def find_corrections(connection: sa.Connection, mention_ids: Sequence[int]) -> dict[int, Correction]:
    """Return by mention what persons said of it; mentions of which nobody says anything (any more) are left out."""
    said: dict[int, dict[str, Any]] = defaultdict(dict)
    for some in chunks(mention_ids):
        found = sa.select(corrections).where(corrections.c.mention_id.in_(some)).order_by(corrections.c.id)
        for row in connection.execute(found):
            said[row.mention_id][row.field] = from_json(row.value)
    found_of = {mention_id: correction_of(values) for mention_id, values in said.items()}
    return {mention_id: correction for mention_id, correction in found_of.items() if correction.said}


def correction_of(values: Mapping[str, Any]) -> Correction:
    """Return a correction from its values by field, as JSON has them; fields of another version are left out."""
    known: dict[str, Any] = {name: values[name] for name in FIELDS if values.get(name) is not None}
    if "pains" in known:
        known["pains"] = tuple((topic, severity) for topic, severity in known["pains"])
    return Correction(**known)


# --- between rows and verdicts


def _read(connection: sa.Connection, mention_ids: Sequence[int]) -> _Stored:
    rows: dict[int, dict[str, Any]] = {}
    pains: dict[int, tuple[Pain, ...]] = {}
    known: dict[int, Verdict] = {}
    for some in chunks(mention_ids):
        for row in connection.execute(sa.select(mentions).where(mentions.c.id.in_(some))).mappings():
            rows[row["id"]] = dict(row)
        pains |= find_pains(connection, some)
        for row in connection.execute(sa.select(overruled).where(overruled.c.mention_id.in_(some))).mappings():
            known[row["mention_id"]] = verdict_of_overruled(dict(row))
    return _Stored(rows=rows, pains=pains, overruled=known, corrections=find_corrections(connection, mention_ids))


def find_pains(connection: sa.Connection, mention_ids: Sequence[int]) -> dict[int, tuple[Pain, ...]]:
    """Return the pains of mentions, the severest first."""
    p = mention_pains.c
    pains: dict[int, list[Pain]] = defaultdict(list)
    found = sa.select(mention_pains).where(p.mention_id.in_(mention_ids))
    for row in connection.execute(found.order_by(p.mention_id, p.severity.desc(), p.topic)):
        pains[row.mention_id].append(_pain(row.topic, row.severity, from_json(row.words)))
    return {mention_id: tuple(some) for mention_id, some in pains.items()}


def _pain(topic: str, severity: int, words: Sequence[str]) -> Pain:
    return Pain(topic=topic, severity=severity, words=tuple(words))


def _as_stored(reading: Reading, before: Verdict) -> Verdict:
    """Return a reading's verdict as it will come back from the database: rounded, with one pain for each topic.

    What no reading tells, whether it is irrelevant and its story, stays as it was.
    """
    own = verdict_of(reading, irrelevant=before.irrelevant, story=before.story)
    pains = [_pain(row["topic"], row["severity"], from_json(row["words"])) for row in pain_rows(0, own.pains)]
    return msgspec.structs.replace(
        own,
        compound=from_e4(e4_or_none(own.compound)),
        complaint=e4(own.complaint) / E4,
        reach=e4(own.reach) / E4,
        lang=clean_or_none(own.lang),
        pains=tuple(sorted(pains, key=severest_first)),
    )


def _verdict_of_row(row: Mapping[str, Any], pains: Sequence[Pain]) -> Verdict:
    return Verdict(
        compound=from_e4(row["compound_e4"]),
        label=row["label"],
        scorer=row["scorer"],
        reasons=tuple((word, weight) for word, weight in from_json(row["reasons"])),
        complaint=row["complaint_e4"] / E4,
        kind=row["kind"],
        pains=tuple(pains),
        irrelevant=bool(row["irrelevant"]),
        lang=row["lang"],
        reach=row["reach_e4"] / E4,
        story=row["story_id"],
    )


def verdict_of_overruled(row: Mapping[str, Any]) -> Verdict:
    """Return what the program itself says, from a row of `overruled`."""
    own = _verdict_of_row(row, [_pain(*pain) for pain in from_json(row["pains"])])
    return msgspec.structs.replace(own, read_as=row["read_as"])


def _columns_of(verdict: Verdict) -> dict[str, Any]:
    return {
        "compound_e4": e4_or_none(verdict.compound),
        "label": verdict.label,
        "scorer": verdict.scorer,
        "reasons": to_json(verdict.reasons) if verdict.reasons else "[]",
        "complaint_e4": e4(verdict.complaint),
        "kind": verdict.kind,
        "irrelevant": verdict.irrelevant,
        "lang": verdict.lang,
        "reach_e4": e4(verdict.reach),
        "story_id": verdict.story,
    }


def _overruled_row(revised: Revised) -> dict[str, Any]:
    return {
        "mention_id": revised.mention_id,
        "fields": ",".join(revised.correction.said),
        **_columns_of(revised.own),
        "read_as": revised.own.read_as,
        "pains": to_json([(pain.topic, pain.severity, pain.words) for pain in revised.own.pains]),
    }


def _severities(verdict: Verdict) -> list[tuple[str, int]]:
    return [(pain.topic, pain.severity) for pain in verdict.pains]
