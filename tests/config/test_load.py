"""Loading a settings file: what it becomes, and what is told of one that can't be used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from listener.channels import EmailSettings, Secret, SlackSettings, WebhookSettings
from listener.config import Settings, load
from listener.errors import ConfigError, ConfigProblem
from listener.types import Brand, Rule, Source

ROOT = Path(__file__).resolve().parent.parent.parent
NOBODY: Mapping[str, str] = {}
HOOK = "[channels.hook]\ntype = 'webhook'\nurl = 'https://example.com/hook'\n"


def settings(folder: Path, text: str, environ: Mapping[str, str] = NOBODY) -> Settings:
    path = folder / "listener.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return load(path, environ=environ)


def problems(folder: Path, text: str, environ: Mapping[str, str] = NOBODY) -> tuple[ConfigProblem, ...]:
    with pytest.raises(ConfigError) as caught:
        settings(folder, text, environ)
    return caught.value.problems


def only_problem(folder: Path, text: str) -> ConfigProblem:
    (problem,) = problems(folder, text)
    return problem


def test_an_empty_file_gives_the_defaults_and_says_what_is_missing(tmp_path: Path) -> None:
    read = settings(tmp_path, "")
    assert read.path == tmp_path / "listener.toml"
    assert read.database == str(tmp_path / "listener.db")
    assert read.timezone == ZoneInfo("UTC")
    assert read.fetch.body_limit == 10_000_000
    assert read.retention.mentions is None
    told = " ".join(warning.message for warning in read.warnings)
    assert all(word in told for word in ("contact", "brands", "sources", "channels"))


def test_the_sample_at_the_root_is_valid_and_has_no_warnings() -> None:
    read = load(ROOT / "listener.toml", environ=NOBODY)
    assert read.warnings == ()
    assert [brand.name for brand in read.brands] == ["acme", "globex"]
    assert read.alerts[0].channels == ("screen",)


def test_every_kind_of_value_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    read = settings(
        tmp_path,
        """
        [listener]
        database = "data/x.db"
        timezone = "Europe/Berlin"
        contact = "https://example.com/bot"
        scrapers = ["mine"]
        [fetch]
        gap = "1m30s"
        body_limit = "2MiB"
        allow_networks = ["10.1.0.0/16", "fd00::/8"]
        [retention]
        items = "2w"
        snapshots = "forever"
        [brands.acme]
        query = "Acme"
        aliases = ["AcmeDB"]
        [sources.blog]
        url = "https://example.com/feed"
        every = "90s"
        brand = "acme"
        weight = 2
        [channels.mail]
        type = "email"
        host = "mail.example.com"
        from = "listener@example.com"
        to = ["team@example.com"]
        quiet = "22:00-07:00"
        gap = "5m"
        [alerts.angry]
        channels = ["mail"]
        sentiment_at_most = -0.4
        send = 07:00:00
        """,
    )
    assert read.database == str(tmp_path / "data" / "x.db")
    assert read.timezone.key == "Europe/Berlin"
    assert read.scraper_folders == (tmp_path / "mine",)
    assert read.fetch.gap == timedelta(seconds=90)
    assert read.fetch.body_limit == 2 * 1024 * 1024
    assert read.fetch.allow_networks == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert read.retention.items == timedelta(weeks=2)
    assert read.retention.snapshots is None
    assert read.brands == (Brand(name="acme", query="Acme", aliases=("AcmeDB",)),)
    assert read.sources == (
        Source(
            name="blog",
            scraper="feed",
            url="https://example.com/feed",
            every=timedelta(seconds=90),
            brand="acme",
            weight=2.0,
        ),
    )
    mail = read.channels["mail"]
    assert isinstance(mail, EmailSettings)
    assert (mail.from_, mail.to, mail.gap) == ("listener@example.com", ("team@example.com",), timedelta(minutes=5))
    assert read.alerts == (Rule(name="angry", channels=("mail",), sentiment_at_most=-0.4, send="07:00"),)


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "[listener]\nworkers = 0\n[fetch]\ngap = 'soon'\nrobots = 'yes'\n[brands.acme]\n[alerts.a]\nchannels = ['x']\n",
    )
    assert [(problem.line, problem.key) for problem in found] == [
        (2, "listener.workers"),
        (4, "fetch.gap"),
        (5, "fetch.robots"),
        (6, "brands.acme"),
        (8, "alerts.a.channels[0]"),
    ]
    assert {problem.file for problem in found} == {str(tmp_path / "listener.toml")}


@pytest.mark.parametrize(
    ("text", "line", "key", "words", "meant"),
    [
        ("[listener]\ndatabse = 'x'", 2, "listener.databse", "unknown key", "database"),
        ("[listner]", 1, "listner", "unknown key", "listener"),
        ("workers = 3", 1, "workers", "Known here: listener", None),
        ("[listener]\ntimezone = 'Europe/Berln'", 2, "listener.timezone", "time zone", "Europe/Berlin"),
        ("[listener]\ntimezone = 'Elsewhere'", 2, "listener.timezone", "time zone", None),
        ("[listener]\ncontact = 'us\\u000a'".replace("'", '"'), 2, "listener.contact", "mailbox", None),
        ("[listener]\nworkers = '8'", 2, "listener.workers", "a whole number, got text in quotes", None),
        ("[listener]\ndatabase = 'mysql://x'", 2, "listener.database", "sqlite, postgresql", None),
        ("[listener]\nscrapers = ['nowhere']", 2, "listener.scrapers[0]", "no such folder", None),
        ("[listener]\nscrapers = 'mine'", 2, "listener.scrapers", "a list in [brackets], got text", None),
        ("[fetch]\ngap = 5", 2, "fetch.gap", '"30m"', None),
        ("[fetch]\ngap = '5 parsecs'", 2, "fetch.gap", "5 parsecs", None),
        ("[fetch]\ngap = '99999999w'", 2, "fetch.gap", "a hundred years", None),
        ("[fetch]\nread_timeout = '0s'", 2, "fetch.read_timeout", "longer than zero", None),
        ("[fetch]\nbody_limit = '10 potatoes'", 2, "fetch.body_limit", '"10MB"', None),
        ("[fetch]\nbody_limit = true", 2, "fetch.body_limit", '"10MB"', None),
        ("[fetch]\nallow_networks = [\n'10.0.0.0/8',\n'10.0.0.1/8']", 4, "fetch.allow_networks[1]", "mask", None),
        ("[fetch]\nmin_every = '2d'", 2, "fetch.min_every", "max_every", None),
        ("[fetch]\nevery = '5m'", 2, "fetch.every", "between min_every and max_every", None),
        ("[understand]\nscorer = 'vadr'", 2, "understand.scorer", "model, vader, minilm", "vader"),
        ("[understand]\nlanguages = ['english']", 2, "understand.languages", '["en", "de"]', None),
        ("[retention]\nitems = 'always'", 2, "retention.items", '"forever"', None),
        ("[brands]\nacme = 'Acme'", 2, "brands.acme", "[brands.NAME]", None),
        ("[brands.acme]\nquery = ''", 2, "brands.acme.query", "length >= 1", None),
        ("[brands.acme]\nquery = 'a'\nrole = 'competiter'", 3, "brands.acme.role", "one of own", "competitor"),
        ("[brands.'a\\nb']\nquery = 'a'".replace("'", '"'), 1, 'brands."a\\U0000000ab"', "printable", None),
        ("sources.blog = {url = 'https://x.org/', weight = -1}", 1, "sources.blog.weight", ">= 0", None),
        ("[sources.a]\nurl = 'https://x.org/'\nweight = nan", 3, "sources.a.weight", "got nan", None),
        ("[sources.a]\nurl = 'example.com/feed'", 2, "sources.a.url", "https://...", "https://example.com/feed"),
        ("[sources.a]\nurl = 'http:///feed'", 2, "sources.a.url", "a host", None),
        ("[sources.a]\nurl = 'https://x.org/a b'", 2, "sources.a.url", "without blanks", None),
        ("[sources.a]\nevery = '1h'", 1, "sources.a", "url is missing", None),
        ("[sources.a]\nurl = 'https://x.org/'\nbrand = 'acme'", 3, "sources.a.brand", "no [brands.acme]", None),
        ("[channels.a]\ntype = 'slak'", 2, "channels.a.type", "one of console", "slack"),
        ("[channels.a]\nhost = 'x'", 1, "channels.a", "type is missing", None),
        ("[channels.a]\ntype = 'console'\ncolour = 1", 3, "channels.a.colour", "unknown key", None),
        ("[channels.a]\ntype = 'console'\nquiet = 'nights'", 3, "channels.a.quiet", '"22:00-07:00"', None),
        ("[channels.a]\ntype = 'slack'\nurl = 5", 3, "channels.a.url", "{ env =", None),
        ("[channels.a]\ntype = 'slack'\nurl = {enf = 'X'}", 3, "channels.a.url", "{ env =", None),
        ("[channels.a]\ntype = 'slack'\nurl = {credential = '../x'}", 3, "channels.a.url", "{ file =", None),
        ("[alerts.a]\nsentiment_at_most = -4", 2, "alerts.a.sentiment_at_most", ">= -1", None),
        ("[alerts.a]\nsend = '7:00'", 2, "alerts.a.send", '"07:00"', None),
        (
            "[alerts.a]\nkinds = ['complant']",
            2,
            "alerts.a.kinds[0]",
            "article, churn, comment, complaint",
            "complaint",
        ),
        ("[alerts.a]\non = 'price'\nkinds = ['price_rised']", 3, "alerts.a.kinds[0]", "price_raised", "price_raised"),
        ("[alerts.a]\non = 'faq'\npercent_at_least = 3", 3, "alerts.a.percent_at_least", '"price"', None),
        ("[alerts.a]\non = 'spike'\nwindow = '30m'", 3, "alerts.a.window", "1 to 24 whole hours", None),
        ("[alerts.a]\nwords = 'refund AND'", 2, "alerts.a.words", "doesn't parse", None),
        ("[brands.a]\nquery = '(Acme'", 2, "brands.a.query", "doesn't parse", None),
        ("[brands.a]\nquery = 'NOT Acme'", 2, "brands.a.query", "nearly everything", None),
        (
            "[brands.a]\nquery = 'Acme'\naliases = ['AcmeDB', '...']",
            3,
            "brands.a.aliases[1]",
            "nothing to look for",
            None,
        ),
        ("[pains.a]\ndefinition = 'x'", 1, "pains.a", "phrases is missing", None),
        ("[fetch]\ngaps = {'example.com' = '5'}", 2, "fetch.gaps", "got '5'", None),
        ("[fetch]\ngaps = {'https://example.com' = '5s'}", 2, "fetch.gaps", "a domain such as", None),
        ("[fetch]\ngaps = '5s'", 2, "fetch.gaps", "durations by domain", None),
        ("[fetch]\nca_file = 'none.pem'", 2, "fetch.ca_file", "No such file", None),
        ("[fetch]\nca_file = 'listener.toml'", 2, "fetch.ca_file", "expected a PEM file", None),
        (HOOK + "ca_file = 'none.pem'", 4, "channels.hook.ca_file", "No such file", None),
        (HOOK + "ca_file = 'listener.toml'", 4, "channels.hook.ca_file", "expected a PEM file", None),
        ("[understand]\nlexicon = {buggy = -5}", 2, "understand.lexicon", ">= -4", None),
        ("[alerts.a]\non = 'mentions'", 2, "alerts.a.on", "one of mention", "mention"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_its_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, words: str, meant: str | None
) -> None:
    problem = only_problem(tmp_path, text)
    assert (problem.line, problem.key, problem.meant) == (line, key, meant)
    assert words in problem.message


def test_a_rule_that_names_an_unknown_channel_is_told_the_near_one(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, "[channels.screen]\ntype='console'\n[alerts.a]\nchannels = ['scren']")
    assert str(problem).endswith("alerts.a.channels[0]: there is no [channels.scren]. Did you mean 'screen'?")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"[listener]\nworkers = \n", 2, "column 11"),
        (b"a = 1\n[sources.x]\n[sources.x]\n", 3, "twice"),
        (b'a = """never closed\n\n', 1, "unterminated string at the end of the file"),
        (b"[listener]\n# caf\xe9\n", 2, "UTF-8"),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path, content: bytes, line: int, words: str) -> None:
    path = tmp_path / "listener.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path, environ=NOBODY)
    (problem,) = caught.value.problems
    assert problem.line == line
    assert words in problem.message


