"""Pages with injected noise and facts: false alarms, recall, and speed against one lxml parse of the same page.

    python benchmarks/pages.py [--pairs 10000] [--seed 1] [--quick] [--speed]

Each page is drawn from a seed: plans in one of six layouts, questions in one of five, an advertising frame. A noise pair is
one page dressed twice: nonces, asset hashes, timestamps, years, consent banners, chats, rotated testimonials, reordered
cards, renamed classes, wrappers, other white space, a block page in its place. A fact pair has one fact changed besides.
"""

# ruff: noqa: E501  markup reads better in one line

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lxml.html

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from listener.changes.compare import changes_between
from listener.changes.confirm import ConfirmSettings
from listener.pages.facts import read_facts
from listener.pages.tree import read_page
from listener.watch import watch

NAMES = (
    "Starter Solo Basic Pro Team Growth Business Scale Studio Agency Premium Plus Essential Advanced Ultimate".split()
)
SERVICES = (
    "Haircut", "Deep clean", "Oil change", "Portrait session", "Math tutoring", "Dog walk", "Logo design", "Tax return",
    "Gel manicure", "Guitar lesson", "Garden care", "Window cleaning", "Website audit", "Swim course", "Bike repair",
)  # fmt: skip
FEATURES = "Unlimited projects;Email support;SSO;Audit log;10 GB storage;Custom domain;API access;Daily backups".split(
    ";"
)
TOPICS = (
    "cancel my plan", "get a refund", "change my address", "invite my team", "export my data", "pay by invoice",
    "use it offline", "see my receipts", "pause my account", "delete my account", "bring a friend", "park nearby",
)  # fmt: skip
ANSWERS = (
    "Yes, at any time from the settings page.", "Within {n} days, without giving a reason.", "Write to us and we do it the same day.",
    "Only on the larger plans, up to {n} times a year.", "No, but you can ask for an exception.", "It takes about {n} minutes.",
)  # fmt: skip
QUOTES = (
    "We switched in an afternoon. – Ana", "Saved us $4,000 a year. – Ben", "Best $20 I ever spent! – Chris", "Support is lovely. – Dee",
    "Five stars from me. – Eli", "We went from 9 tools to 1. – Fay",
)  # fmt: skip
LAYOUTS = ("cards", "table", "columns", "list", "dl", "flat")
FAQS = ("details", "divs", "headings", "dl", "none")
CURRENCIES = (("${}", 2), ("€{}", 2), ("{} €", 2), ("£{}", 2), ("{} kr", 0))
BLOCK_PAGE = "<html><title>Just a moment...</title><h1>example.com</h1><p>Verify you are human.</p><div class='cf-turnstile'></div>"


@dataclass(frozen=True)
class Plan:
    name: str
    price: int
    features: tuple[str, ...]


@dataclass(frozen=True)
class Spec:
    """What a page says."""

    headline: str
    plans: tuple[Plan, ...]
    questions: tuple[tuple[str, str], ...]
    layout: str
    faq: str
    currency: str
    period: str


@dataclass
class Dress:
    """How it is said this time."""

    random: random.Random
    classes: dict[str, str] = field(default_factory=dict)

    def name(self, word: str) -> str:
        """Return a class, with a build's hash behind it on some pages."""
        if self.random.random() < 0.5:
            return word
        return self.classes.setdefault(word, f"{word}-{self.random.randrange(16**5):05x}")


def draw(rng: random.Random) -> Spec:
    """Draw a page."""
    services = rng.random() < 0.4
    names = rng.sample(SERVICES if services else NAMES, rng.randint(2, 5))
    prices = sorted(rng.sample(range(5, 400), len(names)))
    plans = tuple(Plan(name, price, tuple(rng.sample(FEATURES, 3))) for name, price in zip(names, prices, strict=True))
    faq = rng.choice(FAQS)
    topics = rng.sample(TOPICS, rng.randint(3, 6)) if faq != "none" else []
    questions = tuple(
        (
            f"{rng.choice(('How do I', 'Can I', 'When can I'))} {topic}?",
            rng.choice(ANSWERS).format(n=rng.randint(2, 60)) + f" ({topic})",
        )
        for topic in topics
    )
    currency, _ = rng.choice(CURRENCIES)
    layout = rng.choice(LAYOUTS)
    return Spec(
        f"{rng.choice(NAMES)} work for {rng.choice(SERVICES).lower()}",
        plans,
        questions,
        layout,
        faq,
        currency,
        "" if services else "/month",
    )


