"""The lists that clients read before they subscribe, over HTTP."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .frames import CODES, END


class RestServer(ThreadingHTTPServer):
    """Answers in threads of its own, until ``close``."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that ends while its call is answered is none."""


# State: none; one is made for each connection.
class _Call(BaseHTTPRequestHandler):
    """Knows the markets and their steps; anything else is not there."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        status = 200
        answer: Any
        if parts.path == "/v1/market/all":
            answer = [
                {"market": code, "korean_name": code, "english_name": code}
                for code in (*CODES, END)
            ]
        elif parts.path == "/v1/orderbook/instruments":
            answer = [
                {"market": code, "tick_size": "1", "supported_levels": ["0", "1000"]}
                for code in parse_qs(parts.query)["markets"][0].split(",")
            ]
        else:
            status, answer = 404, {"error": {"name": 404, "message": "not in the benchmark"}}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
        """Say nothing of a call that went well."""
