"""How well pages are read: floors that may rise and never fall. The pages are of our own making, one layout each."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from listener.changes.compare import changes_between
from listener.facts import PageFacts, Plan
from listener.pages.facts import read_facts

HERE = Path(__file__).resolve().parent
#: Measured; raise them when they rise.
FLOORS = {"price and currency": 1.0, "name": 1.0, "period": 0.99, "questions": 1.0, "answers": 1.0}


def pages(kind: str) -> list[Path]:
    return sorted((HERE / kind).glob("*.html"))


def facts_of(path: Path) -> PageFacts:
    return read_facts(path.read_text(encoding="utf-8"))


def expected(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return told


def words(name: object) -> set[str]:
    return set(str(name or "").casefold().replace("(", " ").replace(")", " ").split())


def price_of(plan: Plan) -> tuple[float | None, str | None]:
    return (None if plan.price is None else float(plan.price), plan.currency if plan.price else None)


def is_price(plan: Plan, gold: dict[str, Any]) -> bool:
    price = gold["price"]
    wanted = None if price is None else float(str(price))
    return price_of(plan) == (wanted, gold["currency"] if wanted else None)


def is_named(plan: Plan, gold: dict[str, Any]) -> bool:
    mine, theirs = words(plan.name), words(gold["plan"])
    return gold["plan"] is None or mine <= theirs or theirs <= mine


def harmonic(found: int, extra: int, missed: int) -> float:
    return 2 * found / (2 * found + extra + missed)


def test_plans_are_read_with_their_prices_names_and_periods() -> None:
    count: Counter[str] = Counter()
    for path in pages("pricing"):
        told = expected(path)
        left = list(facts_of(path).plans)
        for gold in told["plans"]:
            same = [plan for plan in left if is_price(plan, gold)]
            match = next((plan for plan in same if is_named(plan, gold)), same[0] if same else None)
            count["found" if match else "missed"] += 1
            if match is None:
                continue
            left.remove(match)
            count["named"] += is_named(match, gold)
            if gold["period"]:
                count["periods"] += 1
                count["right periods"] += match.period == gold["period"]
        optional = list(told["optional"])
        for plan in left:
            hit = next((gold for gold in optional if is_price(plan, gold)), None)
            if hit is None:
                count["extra"] += 1
            else:
                optional.remove(hit)
    assert count["found"] > 200
    assert harmonic(count["found"], count["extra"], count["missed"]) >= FLOORS["price and currency"]
    assert count["named"] / count["found"] >= FLOORS["name"]
    assert count["right periods"] / count["periods"] >= FLOORS["period"]


def test_questions_are_read_in_order_with_their_answers() -> None:
    count: Counter[str] = Counter()
    for path in pages("faq"):
        told = expected(path)
        facts = facts_of(path)
        wanted = [str(question) for question in told["questions"]]
        found = [each.question for each in facts.questions]
        known = [question for question in found if question in wanted]
        assert known == [question for question in wanted if question in known], path.name
        count["found"] += len(known)
        count["missed"] += len(wanted) - len(known)
        count["extra"] += sum(question not in wanted and question not in told["optional"] for question in found)
        answers = {each.question: each.answer for each in facts.questions}
        for question, answer in dict(told["answers"]).items():
            count["answers"] += 1
            count["right answers"] += answers.get(str(question)) == answer
    assert count["found"] > 60
    assert harmonic(count["found"], count["extra"], count["missed"]) >= FLOORS["questions"]
    assert count["right answers"] / count["answers"] >= FLOORS["answers"]


@pytest.mark.parametrize("path", [*pages("pricing"), *pages("faq")], ids=lambda path: path.stem)
def test_a_page_is_the_same_as_itself_dressed_otherwise(path: Path) -> None:
    markup = path.read_text(encoding="utf-8")
    dressed = (
        markup.replace("<body>", '<body data-build="7f3a"><script>var nonce="1b9";</script><!-- cached -->')
        .replace("</body>", '<div class="cookie-banner"><p>We use cookies.</p><button>Accept</button></div></body>')
        .replace("><", ">\n  <")
    )
    assert changes_between(read_facts(markup), read_facts(dressed)) == ()
