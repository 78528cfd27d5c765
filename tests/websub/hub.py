"""A hub on this machine, as https://www.w3.org/TR/websub/ has it."""

from __future__ import annotations

import hmac
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode


@dataclass
class LoopbackHub:
    """Verifies what it is asked, remembers who subscribed, and tells them of news."""

    lease: int = 86_400
    #: Answered to requests to subscribe.
    status: int = 202
    verifies: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    #: Statuses and texts that callbacks answered to verification.
    verified: list[tuple[int, str]] = field(default_factory=list)
    #: Callback to secret.
    subscribers: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> LoopbackHub:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                hub.asked.append(form)
                if hub.verifies and hub.status < 300:
                    hub.verify(form)
                self.send_response(hub.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_request(self, code: object = "-", size: object = "-") -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hub"

    def verify(self, form: dict[str, str], *, mode: str | None = None, topic: str | None = None) -> tuple[int, str]:
        """Call a callback to verify what it asked."""
        query = {
            "hub.mode": mode or form["hub.mode"],
            "hub.topic": topic or form["hub.topic"],
            "hub.challenge": "a-challenge",
            "hub.lease_seconds": str(self.lease),
        }
        answered = call(f"{form['hub.callback']}?{urlencode(query)}")
        self.verified.append(answered)
        if answered == (200, "a-challenge"):
            if query["hub.mode"] == "subscribe":
                self.subscribers[form["hub.callback"]] = form["hub.secret"]
            else:
                self.subscribers.pop(form["hub.callback"], None)
        return answered

    def publish(self, body: bytes, *, method: str = "sha256") -> list[int]:
        """Tell all subscribers of news; return what they answer."""
        answers = []
        for callback, secret in self.subscribers.items():
            signature = hmac.new(secret.encode(), body, method).hexdigest()
            answers.append(call(callback, body, {"X-Hub-Signature": f"{method}={signature}"})[0])
        return answers


def call(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Make a request; return status and text."""
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
