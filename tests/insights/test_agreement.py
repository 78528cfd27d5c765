"""Agreement with persons: counts that can be followed by hand, and ranges that know how few they are."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from listener.insights.agreement import Share, of_labels, of_sets, together


def test_precision_and_recall_of_each_label_are_counted() -> None:
    found = of_labels("sentiment", [("bad", "bad"), ("bad", "good"), ("good", "good"), (None, "bad")])
    assert (found.same.right, found.same.of) == (2, 4)
    by_name = {one.name: one for one in found.classes}
    assert (by_name["bad"].precision, by_name["bad"].recall) == (Share(right=1, of=2), Share(right=1, of=2))
    assert (by_name["good"].precision, by_name["good"].recall) == (Share(right=1, of=1), Share(right=1, of=2))
    assert by_name["good"].f1 == pytest.approx(2 / 3)


def test_sets_agree_where_they_are_the_same_and_by_each_member() -> None:
    found = of_sets("pains", [(["bugs", "speed"], ["bugs"]), ([], []), ([], ["price", "bugs"])])
    assert (found.same.right, found.same.of) == (1, 3)
    assert [one.name for one in found.classes] == ["bugs", "price", "speed"]
    whole = together("all", found.classes)
    assert (whole.precision, whole.recall) == (Share(right=1, of=2), Share(right=1, of=3))


def test_nothing_judged_is_unknown_and_not_zero() -> None:
    found = of_labels("kind", [])
    assert found.same.value is None
    assert found.same.interval is None
    assert found.classes == ()
    assert together("all", ()).f1 is None


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    # By hand from Wilson's formula with z = 1.96.
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 1, 0.2065, 1.0),
        (80, 100, 0.7112, 0.8666),
    ],
)
def test_ranges_are_wilsons(right: int, of: int, low: float, high: float) -> None:
    assert Share(right=right, of=of).interval == pytest.approx((low, high), abs=5e-4)


@given(st.integers(1, 10**6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_range_holds_its_share_and_lies_within_0_and_1(counts: tuple[int, int]) -> None:
    share = Share(right=counts[0], of=counts[1])
    assert share.interval is not None
    assert share.value is not None
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1
