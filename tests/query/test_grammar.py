"""What is no query is refused with its place and a sentence; what is one is read as its writer meant it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.errors import QueryError
from listener.mentions.grammar import DEPTH_LIMIT, LENGTH_LIMIT, TERM_LIMIT
from listener.mentions.matcher import compile_query
from listener.mentions.query import parse
from listener.mentions.syntax import And, Facet, Near, Node, Not, Or, Term
from listener.types import Item


def read(node: Node) -> str:
    """Return a tree with all its parentheses."""
    match node:
        case Term():
            fields = "" if len(node.fields) == 2 else f"{node.fields[0]}:"
            return fields + " ".join(piece.text + "*" * piece.prefix for piece in node.pieces)
        case Facet():
            return f"{node.field}:{node.value}{node.path}" + "*" * node.prefix
        case And():
            return "(" + " & ".join(map(read, node.parts)) + ")"
        case Or():
            return "(" + " | ".join(map(read, node.parts)) + ")"
        case Not():
            return "!" + read(node.part)
        case Near():
            return f"<{read(node.left)} {'>' if node.ordered else '~'}{node.words} {read(node.right)}>"


@pytest.mark.parametrize(
    ("expression", "tree"),
    [
        ("a b", "(a & b)"),
        ("a AND b", "(a & b)"),
        ("a OR b c OR d", "(a | (b & c) | d)"),
        ("a NOT b c", "(a & !b & c)"),
        ("a AND (b AND c) d", "(a & b & c & d)"),
        ("a OR (b OR c)", "(a | b | c)"),
        ("NOT NOT a", "a"),
        ("a NOT b NEAR/3 c", "(a & !<b ~3 c>)"),
        ("a NEAR/3 b ONEAR/0 c", "<<a ~3 b> >0 c>"),
        ("a (b NEAR/3 c) OR d", "((a & <b ~3 c>) | d)"),
        ("(a b) NEAR/3 c", "(<a ~3 c> & <b ~3 c>)"),
        ("c ONEAR/3 (a b)", "(<c >3 a> & <c >3 b>)"),
        ("(a b) NEAR/3 (c d)", "(<a ~3 c> & <a ~3 d> & <b ~3 c> & <b ~3 d>)"),
        ("(a OR b c) NEAR/3 d", "(<a ~3 d> | (<b ~3 d> & <c ~3 d>))"),
        ("title:(a OR text) author:@bob", "((title:a | title:text) & author:bob)"),
        ("TITLE: a", "title:a"),
        ("title:AND title:not", "(title:and & title:not)"),
        ('site:("https://www.Example.com/A/" OR *.co.uk)', "(site:example.com/a | site:co.uk)"),
        ("site:münchen.de", "site:xn--mnchen-3ya.de"),
        ("a lang:pt_BR", "(a & lang:pt-br)"),
        ('source:"Hacker News" OR source:news*', "(source:hacker news | source:news*)"),
        ('"not OR (this)"', "not or this"),
        ("Coca-Cola C++ .NET AT&T e-comm*", "(coca cola & c++ & .net & at&t & e comm*)"),
        ("“Acme Inc.” «Acme»", "(acme inc & acme)"),
        ('"AND"', "and"),
        ("near and_more", "(near & and_more)"),
        ("12:30 C:", "(12:30 & c)"),
        ("a　b\n\tc", "(a & b & c)"),
        ("東京 ab漢*", "(東京 & ab漢*)"),
    ],
)
def test_an_expression_is_read_as_meant(expression: str, tree: str) -> None:
    assert read(parse(expression).root) == tree


@pytest.mark.parametrize(
    ("expression", "position", "said"),
    [
        ("", 0, "empty"),
        ("  ", 2, "empty"),
        ("a AND", 5, "ends too early"),
        ("a AND ", 6, "after AND"),
        ("OR a", 0, "OR can't stand here"),
        ("a OR OR b", 5, "OR can't stand here"),
        ("a (b", 2, "never closed"),
        ("a) b", 1, "closes nothing"),
        ("a ()", 3, "nothing stands between"),
        ('a "b', 2, "never closed"),
        ("a {b", 2, "never closed"),
        ("a b}", 3, "closes nothing"),
        ('a ""', 2, "nothing to look for"),
        ("a {}", 2, "nothing to look for"),
        ("a ...", 2, "nothing to look for"),
        ("a or b", 2, "expected OR"),
        ("a And b", 2, "expected AND"),
        ("not b", 0, "expected NOT"),
        ("a NEAR b", 2, "NEAR/5"),
        ("a NEAR/ b", 2, "NEAR/5"),
        ("a near/3 b", 2, "NEAR/5"),
        ("a ONEAR/x b", 2, "ONEAR/5"),
        ("a NEAR/101 b", 2, "at most 100"),
        ("a NEAR/5", 8, "after NEAR"),
        ("NEAR/5 a", 0, "can't stand here"),
        ("a NEAR/5 NOT b", 9, "NOT can't stand"),
        ("a NEAR/5 (NOT b)", 10, "NOT can't stand"),
        ("a NEAR/5 (b OR NOT c)", 15, "NOT can't stand"),
        ("a NEAR/5 site:b.com", 9, "no place in a text"),
        ("title:a NEAR/5 author:b", 8, "within one field"),
        ("a && b", 2, "expected AND"),
        ("a || b", 2, "expected OR"),
        ("a -b", 2, "expected NOT b"),
        ("a !b", 2, "expected NOT b"),
        ('"a b"~5', 5, "expected NEAR/5"),
        ("a *", 2, "too little"),
        ("a bc*", 2, "too little"),
        ("a b*c", 2, "end of a word"),
        ("a *bcd", 2, "end of a word"),
        ("a title:", 8, "needs a value"),
        ("a title:NEAR/3 b NEAR", 17, "NEAR/5"),
        ("a title: OR b", 8, "needs a value"),
        ("titel:a", 0, "did you mean title:"),
        ("foo:a", 0, "expected one of title:"),
        ("https://a.com", 0, "site:"),
        ("title:(author:a)", 7, "stands inside of title:"),
        ("a site:x/y:z*", 7, "x"),
        ("site:a..b", 5, "no domain"),
        ("site:{a}", 5, "no case-exact form"),
        ("a lang:english", 7, "no language code"),
        ("a source:*", 9, "name of a source"),
        ("NOT a", 0, "nearly everything"),
        ("a OR NOT b", 0, "nearly everything"),
        ("lang:en", 0, "nearly everything"),
        ("a OR lang:en", 0, "nearly everything"),
        ("NOT (a OR NOT b)", 0, "nearly everything"),
    ],
)
def test_what_is_no_query_is_refused_with_its_place(expression: str, position: int, said: str) -> None:
    if said == "x":  # the path of a site may hold anything
        assert read(parse(expression).root) == "(a & site:x/y:z*)"
        return
    with pytest.raises(QueryError) as refused:
        parse(expression)
    assert refused.value.position == position
    assert said in refused.value.message
    assert "expected" in refused.value.message or "split" in refused.value.message
    assert refused.value.expression == expression


@pytest.mark.parametrize("expression", ["NOT a", "c OR NOT b", "lang:en", "NOT (a b) NOT lang:de"])
def test_a_narrowing_query_may_hold_by_not_alone(expression: str) -> None:
    query = compile_query(expression, narrows=True)
    assert query.holds(Item(text="x", lang="en"))
    assert not query.holds(Item(text="a b", lang="de"))


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 100_000,
        "(" * 5_000 + "a" + ")" * 5_000,
        "NOT " * 4_000 + "a",
        "title:" * 3_000,
        "a NEAR/1 " * 2_000 + "a",
        "(" * (DEPTH_LIMIT + 1) + "a" + ")" * (DEPTH_LIMIT + 1),
        "a " * (TERM_LIMIT + 1),
        "a" * (LENGTH_LIMIT + 1),
        f"({' '.join(f'a{n}' for n in range(50))}) NEAR/5 ({' '.join(f'b{n}' for n in range(50))})",
        "(a b c d) NEAR/1 (e f g h) NEAR/1 (i j k l) NEAR/1 (m n o p) NEAR/1 (q r s t) NEAR/1 (u v w x)",
        "((a OR b c) NEAR/1 (d OR e f)) NEAR/1 ((g OR h i) NEAR/1 (j OR k l)) NEAR/1 (m OR n o) NEAR/1 (p OR q r)",
    ],
)
def test_a_query_that_would_be_slow_or_deep_is_refused_at_once(expression: str) -> None:
    began = time.process_time()
    with pytest.raises(QueryError):
        parse(expression)
    assert time.process_time() - began < 2


def test_the_deepest_query_that_is_read_can_be_walked() -> None:
    expression = "a"
    for _ in range(DEPTH_LIMIT):
        expression = "(" + expression + " NEAR/1 b" * 10 + ")"
    query = compile_query(expression)
    assert query.query.terms() == ("a", "b")
    assert not query.explain(Item(text="a b")).holds


def test_the_largest_query_is_read_quickly() -> None:
    expression = " OR ".join(f'"w{n} x"' for n in range(1_400))
    assert len(expression) < LENGTH_LIMIT
    assert compile_query(expression).holds(Item(text="so w1399 x"))


PARTS = 'AND OR NOT NEAR/2 ONEAR/1 NEAR ( ) " { } title: site: lang: source: author: a b* abc* - ~3 * : x.com en “ é 漢'
GARBAGE = st.lists(st.sampled_from((*PARTS.split(), " ", "  ", "\ud800", "\x00")) | st.text(max_size=4), max_size=30)


@given(GARBAGE, st.sampled_from(["", " "]))
def test_garbage_raises_nothing_but_a_query_error_with_a_place_in_it(tokens: list[str], glue: str) -> None:
    expression = glue.join(tokens)
    try:
        query = parse(expression, narrows=True)
    except QueryError as error:
        place = (error.position, error.position + 1)
    else:
        place = query.root.at
        compile_query(expression, narrows=True).hits(Item(text=expression, title=expression))
        assert all(query.terms())
    assert 0 <= place[0] < place[1] <= len(expression) + 1


@pytest.mark.parametrize(
    ("expression", "terms", "names"),
    [
        ("acme", ("acme",), ("acme",)),
        ('"Acme Cloud" OR @acme NOT jobs', ("Acme Cloud", "@acme"), ("Acme Cloud", "@acme")),
        ("Globex NEAR/8 (hosting OR pricing)", ("Globex", "hosting", "pricing"), ("Globex",)),
        (
            "(flight OR delayed) (Delta OR delta.com)",
            ("flight", "delayed", "Delta", "delta.com"),
            ("Delta", "delta.com"),
        ),
        ("united (flight OR gate)", ("united", "flight", "gate"), ("united",)),
        ('{Apple} AND (iPhone OR "App Store")', ("Apple", "iPhone", "App Store"), ("Apple", "iPhone", "App Store")),
        ("author:Bob OR title:Acme*", ("Acme*",), ("Acme*",)),
        ("site:acme.com", (), ()),
        ("site:news.com Acme lang:en", ("Acme",), ("Acme",)),
    ],
)
def test_a_query_tells_its_terms_and_which_of_them_name_the_brand(
    expression: str, terms: tuple[str, ...], names: tuple[str, ...]
) -> None:
    query = parse(expression)
    assert query.terms() == terms
    assert query.names() == names