def price(spec: Spec, plan: Plan) -> str:
    return spec.currency.format(plan.price) + spec.period


def plans_html(spec: Spec, dress: Dress) -> str:
    plans = list(spec.plans)
    if spec.layout != "flat" and dress.random.random() < 0.3:
        dress.random.shuffle(plans)
    if spec.layout == "cards":
        cards = "".join(
            f'<div class="{dress.name("card")}"><h3>{p.name}</h3><p class="{dress.name("price")}">{price(spec, p)}</p><ul>'
            + "".join(f"<li>{feature}</li>" for feature in p.features)
            + f'</ul><a class="btn" href="/buy?utm={dress.random.random()}">Choose {p.name}</a></div>'
            for p in plans
        )
        return f'<div class="{dress.name("grid")}">{cards}</div>'
    if spec.layout == "table":
        rows = "".join(f"<tr><td>{p.name}</td><td>{price(spec, p)}</td></tr>" for p in plans)
        return f"<table><tr><th>Plan</th><th>Price</th></tr>{rows}</table>"
    if spec.layout == "columns":
        head = "".join(f"<th>{p.name}</th>" for p in plans)
        cells = "".join(f"<td>{price(spec, p)}</td>" for p in plans)
        return f"<table><tr><th></th>{head}</tr><tr><td>Price</td>{cells}</tr></table>"
    if spec.layout == "list":
        return "<ul>" + "".join(f"<li>{p.name} <b>{price(spec, p)}</b></li>" for p in plans) + "</ul>"
    if spec.layout == "dl":
        return "<dl>" + "".join(f"<dt>{p.name}</dt><dd>{price(spec, p)}</dd>" for p in plans) + "</dl>"
    return "".join(f"<h3>{p.name}</h3><p>{price(spec, p)}</p>" for p in plans)


def faq_html(spec: Spec, dress: Dress) -> str:
    if spec.faq == "none":
        return ""
    shapes: dict[str, Callable[[str, str], str]] = {
        "details": lambda q, a: f"<details><summary>{q}</summary><p>{a}</p></details>",
        "divs": lambda q, a: (
            f'<div class="faq-item"><div class="faq-question">{q} <i>+</i></div><div class="faq-answer">{a}</div></div>'
        ),
        "headings": lambda q, a: f"<h4>{q}</h4><p>{a}</p>",
        "dl": lambda q, a: f"<dt>{q}</dt><dd>{a}</dd>",
    }
    questions = list(spec.questions)
    if dress.random.random() < 0.2:
        dress.random.shuffle(questions)
    body = "".join(shapes[spec.faq](q, a) for q, a in questions)
    return f"<section><h2>Frequently asked questions</h2>{f'<dl>{body}</dl>' if spec.faq == 'dl' else body}</section>"


def render(spec: Spec, rng: random.Random) -> str:
    """Dress a page: the same facts, other markup."""
    dress = Dress(rng)
    quotes = "".join(f"<blockquote>{quote}</blockquote>" for quote in rng.sample(QUOTES, 3))
    banner = (
        '<div class="cookie-banner"><p>We use cookies.</p><button>Accept</button></div>' if rng.random() < 0.5 else ""
    )
    chat = '<div id="chat-widget" hidden><p>Hi! Plans from $1?</p></div>' if rng.random() < 0.3 else ""
    stamp = f'<p class="stamp">Page built {rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}</p>'
    body = (
        f'<header><nav><a href="/">Home</a><a href="/p?v={rng.random()}">Pricing</a>{"<a href=/b>Blog</a>" * rng.randint(0, 1)}</nav></header>'
        f"<main><h1>{spec.headline}</h1>{plans_html(spec, dress)}"
        f'<section class="testimonials">{quotes}</section>{faq_html(spec, dress)}</main>'
        f"<footer>{stamp if rng.random() < 0.5 else ''}<p>© {rng.randint(2020, 2026)} Example</p></footer>{banner}{chat}"
    )
    if rng.random() < 0.4:
        body = f'<div id="app" data-v="{rng.randrange(10**9)}"><div>{body}</div></div>'
    if rng.random() < 0.5:
        body = body.replace("><", ">\n    <")
    nonce = f"{rng.randrange(16**8):08x}"
    return (
        f'<!doctype html><html lang="en"><head><title>Pricing</title><link href="/a.{nonce}.css" rel="stylesheet">'
        f'<script nonce="{nonce}">var t={rng.random()};</script></head><body class="v{rng.randint(1, 9)}">{body}<!-- {nonce} --></body></html>'
    )


