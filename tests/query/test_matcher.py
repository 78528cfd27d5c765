"""All brands at once answer as each query would alone, with hits in the original text."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.errors import QueryError
from listener.mentions.evaluate import HIT_LIMIT
from listener.mentions.matcher import AllNames, BrandNames, Matcher, compile_query
from listener.text import fold_exact, fold_text
from listener.types import Brand, Hit, Item, Source


def brands(*queries: str) -> list[Brand]:
    return [Brand(name=f"b{number}", query=query) for number, query in enumerate(queries)]


def matched(matcher: Matcher, item: Item, source: Source | None = None) -> list[str]:
    return [match.brand for match in matcher.match(item, source)]


def test_each_match_tells_its_hits_in_order_of_fields_and_places() -> None:
    matcher = Matcher([Brand(name="acme", query='"Acme Cloud" OR acme'), Brand(name="globex", query="Globex")])
    item = Item(title="ACME grows", text="We left Acme\nCloud, acme!")
    [match] = matcher.match(item)
    assert match.brand == "acme"
    assert match.hits == (
        Hit(field="title", start=0, end=4, term="acme"),
        Hit(field="text", start=8, end=12, term="acme"),
        Hit(field="text", start=8, end=18, term="Acme Cloud"),
        Hit(field="text", start=20, end=24, term="acme"),
    )


def test_names_within_names_are_all_found() -> None:
    matcher = Matcher(brands('"New York Times"', '"New York"', "york*", "Times", '"York Times"'))
    assert matched(matcher, Item(text="The New York Times")) == ["b0", "b1", "b2", "b3", "b4"]


def test_hits_of_near_are_those_that_stand_near() -> None:
    text = "Acme is old. So is the price of milk in the long and cold winter; the Acme price rose."
    hits = compile_query("acme NEAR/1 price").hits(Item(text=text))
    assert [(hit.start, text[hit.start : hit.end]) for hit in hits] == [(70, "Acme"), (75, "price")]


def test_only_one_brand_is_tried_where_the_source_belongs_to_it_or_the_caller_says_so() -> None:
    matcher = Matcher([Brand(name="acme", query="acme"), Brand(name="globex", query="globex")])
    item = Item(text="acme globex")
    own = Source(name="s", scraper="feed", brand="globex")
    assert matched(matcher, item) == ["acme", "globex"]
    assert matched(matcher, item, own) == ["globex"]
    assert [match.brand for match in matcher.match(item, only="acme")] == ["acme"]
    assert [match.brand for match in matcher.match(item, own, only="acme")] == ["acme"]
    assert matcher.match(item, only="nobody") == []
    assert matcher.match(Item(text="acme"), own) == []


def test_queries_on_where_an_item_comes_from_need_no_word() -> None:
    matcher = Matcher(brands("site:acme.com", "source:tickets", "source:tick*", "author:bob", "site:acme.com lang:de"))
    item = Item(text="x", url="https://blog.acme.com/1", author="Bob", lang="de-AT")
    assert matched(matcher, item, Source(name="Tickets", scraper="folder")) == ["b0", "b1", "b2", "b3", "b4"]
    assert matched(matcher, Item(text="bob acme.com tickets", url="https://acme.com.evil.net")) == []
    assert matched(matcher, Item(text="x", url="https://user:acme.com@evil.net:80/acme.com")) == []
    assert matched(matcher, Item(text="x", url="http://[broken")) == []
    assert matched(matcher, Item(text="x", url="http://" + "é" * 200_000 + ".acme.com")) == []
    assert matched(matcher, Item(text="x", url="http://é..acme.com")) == []


def test_the_language_is_told_by_the_text_where_something_can_tell_it_and_only_for_queries_that_ask() -> None:
    asked: list[str] = []

    def language(item: Item) -> str | None:
        asked.append(item.text)
        return "de" if "und" in item.text else None

    matcher = Matcher(brands("acme lang:de", "acme lang:en", "acme lang:de-at"), language=language)
    assert matched(matcher, Item(text="acme und")) == ["b0"]
    assert matched(matcher, Item(text="acme und", lang="de-AT")) == ["b0", "b2"]
    assert matched(matcher, Item(text="acme und", lang="en")) == ["b0"]
    assert matched(matcher, Item(text="acme", lang="en_GB")) == ["b1"]
    assert matched(matcher, Item(text="und")) == []
    assert asked == ["acme und", "acme und", "acme und", "acme"]


def test_no_brands_match_nothing() -> None:
    assert Matcher([]).match(Item(text="acme")) == []


def test_a_query_or_an_alias_that_cannot_be_read_is_told_when_the_matcher_is_built() -> None:
    with pytest.raises(QueryError):
        Matcher(brands("acme", "("))
    with pytest.raises(QueryError):
        Matcher([Brand(name="acme", query="acme", aliases=("...",))])


def test_hits_of_one_match_are_bounded() -> None:
    [match] = Matcher(brands("a OR b OR c OR d OR e")).match(Item(title="a b c d e " * 500, text="a b c d e " * 500))
    assert len(match.hits) == HIT_LIMIT


def test_a_brand_is_found_by_its_names_and_aliases_but_not_by_what_is_said_of_it() -> None:
    brand = Brand(name="globex", query="Globex NEAR/8 (hosting OR price*)", aliases=("GX Cloud", "{Target}", "@gx"))
    text = "Globex hosting: the GX  Cloud price, Target or target, @GX. GLOBEX’s"
    spans = BrandNames(brand).spans(text)
    assert [text[start:end] for start, end in spans] == ["Globex", "GX  Cloud", "Target", "@GX", "GLOBEX"]


def test_names_that_overlap_are_one_span() -> None:
    brand = Brand(name="acme", query='"Acme Cloud" OR "Cloud Services" OR Acme')
    assert BrandNames(brand).spans("Acme Cloud Services Acme") == ((0, 19), (20, 24))


def test_the_names_of_all_brands_are_found_at_once_as_those_of_each() -> None:
    named = [
        Brand(name="globex", query="title:Globex NEAR/8 (hosting OR price*)", aliases=("GX Cloud",)),
        Brand(name="apple", query="{Apple} OR 漢字"),
        Brand(name="here", query="site:here.test"),
        Brand(name="absent", query="Umbrella"),
    ]
    text = "Globex hosting, the GX  Cloud price: Apple’s apple, 漢字 and here"
    found = AllNames(named).find(text)
    assert found == {brand.name: spans for brand in named if (spans := BrandNames(brand).spans(text))}
    assert set(found) == {"globex", "apple"}


def test_threads_share_a_matcher() -> None:
    matcher = Matcher(brands("acme NEAR/3 café", "{Apple}", '"Straße 1"', "漢字"))
    items = [Item(text=text) for text in ("ACME my cafe", "apple Apple", "STRASSE-1", "この漢字", "nothing")] * 50
    alone = [matcher.match(item) for item in items]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(matcher.match, items)) == alone


# --- properties -----------------------------------------------------------------------------------------------------

#: Everything that edges of words depend on.
ALPHABET = "abAB12_'’&.@#+-$*^ \n™¹éÉe\u0301ß漢字カナก각나ह\u093f😀\u200b\u00ad/"
NASTY = st.text(st.sampled_from(ALPHABET), max_size=25)


@st.composite
def term(draw: st.DrawFn) -> str:
    text = draw(st.text(st.sampled_from(ALPHABET.replace("*", "")), min_size=1, max_size=6))
    shape = draw(st.sampled_from(['"{}"', '"{}*"', "title:'{}'", "{{{}}}"])) if "'" not in text else '"{}"'
    return shape.format(text)


@st.composite
def expression(draw: st.DrawFn) -> str:
    shape = draw(st.sampled_from(["{}", "{} OR {}", "{} AND {}", "{} NOT {}", "{} NEAR/1 {}", "({} OR {}) ONEAR/2 {}"]))
    return shape.format(*(draw(term()) for _ in range(shape.count("{}"))))


def readable(queries: list[str]) -> list[str]:
    kept = []
    for query in queries:
        try:
            compile_query(query)
        except QueryError:
            continue
        kept.append(query)
    return kept


@settings(max_examples=80)
@given(st.lists(expression(), min_size=1, max_size=6), NASTY, NASTY)
def test_all_at_once_find_what_each_finds_alone(queries: list[str], text: str, title: str) -> None:
    queries = readable(queries)
    # The text says what the query looks for, too, or it would rarely hold.
    item = Item(title=title, text=text + " " + " ".join(queries).replace('"', ""))
    found = {match.brand: match.hits for match in Matcher(brands(*queries)).match(item)}
    for number, query in enumerate(queries):
        compiled = compile_query(query)
        assert found.get(f"b{number}", ()) == compiled.hits(item)
        assert (f"b{number}" in found) is compiled.holds(item)


#: In which a name of ASCII is spelled, hidden, glued to something, or not there.
DISGUISES = st.lists(
    st.sampled_from(["ab", "AB", "a", "b", "áb", "ａｂ", "\u0301", "\u200b", *"’… ™漢é_\ud800"]), max_size=8
)


@settings(max_examples=200)
@given(DISGUISES, st.sampled_from(["", "ж", "漢", "é"]))
def test_names_of_ascii_are_found_in_all_their_spellings(parts: list[str], before: str) -> None:
    item = Item(title="".join(parts), text=before + "".join(reversed(parts)))
    # Beside a name that isn't of ASCII texts are looked through in another way.
    found = matched(Matcher(brands("ab", "aba*")), item)
    assert found == matched(Matcher(brands("ab", "aba*", "zzż")), item)
    assert found == [f"b{number}" for number, query in enumerate(("ab", "aba*")) if compile_query(query).holds(item)]


@settings(max_examples=80)
@given(term(), NASTY, NASTY)
def test_what_is_found_folds_to_what_was_looked_for(spelled: str, before: str, after: str) -> None:
    if not readable([spelled]):
        return
    compiled = compile_query(spelled)
    [leaf] = [compiled.query.root]
    text = before + spelled.strip("\"{}*'") + after
    for hit in compiled.hits(Item(text=text)):
        found = text[hit.start : hit.end]
        assert hit.start < hit.end
        pieces = getattr(leaf, "pieces")  # noqa: B009 - a Term, by construction
        assert fold_text(found).startswith(pieces[0].text)
        assert pieces[-1].prefix or fold_text(found).endswith(pieces[-1].text)
        if spelled.startswith("{"):
            assert " ".join(fold_exact(found).split()) == " ".join(fold_exact(spelled.strip("{}")).split())


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a NEAR/5 b", "a " * 500_000),
        ("a NEAR/5 b", "a b " * 250_000),
        ("a NEAR/100 b NEAR/100 c ONEAR/100 (a OR b OR c)", "a b c " * 50_000),
        ('"a a a a a a a a"', "a " * 500_000),
        ('"abc* abd* abc* b" OR aaa*', "a" * 1_000_000),
        ("abc* NEAR/3 abd*", "abc" * 300_000),
        ('"abc* x" OR "x abc*"', ("abc" * 30 + " ") * 3_000),
        ("acme NEAR/2 b", ("acme" + " " * 50) * 18_000),
        ('"acme b"', ("acme" + "-" * 39 + "c") * 22_000),
        ("a NEAR/1 é", "é\u0301a " * 40_000),
        ("漢 NEAR/3 字", "漢字" * 60_000),
        ("{Ab}", "ab " * 100_000),
        ("@a", "@a@" * 100_000),
        ("각 NEAR/2 나", "각" * 150_000),
    ],
)
def test_hostile_texts_take_bounded_time(query: str, text: str) -> None:
    matcher = Matcher(brands(query))
    began = time.process_time()
    matcher.match(Item(text=text, title=text[:1000]))
    assert time.process_time() - began < 10
