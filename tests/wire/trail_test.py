#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CloudTrail's file, read by a reader of its own, adds up to the ledger; and has the guide's form."""
import collections
import datetime
import json
import os
import tempfile
import unittest

import wire
from cloudtrail import Audit, add_up, books, read
from wire import Proxy, batch, record

LICENSES = {"acme": "arn:aws:license-manager::294406891311:license:"
                    "l-0a1f6c27d83b4e95a6c1f2d3b4e5a6c7"}
# The keys of the guide's examples ("Logging AWS Marketplace Metering API calls with AWS CloudTrail"),
# and what a failure adds to them.
EVENT_KEYS = {"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion",
              "sourceIPAddress", "userAgent", "requestParameters", "responseElements", "requestID",
              "eventID", "readOnly", "eventType", "recipientAccountId"}
FAILURE_KEYS = {"errorCode", "errorMessage"}
USER_KEYS = {"type", "principalId", "arn", "accountId", "accessKeyId", "userName"}
ROLE_KEYS = {"type", "principalId", "arn", "accountId", "accessKeyId", "sessionContext"}


def meter(quantity=3, hours_ago=1, token=None, **more):
    tree = {"ProductCode": wire.PRODUCT, "Timestamp": wire.HOUR_S - 3600 * (hours_ago - 1),
            "UsageDimension": "requests", "UsageQuantity": quantity, **more}
    return json.dumps(tree if token is None else {**tree, "ClientToken": token}).encode()


class TrailTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def play(self, calls, args=()):
        """Sends [(operation, body, region or None)]; gives the statuses, the trail and the ledger."""
        paths = {name: os.path.join(self.folder.name, name) for name in ("ledger", "cloudtrail")}
        options = [*args]
        for name, path in paths.items():
            options += [f"--{name}", path]
        with Proxy(args=options) as proxy:
            home, statuses = proxy.sign.region, []
            for operation, body, region in calls:
                proxy.sign.region = region or home
                statuses.append(proxy.ask(body, target=operation).status)
        return statuses, read(paths["cloudtrail"]), read(paths["ledger"])

    def check_form(self, trail):
        for event in trail["Records"]:
            failed = event["responseElements"] is None
            self.assertEqual(EVENT_KEYS | (FAILURE_KEYS if failed else set()), set(event))
            self.assertIn(set(event["userIdentity"]), (USER_KEYS, ROLE_KEYS))
            datetime.datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
        ids = collections.Counter(e[k] for e in trail["Records"] for k in ("eventID", "requestID"))
        self.assertEqual({1}, set(ids.values()))

    def check_sum(self, trail, ledger, on_agentcore=False):
        self.check_form(trail)
        self.assertEqual(books(ledger), add_up(trail))
        self.assertEqual(set(books(ledger)), set(Audit(trail, on_agentcore).billed))

    def test_a_batch_adds_up(self):
        unknown = batch({**record(), "CustomerIdentifier": "nobody"})
        calls = [("BatchMeterUsage", body, None) for body in (
            batch(*wire.many(25)), batch(*wire.many(25)), batch(record(quantity=99)), unknown,
            batch(record(hours_ago=7, quantity=0)), b"{}", b"no json")]
        calls.append(("BatchMeterUsage", batch(*wire.many(3)), "eu-west-1"))
        statuses, trail, ledger = self.play(calls)
        self.assertEqual([200, 200, 200, 400, 200, 400, 400, 200], statuses)
        self.assertEqual(len(calls), len(trail["Records"]))
        self.assertEqual(29, len(ledger["entries"]))
        self.check_sum(trail, ledger)
        self.assertEqual(["InvalidCustomerIdentifierException", "ValidationException",
                          "SerializationException"],
                         [e["errorCode"] for e in trail["Records"] if "errorCode" in e])

    def test_licences_add_up(self):
        sent = record()
        del sent["CustomerIdentifier"]
        sent |= {"LicenseArn": LICENSES["acme"], "CustomerAWSAccountId": "481516234200"}
        body = json.dumps({"UsageRecords": [sent]}).encode()
        statuses, trail, ledger = self.play([("BatchMeterUsage", body, None)] * 2)
        self.assertEqual([200, 200], statuses)
        self.assertEqual(1, len(ledger["entries"]))
        self.check_sum(trail, ledger)

    def test_reports_add_up(self):
        calls = [("MeterUsage", body, None) for body in (
            meter(), meter(), meter(4), meter(2, 2), meter(DryRun=True))]
        calls.append(("RegisterUsage", json.dumps({"ProductCode": wire.PRODUCT,
                                                   "PublicKeyVersion": 1}).encode(), None))
        calls.append(("MeterUsage", meter(9, 3), "eu-west-1"))
        statuses, trail, ledger = self.play(calls)
        self.assertEqual([200, 200, 400, 200, 200, 200, 400], statuses)
        self.assertEqual(2, len(ledger["entries"]))
        self.check_sum(trail, ledger)
        failed = [(e["errorCode"], e["awsRegion"]) for e in trail["Records"] if "errorCode" in e]
        self.assertEqual([("DuplicateRequestException", "us-east-1"),
                          ("InvalidEndpointRegionException", "eu-west-1")], failed)

    def test_reports_on_agentcore_add_up(self):
        calls = [("MeterUsage", meter(q, token=t), None)
                 for q, t in ((3, "a"), (3, "b"), (3, "a"), (5, "c"), (5, "a"))]
        statuses, trail, ledger = self.play(calls, args=["--profile", "agentcore"])
        self.assertEqual([200, 200, 200, 200, 400], statuses)
        self.assertEqual([3, 3, 5], [e["quantity"] for e in ledger["entries"]])
        self.check_sum(trail, ledger, on_agentcore=True)
        with self.assertRaises(AssertionError):  # elsewhere two reports of an hour are one
            Audit(trail)

    def test_what_the_wire_does_changes_nothing(self):
        """A success whose reply was lost is a success; what never reached the service is nothing."""
        rules = wire.in_turn([{"error": "ThrottlingException"}], [{"rst": {"at": "before-response"}}],
                             [{"commit": {}}, {"error": "InternalServiceErrorException"}],
                             [{"respond": {"status": 200, "body": {}}}])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trail")
            with Proxy(rules, args=["--cloudtrail", path]) as proxy:
                for n in range(4):
                    with proxy.client() as client:
                        client.send(proxy.sign.whole(batch(record(hours_ago=1 + n))))
                        if n != 1:
                            client.reply()
                        else:
                            client.rest()
            trail = read(path)
        self.check_form(trail)
        self.assertEqual(["ThrottlingException", None],
                         [e.get("errorCode") for e in trail["Records"]])
        self.assertEqual(1, len(add_up(trail)))

    def test_what_comes_from_before_the_service_is_not_recorded(self):
        """A rule can tell such an error of a call that was signed well."""
        before = ["InvalidSignatureException", "ExpiredTokenException", "UnrecognizedClientException",
                  "MissingAuthenticationTokenException", "TooManyRequestsException"]
        logged = ["AccessDeniedException", "ThrottlingException", "ServiceUnavailable"]
        rules = wire.in_turn(*([{"error": {"name": name, "unmodelled": True}}]
                               for name in before + logged))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trail")
            with Proxy(rules, args=["--cloudtrail", path]) as proxy:
                self.assertEqual(before + logged, [proxy.ask().json()["__type"]
                                                   for _ in before + logged])
            self.assertEqual(logged, [e["errorCode"] for e in read(path)["Records"]])

    def test_nobody_is_not_recorded(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trail")
            with Proxy(args=["--cloudtrail", path]) as proxy:
                proxy.sign.key_id = "AKIAAAAAAAAAAAAAAAAA"
                self.assertEqual(400, proxy.ask().status)
            self.assertEqual({"Records": []}, read(path))

    def test_what_is_no_call_is_not_recorded(self):
        # Refused for its media type, before anybody looked at its signature.
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trail")
            with Proxy(args=["--cloudtrail", path]) as proxy, proxy.client() as client:
                client.send(proxy.sign.whole().replace(b"x-amz-json-1.1", b"json"))
                self.assertGreaterEqual(client.reply().status, 400)
            self.assertEqual({"Records": []}, read(path))

    def test_the_reader_sees_a_difference(self):
        """The check itself can fail: each change of the log is seen."""
        _, trail, ledger = self.play([("BatchMeterUsage", batch(*wire.many(3)), None),
                                      ("MeterUsage", meter(), None)])
        self.check_sum(trail, ledger)

        def results(log):
            return log["Records"][0]["responseElements"]["results"]
        changes = {
            "a result is missing": lambda log: results(log).pop(),
            "a call is missing": lambda log: log["Records"].pop(),
            "another quantity": lambda log: results(log)[0]["usageRecord"].update(quantity=8),
            "another hour": lambda log: results(log)[1]["usageRecord"].update(
                timestamp="Nov 18, 2026 8:59:59 AM"),
            "morning for evening": lambda log: log["Records"][1]["requestParameters"].update(
                timestamp="Nov 18, 2026 9:00:00 PM"),
            "another Region": lambda log: log["Records"][1].update(awsRegion="us-east-2"),
            "another status": lambda log: results(log)[2].update(status="DuplicateRecord"),
        }
        for name, change in changes.items():
            with self.subTest(name):
                changed = json.loads(json.dumps(trail))
                change(changed)
                self.assertNotEqual(books(ledger), add_up(changed))


if __name__ == "__main__":
    unittest.main()
