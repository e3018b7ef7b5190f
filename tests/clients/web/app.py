#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small seller's web application: a registration page, a usage store, a scheduler, and an address
for the notices of AWS Marketplace. It runs by itself; Meterprover is pointed at it:

    app.py --port 8080 --store DIR &
    meterprover test --contract attach --trigger-url http://127.0.0.1:8080/tick \\
        --registration-url http://127.0.0.1:8080/register --notice-url http://127.0.0.1:8080/notices

POST /tick stands in for what a real application has inside: usage that its product reports, and a
scheduler that comes every few minutes. What is kept, sent and concluded is the work of the sample
integration in the folder beside; here is what a web server adds to it.

`--bug NAME` makes it careless in one way, so that the tests can show that it is found out.
"""
import argparse
import http.server
import json
import os
import secrets
import signal
import sys
from urllib.parse import parse_qs, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

# pylint: disable=wrong-import-position
import page  # noqa: E402
import seller  # noqa: E402
from outbox import METERED, Outbox  # noqa: E402
from subscriptions import FAILED, read_notice  # noqa: E402

# Pages and notices come to addresses of their own.
SUPPORTS = ["usage", "flush", "clock", "resolve"]
MAX_BODY = 1 << 20

BUGS = {
    "welcomes-anyone": "a token that AWS refuses is welcomed all the same",
    "token-in-cookie": "the registration token is put into the buyer's cookie",
    "token-in-query": "a token in the query of a GET is taken, too",
    "in-memory": "usage is kept in memory, and lost with the process",
    "status-only": "a reply with status 200 counts as acceptance of all that was sent",
    "claims-early": "usage is called metered before AWS has replied",
    "deaf": "notices are taken and thrown away",
    "hangs": "the scheduler never comes back",
    "silent": "the trigger does its work and says nothing",
}

PAGE = """<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><p>{text}</p></html>
"""
BACK_TO_AWS = "Please go to AWS Marketplace and choose “Set up your account” once more."
TEXTS = {
    303: ("Welcome", "Your account is being set up."),
    400: ("This link is not valid any more", BACK_TO_AWS),
    405: ("Registration", "You come here from AWS Marketplace. " + BACK_TO_AWS),
    503: ("We cannot register you right now", "Nothing is lost. Please come back in a minute."),
}


class Shop(seller.Seller):
    """The integration, fed by HTTP."""

    def __init__(self, store: str, products: dict, bug: str):
        super().__init__(store)
        self._products = products
        self.bug = bug
        self._life = secrets.token_hex(8)
        self._words = None  # the reply of the trigger, while it is made
        seller.say = self._say
        if bug == "in-memory":
            self._outbox = Outbox(":memory:")

    def _say(self, **members) -> None:
        """To whoever pulled the trigger; else only alerts are for anybody's ears."""
        if self._words is not None and self.bug != "silent":
            self._words(json.dumps(members) + "\n")
        elif members.get("mp") == "alert":
            print(f"ALERT {members['about']}: {members['text']}", file=sys.stderr, flush=True)

    def _ready(self) -> None:
        super()._ready()
        if self.bug == "status-only":
            self._metering._read = self._believe  # pylint: disable=protected-access

    def _believe(self, batch, _reply):
        for record in batch:
            self._outbox.note(record, METERED)

    def tick(self, line: dict, words) -> None:
        """One line of the contract; the answers go to words."""
        self._words = words
        try:
            if "hello" in line:
                self._say(mp="hello", contract=1, supports=SUPPORTS, life=self._life)
            else:
                self.hear(line)
        finally:
            self._words = None

    def _flush(self, _args, _step: int) -> str:
        if self.bug == "hangs":
            signal.pause()
        for usage_id, _ in self._outbox.all_usages() if self.bug == "claims-early" else []:
            self._say(mp="usage", id=usage_id, state="metered")
        return super()._flush(_args, _step)

    def register(self, asked: dict):
        """The page's status, its headers, and whom it registered."""
        if self.bug == "token-in-query" and asked["query"]:
            asked = {"method": "POST", "body": asked["query"]}
        status, headers, known = page.answer(asked, self._register)
        if self.bug == "welcomes-anyone" and status == 400:
            status, headers = 303, {**headers, "Location": "/welcome"}
        if self.bug == "token-in-cookie" and status == 303:
            headers["Set-Cookie"] = ["session=" + parse_qs(asked["body"])[page.FIELD][0]]
        return status, headers, known

    def notice(self, form: str, body: str) -> bool:
        """Believes a notice; False when it is none of ours."""
        try:
            notice = read_notice(form, body)
        except (KeyError, TypeError, ValueError):
            return False
        if notice["product"] and self._products and notice["product"] not in self._products:
            return False
        if self.bug != "deaf" and self._subscriptions.tell(notice) == FAILED:
            seller.alert([], f"a subscription has failed: {notice['identifier']}")
        return True