def test_windows_line_ends_and_a_byte_order_mark_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_bytes(b"\xef\xbb\xbf[listener]\r\nworkers = 3\r\n")
    assert load(path, environ=NOBODY).workers == 3


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="listener init"):
        load(tmp_path / "listener.toml", environ=NOBODY)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path, environ=NOBODY)


def test_included_files_add_their_tables_in_order(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    for name in ("b", "a"):
        (tmp_path / "sources" / f"{name}.toml").write_text(f"[sources.{name}]\nurl = 'https://{name}.example/'\n")
    read = settings(
        tmp_path, "[listener]\ninclude = ['sources/*.toml', 'sources/a.toml']\n[sources.z]\nurl='https://z/'"
    )
    assert [source.name for source in read.sources] == ["z", "a", "b"]
    assert read.included == (tmp_path / "sources" / "a.toml", tmp_path / "sources" / "b.toml")


def test_problems_in_included_files_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text(
        "[fetch]\ngap = '1s'\n[sources.z]\nurl = 'https://z/'\n[sources.y]\nurl = 'https://y/'\nbrand = 'acme'\n"
    )
    found = problems(tmp_path, "[listener]\ninclude = 'more.toml'\n[sources.z]\nurl='https://z/'\n[fetch]\ngap='x'\n")
    assert [(Path(problem.file).name, problem.line, problem.key) for problem in found] == [
        ("listener.toml", 6, "fetch.gap"),
        ("more.toml", 1, "fetch"),
        ("more.toml", 3, "sources.z"),
        ("more.toml", 7, "sources.y.brand"),
    ]


def test_an_included_file_that_is_not_there_is_told_but_an_empty_pattern_only_noted(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, "[listener]\ninclude = ['x/*.toml',\n'y.toml']\n")
    assert (problem.line, problem.key) == (3, "listener.include[1]")
    read = settings(tmp_path, "[listener]\ninclude = ['x/*.toml']\n")
    assert any(warning.key == "listener.include[0]" for warning in read.warnings)


class FeedOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    limit: int = 10
    wait: timedelta = timedelta(0)
    token: Secret | None = None


def options(folders: tuple[Path, ...]) -> Mapping[str, type[FeedOptions] | None]:
    return {"feed": None, "search": FeedOptions}


def load_with_scrapers(folder: Path, text: str) -> Settings:
    path = folder / "listener.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ={"TOKEN": "s3cret"}, scrapers_in=options)


def test_keys_that_are_not_a_sources_own_are_the_options_of_its_scraper(tmp_path: Path) -> None:
    read = load_with_scrapers(
        tmp_path,
        "[sources.a]\nscraper = 'search'\nlimit = 5\nwait = '3s'\ntoken = {env = 'TOKEN'}\n[sources.b]\nurl='https://x/'",
    )
    assert read.sources[0].options == FeedOptions(limit=5, wait=timedelta(seconds=3), token=Secret("s3cret"))
    assert read.sources[1].options is None


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("scraper = 'serch'", "sources.a.scraper", "search"),
        ("scraper = 'search'\nlimt = 3", "sources.a.limt", "limit"),
        ("scraper = 'search'\nlimit = 'x'", "sources.a.limit", None),
        ("scraper = 'search'\nwait = 'x'", "sources.a.wait", None),
        ("scraper = 'search'\nwieght = 2", "sources.a.wieght", "weight"),
        ("evry = '1h'", "sources.a.evry", "every"),
    ],
)
def test_options_are_checked_against_the_scrapers_own(tmp_path: Path, text: str, key: str, meant: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        load_with_scrapers(tmp_path, f"[sources.a]\nurl = 'https://x/'\n{text}")
    (problem,) = caught.value.problems
    assert (problem.line, problem.key, problem.meant) == (text.count("\n") + 3, key, meant)


def test_a_rule_names_pain_points_of_the_program_or_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    text = "[pains.crane]\nphrases = ['crane stuck']\n[alerts.a]\npains = ['billing', 'crane', 'biling']\n"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path, environ=NOBODY, known_pains=lambda: {"billing", "bugs"})
    (problem,) = caught.value.problems
    assert (problem.line, problem.key, problem.meant) == (4, "alerts.a.pains[2]", "billing")


