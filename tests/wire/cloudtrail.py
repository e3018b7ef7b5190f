# SPDX-License-Identifier: Apache-2.0
"""Reads CloudTrail's file as an auditor does, who knows the guide's examples and nothing of ours, and
adds it up; and the ledger in the same words. Standard library only."""
import datetime
import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def java_hour(text):
    """'Apr 19, 2018 4:32:50 PM', which is in UTC, as the start of its hour."""
    moment = datetime.datetime.strptime(text, "%b %d, %Y %I:%M:%S %p")
    return moment.strftime("%Y-%m-%dT%H:00:00Z")


def usage_of(event):
    """The usage that one event says was taken: MeteringRecordId -> what for."""
    taken = {}
    if event["responseElements"] is None:
        return taken
    parameters = event["requestParameters"]
    if event["eventName"] == "BatchMeterUsage":
        for result in event["responseElements"]["results"]:
            if result["status"] == "Success":
                sent = result["usageRecord"]
                payer = sent.get("licenseArn") or sent.get("customerIdentifier") \
                    or sent["customerAWSAccountId"]
                product = parameters.get("productCode", "")
                taken[result["meteringRecordId"]] = (
                    event["awsRegion"], product, payer, sent["dimension"],
                    java_hour(sent["timestamp"]), sent.get("quantity", 0))
    elif event["eventName"] == "MeterUsage" and not parameters.get("dryRun"):
        taken[event["responseElements"]["meteringRecordId"]] = (
            event["awsRegion"], parameters["productCode"], event["recipientAccountId"],
            parameters["usageDimension"], java_hour(parameters["timestamp"]),
            parameters.get("usageQuantity", 0))
    return taken


def add_up(trail):
    """What a log adds up to: the same record said again is one record."""
    total = {}
    for event in trail["Records"]:
        for record_id, usage in usage_of(event).items():
            if total.setdefault(record_id, usage) != usage:
                raise AssertionError(f"{record_id} is {total[record_id]} and {usage}")
    return total


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def books(ledger):
    """The ledger in the log's words: by symbols of the world, which a log does not know."""
    known, total = read(os.path.join(ROOT, "scenarios", "world.json")), {}
    for entry in ledger["entries"]:
        model, symbol = entry["payer"].split(":")
        customer = known["customers"][symbol]
        licensed = model == "license"
        payer = customer["license"] if licensed else \
            customer["account" if "instance" in entry else "identifier"]
        product = known["products"][entry["product"]]
        total[entry["record"]] = (entry["region"], "" if licensed else product["code"], payer,
                                  product["dimensions"][entry["dimension"]], entry["hour"],
                                  entry["quantity"])
    return total
