"""What a round loads: most of its time, where there is no news."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

SETTINGS = """\
[listener]
database = "test.db"
contact = "https://example.com/"

[fetch]
allow_networks = ["127.0.0.0/8"]

[brands.acme]
query = "Acme"

[sources.feed]
url = "{url}"
"""
ROUND = """
import json, sys
from listener.cli import group
group(["-c", sys.argv[1], "run", "--once"], standalone_mode=False)
print(json.dumps(sorted(sys.modules)))
"""
FEED = '<rss version="2.0"><channel><title>Feed</title><item><title>News of Acme</title></item></channel></rss>'
#: What a first round with news needs.
FOR_NEWS = {"listener.mentions.understand", "listener.storage.tables"}
#: What no round needs, unless the settings, the server or a terminal ask for it.
FOR_OTHERS = {"alembic", "apscheduler", "protego", "rich", "prometheus_client"}


def answer(request: Request) -> Response:
    known = request.headers.get("If-None-Match") == '"1"'
    return Response(status=304) if known else Response(FEED, headers={"ETag": '"1"'})


def test_a_round_without_news_loads_nothing_that_only_news_needs(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(status=404)
    httpserver.expect_request("/feed").respond_with_handler(answer)
    settings = tmp_path / "listener.toml"
    settings.write_text(SETTINGS.format(url=httpserver.url_for("/feed")))
    loaded = []
    for _ in range(2):
        command = [sys.executable, "-c", ROUND, str(settings)]
        ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
        loaded.append((FOR_NEWS | FOR_OTHERS) & set(json.loads(ended.stdout.splitlines()[-1])))
    assert loaded == [FOR_NEWS, set()]
