"""Changes of plans and prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

from listener.changes.likeness import best_pairs, fold, likeness, match_equal
from listener.facts import Change, ChangeKind, Plan, Price

#: Names this alike, or one within the other, are one plan under a name that was touched up.
_SAME_NAME = 0.8


def plan_changes(before: Sequence[Plan], after: Sequence[Plan]) -> list[Change]:
    """Return the changes of plans: changed prices, renamed, removed and new plans."""
    old, new = list(before), list(after)
    pairs: list[tuple[Plan, Plan]] = []
    for key in (_all, _name_and_due, _name_and_currency):
        matched, old, new = match_equal(old, new, key)
        pairs += matched
    matched, old, new = _by_lone_name(old, new)
    pairs += matched
    alike = best_pairs(old, new, _name_likeness, least=_SAME_NAME)
    pairs += alike
    old, new = _without(old, new, alike)
    changes = [change for pair in pairs for change in _changed(*pair)]
    renamed, old, new = _renamed(old, new)
    changes += [_change("plan_renamed", gone, fresh) for gone, fresh in renamed]
    changes += [_change("plan_removed", plan, None) for plan in old]
    changes += [_change("plan_added", None, plan) for plan in new]
    return changes


def _all(plan: Plan) -> Hashable:
    return fold(plan.name or ""), plan.price, plan.currency, plan.period


def _name_and_due(plan: Plan) -> Hashable:
    return fold(plan.name or ""), plan.period, plan.currency, plan.addon


def _name_and_currency(plan: Plan) -> Hashable:
    return fold(plan.name or ""), plan.currency, plan.price


def _by_lone_name(old: list[Plan], new: list[Plan]) -> tuple[list[tuple[Plan, Plan]], list[Plan], list[Plan]]:
    """Pair plans whose name is unique among the remaining ones on both sides."""
    lone = _counted_once(old) & _counted_once(new)
    pairs, gone, fresh = match_equal(
        [plan for plan in old if fold(plan.name or "") in lone],
        [plan for plan in new if fold(plan.name or "") in lone],
        lambda plan: fold(plan.name or ""),
    )
    rest = _without(old, new, pairs)
    assert not gone
    assert not fresh
    return pairs, *rest


def _counted_once(plans: Iterable[Plan]) -> set[str]:
    counts = Counter(fold(plan.name or "") for plan in plans)
    return {name for name, count in counts.items() if count == 1}


def _name_likeness(one: Plan, other: Plan) -> float:
    """Return the similarity of two plans with different names, by names and prices."""
    ours, theirs = fold(one.name or ""), fold(other.name or "")
    if not ours or not theirs or one.period != other.period:
        return 0.0
    alike = likeness(ours, theirs)
    if set(ours.split()) <= set(theirs.split()) or set(theirs.split()) <= set(ours.split()):
        alike = max(alike, 0.9)
    if one.price == other.price and one.currency == other.currency and one.contact == other.contact:
        alike += 0.15
    if _digits(ours) != _digits(theirs):
        # "EDO 250" and "EDO 2500" are two plans.
        return 0.0
    return alike


def _digits(name: str) -> list[str]:
    return [word for word in name.split() if any(sign.isdigit() for sign in word)]


def _without(old: list[Plan], new: list[Plan], pairs: Iterable[tuple[Plan, Plan]]) -> tuple[list[Plan], list[Plan]]:
    taken = {id(plan) for pair in pairs for plan in pair}
    return [plan for plan in old if id(plan) not in taken], [plan for plan in new if id(plan) not in taken]


def _renamed(old: list[Plan], new: list[Plan]) -> tuple[list[tuple[Plan, Plan]], list[Plan], list[Plan]]:
    """Pair plans that differ only in name: the same price and period, unique on both sides."""
    pairs: list[tuple[Plan, Plan]] = []
    for gone in old:
        same = [fresh for fresh in new if _price(fresh) == _price(gone) and fresh.contact == gone.contact]
        rivals = [other for other in old if _price(other) == _price(gone)]
        if len(same) == 1 and len(rivals) == 1 and (len(old) <= 2 or set(gone.features) & set(same[0].features)):
            pairs.append((gone, same[0]))
    return pairs, *_without(old, new, pairs)


def _changed(old: Plan, new: Plan) -> Iterator[Change]:
    yield from _repriced(old, new)
    yield from _relisted(old, new)


def _relisted(old: Plan, new: Plan) -> Iterator[Change]:
    """Yield a change with the removed and the new limits and features of a plan.

    If less than half of a list remained, it counts as a different list, not as an edited one.
    """
    ours, theirs = {fold(each) for each in old.features}, {fold(each) for each in new.features}
    if ours == theirs or len(ours & theirs) * 2 < max(min(len(ours), len(theirs)), 1):
        return
    gone = [each for each in old.features if fold(each) not in theirs]
    fresh = [each for each in new.features if fold(each) not in ours]
    yield Change(
        kind="feature_changed",
        subject=new.name or "",
        before="\n".join(gone) or None,
        after="\n".join(fresh) or None,
    )


def _repriced(old: Plan, new: Plan) -> Iterator[Change]:
    if old.price == new.price and (old.currency == new.currency or not old.price):
        if fold(old.name or "") != fold(new.name or ""):
            yield _change("plan_renamed", old, new)
        elif old.period != new.period and old.period and new.period:
            yield _change("price_changed", old, new)
        return
    if old.price is None or new.price is None or not _comparable(old, new):
        yield _change("price_changed", old, new)
    else:
        yield _change("price_raised" if new.price > old.price else "price_lowered", old, new)


def _comparable(old: Plan, new: Plan) -> bool:
    """Whether two prices have the same currency and period, as far as stated; zero matches any."""
    same_currency = old.currency == new.currency or not old.price or not new.price
    return same_currency and (old.period == new.period or old.period is None or new.period is None)


def _change(kind: ChangeKind, old: Plan | None, new: Plan | None) -> Change:
    told = new or old
    assert told is not None
    return Change(
        kind=kind,
        subject=told.name or "",
        before=_price(old, named=kind == "plan_renamed") if old else None,
        after=_price(new, named=kind == "plan_renamed") if new else None,
        percent=None if kind == "plan_renamed" else _percent(old, new),
    )


def _price(plan: Plan, *, named: bool = False) -> Price:
    return Price(price=plan.price, currency=plan.currency, period=plan.period, name=plan.name if named else None)


def _percent(old: Plan | None, new: Plan | None) -> float | None:
    if old is None or new is None or not old.price or new.price is None or not _comparable(old, new):
        return None
    return round(float((new.price - old.price) / old.price * 100), 1)