def test_a_rules_words_may_be_a_query_that_only_excludes(tmp_path: Path) -> None:
    assert settings(tmp_path, "[alerts.a]\nwords = 'NOT hiring'\n").alerts[0].words == "NOT hiring"


SLACK = "[channels.s]\ntype = 'slack'\nurl = {}\n"
ADDRESS = "https://hooks.example.com/services/T0/B0/abc"


def test_secrets_come_from_the_environment_a_file_or_a_credential(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(f"{ADDRESS}\n")
    for place, environ in (
        ("{env = 'HOOK'}", {"HOOK": ADDRESS}),
        ("{file = 'hook'}", {}),
        ("{credential = 'hook'}", {"CREDENTIALS_DIRECTORY": str(tmp_path)}),
    ):
        read = settings(tmp_path, SLACK.format(place), environ)
        slack = read.channels["s"]
        assert isinstance(slack, SlackSettings)
        assert slack.url.reveal() == ADDRESS
        assert ADDRESS not in repr(read)
        assert [(use.key, use.found) for use in read.secrets] == [("channels.s.url", True)]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("{env = 'HOOK'}", "HOOK is not set"),
        ("{file = 'hook'}", "can't be read"),
        ("{file = 'empty'}", "empty"),
        ("{file = 'large'}", "larger"),
        ("{file = 'binary'}", "not text"),
        ("{credential = 'hook'}", "LoadCredential=hook"),
    ],
)
def test_a_missing_secret_is_told_and_tolerated_only_where_nothing_is_sent(
    tmp_path: Path, place: str, words: str
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "large").write_text("x" * 100_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    text = SLACK.format(place) + "[alerts.a]\nchannels = ['s']\n"
    problem = only_problem(tmp_path, text)
    assert (problem.line, problem.key) == (3, "channels.s.url")
    assert words in problem.message
    read = load(tmp_path / "listener.toml", environ=NOBODY, need_secrets=False)
    assert "s" not in read.channels
    assert [use.found for use in read.secrets] == [False]
    assert any("left out" in warning.message for warning in read.warnings)


def test_a_secret_in_a_file_that_everyone_reads_is_noted(tmp_path: Path) -> None:
    text = SLACK.format(f"'{ADDRESS}'")
    assert not [warning for warning in settings(tmp_path, text).warnings if "plain text" in warning.message]
    path = tmp_path / "listener.toml"
    path.chmod(0o644)
    noted = [warning for warning in load(path, environ=NOBODY).warnings if "plain text" in warning.message]
    assert [(warning.line, warning.key) for warning in noted] == [(3, "channels.s.url")]
    assert ADDRESS not in str(noted)


def test_headers_of_a_webhook_are_secrets_each(tmp_path: Path) -> None:
    text = f"[channels.h]\ntype='webhook'\nurl='{ADDRESS}'\n"
    text += "[channels.h.headers]\nauthorization = {env = 'AUTH'}\nx-team='a'\n"
    hook = settings(tmp_path, text, {"AUTH": "Bearer x"}).channels["h"]
    assert isinstance(hook, WebhookSettings)
    assert {name: value.reveal() for name, value in hook.headers.items()} == {
        "authorization": "Bearer x",
        "x-team": "a",
    }
    (problem,) = problems(tmp_path, text)
    assert (problem.line, problem.key) == (5, "channels.h.headers.authorization")


def test_a_database_url_keeps_its_password_to_itself(tmp_path: Path) -> None:
    text = "[listener]\ndatabase = {env = 'DATABASE_URL'}\n"
    read = settings(tmp_path, text, {"DATABASE_URL": "postgresql://ana:hunter2@db.example/listener?x=1"})
    assert read.database == "postgresql://ana:hunter2@db.example/listener?x=1"
    assert read.database_shown == "postgresql://ana:***@db.example/listener"
    assert "hunter2" not in repr(read)
