#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A careful seller's integration on boto3, behind the script contract of Meterprover.

What a seller would copy stands in the other files; README.md says which for which kind of product. This
one only turns lines of the contract into calls to them, and what they know into words.
"""
import json
import os
import signal
import sys
from datetime import datetime, timezone
from typing import List, Optional

import page
from outbox import MAX_QUANTITY, Outbox
from subscriptions import FAILED, Subscriptions, read_notice

METERING = ["usage", "flush", "clock", "restart", "tags", "instances", "tls", "proxy"]
SUPPORTS = [*METERING, "resolve", "page", "users", "notice"]
IN_BUYERS_ACCOUNT = {  # what such a product supports instead
    "ami": [*METERING, "register"], "container-metered": [*METERING, "register"],
    "agentcore": [*METERING, "register"],
    "container-hourly": ["flush", "clock", "restart", "register", "verify-signature", "tls"]}
FINAL = ("metered", "rejected")


def say(**members) -> None:
    """One line of the contract, out at once."""
    sys.stdout.write(json.dumps(members) + "\n")
    sys.stdout.flush()


def alert(about: List[str], text: str) -> None:
    """Tells an operator. A real integration would page somebody here."""
    say(mp="alert", about=about, text=text)


def moment(text: str) -> int:
    """Seconds since 1970 of "2026-11-18T09:00:00Z", fractions dropped."""
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
               .timestamp())


def buyer_of(customer: dict) -> Optional[dict]:
    """The members of UsageRecord that name the buyer: the identifier in products listed before
    concurrent agreements, licence and account since; never both. None when there is neither."""
    if customer.get("identifier"):
        return {"CustomerIdentifier": customer["identifier"]}
    if customer.get("license") and customer.get("account"):
        return {"CustomerAWSAccountId": customer["account"], "LicenseArn": customer["license"]}
    return None


def make_client(region: Optional[str] = None, session=None):
    """The SDK's client, for its configured Region unless told otherwise; session: botocore's, for
    credentials from elsewhere than its default. The default retries stay (standard mode): they are
    short, and what outlasts them is ours. Its default timeouts of a minute each would let one dead
    connection eat a flush: the service answers in well under a second, and to ask again is harmless."""
    import boto3  # takes half a second, so not before hello
    from botocore.config import Config
    return boto3.Session(botocore_session=session).client(
        "meteringmarketplace", region_name=region,
        config=Config(connect_timeout=2, read_timeout=5))


class Seller:
    """The integration, one step at a time."""

    def __init__(self, state_dir: str):
        self._world = world = json.loads(os.environ.get("METERPROVER_WORLD") or "{}")
        self._profile = world.get("profile", "saas")
        self._outbox = Outbox(os.path.join(state_dir, "outbox.sqlite3"),
                              adds_up=self._profile == "agentcore")
        self._subscriptions = Subscriptions(os.path.join(state_dir, "subscriptions.sqlite3"))
        # What we sell, in the order of our listing: code, and the dimensions' wire names.
        self._products = {product["code"]: list(product["dimensions"].values())
                          for product in world.get("products", [])}
        self._service = None
        self._metering = None
        self._launches = {}  # by the step that told of each
        self._said = {}
        self._now = 0

    def _ready(self) -> None:
        """Takes the SDK in once it is needed."""
        if self._service is not None:
            return
        from instance import InstanceMetering, role_session, runtime_region
        from metering import Metering
        from service import Service
        is_ours = self._profile not in IN_BUYERS_ACCOUNT
        self._service = Service(
            lambda: make_client() if is_ours else make_client(runtime_region(), role_session()))
        sender = Metering if is_ours else InstanceMetering
        self._metering = sender(self._service, self._outbox, self._subscriptions, alert)

    def hear(self, line: dict) -> None:
        """One line of the harness."""
        if "now" in line:
            self._now = moment(line["now"])
        if "hello" in line:
            say(mp="hello", contract=1, supports=IN_BUYERS_ACCOUNT.get(self._profile, SUPPORTS))
            return
        verbs = {"usage": self._usage, "flush": self._flush, "clock": self._clock,
                 "resolve": self._resolve, "page": self._page, "notice": self._notice,
                 "register": self._launch}
        for verb, act in verbs.items():
            if verb in line:
                say(mp=act(line[verb], line["step"]), step=line["step"])
                return
        say(mp="unsupported", step=line.get("step"))

    def _usage(self, usage: dict, _step: int) -> str:
        # Elsewhere the buyer is the account whose credentials sign, and no record names it.
        buyer = {} if self._profile in IN_BUYERS_ACCOUNT else buyer_of(usage.get("customer") or {})
        if buyer is None:
            return "unsupported"
        quantity = usage["quantity"]
        if not isinstance(quantity, int) or not 0 <= quantity <= MAX_QUANTITY:
            # Nothing is rounded or cut: what is owed for it is for a person to settle.
            self._outbox.hold(usage["id"], f"a quantity of {quantity} cannot be reported to AWS")
            alert([usage["id"]], f"a quantity of {quantity} cannot be reported to AWS")
            return "done"
        record, late = self._outbox.take(
            usage["id"], usage.get("product") or "", buyer, usage["dimension"], quantity,
            moment(usage["at"]) if usage.get("at") else self._now, usage.get("tags"))
        if late:
            alert([usage["id"]], "its hour was reported before it came: AWS bills the first record "
                                 "of an hour only, so this usage waits for a person")
        elif record.quantity > MAX_QUANTITY:
            alert(self._outbox.usages(record.number), "the sum of this hour is more than AWS takes")
        elif self._subscriptions.is_over(buyer):
            alert([usage["id"]], "its customer does not subscribe")
        return "done"

    def _flush(self, _args, _step: int) -> str:
        self._ready()
        for asked in [step for step, launch in self._launches.items() if launch.state == "failed"]:
            self._ask(asked)
        self._fill_hours()
        self._metering.flush(self._now)
        self._report()
        return "done"

    def _clock(self, to, step: int) -> str:
        """The scheduler comes every few minutes and sends what is due by then."""
        if isinstance(to, str):
            self._now = moment(to)
        return self._flush(None, step)

    def _launch(self, _args, step: int) -> str:
        """The program has just been started in a buyer's account: may it serve?"""
        self._ready()
        from launch import Launch
        product, dimensions = next(iter(self._products.items()))
        if self._profile == "container-hourly":
            from container import Container, read_key
            ask = Container(self._service, product, self._world["public_key_version"],
                            read_key(os.environ["METERPROVER_PUBLIC_KEY"]), alert).register
        else:
            from instance import may_meter
            ask = lambda: may_meter(self._service, product, dimensions[0], self._now)
        self._launches[step] = Launch(ask, self._profile != "ami", alert)
        self._ask(step)
        return "done"

    def _ask(self, step: int) -> None:
        say(mp="register", step=step, **self._launches[step].attempt(self._now))

    def _resolve(self, args: dict, step: int) -> str:
        token = args.get("token") if isinstance(args, dict) else args
        say(mp="resolve", step=step, **self._register(token or "", ""))
        return "done"

    def _register(self, token: str, user: str) -> dict:
        self._ready()
        from registration import resolve
        return resolve(self._service, self._subscriptions, token, user, list(self._products), alert)

    def _page(self, args: dict, step: int) -> str:
        """What the web server would be sent, and what it would reply."""
        status, headers, known = page.answer(args, self._register)
        say(mp="page", step=step, status=status, headers=headers)
        if known is not None:
            say(mp="resolve", step=step, **known)
        return "done"

    def _notice(self, args: dict, step: int) -> str:
        try:
            notice = read_notice(args["form"], args["body"])
        except (KeyError, TypeError, ValueError) as error:
            say(mp="notice", step=step, state="refused", reason=f"not readable: {error!r}")
            return "done"
        if notice["product"] and self._products and notice["product"] not in self._products:
            say(mp="notice", step=step, state="refused", reason="it is about another product")
            return "done"
        if self._subscriptions.tell(notice) == FAILED:
            alert([], f"a subscription has failed: {notice['identifier']}")
        return "done"

    def _fill_hours(self) -> None:
        """A record of nothing for each hour in which a subscriber used nothing."""
        for product, buyer, hour in self._subscriptions.hours(self._now):
            sold = self._products.get(product) or next(iter(self._products.values()), [])
            if sold:
                self._outbox.fill(product, buyer, sold[0], hour)

    def _report(self) -> None:
        """A word about every usage that has no last one yet. What a former life has said is not
        known, so after a start each last word is said once more, and its alert before it."""
        for usage_id, reason in self._outbox.held():
            say(mp="usage", id=usage_id, state="pending", reason=reason)
        for usage_id, record in self._outbox.all_usages():
            said = self._said.get(usage_id)
            if said == record.state and said in FINAL:
                continue
            if said is None and record.alert is not None and record.state == "rejected":
                alert([usage_id], record.alert)
            word = {"mp": "usage", "id": usage_id, "state": record.state}
            if record.metering_id:
                word["record"] = record.metering_id
            if record.reason:
                word["reason"] = record.reason
            say(**word)
            self._said[usage_id] = record.state


def main() -> int:
    """Ends with the input, or at SIGTERM: every commit is whole by itself, so that there is nothing
    to tidy up."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    seller = Seller(os.environ.get("METERPROVER_STATE", "."))
    for line in sys.stdin:
        if line.strip():
            seller.hear(json.loads(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
