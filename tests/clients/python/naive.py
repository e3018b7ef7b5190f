#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The integration that one writes from the first code sample, kept to show what it costs.

Of pages, notices, tags, TLS and several processes it knows nothing, and says so.
It works on a good day, and passes what asks for no more: RC-01, RC-03, RC-03/once, RC-E01, RC-E02,
RC-E04. Its bugs, each of which real integrations have had, and checks that tell of them:

- an HTTP 200 counts as acceptance: neither `UnprocessedRecords` nor a result's `Status` is read
  (BMU-R03 sent-again, BMU-R05 sent-again, BMU-R14 sent-again);
- records bear the time at which they are sent, not the hour in which the usage arose, so that
  whatever is late is billed in the wrong hour (TIM-01 right-hours, TIM-11 its-own-hour);
- usage lies in memory: a crash or a deployment loses it, though it was acknowledged
  (CAD-06 said-so, CAD-07 said-so);
- usage of one hour is not summed: AWS bills the first record of an hour and drops the others
  (BMU-L12 billed-in-sum);
- a call that fails is logged, and its records are marked as sent: throttling loses usage, and one
  bad record loses the 24 beside it (BMU-E03 sent-again, BMU-E06 others-billed,
  COM-03/internal-failure sent-again);
- any failure of ResolveCustomer is shown to the buyer as a bad token
  (RC-E03 not-the-buyers-fault, RC-E05 not-the-buyers-fault).
"""
import json
import sys

import boto3

client = boto3.client("meteringmarketplace")
queue = []


def say(**members):
    """One line of the contract."""
    print(json.dumps(members), flush=True)


def flush(now):
    """Sends the queue, 25 records at a time, and forgets it. The harness's clock stands in for that
    of the machine."""
    while queue:
        batch = queue[:25]
        del queue[:25]
        try:
            client.batch_meter_usage(
                ProductCode=batch[0]["product"],
                UsageRecords=[{
                    "Timestamp": now,
                    "CustomerIdentifier": usage["customer"]["identifier"],
                    "Dimension": usage["dimension"],
                    "Quantity": usage["quantity"],
                } for usage in batch])
        except Exception as error:  # pylint: disable=broad-except
            print("metering failed:", error)
        for usage in batch:
            say(mp="usage", id=usage["id"], state="metered")


def resolve(step, token):
    """Asks whose token it is."""
    try:
        found = client.resolve_customer(RegistrationToken=token)
        say(mp="resolve", step=step, state="resolved", customer=found["CustomerIdentifier"])
    except Exception as error:  # pylint: disable=broad-except
        print("registration failed:", error)
        say(mp="resolve", step=step, state="refused")


def main():
    """Reads steps until the input ends."""
    for line in sys.stdin:
        message = json.loads(line)
        if "hello" in message:
            say(mp="hello", contract=1, supports=["usage", "flush", "clock", "restart", "resolve"])
            continue
        if "usage" in message:
            queue.append(message["usage"])
        elif "resolve" in message:
            resolve(message["step"], message["resolve"]["token"])
        elif "flush" in message or "clock" in message:
            flush(message["now"])
        say(mp="done", step=message["step"])


if __name__ == "__main__":
    main()