def mutated(spec: Spec, rng: random.Random) -> tuple[Spec, str, str]:
    """Change one fact; return the page, the kind of the change and its subject."""
    number = rng.randrange(len(spec.plans))
    plan = spec.plans[number]
    kinds = (
        ["price_raised", "price_lowered", "plan_added", "plan_removed"]
        if len(spec.plans) > 2
        else ["price_raised", "plan_added"]
    )
    if spec.questions:
        kinds += ["faq_added", "faq_removed", "faq_answer_edited"]
    kind = rng.choice(kinds)
    plans, questions, subject = list(spec.plans), list(spec.questions), plan.name
    if kind in ("price_raised", "price_lowered"):
        step = rng.randint(1, max(plan.price - 1, 1)) if kind == "price_lowered" else rng.randint(1, 60)
        plans[number] = replace(plan, price=plan.price + (step if kind == "price_raised" else -step))
    elif kind == "plan_added":
        subject = rng.choice([name for name in (*NAMES, *SERVICES) if name not in {each.name for each in spec.plans}])
        plans.insert(rng.randint(0, len(plans)), Plan(subject, rng.randint(401, 800), tuple(FEATURES[:3])))
    elif kind == "plan_removed":
        del plans[number]
    elif kind == "faq_added":
        subject = "Do you ship to the moon?"
        questions.insert(rng.randint(0, len(questions)), (subject, "Not this year, but ask us again."))
    else:
        place = rng.randrange(len(questions))
        subject, answer = questions[place]
        if kind == "faq_removed":
            del questions[place]
        else:
            questions[place] = (subject, answer + " Terms changed in spring.")
    return replace(spec, plans=tuple(plans), questions=tuple(questions)), kind, subject


