#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A nightly job, for the exec contract: it is started without a word, meters what every customer of
METERPROVER_WORLD used in the last hour, sends again what came back unprocessed, and ends.

With --bug NAME it has one bug:
  forgets   ignores UnprocessedRecords
  trusts    takes a reply that was cut for acceptance
  grows     adds to the quantity of what it sends again
  twice     meters the same usage under the customer and under the licence
  crashes   ends with exit code 1 though all went well
  hurries   ends at the first error
"""
import argparse
import datetime
import json
import os
import sys
import time

import boto3
import botocore.config
import botocore.exceptions

BUGS = ("forgets", "trusts", "grows", "twice", "crashes", "hurries")
ROUNDS = 6
READ_TIMEOUT_S = 5  # the SDK would wait a minute for a reply that never comes


def last_hour():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.replace(minute=0, second=0, microsecond=0) - datetime.timedelta(hours=1)


def usage_of(world, agreements):
    """One record for each customer and dimension."""
    for at, (_, customer) in enumerate(sorted(world["customers"].items())):
        for dimension in sorted(world["products"][0]["dimensions"].values()):
            record = {"Timestamp": last_hour(), "Dimension": dimension, "Quantity": 2 + at}
            if agreements:
                record["LicenseArn"] = customer["license"]
                record["CustomerAWSAccountId"] = customer["account"]
            else:
                record["CustomerIdentifier"] = customer["identifier"]
            yield record


def send(client, product, records, bug):
    """Gives what is to be sent again: all of it, when the reply was cut. The SDK takes what is left of
    such a reply for one that says nothing."""
    extra = {} if "LicenseArn" in records[0] else {"ProductCode": product}
    reply = client.batch_meter_usage(UsageRecords=records, **extra)
    return reply.get("UnprocessedRecords", [] if bug == "trusts" else records)


def meter(client, product, records, bug):
    left = records
    for turn in range(ROUNDS):
        try:
            left = send(client, product, left, bug)
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            if bug == "hurries":
                raise
        if not left or bug == "forgets":
            return 0
        if bug == "grows":
            left = [{**record, "Quantity": record["Quantity"] + 1} for record in left]
        time.sleep(0.2 * 2 ** turn)
    return 1  # usage is left: whoever runs the job must hear of it


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bug", choices=BUGS)
    parser.add_argument("--agreements", action="store_true", help="meter under licences")
    args = parser.parse_args()
    world = json.loads(os.environ["METERPROVER_WORLD"])
    product = world["products"][0]["code"]
    attempts = 1 if args.bug == "hurries" else 3
    client = boto3.client("meteringmarketplace", config=botocore.config.Config(
        read_timeout=READ_TIMEOUT_S, retries={"mode": "standard", "total_max_attempts": attempts}))
    left = meter(client, product, list(usage_of(world, args.agreements)), args.bug)
    if args.bug == "twice":
        meter(client, product, list(usage_of(world, not args.agreements)), args.bug)
    return 1 if args.bug == "crashes" else left


if __name__ == "__main__":
    sys.exit(main())
