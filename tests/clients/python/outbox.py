# SPDX-License-Identifier: Apache-2.0
"""The durable store of a metering integration: usage as it arose, and the records it became.

Usage of one key (product, buyer, dimension, hour) is summed into one record, because AWS bills the
first record of a key and drops every other. A record is *frozen* on disk before it is sent for the
first time: from then on its quantity and its timestamp never change, so that whatever became of
a sending, to send it again is harmless. Usage that comes later for a frozen key goes into a record
of its own, which is *late*: it cannot be billed under its hour, and an operator must know.

SQLite with synchronous=FULL: what is committed survives kill -9 and power loss, and a half-written
transaction is rolled back when the file is opened again.
"""
import json
import sqlite3
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterable, Iterator, List, Optional, Tuple

import tags as tags_of
from subscriptions import Subscriptions

PENDING, UNKNOWN, METERED, REJECTED = "pending", "unknown", "metered", "rejected"
FINAL = (METERED, REJECTED)
MAX_QUANTITY = 2**31 - 1  # of one record; what is more waits for a person
NEVER = 2**62  # not_before of what waits for a person for ever

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    number INTEGER PRIMARY KEY,
    product TEXT NOT NULL, buyer TEXT NOT NULL, dimension TEXT NOT NULL, hour INTEGER NOT NULL,
    quantity INTEGER NOT NULL, timestamp INTEGER NOT NULL, allocations TEXT,
    frozen INTEGER NOT NULL DEFAULT 0,   -- sent, or about to be: never changes again
    token TEXT,                          -- its ClientToken, drawn when it was frozen
    in_doubt INTEGER NOT NULL DEFAULT 0, -- a sending may have been executed without our knowing
    state TEXT NOT NULL DEFAULT 'pending', reason TEXT, metering_id TEXT,
    alert TEXT,                          -- what an operator was last told about it
    not_before INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS record_key ON record (product, buyer, dimension, hour);
