"""What a person writes in an afternoon: requests + feedparser + VADER + sqlite3 on 16 threads.

The measure for `benchmarks/poll.py`: it stores the same items and scores those that name a brand.
`python benchmarks/plain_script.py URLS.json DATABASE WORD...`
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import feedparser
import requests
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

urls = json.loads(Path(sys.argv[1]).read_text())
words = [word.lower() for word in sys.argv[3:]]
database = sqlite3.connect(sys.argv[2], check_same_thread=False)
database.executescript(
    """
    PRAGMA journal_mode=WAL;
    CREATE TABLE IF NOT EXISTS feeds (url TEXT PRIMARY KEY, etag TEXT, modified TEXT);
    CREATE TABLE IF NOT EXISTS items (
        feed TEXT, id TEXT, title TEXT, text TEXT, url TEXT, author TEXT, published TEXT, compound REAL,
        PRIMARY KEY (feed, id));
    """
)
known = {url: (etag, modified) for url, etag, modified in database.execute("SELECT * FROM feeds")}
analyzer = SentimentIntensityAnalyzer()
lock = threading.Lock()


def poll(url: str) -> int:
    etag, modified = known.get(url, (None, None))
    headers = {"User-Agent": "plain script"}
    if etag:
        headers["If-None-Match"] = etag
    if modified:
        headers["If-Modified-Since"] = modified
    answer = requests.get(url, headers=headers, timeout=20)
    if answer.status_code == 304:
        return 0
    feed = feedparser.parse(answer.content)
    rows = []
    for entry in feed.entries:
        title, text = entry.get("title", ""), entry.get("summary", "")
        compound = None
        if any(word in f"{title} {text}".lower() for word in words):
            compound = analyzer.polarity_scores(f"{title}. {text}")["compound"]
        key = entry.get("id") or entry.get("link") or title
        rows.append((url, key, title, text, entry.get("link"), entry.get("author"), entry.get("published"), compound))
    with lock, database:
        database.executemany("INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        validators = (url, answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
        database.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", validators)
    return len(rows)


with ThreadPoolExecutor(16) as pool:
    print(sum(pool.map(poll, urls)), "items")
