# SPDX-License-Identifier: Apache-2.0
"""Who subscribes: what registrations and the notices of AWS Marketplace have told.

Notices are delivered at least once and in any order, so the one that was published last counts. Of a
buyer who is not known here nothing was heard but usage: a subscriber of old, who is metered.
"""
import json
import sqlite3
from datetime import datetime, timezone
from typing import Iterator, Optional, Tuple

AWAITED, ACTIVE, CLOSING, GONE, FAILED = "awaited", "active", "closing", "gone", "failed"
GRACE_S = 3600         # records are taken so long after a subscription's end was announced
MARGIN_S = 600         # so long before that even the running hour is reported
LATE_S = 300           # usage may be told a little after its hour
REACH_S = 20 * 3600    # of older hours nothing more is reported

# What the notices mean for metering. Agreements come and go while a licence lives, so only licences
# and SNS's actions change anything.
CHANGES = {
    "subscribe-success": ACTIVE, "subscribe-fail": FAILED,
    "unsubscribe-pending": CLOSING, "unsubscribe-success": GONE,
    "License Updated - Manufacturer": ACTIVE, "License Deprovisioned - Manufacturer": CLOSING,
}

SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriber (
    identifier TEXT NOT NULL, license TEXT NOT NULL, account TEXT NOT NULL, product TEXT NOT NULL,
    user TEXT NOT NULL, standing TEXT NOT NULL,
    since INTEGER NOT NULL DEFAULT 0,    -- when a notice first called it active
    closing INTEGER NOT NULL DEFAULT 0,  -- when its end was announced
    told INTEGER NOT NULL DEFAULT 0,     -- when the newest notice was published
    PRIMARY KEY (identifier, license));
"""


def seconds(text: str) -> int:
    """Seconds since 1970 of an ISO 8601 moment in UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(moment.astimezone(timezone.utc).timestamp())


def read_notice(form: str, body: str) -> dict:
    """What a notice says, in the terms of both forms; ValueError or KeyError when it is none.

    A public endpoint verifies first who sent it: the signature of SNS's message with the certificate
    at SigningCertURL, and that the topic is AWS Marketplace's."""
    envelope = json.loads(body)
    if form == "sns":
        if envelope["Type"] != "Notification":
            raise ValueError(envelope["Type"])
        message = json.loads(envelope["Message"])
        # isFreeTrialTermPresent is a text, and no reason to meter less: AWS knows who pays.
        return {"what": message["action"], "identifier": message.get("customer-identifier") or "",
                "account": "", "license": "", "product": message["product-code"],
                "at": seconds(envelope["Timestamp"])}
    detail = envelope["detail"]
    return {"what": envelope["detail-type"], "identifier": "",
            "account": detail["acceptor"]["accountId"],
            "license": (detail.get("license") or {}).get("arn", ""),
            "product": (detail.get("product") or {}).get("code", ""),
            "at": seconds(envelope["time"])}


class Subscriptions:
    """The subscribers on disk; every method that changes something commits before it returns."""

    def __init__(self, path: str):
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)

    def find(self, identifier: str, license_arn: str) -> Optional[sqlite3.Row]:
        """The subscriber of that identifier or licence."""
        return self._db.execute(
            "SELECT * FROM subscriber WHERE (identifier <> '' AND identifier = ?) "
            "OR (license <> '' AND license = ?)", (identifier, license_arn)).fetchone()

    def of(self, buyer: dict) -> Optional[sqlite3.Row]:
        """The subscriber whom the members of a UsageRecord name."""
        return self.find(buyer.get("CustomerIdentifier", ""), buyer.get("LicenseArn", ""))

    def register(self, identifier: str, account: str, license_arn: str, product: str,
                 user: str) -> bool:
        """Remembers who registered; False when the customer is another user's."""
        known = self.find(identifier, license_arn)
        if known and known["user"] and user and known["user"] != user:
            return False
        if known is None:
            self._db.execute(
                "INSERT INTO subscriber (identifier, license, account, product, user, standing) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (identifier, license_arn, account, product, user, AWAITED))
        else:
            again = AWAITED if known["standing"] in (GONE, FAILED) else known["standing"]
            self._db.execute(
                "UPDATE subscriber SET standing = ?, user = CASE user WHEN '' THEN ? ELSE user END "
                "WHERE identifier = ? AND license = ?",
                (again, user, known["identifier"], known["license"]))
        return True

    def tell(self, notice: dict) -> Optional[str]:
        """Obeys a notice; gives the new standing, or None when it changes nothing."""
        standing = CHANGES.get(notice["what"])
        if standing is None:
            return None
        known = self.find(notice["identifier"], notice["license"])
        if known is None:
            self._db.execute(
                "INSERT INTO subscriber (identifier, license, account, product, user, standing) "
                "VALUES (?, ?, ?, ?, '', ?)",
                (notice["identifier"], notice["license"], notice["account"], notice["product"],
                 AWAITED))
            known = self.find(notice["identifier"], notice["license"])
        if notice["at"] < known["told"]:
            return None  # an old one, delivered late or once more
        since = known["since"] or (notice["at"] if standing == ACTIVE else 0)
        is_new_end = standing == CLOSING and known["standing"] != CLOSING
        closing = notice["at"] if is_new_end else 0 if standing == ACTIVE else known["closing"]
        self._db.execute(
            "UPDATE subscriber SET standing = ?, since = ?, closing = ?, told = ? "
            "WHERE identifier = ? AND license = ?",
            (standing, since, closing, notice["at"], known["identifier"], known["license"]))
        return standing

    def may_send(self, buyer: dict, now: int) -> bool:
        """Whether records of that buyer are taken at that time."""
        known = self.of(buyer)
        return (known is None or known["standing"] == ACTIVE
                or (known["standing"] == CLOSING and now < known["closing"] + GRACE_S))

    def is_last_chance(self, buyer: dict, now: int) -> bool:
        """Whether the running hour must be reported now, or never."""
        known = self.of(buyer)
        return (known is not None and known["standing"] == CLOSING
                and now >= known["closing"] + GRACE_S - MARGIN_S)

    def is_over(self, buyer: dict) -> bool:
        """Whether that buyer subscribes no longer, or never did."""
        known = self.of(buyer)
        return known is not None and known["standing"] in (GONE, FAILED)

    def hours(self, now: int) -> Iterator[Tuple[str, dict, int]]:
        """Every hour that should have a record by now, used or not: product, buyer, hour. AWS
        recommends one for each hour of a subscription, with quantity 0 where nothing was used."""
        rows = self._db.execute("SELECT * FROM subscriber WHERE since > 0 AND product <> '' "
                                "AND standing IN (?, ?)", (ACTIVE, CLOSING)).fetchall()
        for row in rows:
            until = (now - LATE_S) // 3600 * 3600
            if row["standing"] == CLOSING:
                until = min(until, row["closing"] // 3600 * 3600 + 3600)
            first = max(row["since"], now - REACH_S) // 3600 * 3600
            buyer = ({"CustomerIdentifier": row["identifier"]} if row["identifier"] else
                     {"CustomerAWSAccountId": row["account"], "LicenseArn": row["license"]})
            for hour in range(first, until, 3600):
                yield (row["product"] if row["identifier"] else ""), buyer, hour
