# SPDX-License-Identifier: Apache-2.0
"""Sends the outbox to BatchMeterUsage, and draws from each reply what may be said of each record.

A 200 is not acceptance. A record is metered when a result with its own customer, dimension, hour
and quantity says Success. It is rejected when the service refused it alone, and no earlier sending
of it can have been executed. Everything else stays, and goes out again unchanged.
"""
import json
import time
from datetime import datetime, timezone
from typing import Callable, Iterator, List, Optional

from botocore.exceptions import (ClientError, ConnectTimeoutError, EndpointConnectionError,
                                 NoCredentialsError, ParamValidationError)

from outbox import METERED, PENDING, REJECTED, UNKNOWN, Outbox, Record
from subscriptions import Subscriptions
from tags import whole

MAX_RECORDS = 25
MAX_BYTES = 900_000       # AWS takes less than 1 MB; the rest is for what surrounds the records
CALL_SPACING_S = 0.11     # AWS takes ten calls a second for one account and region
UNPROCESSED_PAUSES_S = (0.1, 0.3, 0.6)  # about a second; longer waits are the scheduler's
LONGEST_PAUSE_S = 5       # that a reply may ask for; beyond it the scheduler comes again anyway
HELD_S = 3600             # how long a record waits that only an operator can help

# Refusals of the whole call for the sake of one record: nothing of it was executed.
ISOLATE = {"TimestampOutOfBoundsException", "InvalidUsageDimensionException",
           "InvalidCustomerIdentifierException", "InvalidTagException",
           "InvalidUsageAllocationsException", "InvalidLicenseException", "ValidationException",
           "InvalidParameterValue"}
# The same, but said of one small record it speaks of the way to AWS, not of the record.
TOO_LARGE = {"RequestEntityTooLarge", "413"}
THROTTLED = {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
             "RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
             "LimitExceededException", "SlowDown", "429"}
# The SDK gave up before a request existed, or before a connection did.
NOT_SENT = (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError, ParamValidationError)


class Attempts:
    """Watches every attempt of one call, the SDK's own retries included: it reports only the last,
    but an earlier one may have been executed."""

    def __init__(self, client):
        self.lost_one = False
        client.meta.events.register("needs-retry.marketplace-metering", self._on_attempt)

    def reset(self) -> None:
        """Before each call."""
        self.lost_one = False

    def _on_attempt(self, response=None, caught_exception=None, **_):
        if caught_exception is not None:
            self.lost_one |= not isinstance(caught_exception, NOT_SENT)
        elif response is not None:
            self.lost_one |= response[0].status_code >= 500
            if response[0].status_code >= 400:
                time.sleep(asked_pause_s(response[0].headers.get("Retry-After")))


def asked_pause_s(text: Optional[str]) -> float:
    """How long Retry-After asks to stay away, in seconds; the SDK heeds x-amz-retry-after only. What is
    longer than a flush should wait, or a date, is left to the scheduler."""
    seconds = int(text) if text and text.isascii() and text.isdigit() else 0
    return seconds if seconds <= LONGEST_PAUSE_S else 0


def wire_record(record: Record) -> dict:
    """A UsageRecord as the SDK takes it."""
    out = {"Timestamp": datetime.fromtimestamp(record.timestamp, timezone.utc), **record.buyer,
           "Dimension": record.dimension, "Quantity": record.quantity}
    if record.allocations:
        shares = whole([bucket["quantity"] for bucket in record.allocations], record.quantity)
        out["UsageAllocations"] = [_allocation(bucket["tags"], share)
                                   for bucket, share in zip(record.allocations, shares)]
    return out