CREATE INDEX IF NOT EXISTS record_open ON record (state) WHERE state IN ('pending', 'unknown');
CREATE TABLE IF NOT EXISTS usage (
    id TEXT PRIMARY KEY, record INTEGER NOT NULL REFERENCES record, quantity INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS usage_record ON usage (record);
CREATE TABLE IF NOT EXISTS held (id TEXT PRIMARY KEY, reason TEXT NOT NULL);
"""


@dataclass
class Record:
    """What is, or will be, one UsageRecord."""

    number: int
    product: str
    buyer: dict  # the members of UsageRecord that name the buyer
    dimension: str
    hour: int
    quantity: int
    timestamp: int
    allocations: Optional[list]
    frozen: bool
    token: Optional[str]
    in_doubt: bool
    state: str
    reason: Optional[str]
    metering_id: Optional[str]
    alert: Optional[str]
    not_before: int


def _record(row: sqlite3.Row) -> Record:
    values = dict(row)
    values["buyer"] = json.loads(values["buyer"])
    values["allocations"] = json.loads(values["allocations"]) if values["allocations"] else None
    values["frozen"], values["in_doubt"] = bool(values["frozen"]), bool(values["in_doubt"])
    return Record(**values)


class Outbox:
    """Usage and records on disk. Every method that changes something commits before it returns."""

    def __init__(self, path: str, adds_up: bool = False):
        """adds_up: AWS adds up the records of a key, as on AgentCore, so that none comes too late."""
        self._adds_up = adds_up
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)
        # Whatever was frozen but has no outcome may have been on the wire when we were killed.
        self._db.execute(
            "UPDATE record SET in_doubt = 1, state = ?, reason = 'sent before a restart' "
            "WHERE frozen AND state = ?", (UNKNOWN, PENDING))

    @contextmanager
    def transaction(self):
        """All or nothing, and one wait for the disk; a transaction inside another is part of it."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _one(self, query: str, *values) -> Optional[sqlite3.Row]:
        return self._db.execute(query, values).fetchone()

    def take(self, usage_id: str, product: str, buyer: dict, dimension: str, quantity: int,
             timestamp: int, tags: Optional[list] = None) -> Tuple[Record, bool]:
        """Books usage; what comes twice under one id is booked once. The flag says that its key was
        sent before, so that it cannot be billed under it."""
        with self.transaction():
            known = self._one("SELECT record FROM usage WHERE id = ?", usage_id)
            if known:
                return self.get(known["record"]), False
            key = (product, json.dumps(buyer, sort_keys=True), dimension, timestamp // 3600 * 3600)
            number = self._open_record(key, timestamp)
            old = self.get(number)
            merged = tags_of.merge(old.allocations, quantity, tags, old.quantity)
            self._db.execute(
                "UPDATE record SET quantity = quantity + ?, timestamp = max(timestamp, ?), "
                "allocations = ? WHERE number = ?",
                (quantity, timestamp, json.dumps(merged) if merged else None, number))
            self._db.execute("INSERT INTO usage VALUES (?, ?, ?)", (usage_id, number, quantity))
        return self.get(number), self.is_late(number)

    def _open_record(self, key: tuple, timestamp: int) -> int:
        """The record of that key that still takes usage."""
        row = self._one("SELECT number FROM record WHERE product = ? AND buyer = ? "
                        "AND dimension = ? AND hour = ? AND NOT frozen", *key)
        if row:
            return row["number"]
        return self._db.execute(
            "INSERT INTO record (product, buyer, dimension, hour, quantity, timestamp) "
            "VALUES (?, ?, ?, ?, 0, ?)", (*key, timestamp)).lastrowid

    def is_late(self, number: int) -> bool:
        """Whether another record of the key went out before, and was not certainly refused, so that
        AWS would drop this one."""
        return not self._adds_up and self._one(
            "SELECT 1 FROM record AS mine "
            "JOIN record AS other USING (product, buyer, dimension, hour) "
            "WHERE mine.number = ? AND other.number < mine.number AND other.state <> ?",
            number, REJECTED) is not None

    def get(self, number: int) -> Record:
        """One record by number."""
        return _record(self._one("SELECT * FROM record WHERE number = ?", number))

    def open_records(self) -> List[Record]:
        """Everything without a last word, oldest hours first: their window closes first."""
        rows = self._db.execute(
            "SELECT * FROM record WHERE state IN ('pending', 'unknown') ORDER BY hour, number")
        return [_record(row) for row in rows]

    def due(self, now: int, subscriptions: Subscriptions) -> List[Record]:
        """What may be sent at that time. An hour is reported when it is over, since AWS would drop
        what arose after the report; or when its buyer's subscription leaves no later chance."""
        return [record for record in self.open_records()
                if (record.hour + 3600 <= now
                    or subscriptions.is_last_chance(record.buyer, now))
                and record.not_before <= now and record.quantity <= MAX_QUANTITY
                and not self.is_late(record.number) and subscriptions.may_send(record.buyer, now)]

    def fill(self, product: str, buyer: dict, dimension: str, hour: int) -> None:
        """Books a record of quantity 0 where that buyer's hour has none."""
        names = json.dumps(buyer, sort_keys=True)
        with self.transaction():
            if not self._one("SELECT 1 FROM record WHERE buyer = ? AND hour = ?", names, hour):
                self._open_record((product, names, dimension, hour), hour)

    def hold(self, usage_id: str, reason: str) -> None:
        """Books usage that no record can bear, for a person to settle."""
        self._db.execute("INSERT OR IGNORE INTO held VALUES (?, ?)", (usage_id, reason))

    def held(self) -> List[Tuple[str, str]]:
        """What hold() has booked, with the reasons."""
        return [tuple(row) for row in self._db.execute("SELECT id, reason FROM held ORDER BY rowid")]

    def usages(self, number: int) -> List[str]:
        """The ids of the usage in one record."""
        rows = self._db.execute("SELECT id FROM usage WHERE record = ? ORDER BY rowid", (number,))
        return [row["id"] for row in rows]

    def all_usages(self) -> Iterator[Tuple[str, Record]]:
        """Every usage with its record."""
        rows = self._db.execute("SELECT id, record FROM usage ORDER BY rowid").fetchall()
        return ((row["id"], self.get(row["record"])) for row in rows)

    def freeze(self, records: Iterable[Record]) -> List[Record]:
        """Fixes quantity, timestamp and token for ever; called before the first byte goes out. Gives
        the records as they are then: another worker may have added usage since they were read."""
        with self.transaction():
            self._db.executemany(
                "UPDATE record SET frozen = 1, token = coalesce(token, ?) WHERE number = ?",
                [(str(uuid.uuid4()), record.number) for record in records])
            return [self.get(record.number) for record in records]

    def note(self, record: Record, state: str, reason: Optional[str] = None, *,
             in_doubt: bool = False, metering_id: Optional[str] = None,
             alert: Optional[str] = None, not_before: int = 0) -> None:
        """Writes what became of a sending. Doubt stays: a later refusal says nothing about an
        earlier sending that may have been executed."""
        self._db.execute(
            "UPDATE record SET state = ?, reason = ?, in_doubt = in_doubt OR ?, "
            "metering_id = coalesce(?, metering_id), alert = coalesce(?, alert), "
            "not_before = ? WHERE number = ?",
            (state, reason, int(in_doubt), metering_id, alert, not_before, record.number))

    def close(self) -> None:
        """Ends the store; nothing is lost without it."""
        self._db.close()
