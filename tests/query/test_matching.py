"""What a single query finds in a text, and what it leaves alone."""

from __future__ import annotations

import pytest

from listener.mentions.matcher import compile_query
from listener.types import Item, Source


def found(expression: str, text: str) -> list[str]:
    hits = compile_query(expression).hits(Item(text=text))
    assert all(hit.field == "text" for hit in hits)
    return [text[hit.start : hit.end] for hit in hits]


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        # Whole words, in any case, wherever a word can stand.
        ("acme", "Acme ACME (acme) acme's acme. acme-made", ["Acme", "ACME", "acme", "acme", "acme", "acme"]),
        ("acme", "acmecloud megaacme acme2 2acme acme_cloud my_acme", []),
        ("acme", "@acme #acme $ACME acme.com bob@acme.com _acme_", ["acme", "acme", "ACME", "acme", "acme", "acme"]),
        # Accents, width, ligatures, invisible characters, styled letters.
        ("cafe", "Café CAFÉ cafe\u0301 cafés", ["Café", "CAFÉ", "cafe\u0301"]),
        ("Café", "cafe", ["cafe"]),
        ("Strasse", "Straße STRASSE", ["Straße", "STRASSE"]),
        ("istanbul", "İstanbul ISTANBUL ıstanbul", ["İstanbul", "ISTANBUL", "ıstanbul"]),
        ("office", "oﬃce", ["oﬃce"]),
        (
            "acme",
            "Ａｃｍｅ A\u200bc\u00adme 𝐀𝐜𝐦𝐞 Acme™ Acme¹",
            ["Ａｃｍｅ", "A\u200bc\u00adme", "𝐀𝐜𝐦𝐞", "Acme", "Acme"],
        ),
        ("maersk", "Mærsk", ["Mærsk"]),
        ("мой", "мои мой МОЙ", ["мой", "МОЙ"]),
        ("елка", "ёлка", ["ёлка"]),
        # Apostrophes, straight and curly; what stands before one in French, behind one in English.
        ("Macy's", "Macy’s macy's MACY‘S Macys", ["Macy’s", "macy's", "MACY‘S"]),
        ("Macy’s", "Macy's", ["Macy's"]),
        ("iphone", "l’iPhone d'iphone", ["iPhone", "iphone"]),
        ("t", "can't won’t T", ["T"]),
        # Signs that are part of a name.
        ("@acme", "@acme (@Acme) @acme's bob@acme.com @acme_help @acme-help", ["@acme", "@Acme", "@acme"]),
        ("#acme", "#acme #acmefail acme", ["#acme"]),
        ("$ACME", "$ACME acme", ["$ACME"]),
        ("C++", "C++ c++17 C+++ C C#", ["C++", "c++"]),
        ("C#", "C# C", ["C#"]),
        ("C", "C C++ C# c.", ["C", "c"]),
        (".NET", ".NET (.net) internet example.net ASP.NET", [".NET", ".net"]),
        ("AT&T", "AT&T at&t. A T", ["AT&T", "at&t"]),
        ("Acme.io", "acme.io acme,io acme io", ["acme.io"]),
        ("Disney+", "Disney+ disney", ["Disney+"]),
        ("HP", "HP HP's HP-made HP. h&hp", ["HP", "HP", "HP", "HP"]),
        ("😡", "so bad😡😡", ["😡", "😡"]),
        ("❤️", "love❤", ["❤"]),
        # Hyphens come and go.
        (
            "Coca-Cola",
            "Coca-Cola coca cola Coca\u2011Cola cocacola coca, cola",
            ["Coca-Cola", "coca cola", "Coca\u2011Cola"],
        ),
        ("T-Mobile", "T-Mobile and AT&T Mobile can't mobile", ["T-Mobile"]),
        # Phrases: the same words in this order, whatever stands between them.
        (
            '"Acme Cloud"',
            "Acme  Cloud ACME-CLOUD Acme\n    cloud Acme® Cloud",
            ["Acme  Cloud", "ACME-CLOUD", "Acme\n    cloud", "Acme® Cloud"],
        ),
        ('"Acme Cloud"', "Cloud Acme, acme the cloud, acme clouds, AcmeCloud", []),
        ('"Yahoo! Finance"', "Yahoo Finance", ["Yahoo Finance"]),
        ('"Acme Inc."', "Acme, Inc said", ["Acme, Inc"]),
        ("“Acme Cloud”", "Acme Cloud", ["Acme Cloud"]),
        ('"not AND"', "not and", ["not and"]),
        # Prefixes.
        ("refund*", "refund Refunded refunds, prerefund", ["refund", "Refunded", "refunds"]),
        ('"cust* service"', "Customer service", ["Customer service"]),
        # The case-exact form keeps case, accents and signs.
        ("{Apple}", "apple APPLE Apple’s Apple", ["Apple", "Apple"]),
        ("{Café}", "Cafe CAFÉ Café Cafe\u0301", ["Café", "Cafe\u0301"]),
        ("{Coca-Cola}", "Coca-Cola Coca Cola Coca\u2010Cola", ["Coca-Cola", "Coca\u2010Cola"]),
        ("{United  Airlines}", "United\nAirlines united airlines", ["United\nAirlines"]),
        # Scripts without spaces are found inside of anything; others beside them keep their edges.
        ("東京", "私は東京都に", ["東京"]),
        ("acme", "我喜欢Acme的", ["Acme"]),
        ('"東京 Acme"', "東京Acme", ["東京Acme"]),
        ("กรุงเทพ", "ไปกรุงเทพมหานคร", ["กรุงเทพ"]),
        ("삼성", "삼성은 제삼성", ["삼성"]),
        ("acme", "Acme는", ["Acme"]),
        ("ガス", "ｶﾞｽ", ["ｶﾞｽ"]),
        ("हिन्द", "हिन्दी", []),
    ],
)
def test_a_term_finds_these_places_and_no_others(expression: str, text: str, expected: list[str]) -> None:
    assert found(expression, text) == expected