class Handler(http.server.BaseHTTPRequestHandler):
    """The routes."""

    server_version = "Shop/1"

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass  # a log of requests would hold tokens

    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length).decode() if 0 <= length <= MAX_BODY else ""

    def _reply(self, status: int, headers: dict, title: str, text: str) -> None:
        body = PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            for each in value if isinstance(value, list) else [value]:
                self.send_header(name, each)
        self.end_headers()
        self.wfile.write(body)

    def _page(self, status: int, title: str, text: str) -> None:
        self._reply(status, {"Content-Type": "text/html; charset=utf-8"}, title, text)

    def do_GET(self):  # pylint: disable=invalid-name
        """Pages."""
        where = urlsplit(self.path)
        if where.path == "/register":
            self._register({"method": "GET", "query": where.query, "body": ""})
        elif where.path == "/welcome":
            self._page(200, *TEXTS[303])
        else:
            self._page(404, "Not found", "There is no such page.")

    def do_POST(self):  # pylint: disable=invalid-name
        """What changes something."""
        where = urlsplit(self.path)
        body = self._body()
        if where.path == "/register":
            self._register({"method": "POST", "query": where.query, "body": body})
        elif where.path == "/notices":
            self._notice(body)
        elif where.path == "/tick":
            self._tick(body)
        else:
            self._page(404, "Not found", "There is no such page.")

    def _register(self, asked: dict) -> None:
        status, headers, known = self.server.shop.register(asked)
        if self.server.tells and status == 303 and known and known.get("customer"):
            headers["X-Meterprover-Customer"] = known["customer"]
        self._reply(status, headers, *TEXTS[status])

    def _notice(self, body: str) -> None:
        kind = self.headers.get("x-amz-sns-message-type")
        if kind in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
            # A person confirms it: a server does not fetch what somebody has posted to it.
            self._page(202, "Noted", "An operator was told.")
        elif self.server.shop.notice("sns" if kind else "eventbridge", body):
            self.send_response(204)
            self.end_headers()
        else:
            self._page(400, "Not understood", "This is no notice of AWS Marketplace for us.")

    def _tick(self, body: str) -> None:
        try:
            line = json.loads(body)
        except ValueError:
            self._page(400, "Not understood", "This is no JSON.")
            return
        # The answers go out as they come about, and end with the connection.
        self.send_response(200)
        self.send_header("Content-Type", "application/jsonl")
        self.end_headers()
        self.server.shop.tick(line, lambda text: (self.wfile.write(text.encode()),
                                                  self.wfile.flush()))


def main() -> int:
    """Serves one request after the other until SIGTERM; every commit is whole by itself."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--store", default=".")
    parser.add_argument("--product", action="append", default=[], metavar="CODE=DIMENSION",
                        help="what is sold, and by which dimension an hour without usage is "
                             "reported; registrations for anything else are refused")
    parser.add_argument("--tells", action="store_true",
                        help="name the customer in a header of the registration page's reply")
    parser.add_argument("--bug", choices=sorted(BUGS), default="",
                        help="; ".join(f"{name}: {text}" for name, text in BUGS.items()))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    products = {code: [dimension] for code, _, dimension in
                (text.partition("=") for text in options.product)}
    server = http.server.HTTPServer(("127.0.0.1", options.port), Handler)
    server.shop = Shop(options.store, products, options.bug)
    server.tells = options.tells
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
