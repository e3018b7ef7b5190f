# SPDX-License-Identifier: Apache-2.0
"""Sends the outbox to MeterUsage, from the account of the buyer in which the program runs: on an EC2
instance, in a container, on Bedrock AgentCore.

A call bears one record. It is metered when the reply has the id of a record, and an error that names
the record refuses it. Every report has a ClientToken of its own, which is written down before the
first sending and repeated with every other: the SDK would draw a new one for each call, and on
AgentCore, where only tokens tell reports apart, a repeated report would then be billed twice.

An hour is reported when it is over, with all that arose in it; elsewhere than on AgentCore what is
reported once cannot be changed, so neither a start nor an end sends anything early. What is still to
be reported lies in the outbox: keep it on a volume that outlives the instance.
"""
import os
from collections import Counter
from datetime import datetime, timezone
from typing import List, Optional, Tuple

from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.utils import IMDSRegionProvider

from launch import FAILED, NOT_ENTITLED, REGISTERED
from outbox import METERED, NEVER, UNKNOWN, Record
from sending import Sender, wire_allocations
from service import Service, error_code

DRY_RUN = "DryRunOperation"
MAX_OUTAGES = 2  # calls in a row; then the service is down, and not one dimension alone
# Refusals of a record for its own sake: it was not executed, and will be refused again.
REFUSED = {"TimestampOutOfBoundsException", "InvalidUsageDimensionException", "InvalidTagException",
           "InvalidUsageAllocationsException", "ValidationException", "InvalidParameterValue"}


def runtime_region() -> Optional[str]:
    """The Region in which this program runs: MeterUsage and RegisterUsage take calls from there only,
    so it is never a constant. ECS, EKS and AgentCore tell it in the environment, EC2 in the instance's
    metadata; None leaves it to the SDK's configuration."""
    return (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
            or IMDSRegionProvider(get_session()).provide())


def wire_report(record: Record) -> dict:
    """The parameters of MeterUsage. The quantity stands there even if it is nothing."""
    out = {"ProductCode": record.product, "UsageDimension": record.dimension,
           "Timestamp": datetime.fromtimestamp(record.timestamp, timezone.utc),
           "UsageQuantity": record.quantity, "ClientToken": record.token}
    allocations = wire_allocations(record)
    return {**out, "UsageAllocations": allocations} if allocations else out


def may_meter(service: Service, product: str, dimension: str, now: int) -> Tuple[str, Optional[str]]:
    """Whether the role may call MeterUsage, by a call that meters nothing. A report of 0 would ask
    more, but it would also be the only one of its hour."""
    try:
        reply = service.call(
            "meter_usage", ProductCode=product, UsageDimension=dimension, UsageQuantity=0, DryRun=True,
            Timestamp=datetime.fromtimestamp(now, timezone.utc))
    except ClientError as error:
        if error_code(error) == DRY_RUN:  # as the reference describes it
            return REGISTERED, None
        raise
    # As it was seen: the name stands where the id of a record would.
    if reply.get("MeteringRecordId") == DRY_RUN:
        return REGISTERED, None
    return FAILED, "the reply says nothing of a dry run"


class InstanceMetering(Sender):
    """One flush at a time: freeze, send, read; one record a call."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self._outages = 0   # in a row
        self._failures = Counter()  # by record, in this life

    def flush(self, now: int) -> None:
        """Sends what is due at that time, once; what failed most often comes last, lest it hold up the
        others. Ends early when the service takes nothing: the scheduler comes again."""
        self._outages = 0
        for record in sorted(self._begin(now), key=lambda record: self._failures[record.number]):
            if self._down:
                return
            self._send(*self._outbox.freeze([record]))

    def _send(self, record: Record) -> None:
        reply = self._call("meter_usage", [record], wire_report(record))
        if reply is None:
            return
        self._outages = 0
        [record] = self._doubted([record])
        metering_id = reply.get("MeteringRecordId")
        if metering_id and metering_id != DRY_RUN:
            self._outbox.note(record, METERED, metering_id=metering_id)
        else:
            # An empty object is what the SDK makes of a page of HTML.
            self._outbox.note(record, UNKNOWN, "the reply names no record", in_doubt=True)

    def _outage(self, batch: List[Record], reason: str, in_doubt: bool) -> None:
        self._failures.update(record.number for record in batch)
        self._outages += 1
        self._down = self._outages == MAX_OUTAGES
        self._postpone(batch, reason, in_doubt)

    def _refuse_for_good(self, batch: List[Record], code: str) -> None:
        [record] = batch
        if code in REFUSED:
            self._reject(record, f"AWS refuses the record: {code}")
        elif code == NOT_ENTITLED:
            self._reject(record, "the customer has no subscription: stop serving")
        elif code == "DuplicateRequestException":
            # Not this report sent twice: then the reply would have been the id of its record.
            self._hold(record, "this hour was reported with another quantity: compare it with this usage")
        elif code == "IdempotencyConflictException":
            # Another token would have it billed, perhaps a second time.
            self._hold(record, "its ClientToken was used for another report: find out by whom")
        elif code == "InvalidEndpointRegionException":
            self._alert([], f"this program does not run in {self._service.region}, to whose "
                            "endpoint it reports: AWS takes no usage from it there")
            self._down = True
            self._postpone(batch, code, in_doubt=False)
        else:
            self._refuses_all(batch, code)

    def _hold(self, record: Record, text: str) -> None:
        """Sent no more by itself: what has been reported cannot be changed, so a person decides."""
        self._tell(record, text)
        self._outbox.note(record, UNKNOWN, text, alert=text, not_before=NEVER)
