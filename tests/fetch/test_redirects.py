"""Redirects are followed by hand: each hop is checked, keys stay at home, and permanent moves are remembered."""

from __future__ import annotations

import pytest

from listener.fetch import Fetcher
from listener.types import Outcome, Request, Validators
from tests.fetch.conftest import MakeFetcher, MakeSite
from tests.fetch.sites import Clock, Site, redirect, reply


@pytest.fixture
def other(make_site: MakeSite) -> Site:
    return make_site("127.0.0.2")


def ask(site: Site, path: str = "/", **more: str) -> Request:
    return Request(url=site.url(path), robots=False, headers=more)


def test_redirects_lead_to_the_end(site: Site, other: Site, fetcher: Fetcher) -> None:
    site.scripts["/a/b"] = redirect("../c?x=1#part", 301)
    site.scripts["/c?x=1"] = redirect(other.url("/d"), 307)
    other.scripts["/d"] = reply(body=b"end")
    result = fetcher.fetch(ask(site, "/a/b"))
    assert result.response is not None
    assert result.response.url == other.url("/d")
    assert result.response.request.url == site.url("/a/b")


@pytest.mark.parametrize(
    ("statuses", "remembered"),
    [([301], 1), ([308, 301], 2), ([302], None), ([301, 302], 1), ([302, 301], None), ([307], None), ([303], None)],
)
def test_what_moved_for_good_is_remembered_as_far_as_it_did(
    site: Site, fetcher: Fetcher, statuses: list[int], remembered: int | None
) -> None:
    for number, status in enumerate(statuses):
        site.scripts[f"/{number}"] = redirect(f"/{number + 1}", status)
    site.scripts[f"/{len(statuses)}"] = reply(body=b"end")
    result = fetcher.fetch(ask(site, "/0"))
    assert result.outcome is Outcome.OK
    assert result.validators.moved_to == (None if remembered is None else site.url(f"/{remembered}"))


