#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small seller's web application: a registration page, a usage store, a scheduler, and an address
for the notices of AWS Marketplace. It runs by itself; Meterprover is pointed at it:

    app.py --port 8080 --store DIR &
    meterprover test --contract attach --trigger-url http://127.0.0.1:8080/tick \\
        --registration-url http://127.0.0.1:8080/register --notice-url http://127.0.0.1:8080/notices

POST /tick stands in for what a real application has inside: usage that its product reports, and a
scheduler that comes every few minutes. Everything else is as it would be in production; what is kept,
sent and concluded is the work of outbox.py, metering.py and registration.py of the folder beside.

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
from metering import Metering  # noqa: E402
from outbox import MAX_QUANTITY, METERED, Outbox  # noqa: E402
from registration import FAILED, REFUSED, RESOLVED, resolve  # noqa: E402
from seller import buyer_of, make_client, moment  # noqa: E402
from subscriptions import (ACTIVE, ENDING, Malformed, Subscriptions,  # noqa: E402
                           read_notice)

SUPPORTS = ["usage", "flush", "clock", "resolve"]
FINAL = ("metered", "rejected")
TOKEN_FIELD = "x-amzn-marketplace-token"
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
BACK_TO_AWS = "Please go back to AWS Marketplace and choose “Set up your account” once more."


def who_of(buyer: dict) -> str:
    """By what a buyer is known to notices."""
    return buyer.get("LicenseArn") or buyer.get("CustomerIdentifier") or ""


class Shop:
    """Everything but HTTP."""

    def __init__(self, store: str, bug: str):
        self.bug = bug
        path = ":memory:" if bug == "in-memory" else os.path.join(store, "outbox.sqlite3")
        self.subscriptions = Subscriptions(os.path.join(store, "subscriptions.sqlite3"))
        self.outbox = Guarded(path, self.subscriptions)
        self.client = make_client()
        self.metering = Metering(self.client, self.outbox, self.alert)
        self.said = {}
        self.now = 0
        self.life = secrets.token_hex(8)
        self.words = None  # the reply of the trigger, while it is made
        if bug == "status-only":
            self.metering._read = self._believe  # pylint: disable=protected-access

    def say(self, **members) -> None:
        """A word for whoever pulled the trigger."""
        if self.words is not None:
            self.words(json.dumps(members) + "\n")

    def alert(self, about, text) -> None:
        """Tells an operator; a real application would page somebody here."""
        print(f"ALERT {about}: {text}", file=sys.stderr, flush=True)
        self.say(mp="alert", about=about, text=text)

    def _believe(self, batch, _reply):
        for record in batch:
            self.outbox.note(record, METERED)
        return []

    # What the trigger asks

    def tick(self, line: dict, words) -> None:
        """One line of the contract; the answers go to words."""
        if self.bug == "silent":
            words = lambda text: None  # noqa: E731
        self.words = words
        try:
            self._tick(line)
        finally:
            self.words = None

    def _tick(self, line: dict) -> None:
        if "now" in line:
            self.now = moment(line["now"])
        if "hello" in line:
            self.say(mp="hello", contract=1, supports=SUPPORTS, life=self.life)
            return
        acts = {"usage": self._usage, "flush": self._flush, "clock": self._clock,
                "resolve": self._resolve}
        for verb, act in acts.items():
            if verb in line:
                self.say(mp=act(line[verb], line["step"]), step=line["step"])
                return
        self.say(mp="unsupported", step=line.get("step", 0))

    def _usage(self, usage: dict, _step: int) -> str:
        buyer = buyer_of(usage.get("customer") or {})
        if buyer is None:
            return "unsupported"
        quantity = usage["quantity"]
        if not isinstance(quantity, int) or not 0 <= quantity <= MAX_QUANTITY:
            self.outbox.hold(usage["id"], f"a quantity of {quantity} cannot be reported to AWS")
            self.alert([usage["id"]], f"a quantity of {quantity} cannot be reported to AWS")
            return "done"
        record, late = self.outbox.take(
            usage["id"], usage.get("product") or "", buyer, usage["dimension"], quantity,
            moment(usage["at"]) if usage.get("at") else self.now, usage.get("tags"))
        if late:
            self.alert([usage["id"]], "its hour was reported before it came, and AWS bills only the "
                                      "first record of an hour")
        elif record.quantity > MAX_QUANTITY:
            self.alert(self.outbox.usages(record.number), "the sum of this hour is more than AWS takes")
        return "done"

    def _flush(self, _args, _step: int) -> str:
        if self.bug == "hangs":
            signal.pause()
        if self.bug == "claims-early":
            for usage_id, _ in self.outbox.all_usages():
                self.say(mp="usage", id=usage_id, state="metered")
        self.metering.flush(self.now)
        self._report()
        return "done"

    def _clock(self, to, step: int) -> str:
        self.now = moment(to)
        return self._flush(None, step)

    def _resolve(self, args: dict, step: int) -> str:
        self.say(mp="resolve", step=step, **self.register(args.get("token") or ""))
        return "done"

    def _report(self) -> None:
        for usage_id, reason in self.outbox.held():
            self.say(mp="usage", id=usage_id, state="pending", reason=reason)
        for usage_id, record in self.outbox.all_usages():
            said = self.said.get(usage_id)
            if said == record.state and said in FINAL:
                continue
            if said is None and record.alert is not None and record.state == "rejected":
                self.alert([usage_id], record.alert)
            word = {"mp": "usage", "id": usage_id, "state": record.state}
            if record.metering_id:
                word["record"] = record.metering_id
            if record.reason:
                word["reason"] = record.reason
            self.say(**word)
            self.said[usage_id] = record.state

    # What buyers and AWS ask

    def register(self, token: str) -> dict:
        """Resolves a token; the customer is stored, and its subscription awaited."""
        found = resolve(self.client, self.outbox, token, self.alert)
        if found["state"] == RESOLVED:
            # A licence and the customer's identifier are confirmed by notices of two kinds; a
            # product is metered by one of them.
            for who in (found.get("license"), found.get("identifier")):
                if who:
                    self.subscriptions.await_word(who)
        elif self.bug == "welcomes-anyone":
            return {"state": RESOLVED, "customer": "somebody"}
        return found

    def notice(self, body: bytes) -> None:
        """Believes a notice."""
        said = read_notice(body)
        if said is not None and self.bug != "deaf":
            self.subscriptions.note(*said)


