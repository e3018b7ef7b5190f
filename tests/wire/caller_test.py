# SPDX-License-Identifier: Apache-2.0
"""Who calls, and where: the Region that is signed for, the account of a key, what it may do, and dry
runs, which report nothing."""
import json
import unittest

import wire
from wire import Proxy, WireTest, batch


def meter(quantity=7, **more):
    return json.dumps({"ProductCode": wire.PRODUCT, "Timestamp": wire.HOUR_S,
                       "UsageDimension": "requests", "UsageQuantity": quantity, **more}).encode()


class RegionTest(WireTest):
    def test_the_region_that_is_signed_for(self):
        with Proxy() as proxy:
            for x, region in enumerate(("us-east-1", "eu-west-1", "us-east-1"), 1):
                proxy.sign.region = region
                self.assertEqual(200, proxy.ask().status)
                commit, = proxy.wait("commit", x=x)
                self.assertEqual((region, x < 3), (commit["region"], commit["records"][0]["billed"]))
                request, = proxy.events("request", x=x)
                self.check_event(request["signature"], error="", valid=True, scope=True,
                                 region=region)

    def test_what_is_no_region(self):
        with Proxy() as proxy:
            for x, region in enumerate(("us-east", "US-EAST-1", "us-east-1a", "localhost"), 1):
                proxy.sign.region = region
                reply = proxy.ask()
                self.assertEqual("InvalidSignatureException", reply.json()["__type"])
                self.assertIn("scoped to a valid region", reply.json()["message"])
                request, = proxy.wait("request", x=x)
                self.check_event(request["signature"], valid=True, scope=False, region=region)

    def test_each_region_has_a_quota_of_its_own(self):
        with Proxy([], world={"quotas": True}) as proxy:
            with proxy.client() as client:  # all at once: no machine is too slow for that
                client.send(proxy.sign.whole() * 40)
                statuses = [client.reply().status for _ in range(40)]
            self.assertEqual([200] * 10, statuses[:10])
            self.assertIn(400, statuses)
            proxy.sign.region = "eu-west-1"
            self.assertEqual(200, proxy.ask().status)

    def test_where_it_is_not_offered(self):
        with Proxy() as proxy:
            proxy.sign.region = "ca-west-1"
            reply = proxy.ask()
            self.assertEqual((400, "DisabledApiException"), (reply.status, reply.json()["__type"]))
            self.assertEqual([], proxy.events("commit"))


class CallerTest(WireTest):
    def test_the_buyer_is_whose_key_it_is(self):
        for customer in ("acme", "globex"):
            world = {"credentials": [{"name": "k1", "customer": customer}]}
            with self.subTest(customer), Proxy([], world=world) as proxy:
                self.assertEqual(200, proxy.ask(meter(), target="MeterUsage").status)
                commit, = proxy.wait("commit")
                request, = proxy.events("request")
                for record in (request["records"][0], commit["records"][0]):
                    self.assertEqual("customer:" + customer, record["payer"])
                self.assertEqual(customer, request["records"][0]["customer"])
                response, = proxy.wait("response")
                self.assertEqual(["Success"], [r["status"] for r in response["results"]])

    def test_a_key_that_nobody_has_reports_for_nobody(self):
        with Proxy() as proxy:
            proxy.sign.key_id = "AKIAAAAAAAAAAAAAAAAA"
            self.assertEqual(400, proxy.ask(meter(), target="MeterUsage").status)
            request, = proxy.wait("request")
            self.assertEqual("", request["records"][0]["customer"])

    def test_what_its_policy_denies(self):
        world = {"credentials": [{"name": "k1", "denied": ["BatchMeterUsage", "MeterUsage"]}]}
        with Proxy([], world=world) as proxy:
            said = [proxy.ask(body, target=target).json()["__type"] for body, target in (
                (batch(), "BatchMeterUsage"), (meter(), "MeterUsage"),
                (meter(DryRun=True), "MeterUsage"))]
            self.assertEqual(["AccessDeniedException"] * 2 + ["UnauthorizedException"], said)
            self.assertEqual([], proxy.events("commit"))


class TokenTest(WireTest):
    def test_each_is_a_report_of_its_own(self):
        with Proxy([], world={"platform": "agentcore"}) as proxy:
            for x, token in enumerate(("a", "b", "a"), 1):
                reply = proxy.ask(meter(ClientToken=token), target="MeterUsage")
                self.assertEqual(200, reply.status)
                request, = proxy.wait("request", x=x)
                commit, = proxy.wait("commit", x=x)
                self.assertEqual((token, x < 3),
                                 (request["client_token"], commit["records"][0]["billed"]))

    def test_a_request_without_one(self):
        with Proxy() as proxy:
            proxy.ask(meter(), target="MeterUsage")
            request, = proxy.wait("request")
            self.assertNotIn("client_token", request)


class DryRunTest(WireTest):
    def test_a_rule_for_dry_runs(self):
        rules = [{"name": "refused", "when": {"operation": "MeterUsage", "dry_run": True},
                  "then": [{"error": {"name": "UnauthorizedException", "unmodelled": True}}]}]
        with Proxy(rules) as proxy:
            statuses = [proxy.ask(meter(DryRun=dry), target="MeterUsage").status
                        for dry in (True, False, True)]
            self.assertEqual([400, 200, 400], statuses)

    def test_it_reports_nothing(self):
        for form, status in (("record", 200), ("error", 400)):
            with self.subTest(form), Proxy([], world={"dry_run": form}) as proxy:
                reply = proxy.ask(meter(DryRun=True), target="MeterUsage")
                self.assertEqual(status, reply.status)
                self.assertIn("DryRunOperation", reply.json().values())
                response, = proxy.wait("response")
                request, = proxy.events("request")
                self.assertIs(True, request["dry_run"])
                self.assertNotIn("records", request)
                self.assertNotIn("results", response)
                self.assertEqual([], proxy.events("commit"))
                self.assertEqual(200, proxy.ask(meter(), target="MeterUsage").status)
                proxy.wait("commit", x=2)
                request, = proxy.events("request", x=2)
                self.assertNotIn("dry_run", request)
                self.assertEqual(1, len(request["records"]))


if __name__ == "__main__":
    unittest.main()
