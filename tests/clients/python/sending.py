# SPDX-License-Identifier: Apache-2.0
"""What the reporting of usage needs whichever operation takes it: the pace, and what an error of a call
says of the records in it.

One question decides everything: may the service have executed the call all the same? Then its records
are in doubt, stay `unknown`, and go out again unchanged; no later refusal proves that nothing is billed.
"""
import time
from typing import Callable, List, Optional

from botocore.exceptions import ClientError

from outbox import PENDING, REJECTED, UNKNOWN, Outbox, Record
from service import (CREDENTIALS, NOT_SENT, UNPREPARED, Service, error_code, error_status,
                     is_throttled)
from subscriptions import Subscriptions
from tags import whole

CALL_SPACING_S = 0.11     # AWS takes ten calls a second of one operation for one account and region
HELD_S = 3600             # how long a record waits that only an operator can help


def wire_allocations(record: Record) -> Optional[list]:
    """The UsageAllocations of a record; None when it has none."""
    if not record.allocations:
        return None
    shares = whole([bucket["quantity"] for bucket in record.allocations], record.quantity)
    return [_allocation(bucket["tags"], share) for bucket, share in zip(record.allocations, shares)]


def _allocation(tags: dict, share: int) -> dict:
    out = {"AllocatedUsageQuantity": share}
    if tags:
        out["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return out


class Sender:
    """One flush at a time. Who inherits it says what is due, how it is put into calls, and what the
    replies of its operation mean (_refuse_for_good: an error that is neither an outage nor haste)."""

    def __init__(self, service: Service, outbox: Outbox, subscriptions: Subscriptions,
                 alert: Callable[[List[str], str], None]):
        self._service = service
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._alert = alert
        self._down = False
        self._last_call = float("-inf")
        self._now = 0

    def _begin(self, now: int) -> List[Record]:
        """A new flush; gives what is due at that time."""
        self._now = now
        self._down = False
        return self._outbox.due(now, self._subscriptions)

    def _call(self, operation: str, batch: List[Record], request: dict) -> Optional[dict]:
        """One call for these records, which are frozen. Gives the reply; None when there is none, or an
        error: then all that is to be said of the records was noted."""
        self._keep_to_quota()
        try:
            return self._service.call(operation, **request)
        except ClientError as error:
            self._refused(self._doubted(batch), error)
        except Exception as error:  # pylint: disable=broad-except
            # No reply, or one that the SDK trips over: its parser raises whatever comes to hand.
            self._no_reply(batch, error)
        finally:
            self._last_call = time.monotonic()
        return None

    def _keep_to_quota(self) -> None:
        """Waits out the pause between two calls."""
        time.sleep(max(0.0, self._last_call + CALL_SPACING_S - time.monotonic()))

    def _postpone(self, batch: List[Record], reason: str, in_doubt: bool) -> None:
        """The same records go out again later."""
        with self._outbox.transaction():
            for record in batch:
                doubt = in_doubt or record.in_doubt
                self._outbox.note(record, UNKNOWN if doubt else PENDING, reason, in_doubt=in_doubt)

    def _outage(self, batch: List[Record], reason: str, in_doubt: bool) -> None:
        """The service takes nothing now, and more calls do not help it: this flush is over."""
        self._down = True
        self._postpone(batch, reason, in_doubt)

    def _no_reply(self, batch: List[Record], error: Exception) -> None:
        """The SDK has no reply to show: executed or not, unless it never went out."""
        in_doubt = self._service.lost_one or not isinstance(error, NOT_SENT)
        if isinstance(error, UNPREPARED):
            self._alert([], f"usage cannot be sent: {type(error).__name__}")
        self._outage(batch, type(error).__name__, in_doubt)

    def _refused(self, batch: List[Record], error: ClientError) -> None:
        """An error reply: what to do depends on whose fault it is."""
        status = error_status(error)
        if error.operation_name in CREDENTIALS:
            self._alert([], f"no credentials for metering: {error_code(error)}")
            self._outage(batch, error_code(error), in_doubt=False)
        elif status >= 500 or 300 <= status < 400:
            self._outage(batch, error_code(error), in_doubt=status >= 500)
        elif is_throttled(error):
            self._outage(batch, error_code(error), in_doubt=False)
        else:
            self._refuse_for_good(batch, error_code(error))

    def _refuse_for_good(self, batch: List[Record], code: str) -> None:
        raise NotImplementedError

    def _refuses_all(self, batch: List[Record], code: str) -> None:
        """Credentials, permissions, product code, region: nothing that this program can mend."""
        self._alert([], f"AWS refuses all usage: {code}")
        self._down = True
        self._postpone(batch, code, in_doubt=False)

    def _doubted(self, batch: List[Record]) -> List[Record]:
        """The records as they are after a call one of whose attempts may have been executed unseen."""
        if not self._service.lost_one:
            return batch
        with self._outbox.transaction():
            for record in batch:
                self._outbox.note(record, UNKNOWN, "an attempt was lost", in_doubt=True)
        return [self._outbox.get(record.number) for record in batch]

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

    def _not_ours(self, record: Record) -> None:
        """Somebody else's record is billed under the key, with some other quantity. Part of this
        usage may be billed by it, so neither metered nor rejected would be true: a person compares
        them."""
        text = "another record is billed under the same key: compare it with this usage"
        self._tell(record, text)
        self._outbox.note(record, UNKNOWN, text, alert=text, not_before=self._now + HELD_S)