class Guarded(Outbox):
    """The outbox, with the records held back that may not be sent, or hurried that must be."""

    def __init__(self, path: str, subscriptions: Subscriptions):
        super().__init__(path)
        self._subscriptions = subscriptions

    def due(self, now: int):
        out = []
        hurried = {record.number for record in super().due(now + 3600)}
        punctual = {record.number for record in super().due(now)}
        for record in self.open_records():
            state = self._subscriptions.state(who_of(record.buyer), now)
            # Of a customer who leaves, the hour under way is reported before it is over.
            if record.number in (hurried if state == ENDING else punctual) and \
                    state in (ACTIVE, ENDING):
                out.append(record)
        return out


class Handler(http.server.BaseHTTPRequestHandler):
    """The routes."""

    server_version = "Shop/1"

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass  # a log of requests would hold tokens

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if 0 <= length <= MAX_BODY else b""

    def _page(self, status: int, title: str, text: str, headers=()) -> None:
        body = PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # pylint: disable=invalid-name
        """Pages."""
        shop = self.server.shop
        where = urlsplit(self.path)
        token = parse_qs(where.query).get(TOKEN_FIELD, [""])[0]
        if where.path == "/register" and shop.bug == "token-in-query" and token:
            self._register(token)
        elif where.path == "/register":
            self._page(200, "Registration", "You come here from AWS Marketplace. " + BACK_TO_AWS)
        elif where.path == "/welcome":
            self._page(200, "Welcome", "Your account is being set up.")
        else:
            self._page(404, "Not found", "There is no such page.")

    def do_POST(self):  # pylint: disable=invalid-name
        """What changes something."""
        path = urlsplit(self.path).path
        body = self._body()
        if path == "/register":
            form = parse_qs(body.decode("ascii", "replace"))
            self._register(form.get(TOKEN_FIELD, [""])[0])
        elif path == "/notices":
            self._notice(body)
        elif path == "/tick":
            self._tick(body)
        else:
            self._page(404, "Not found", "There is no such page.")

    def _register(self, token: str) -> None:
        shop = self.server.shop
        found = shop.register(token)
        if found["state"] == REFUSED:
            self._page(400, "This link is not valid any more", BACK_TO_AWS)
            return
        if found["state"] == FAILED:
            self._page(503, "We cannot register you right now",
                       "Nothing is lost. Please reload this page in a minute.",
                       [("Retry-After", "60")])
            return
        cookie = token if shop.bug == "token-in-cookie" else secrets.token_urlsafe(18)
        headers = [("Location", "/welcome"),
                   ("Set-Cookie", f"session={cookie}; HttpOnly; Secure; SameSite=Lax")]
        if self.server.tells:
            headers.append(("X-Meterprover-Customer", found["customer"]))
        self._page(303, "Welcome", "Your account is being set up.", headers)

    def _notice(self, body: bytes) -> None:
        try:
            self.server.shop.notice(body)
        except Malformed as error:
            self._page(400, "Not understood", str(error))
            return
        self.send_response(204)
        self.end_headers()

    def _tick(self, body: bytes) -> None:
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
    parser.add_argument("--tells", action="store_true",
                        help="name the customer in a header of the registration page's reply")
    parser.add_argument("--bug", choices=sorted(BUGS), default="")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    server = http.server.HTTPServer(("127.0.0.1", options.port), Handler)
    server.shop = Shop(options.store, options.bug)
    server.tells = options.tells
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