@pytest.mark.parametrize(
    ("expression", "text", "holds"),
    [
        ("a AND b", "b a", True),
        ("a AND b", "a", False),
        ("a b", "b a", True),
        ("a b", "a", False),
        ("a OR b", "b", True),
        ("a NOT b", "a", True),
        ("a NOT b", "a b", False),
        ("a AND NOT b", "a b", False),
        # NOT before AND before OR.
        ("a OR b c", "a", True),
        ("a OR b c", "b", False),
        ("(a OR b) c", "a", False),
        ("(a OR b) c", "b c", True),
        ("a NOT (b OR c)", "a c", False),
        ("a NOT NOT b", "a b", True),
        ("a NOT NOT b", "a", False),
        # NEAR counts the words between.
        ("a NEAR/2 b", "a x y b", True),
        ("a NEAR/2 b", "b x y a", True),
        ("a NEAR/2 b", "a x y z b", False),
        ("a NEAR/0 b", "a, b", True),
        ("a NEAR/0 b", "a x b", False),
        ("a ONEAR/2 b", "a x y b", True),
        ("a ONEAR/2 b", "b x y a", False),
        ("a ONEAR/2 b", "b a x b", True),
        ('"x y" NEAR/1 (b OR "c d")', "c d z x y", True),
        ("a NEAR/1 don't", "a isn't don't", True),
        ("a NEAR/1 a", "a", False),
        ("a NEAR/1 a", "a x a", True),
        ("abc NEAR/1 abc*", "abc", False),
        ("a NEAR/1 b NEAR/1 c", "a x b y c", True),
        ("a NEAR/1 b NEAR/1 c", "a x b y z c", False),
        ("(a AND b) NEAR/1 c", "a c x y b", False),
        ("(a AND b) NEAR/1 c", "a c b", True),
        ("(a OR (b AND d)) NEAR/1 c", "b c d", True),
        ("(a OR (b AND d)) NEAR/1 c", "b c x y d", False),
        ("a NEAR/1 b NOT c", "a b c", False),
        ("京 NEAR/2 人", "京都的人", True),
        ("京 NEAR/1 人", "京都的人", False),
    ],
)
def test_operators_decide(expression: str, text: str, holds: bool) -> None:
    query = compile_query(expression)
    assert query.holds(Item(text=text)) is holds
    assert bool(query.hits(Item(text=text))) is holds


ITEM = Item(
    title="Acme raises prices",
    text="Says Globex.",
    url="https://Blog.Example.co.uk:8443/News/acme?x=1",
    author="@Jane_Doe (Jane)",
    lang="pt-BR",
)
SOURCE = Source(name="Hacker  News", scraper="feed")


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("title:acme", True),
        ("title:globex", False),
        ("text:globex", True),
        ("title:(acme NEAR/1 prices)", True),
        ("title:(acme globex)", False),
        ("acme NEAR/5 globex", False),  # not across fields
        ("acme globex", True),
        ("author:jane", True),
        ("author:@jane_doe", True),
        ("author:doe", False),
        ("jane", False),
        ("site:example.co.uk", True),
        ("site:blog.example.co.uk", True),
        ("site:ample.co.uk", False),
        ("site:uk", True),
        ("site:example.co.uk/news", True),
        ("site:example.co.uk/new", False),
        ("site:(example.com OR example.co.uk)", True),
        ("acme lang:pt", True),
        ("acme lang:pt-br", True),
        ("acme lang:pt-PT", False),
        ("acme lang:p", None),
        ('source:"hacker news"', True),
        ("source:hack*", True),
        ("source:hacker", False),
        ("acme NOT site:example.co.uk", False),
        ("acme NOT site:example.com", True),
    ],
)
def test_fields_decide(expression: str, holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(Exception, match="language code"):
            compile_query(expression)
        return
    assert compile_query(expression).holds(ITEM, SOURCE) is holds


def test_what_an_item_does_not_tell_holds_no_condition() -> None:
    bare = Item(text="acme")
    for condition in ("site:example.com", "lang:en", "source:news", "author:bob"):
        assert not compile_query(f"acme {condition}").holds(bare)
        assert compile_query(f"acme NOT {condition}").holds(bare)