def test_where_it_moved_is_asked_first(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/old"] = redirect("/new", 301)
    site.scripts["/new"] = reply(body=b"end", headers={"ETag": '"1"'})
    first = fetcher.fetch(ask(site, "/old"))
    site.scripts["/new"] = reply(304)
    second = fetcher.fetch(ask(site, "/old"), first.validators)
    assert site.paths == ["/old", "/new", "/new"]
    assert second.outcome is Outcome.NOT_MODIFIED
    assert second.validators == first.validators
    site.scripts["/new"] = redirect("/newer", 308)
    site.scripts["/newer"] = reply(body=b"end")
    third = fetcher.fetch(ask(site, "/old"), second.validators)
    assert third.validators.moved_to == site.url("/newer")


@pytest.mark.parametrize("status", [404, 410])
def test_the_old_url_is_asked_again_when_the_new_one_is_gone(site: Site, fetcher: Fetcher, status: int) -> None:
    site.scripts["/new"] = reply(status)
    site.scripts["/old"] = reply(body=b"back")
    result = fetcher.fetch(ask(site, "/old"), Validators(etag='"1"', moved_to=site.url("/new")))
    assert result.outcome is Outcome.OK
    assert result.validators.moved_to is None
    assert site.paths == ["/new", "/old"]
    assert "if-none-match" not in site.seen[1].headers


def test_the_old_url_is_asked_again_when_the_new_host_is_gone(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/old"] = reply(404)
    before = Validators(etag='"1"', moved_to="http://gone.example/new")
    result = fetcher.fetch(ask(site, "/old"), before)
    assert result.outcome is Outcome.NOT_FOUND
    assert result.validators == Validators(etag='"1"')


def test_a_new_url_that_cannot_be_asked_is_forgotten(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/old"] = reply(body=b"x")
    result = fetcher.fetch(ask(site, "/old"), Validators(moved_to="http://" + "x" * 9_000))
    assert result.outcome is Outcome.OK
    assert result.validators.moved_to is None


def test_a_failure_forgets_nothing(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/new"] = reply(500)
    before = Validators(etag='"1"', body_hash="x", moved_to=site.url("/new"))
    result = fetcher.fetch(ask(site, "/old"), before)
    assert result.outcome is Outcome.SERVER_ERROR
    assert result.validators == before
    assert site.paths == ["/new"]


def test_redirects_without_end_are_left(site: Site, fetcher: Fetcher) -> None:
    for number in range(10):
        site.scripts[f"/{number}"] = redirect(f"/{number + 1}")
    result = fetcher.fetch(ask(site, "/0"))
    assert result.outcome is Outcome.REDIRECTS
    assert site.paths == [f"/{number}" for number in range(6)]


def test_a_redirect_without_a_target_is_no_redirect(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = reply(302)
    assert fetcher.fetch(ask(site)).outcome is Outcome.PROTOCOL


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.9/",
        "http://localhost.example/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.9]/",
        "http://[fe80::1]/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_no_redirect_leads_inside(site: Site, fetcher: Fetcher, names: dict[str, list[str]], location: str) -> None:
    names["localhost.example"] = ["127.0.0.9"]
    site.scripts["/"] = redirect(location)
    result = fetcher.fetch(ask(site))
    assert result.outcome is Outcome.ADDRESS, result.detail


def test_keys_stay_with_the_host_they_were_meant_for(site: Site, other: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = redirect("/here")
    site.scripts["/here"] = redirect(other.url("/there"))
    other.scripts["/there"] = redirect(site.url("/home"))
    site.scripts["/home"] = reply(body=b"end")
    keys = {"Authorization": "Bearer k", "Cookie": "c", "X-Api-Key": "k", "Accept": "text/xml"}
    assert fetcher.fetch(ask(site, **keys)).outcome is Outcome.OK
    here, there, home = site.seen[1].headers, other.seen[0].headers, site.seen[2].headers
    for name, value in keys.items():
        assert here[name.lower()] == home[name.lower()] == value
    assert there["accept"] == "text/xml"
    assert not {"authorization", "cookie", "x-api-key"} & set(there)


def test_the_password_of_a_url_stays_with_its_host(site: Site, other: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = redirect(other.url("/there"), 301)
    other.scripts["/there"] = reply(body=b"end")
    result = fetcher.fetch(Request(url=site.url().replace("//", "//jo:secret@"), robots=False))
    assert "authorization" in site.seen[0].headers
    assert "authorization" not in other.seen[0].headers
    assert result.validators.moved_to == other.url("/there")


def test_a_password_in_a_redirect_is_not_used(site: Site, other: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = redirect(other.url("/there").replace("//", "//jo:secret@"), 301)
    other.scripts["/there"] = reply(body=b"end")
    result = fetcher.fetch(ask(site))
    assert "authorization" not in other.seen[0].headers
    assert "secret" not in (result.validators.moved_to or "")


def test_a_post_is_repeated_only_where_it_was_meant(site: Site, other: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = redirect("/api", 308)
    site.scripts["/api"] = reply(body=b"{}")
    post = Request(url=site.url(), method="POST", body=b"q", robots=False)
    assert fetcher.fetch(post).outcome is Outcome.OK
    assert [(seen.method, seen.body) for seen in site.seen] == [("POST", b"q"), ("POST", b"q")]
    site.scripts["/"] = redirect(other.url("/api"), 307)
    assert fetcher.fetch(post).outcome is Outcome.REDIRECTS
    site.scripts["/"] = redirect("/api", 303)
    assert fetcher.fetch(post).outcome is Outcome.REDIRECTS
    assert not other.seen


def test_a_location_in_utf_8_is_understood(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = redirect("/bär").decode("latin-1").encode().replace(b"\xc3\x83\xc2\xa4", b"\xc3\xa4")
    site.scripts["/b%C3%A4r"] = reply(body=b"end")
    assert fetcher.fetch(ask(site)).outcome is Outcome.OK


def test_hops_on_one_host_keep_the_gap(site: Site, fetcher: Fetcher, clock: Clock) -> None:
    site.scripts["/"] = redirect("/b")
    site.scripts["/b"] = reply(body=b"end")
    assert fetcher.fetch(ask(site)).outcome is Outcome.OK
    assert clock.slept == [2.0]


class TestTlsIsNotTakenAway:
    def test_a_redirect_to_plain_http_is_followed_but_not_remembered(
        self, make_site: MakeSite, make_fetcher: MakeFetcher, tls: object, ca_file: object, other: Site
    ) -> None:
        assert callable(tls)
        secure = make_site(tls=tls("127.0.0.1"))
        secure.scripts["/"] = redirect(other.url("/plain"), 301)
        other.scripts["/plain"] = reply(body=b"end")
        result = make_fetcher(ca_file=ca_file).fetch(ask(secure))
        assert result.outcome is Outcome.OK, result.detail
        assert result.validators.moved_to is None
