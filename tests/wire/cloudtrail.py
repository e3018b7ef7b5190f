# SPDX-License-Identifier: Apache-2.0
"""Reads CloudTrail's file as an auditor does, who knows the guide's examples and nothing of ours, and
adds it up; and the ledger in the same words. Standard library only."""
import datetime
import decimal
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


def key_of(region, product, record):
    """By what the guide tells records apart, and how much of it: what is told twice counts once."""
    payer = record.get("licenseArn") or record.get("customerIdentifier") \
        or record.get("customerAWSAccountId") or record.get("customerAWSAccountID")
    quantity = decimal.Decimal(record.get("quantityAsDecimal", record.get("quantity", 0)))
    shares = sorted(json.dumps(share, sort_keys=True) for share in record.get("usageAllocations", []))
    return (region, "" if "licenseArn" in record else product, payer, record["dimension"],
            java_hour(record["timestamp"])), (quantity, shares)


class Audit:
    """A log against the rules of counting, call by call, in its order: the first report of a key is
    billed, the same again is the same record, another quantity is a duplicate. `billed` is what must
    be billed, MeteringRecordId -> (key, quantity). `untold`, key -> quantity, may be: it came back
    neither with a result nor unprocessed, or as a success without its id."""

    def __init__(self, trail, on_agentcore=False):
        self.billed, self.untold, self.first, self.on_agentcore = {}, {}, {}, on_agentcore
        for event in trail["Records"]:
            failed = "errorCode" in event
            if failed != (event["responseElements"] is None):
                raise AssertionError(f"neither a success nor a failure: {event}")
            if not failed and event["eventName"] in ("BatchMeterUsage", "MeterUsage"):
                getattr(self, event["eventName"])(event)

    def BatchMeterUsage(self, event):  # noqa: N802  (the operation's name)
        region, parameters = event["awsRegion"], event["requestParameters"]
        product = parameters.get("productCode", "")
        waiting = [dumped(record) for record in parameters["usageRecords"]]
        answer = event["responseElements"]
        for record in answer["unprocessedRecords"]:
            waiting.remove(dumped(record))
        for result in answer["results"]:
            waiting.remove(dumped(result["usageRecord"]))
            key, asked = key_of(region, product, result["usageRecord"])
            self.count(key, asked, result["status"] == "Success", result.get("meteringRecordId"))
        for record in waiting:
            key, asked = key_of(region, product, json.loads(record))
            self.untold[key] = asked[0]

    def MeterUsage(self, event):  # noqa: N802
        parameters = event["requestParameters"]
        if parameters.get("dryRun"):
            return
        record = {"customerAWSAccountId": event["recipientAccountId"]}
        for name, value in parameters.items():  # usageQuantity is what a batch calls quantity
            short = name.removeprefix("usage") if name != "usageAllocations" else name
            record[short[0].lower() + short[1:]] = value
        key, asked = key_of(event["awsRegion"], parameters["productCode"], record)
        session = event["userIdentity"]["arn"].split("/")[-1]
        told = parameters.get("clientToken") if self.on_agentcore else session
        self.count((*key, told), asked, True, event["responseElements"]["meteringRecordId"])

    def count(self, key, asked, is_taken, record_id):
        if not is_taken:
            return
        if not record_id:
            self.untold[key[:5]] = asked[0]
            return
        first_id, first = self.first.setdefault(key, (record_id, asked))
        if (first_id, first) != (record_id, asked):
            raise AssertionError(f"{key} was taken as {first}, {first_id}, and as {asked}, {record_id}")
        self.billed[record_id] = (key[:5], asked[0])

    def total(self):
        return sum(quantity for _, quantity in self.billed.values())


def dumped(record):
    return json.dumps(record, sort_keys=True)


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
