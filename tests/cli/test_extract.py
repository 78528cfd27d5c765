"""Looking at a page from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from listener.cli import group

PAGE = """<html lang="en"><title>Pricing</title><body><h1>Plans for every team</h1>
<div class="cards">
<div class="card"><h3>Starter</h3><p class="price">$9<span>/mo</span></p><a class="btn" href="/s">Start now</a></div>
<div class="card"><h3>Pro</h3><p class="price">$29<span>/mo</span></p><a class="btn" href="/p">Go Pro</a></div>
</div>
<section id="faq"><h2>FAQ</h2>
<details><summary>Can I cancel?</summary><p>At any time.</p></details>
<details><summary>Is there a refund?</summary><p>Within 30 days.</p></details></section></body></html>"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def run(*arguments: str | Path, stdin: str | None = None) -> str:
    result = CliRunner().invoke(group, [str(each) for each in arguments], input=stdin)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_extract_prints_plans_and_questions_as_json(page: Path) -> None:
    told = json.loads(run("extract", page, "--json"))
    assert [(plan["plan"], plan["price"], plan["currency"], plan["period"]) for plan in told["plans"]] == [
        ("Starter", 9, "USD", "month"),
        ("Pro", 29, "USD", "month"),
    ]
    assert told["questions"] == ["Can I cancel?", "Is there a refund?"]
    assert told["answers"]["Is there a refund?"] == "Within 30 days."
    assert {"kind": "headline", "text": "Plans for every team", "url": None} in told["copy"]
    assert told["trouble"] is None


def test_extract_as_one_kind_leaves_the_others_out(page: Path) -> None:
    told = json.loads(run("extract", page, "--as", "faq", "--json"))
    assert told["questions"]
    assert told["plans"] == []
    assert told["copy"] == []


def test_extract_without_json_is_for_people(page: Path) -> None:
    output = run("extract", page)
    assert "Starter" in output
    assert "29 USD" in output
    assert "Within 30 days." in output


def test_no_text_of_a_page_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    pages = []
    for number, days in enumerate((30, 14)):
        hidden = PAGE.replace("Starter", "Starter&#27;[8m").replace("At any", "&#155;2JAt any")
        pages.append(tmp_path / f"{number}.html")
        pages[-1].write_text(
            hidden.replace("Within", "&#27;]0;mine&#7;Within")
            .replace("30", f"{days}")
            .replace("Plans", "&#x202e;Plans")
        )
    for output in (run("extract", pages[0]), run("extract", pages[0], "--as", "page"), run("diff", *pages)):
        assert not set(output) & {"\x1b", "\x07", "\x9b", "\u202e"}
        assert "Within 30" in output


def test_extract_reads_standard_input(page: Path) -> None:
    assert json.loads(run("extract", "-", "--json", stdin=PAGE))["title"] == "Pricing"


def test_diff_tells_prices_and_answers(page: Path, tmp_path: Path) -> None:
    after = tmp_path / "after.html"
    after.write_text(PAGE.replace("$29", "$39").replace("30 days", "14 days"), encoding="utf-8")
    told = json.loads(run("diff", page, after, "--json"))
    assert told["changes"] == [
        {
            "kind": "price_raised",
            "subject": "Pro",
            "before": {"price": 29, "currency": "USD", "period": "month"},
            "after": {"price": 39, "currency": "USD", "period": "month"},
            "percent": 34.5,
        },
        {
            "kind": "faq_answer_edited",
            "subject": "Is there a refund?",
            "before": "Within 30 days.",
            "after": "Within 14 days.",
            "percent": None,
        },
    ]
    assert "price raised: Pro: 29 USD per month → 39 USD per month (+34.5 %)" in run("diff", page, after)


def test_a_batch_answers_each_line_and_outlives_a_bad_one(page: Path, tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    lines = [
        {"id": "one", "path": str(page)},
        {"id": "gone", "path": str(tmp_path / "no.html")},
        {"id": "two", "path": str(page)},
    ]
    batch.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    told = [json.loads(line) for line in run("extract", "--batch", batch).splitlines()]
    assert [each["id"] for each in told] == ["one", "gone", "two"]
    assert "error" in told[1]
    assert told[0]["plans"] == told[2]["plans"] != []


def test_a_batch_of_pairs_is_compared(page: Path, tmp_path: Path) -> None:
    line = json.dumps({"id": 7, "before": str(page), "after": str(page)})
    assert json.loads(run("diff", "--batch", "-", stdin=line)) == {
        "id": 7,
        "changes": [],
        "trouble": {"before": None, "after": None},
    }


def test_a_missing_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    result = CliRunner().invoke(group, ["extract", str(tmp_path / "no.html")])
    assert result.exit_code != 0
    assert "No such file" in str(result.exception)


def test_an_address_without_its_scheme_is_asked_about_and_a_refusal_says_what_to_try(tmp_path: Path) -> None:
    def told(target: str) -> str:
        return str(CliRunner().invoke(group, ["-c", str(tmp_path / "none"), "extract", target]).exception)

    assert "https://globex.example/pricing" in told("globex.example/pricing")
    assert "https://" not in told("pricing.html")
    assert "fetch.allow_networks" in told("http://127.0.0.1:9/pricing")