def _allocation(tags: dict, share: int) -> dict:
    out = {"AllocatedUsageQuantity": share}
    if tags:
        out["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return out


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


class Metering:
    """One flush at a time: freeze, send, read, repeat what is unprocessed."""

    def __init__(self, client, outbox: Outbox, subscriptions: Subscriptions,
                 alert: Callable[[List[str], str], None]):
        self._client = client
        self._attempts = Attempts(client)
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._alert = alert
        self._down = False
        self._last_call = float("-inf")
        self._now = 0

    def flush(self, now: int) -> None:
        """Sends what is due at that time, once; what the service lists as unprocessed a few times
        more. Ends early when the service takes nothing: the scheduler comes again."""
        self._now = now
        self._down = False
        due = self._outbox.due(now, self._subscriptions)
        for pause in (*UNPROCESSED_PAUSES_S, None):
            unprocessed = []
            for batch in batches(due):
                unprocessed += self._send(batch)
            if not unprocessed or pause is None or self._down:
                return
            time.sleep(pause)
            due = [self._outbox.get(record.number) for record in unprocessed]

    def _send(self, batch: List[Record]) -> List[Record]:
        """Sends one batch; gives what the service did not process."""
        if self._down:
            return []
        batch = self._outbox.freeze(batch)
        self._keep_to_quota()
        request = {"UsageRecords": [wire_record(record) for record in batch]}
        if "LicenseArn" not in batch[0].buyer:
            # With a licence it would be billed twice, so AWS wants one or the other.
            request["ProductCode"] = batch[0].product
        self._attempts.reset()
        try:
            reply = self._client.batch_meter_usage(**request)
        except ClientError as error:
            return self._refused(batch, error)
        except Exception as error:  # pylint: disable=broad-except
            # No reply, or one that the SDK trips over: its parser raises whatever comes to hand.
            return self._no_reply(batch, error)
        finally:
            self._last_call = time.monotonic()
        return self._read(batch, reply)

    def _keep_to_quota(self) -> None:
        """Waits out the pause between two calls."""
        time.sleep(max(0.0, self._last_call + CALL_SPACING_S - time.monotonic()))

    def _postpone(self, batch: List[Record], reason: str, in_doubt: bool) -> List[Record]:
        """The same records go out again later; this flush is over."""
        self._down = True
        with self._outbox.transaction():
            for record in batch:
                doubt = in_doubt or record.in_doubt
                self._outbox.note(record, UNKNOWN if doubt else PENDING, reason, in_doubt=in_doubt)
        return []

    def _no_reply(self, batch: List[Record], error: Exception) -> List[Record]:
        """The SDK has no reply to show: executed or not, unless it never went out."""
        in_doubt = self._attempts.lost_one or not isinstance(error, NOT_SENT)
        if isinstance(error, (NoCredentialsError, ParamValidationError)):
            self._alert([], f"usage cannot be sent: {type(error).__name__}")
        return self._postpone(batch, type(error).__name__, in_doubt)

    def _refused(self, batch: List[Record], error: ClientError) -> List[Record]:
        """An error reply: what to do depends on whose fault it is."""
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        lost_one = self._attempts.lost_one
        if lost_one:
            batch = self._doubt(batch)
        if status >= 500 or 300 <= status < 400:
            return self._postpone(batch, code, in_doubt=status >= 500)
        if code in THROTTLED or status == 429:
            return self._postpone(batch, code, in_doubt=False)
        if code in ISOLATE or (code in TOO_LARGE and len(batch) > 1):
            return self._isolate(batch, code)
        # Credentials, permissions, product code, region: nothing that this program can mend.
        self._alert([], f"AWS refuses all usage: {code}")
        return self._postpone(batch, code, in_doubt=False)

    def _doubt(self, batch: List[Record]) -> List[Record]:
        """An earlier attempt of this call may have been executed."""
        with self._outbox.transaction():
            for record in batch:
                self._outbox.note(record, UNKNOWN, "an attempt was lost", in_doubt=True)
        return [self._outbox.get(record.number) for record in batch]

    def _isolate(self, batch: List[Record], code: str) -> List[Record]:
        """Halves a refused batch until the bad record stands alone; the good ones are billed."""
        if len(batch) == 1:
            self._reject(batch[0], f"AWS refuses the record: {code}")
            return []
        middle = len(batch) // 2
        return self._send(batch[:middle]) + self._send(batch[middle:])

    def _tell(self, record: Record, text: str) -> None:
        if record.alert != text:
            self._alert(self._outbox.usages(record.number), text)

    def _reject(self, record: Record, text: str) -> None:
        """A record that was refused by itself. If an earlier sending may have been executed, the
        refusal does not prove that nothing is billed: it stays unknown, for an operator to see."""
        self._tell(record, text)
        if record.in_doubt:
            self._outbox.note(record, UNKNOWN, text, alert=text, not_before=self._now + HELD_S)
        else:
            self._outbox.note(record, REJECTED, text, alert=text)

    def _read(self, batch: List[Record], reply: dict) -> List[Record]:
        """A 200. An empty object is what the SDK makes of a page of HTML, so nothing is taken for
        granted: each record is looked for."""
        if self._attempts.lost_one:
            batch = self._doubt(batch)
        results = [result for result in reply.get("Results") or [] if result]
        unprocessed = [echo for echo in reply.get("UnprocessedRecords") or [] if echo]
        with self._outbox.transaction():
            return self._read_records(batch, results, unprocessed)

    def _read_records(self, batch: List[Record], results: list, unprocessed: list) -> List[Record]:
        """Record by record; gives those that the service lists as unprocessed."""
        again = []
        for record in batch:
            mine = [result for result in results
                    if speaks_of(result.get("UsageRecord") or {}, record)]
            statuses = {result.get("Status") for result in mine}
            if any(speaks_of(echo, record) for echo in unprocessed):
                self._outbox.note(record, UNKNOWN if record.in_doubt or mine else PENDING,
                                  "unprocessed", in_doubt=bool(mine))
                again.append(record)
            elif len(statuses) == 1 and all(is_ours(result, record) for result in mine):
                self._conclude(record, statuses.pop(), mine[0].get("MeteringRecordId"))
            elif len(statuses) == 1:
                self._not_ours(record)
            else:
                self._outbox.note(record, UNKNOWN, "no clear result", in_doubt=True)
        return again

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

    def _not_ours(self, record: Record) -> None:
        """Somebody else's record is billed under the key, with some other quantity. Part of this
        usage may be billed by it, so neither metered nor rejected would be true: a person compares
        them."""
        text = "another record is billed under the same key: compare it with this usage"
        self._tell(record, text)
        self._outbox.note(record, UNKNOWN, text, alert=text, not_before=self._now + HELD_S)