def accuracy(pairs: int, seed: int) -> None:
    """Print false alarms on noise pairs, and recall on fact pairs."""
    rng = random.Random(seed)
    alarms: Counter[str] = Counter()
    found: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    examples: list[str] = []
    for _ in range(pairs):
        spec = draw(rng)
        before = read_facts(render(spec, rng))
        noisy = BLOCK_PAGE if rng.random() < 0.03 else render(spec, rng)
        for change in changes_between(before, read_facts(noisy)):
            alarms[f"{spec.layout}/{spec.faq}: {change.kind}"] += 1
            examples.append(f"noise {spec.layout}/{spec.faq}: {change}")
    for _ in range(pairs // 5):
        spec = draw(rng)
        after, kind, subject = mutated(spec, rng)
        changes = changes_between(read_facts(render(spec, rng)), read_facts(render(after, rng)))
        hits = [change for change in changes if change.kind == kind and change.subject.startswith(subject)]
        asked[kind] += 1
        found[kind] += bool(hits)
        extra[kind] += len(changes) - len(hits)
        if len(changes) != len(hits) or not hits:
            examples.append(
                f"{kind} of {subject} in {spec.layout}/{spec.faq}: {[(c.kind, c.subject) for c in changes]}"
            )
    print(f"noise pairs: {pairs:,}; false alarms: {sum(alarms.values())} {dict(alarms) or ''}")
    print(f"fact pairs:  {sum(asked.values()):,}; recall {sum(found.values()) / sum(asked.values()):.4f}")
    for kind, count in asked.items():
        print(f"  {kind:20} {found[kind]:5}/{count:<5} other changes told: {extra[kind]}")
    for example in examples[:12]:
        print("   ", example[:300])


def variants(pages: int, seed: int) -> None:
    """Print what is told of pages that show two versions by turns, each look in other markup: an A/B test."""
    rng = random.Random(seed)
    told = flaps = 0
    for _ in range(pages):
        spec = draw(rng)
        other, _, _ = mutated(spec, rng)
        bodies: dict[str, str] = {}
        state: Mapping[str, Any] = {}
        now = datetime(2026, 11, 2, tzinfo=UTC)
        for look in range(16):
            body = render(other if look % 2 else spec, rng)
            name = hashlib.sha256(body.encode()).hexdigest()
            watched = watch(
                state, name, read_facts(body), lambda known, bodies=bodies: read_facts(bodies[known]), ConfirmSettings(), now
            )  # fmt: skip
            if watched.keep:
                bodies[name] = body
            state, now = watched.page_state, now + timedelta(minutes=15)
            told += len(watched.changes)
            flaps += watched.flaps
    print(f"pages by turns: {pages:,}; changes told: {told}; told as flapping: {flaps}")


def large(rng: random.Random, size: int) -> str:
    """Return a page of `size` characters: a pricing page within prose, menus and cards such as pages of that size have."""
    parts = [render(draw(rng), rng)]
    filler = "".join(
        f'<section class="block b{n}"><h2>Part {n}</h2><div class="row"><div class="col"><p>{"Plain words about what we make. " * 4}'
        f'<a class="link" href="/more/{n}?ref=x" data-track="c{n}">Read <b>more</b></a></p></div><div class="col"><img src="/i/{n}.webp" '
        f'alt="" width="40" height="40" loading="lazy"><ul class="list"><li>One thing</li><li>Another thing</li></ul></div></div></section>'
        for n in range(size // 460)
    )
    return parts[0].replace("</main>", f"{filler}</main>")


def crowded(rng: random.Random, size: int) -> str:
    """Return a page of `size` characters that is nothing but plans: cards, tables and lists one after the other."""
    body: list[str] = []
    while sum(map(len, body)) < size:
        spec = draw(rng)
        body.append(f"<section><h2>{spec.headline}</h2>{plans_html(spec, Dress(rng))}</section>")
    return f"<!doctype html><title>Pricing</title><main>{''.join(body)}</main>"


#: What is timed: a title, what draws a page, and how many of them.
SIZED: tuple[tuple[str, Callable[[random.Random, int], str], int], ...] = (
    ("pages", large, 6),
    ("pages of nothing but plans", crowded, 1),
)


def speed(seed: int, rounds: int) -> None:
    """Print pages a second, and the cost of facts in parses by lxml of the same page.

    All jobs take turns, and the best of many rounds counts: on a machine with other work the slow minutes then fall on
    all of them alike.
    """
    rng = random.Random(seed)

    def prices(page: str) -> object:
        return read_facts(page, {"pricing"})

    def questions(page: str) -> object:
        return read_facts(page, {"faq"})

    def compared(page: str) -> object:
        return changes_between(read_facts(page), read_facts(page))

    jobs: dict[str, Callable[[str], object]] = {
        "lxml parse": lxml.html.document_fromstring,
        "tree and lines alone": read_page,
        "pricing": prices,
        "faq": questions,
        "all facts": read_facts,
        "all facts, both versions, compared": compared,
    }
    for title, make, count in SIZED:
        pages = [make(rng, 200_000) for _ in range(count)]
        best = {name: [float("inf")] * count for name in jobs}
        for _ in range(rounds):
            for number, page in enumerate(pages):
                for name, job in jobs.items():
                    best[name][number] = min(best[name][number], _timed(job, page))
        print(f"\n200 kB {title} ({statistics.mean(map(len, pages)) / 1000:.0f} kB)")
        parse = statistics.median(best["lxml parse"])
        for name in jobs:
            seconds = statistics.median(best[name])
            print(f"  {name:36} {seconds * 1000:7.1f} ms  {1 / seconds:6.0f} a second  {seconds / parse:5.1f} x lxml")


def _timed(work: Callable[[str], object], page: str) -> float:
    started = time.process_time()
    work(page)
    return time.process_time() - started


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--pairs", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--quick", action="store_true", help="300 pairs")
    arguments.add_argument("--speed", action="store_true", help="the speed alone")
    given = arguments.parse_args()
    if given.speed:
        speed(given.seed, 8)
        raise SystemExit
    accuracy(300 if given.quick else given.pairs, given.seed)
    variants(15 if given.quick else given.pairs // 50, given.seed)
    speed(given.seed, 3 if given.quick else 8)
