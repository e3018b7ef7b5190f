#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The integration that one writes from the first code sample, kept to show what it costs.

It works on a good day. Its bugs, each of which real integrations have had:

- an HTTP 200 counts as acceptance: neither `UnprocessedRecords` nor a result's `Status` is read;
- records bear the time at which they are sent, not the hour in which the usage arose, so that
  whatever is late is billed in the wrong hour;
- usage lies in memory: a crash or a deployment loses it, though it was acknowledged;
- usage of one hour is not summed: AWS bills the first record of an hour and drops the others;
- a call that fails is logged, and its records are marked as sent: throttling loses usage, and one
  bad record loses the 24 beside it;
- any failure of ResolveCustomer is shown to the buyer as a bad token.
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
