"""What stands in a page's place is known for what it is, and an ordinary page isn't taken for that."""

from __future__ import annotations

import pytest

from listener.changes.compare import changes_between
from listener.pages.facts import read_facts
from listener.pages.trouble import redirected_home

TROUBLE = {
    "captcha": """<title>Just a moment...</title><h1>shop.example</h1>
        <p>Verify you are human by completing the action below.</p><div class="cf-turnstile"></div>""",
    "blocked": """<title>Access denied</title><h1>Access denied</h1>
        <p>You don't have permission to access this server.</p><p>Reference #18.4b5f1.1700</p>""",
    "login": """<title>Sign in – Acme</title><form><h1>Sign in</h1><input name=user><input type=password name=p>
        <button>Sign in</button></form><a href=/forgot>Forgot your password?</a>""",
    "error-page": """<title>Page not found</title><h1>Oops! That page can’t be found.</h1><p>Try a search?</p>""",
    "empty-shell": """<title>Acme</title><noscript>You need to enable JavaScript to run this app.</noscript>
        <div id="root"></div><script src=/main.js></script>""",
    "script-prices": """<title>Pricing</title><h1>Pricing</h1><p>Prices include everything that we make.</p>
        <div class=card><h3>Solo</h3><span class=price></span></div>
        <div class=card><h3>Crew</h3><span class=price>--</span></div>""",
}
ORDINARY = [
    """<title>Pricing</title><h1>Pricing</h1><div class=c><h3>Solo</h3><p class=price>$9/mo</p></div>
        <a href=/l>Log in</a>""",
    "<title>How captchas work</title>" + "<p>A captcha tells people from programs, most of the time.</p>" * 60,
    "<title>Security</title><h1>Security at Acme</h1>" + "<p>We protect your account, encrypted at rest.</p>" * 20,
    """<title>FAQ</title><h1>FAQ</h1>
        <details><summary>Why do I get error 404?</summary><p>The page moved.</p></details>""",
    "<title>Plans</title><h1>Plans</h1>" + "<p>Ask us for a price. We answer within a day, in plain words.</p>" * 3,
]


@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_is_recognised(kind: str) -> None:
    assert read_facts(f"<html><body>{TROUBLE[kind]}</body></html>").trouble == kind


@pytest.mark.parametrize("markup", ORDINARY)
def test_an_ordinary_page_is_none(markup: str) -> None:
    assert read_facts(f"<html><body>{markup}</body></html>").trouble is None


def test_a_page_in_trouble_is_never_all_plans_removed() -> None:
    before = read_facts("<h1>Plans</h1><div class=c><h3>Solo</h3><p class=price>$9/mo</p></div>")
    assert before.plans
    for markup in TROUBLE.values():
        assert changes_between(before, read_facts(f"<html><body>{markup}</body></html>")) == ()


@pytest.mark.parametrize(
    ("asked", "got", "home"),
    [
        ("https://a.example/pricing", "https://a.example/", True),
        ("https://a.example/pricing", "https://www.a.example", True),
        ("https://a.example/pricing", "https://a.example/plans", False),
        ("https://a.example/", "https://a.example/", False),
        ("https://a.example/de/preise", "https://a.example/index.html", True),
    ],
)
def test_a_redirect_to_the_front_page_is_seen(asked: str, got: str, home: bool) -> None:
    assert redirected_home(asked, got) is home
