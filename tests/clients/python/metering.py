# SPDX-License-Identifier: Apache-2.0
"""Sends the outbox to BatchMeterUsage, and draws from each reply what may be said of each record.

A 200 is not acceptance. A record is metered when a result with its own customer, dimension, hour
and quantity says Success. It is rejected when the service refused it alone, and no earlier sending
of it can have been executed. Everything else stays, and goes out again unchanged.
"""
import json
import time
from datetime import datetime, timezone
from typing import Iterator, List, Optional

from outbox import METERED, PENDING, UNKNOWN, Record
from sending import Sender, wire_allocations

MAX_RECORDS = 25
MAX_BYTES = 900_000       # AWS takes less than 1 MB; the rest is for what surrounds the records
UNPROCESSED_PAUSES_S = (0.1, 0.3, 0.6)  # about a second; longer waits are the scheduler's

# Refusals of the whole call for the sake of one record: nothing of it was executed.
ISOLATE = {"TimestampOutOfBoundsException", "InvalidUsageDimensionException",
           "InvalidCustomerIdentifierException", "InvalidTagException",
           "InvalidUsageAllocationsException", "InvalidLicenseException", "ValidationException",
           "InvalidParameterValue"}
# The same, but said of one small record it speaks of the way to AWS, not of the record.
TOO_LARGE = {"RequestEntityTooLarge", "413"}


def wire_record(record: Record) -> dict:
    """A UsageRecord as the SDK takes it."""
    out = {"Timestamp": datetime.fromtimestamp(record.timestamp, timezone.utc), **record.buyer,
           "Dimension": record.dimension, "Quantity": record.quantity}
    allocations = wire_allocations(record)
    return {**out, "UsageAllocations": allocations} if allocations else out


def wire_bytes(record: Record) -> int:
    """How much of the request's body a record takes, at most."""
    return len(json.dumps(wire_record(record), default=lambda moment: 1 << 33)) + 2


def batches(records: List[Record]) -> Iterator[List[Record]]:
    """Splits by product, by number and by size. A call bears one ProductCode, and licences of one
    product; licences name their product themselves, so the two ways never share a call."""
    groups = {}
    for record in records:
        groups.setdefault((record.product, "LicenseArn" in record.buyer), []).append(record)
    for group in groups.values():
        batch, size = [], 0
        for record in group:
            more = wire_bytes(record)
            if batch and (len(batch) == MAX_RECORDS or size + more > MAX_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(record)
            size += more
        yield batch


def _hour(timestamp) -> Optional[int]:
    """The hour of a timestamp as the SDK gives it back; None when it is none."""
    return int(timestamp.timestamp()) // 3600 if isinstance(timestamp, datetime) else None


def speaks_of(echo: dict, record: Record) -> bool:
    """Whether a UsageRecord in a reply has the key of the one that was sent. Never by position."""
    return (all(echo.get(name) == value for name, value in record.buyer.items())
            and echo.get("Dimension") == record.dimension
            and _hour(echo.get("Timestamp")) == record.timestamp // 3600)


def is_ours(result: dict, record: Record) -> bool:
    """Whether a result of the record's key is about the quantity that was sent."""
    return result["UsageRecord"].get("Quantity", 0) == record.quantity


class Metering(Sender):
    """One flush at a time: freeze, send, read, repeat what is unprocessed."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self._unprocessed = []

    def flush(self, now: int) -> None:
        """Sends what is due at that time, once; what the service lists as unprocessed a few times
        more. Ends early when the service takes nothing: the scheduler comes again."""
        due = self._begin(now)
        for pause in (*UNPROCESSED_PAUSES_S, None):
            self._unprocessed = []
            for batch in batches(due):
                self._send(batch)
            if not self._unprocessed or pause is None or self._down:
                return
            time.sleep(pause)
            due = [self._outbox.get(record.number) for record in self._unprocessed]

    def _send(self, batch: List[Record]) -> None:
        """Sends one batch, unless the service takes nothing."""
        if self._down:
            return
        batch = self._outbox.freeze(batch)
        request = {"UsageRecords": [wire_record(record) for record in batch]}
        if "LicenseArn" not in batch[0].buyer:
            # With a licence it would be billed twice, so AWS wants one or the other.
            request["ProductCode"] = batch[0].product
        reply = self._call("batch_meter_usage", batch, request)
        if reply is not None:
            self._read(self._doubted(batch), reply)

    def _refuse_for_good(self, batch: List[Record], code: str) -> None:
        if code in ISOLATE or (code in TOO_LARGE and len(batch) > 1):
            self._isolate(batch, code)
        else:
            self._refuses_all(batch, code)

    def _isolate(self, batch: List[Record], code: str) -> None:
        """Halves a refused batch until the bad record stands alone; the good ones are billed."""
        if len(batch) == 1:
            self._reject(batch[0], f"AWS refuses the record: {code}")
            return
        middle = len(batch) // 2
        self._send(batch[:middle])
        self._send(batch[middle:])

    def _read(self, batch: List[Record], reply: dict) -> None:
        """A 200. An empty object is what the SDK makes of a page of HTML, so nothing is taken for
        granted: each record is looked for."""
        results = [result for result in reply.get("Results") or [] if result]
        unprocessed = [echo for echo in reply.get("UnprocessedRecords") or [] if echo]
        with self._outbox.transaction():
            self._read_records(batch, results, unprocessed)

    def _read_records(self, batch: List[Record], results: list, unprocessed: list) -> None:
        for record in batch:
            mine = [result for result in results
                    if speaks_of(result.get("UsageRecord") or {}, record)]
            statuses = {result.get("Status") for result in mine}
            if any(speaks_of(echo, record) for echo in unprocessed):
                self._outbox.note(record, UNKNOWN if record.in_doubt or mine else PENDING,
                                  "unprocessed", in_doubt=bool(mine))
                self._unprocessed.append(record)
            elif len(statuses) == 1 and all(is_ours(result, record) for result in mine):
                self._conclude(record, statuses.pop(), mine[0].get("MeteringRecordId"))
            elif len(statuses) == 1:
                self._not_ours(record)
            else:
                self._outbox.note(record, UNKNOWN, "no clear result", in_doubt=True)

    def _conclude(self, record: Record, status: Optional[str], metering_id: Optional[str]) -> None:
        """What one result says."""
        if status == "Success":
            self._outbox.note(record, METERED, metering_id=metering_id)
        elif status == "CustomerNotSubscribed":
            self._reject(record, "the customer is not subscribed")
        elif status == "DuplicateRecord" and record.in_doubt:
            # Our own sending, whose reply was lost: it is frozen, so it had this very quantity.
            self._outbox.note(record, METERED, metering_id=metering_id)
        elif status == "DuplicateRecord":
            # We have not sent it before, so what stands under the key is not ours.
            self._not_ours(record)
        else:
            self._outbox.note(record, UNKNOWN, f"status {status}", in_doubt=True)
