#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A nightly job, for the exec contract: it is started without a word, meters what every customer of
METERPROVER_WORLD used in the last hour, sends again what came back unprocessed, and ends.

With --bug NAME it has one bug:
  forgets   ignores UnprocessedRecords
  grows     adds to the quantity of what it sends again
  twice     meters the same usage under the customer and under the licence
  crashes   ends with exit code 1 though all went well
  idle      sends nothing at all
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

BUGS = ("forgets", "grows", "twice", "crashes", "idle", "hurries")
ROUNDS = 6


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


def send(client, product, records):
    extra = {} if "LicenseArn" in records[0] else {"ProductCode": product}
    return client.batch_meter_usage(UsageRecords=records, **extra)["UnprocessedRecords"]


def meter(client, product, records, bug):
    left = records
    for turn in range(ROUNDS):
        try:
            left = send(client, product, left)
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
    if args.bug == "idle":
        return 0
    world = json.loads(os.environ["METERPROVER_WORLD"])
    product = world["products"][0]["code"]
    attempts = 1 if args.bug == "hurries" else 3
    client = boto3.client("meteringmarketplace", config=botocore.config.Config(
        retries={"mode": "standard", "total_max_attempts": attempts}))
    left = meter(client, product, list(usage_of(world, args.agreements)), args.bug)
    if args.bug == "twice":
        meter(client, product, list(usage_of(world, not args.agreements)), args.bug)
    return 1 if args.bug == "crashes" else left


if __name__ == "__main__":
    sys.exit(main())
