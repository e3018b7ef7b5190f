# SPDX-License-Identifier: Apache-2.0
"""Who may be metered, as AWS Marketplace tells it by notices.

Notices are delivered at least once and in any order, so each is kept with the time at which it was
published, and the one published last counts. A customer of whom nothing was ever heard is an old one,
from before the notices were listened to: it is metered.
"""
import json
import sqlite3
from datetime import datetime
from typing import Optional, Tuple

AWAITED, ACTIVE, FAILED, ENDING, ENDED = "awaited", "active", "failed", "ending", "ended"

LAST_HOUR_S = 3600

SNS_ACTIONS = {"subscribe-success": ACTIVE, "subscribe-fail": FAILED, "unsubscribe-pending": ENDING,
               "unsubscribe-success": ENDED}
# Of EventBridge only what speaks of one licence: that an agreement ended says nothing of its licences.
EVENTS = {"License Updated - Manufacturer": ACTIVE, "License Deprovisioned - Manufacturer": ENDING}

SCHEMA = """
CREATE TABLE IF NOT EXISTS subscription (
    who TEXT PRIMARY KEY, state TEXT NOT NULL, published REAL NOT NULL);
"""


class Malformed(ValueError):
    """A body that is neither a message of Amazon SNS nor an event of Amazon EventBridge."""


def _published(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _of_sns(message: dict) -> Optional[Tuple[str, str, float]]:
    content = json.loads(message["Message"])
    state = SNS_ACTIONS.get(content.get("action"))
    if state is None:
        return None  # entitlements, say, are another service's business
    return content["customer-identifier"], state, _published(message["Timestamp"])


def _of_event(event: dict) -> Optional[Tuple[str, str, float]]:
    state = EVENTS.get(event["detail-type"])
    if state is None:
        return None
    return event["detail"]["license"]["arn"], state, _published(event["time"])


def read_notice(body: bytes) -> Optional[Tuple[str, str, float]]:
    """Whom a notice speaks of, what it says, and when it was published; None when it is of no concern.

    In production the signature of an SNS message is verified before it is believed, and an
    EventBridge API destination sends a secret of ours; neither can be had from a stand-in.
    """
    try:
        tree = json.loads(body)
        if tree.get("Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
            return None  # confirmed by a person in the console: the URL in a message is not fetched
        return _of_sns(tree) if "Type" in tree else _of_event(tree)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(str(error)) from error


class Subscriptions:
    """The last word about each customer, on disk."""

    def __init__(self, path: str):
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)

    def await_word(self, who: str) -> None:
        """A buyer registered; until a notice confirms the subscription, nothing is metered."""
        self._db.execute("INSERT OR IGNORE INTO subscription VALUES (?, ?, 0)", (who, AWAITED))

    def note(self, who: str, state: str, published: float) -> None:
        """What a notice says, unless a later one was heard before."""
        self._db.execute(
            "INSERT INTO subscription VALUES (?, ?, ?) ON CONFLICT (who) DO UPDATE SET "
            "state = excluded.state, published = excluded.published "
            "WHERE excluded.published >= published", (who, state, published))

    def state(self, who: str, now: int) -> str:
        """What is known of a customer. What is left is accepted for an hour after the notice."""
        row = self._db.execute("SELECT state, published FROM subscription WHERE who = ?",
                               (who,)).fetchone()
        if row is None:
            return ACTIVE
        return ENDED if row[0] == ENDING and now >= row[1] + LAST_HOUR_S else row[0]

    def close(self) -> None:
        """Ends the store; nothing is lost without it."""
        self._db.close()
