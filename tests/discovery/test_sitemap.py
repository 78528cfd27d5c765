"""Sitemaps and robots.txt, well-formed or not."""

from __future__ import annotations

import gzip
import time

import pytest

from listener.discovery.sitemap import UNPACKED_LIMIT_BYTES, Sitemap, maps_in_robots, read_sitemap, unpacked

HERE = "https://globex.example/sitemap.xml"
PAGES = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://globex.example/pricing </loc><image:image><image:loc>https://globex.example/a.png</image:loc></image:image>
</url><url><loc><![CDATA[https://globex.example/faq?a=1&b=2]]></loc></url>
<url><loc>https://globex.example/x?a=1&amp;b=2</loc></url><url><loc>mailto:nobody</loc></url>
<url><loc>https://globex.example/pricing</loc></url></urlset>"""


def test_pages_are_listed_once_and_pictures_are_not() -> None:
    wanted = (
        "https://globex.example/pricing",
        "https://globex.example/faq?a=1&b=2",
        "https://globex.example/x?a=1&b=2",
    )
    assert read_sitemap(PAGES.encode(), HERE) == Sitemap(pages=wanted)


def test_a_packed_one_is_unpacked() -> None:
    assert read_sitemap(gzip.compress(PAGES.encode()), HERE) == read_sitemap(PAGES.encode(), HERE)


def test_an_index_names_further_ones() -> None:
    index = "<sitemapindex><sitemap><loc>/pages.xml.gz</loc></sitemap></sitemapindex>"
    assert read_sitemap(index.encode(), HERE).maps == ("https://globex.example/pages.xml.gz",)


def test_plain_lines_are_a_sitemap_too() -> None:
    assert read_sitemap(b"https://a.example/\nnothing\nhttps://a.example/b\n", HERE).pages == (
        "https://a.example/",
        "https://a.example/b",
    )


@pytest.mark.parametrize("body", [b"", b"<html><body>404</body></html>", b"\x1f\x8bbroken", b"\xff\xfe\x00"])
def test_anything_else_lists_nothing(body: bytes) -> None:
    assert read_sitemap(body, HERE) == Sitemap()


def test_robots_txt_names_sitemaps() -> None:
    text = "User-agent: *\nDisallow: /x\nSITEMAP: /a.xml\r\nSitemap:https://b.example/b.xml # b\nsitemap: /a.xml"
    assert maps_in_robots(text, "https://a.example/") == ("https://a.example/a.xml", "https://b.example/b.xml")


def test_a_bomb_is_unpacked_up_to_the_limit_alone() -> None:
    assert len(unpacked(gzip.compress(b"\0" * (UNPACKED_LIMIT_BYTES + 1_000_000), 1))) == UNPACKED_LIMIT_BYTES


@pytest.mark.parametrize("piece", ["<loc>", "<loc><![CDATA[", "<loc> ", "sitemap: ", "<loc>a</loc"])
def test_repetition_takes_no_longer_than_its_length(piece: str) -> None:
    text = "<urlset>" + piece * (2_000_000 // len(piece))
    started = time.process_time()
    read_sitemap(text.encode(), HERE)
    maps_in_robots(text, HERE)
    assert time.process_time() - started < 5
