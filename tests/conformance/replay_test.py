#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real SDKs recorded, and replayed without the service: they make of it what they made of the service,
whatever they draw and sign anew; and what is not recorded they neither repeat nor take for an answer."""
import os
import tempfile
import unittest

import recipes
import sdk_test
from recipes import wire

ATTEMPTS = 3
# In turn: each operation, one that is repeated by the SDK, one that is no success, and one more.
CALLS = [*recipes.USUAL, "BatchMeterUsage", "ResolveCustomer", "MeterUsage", "BatchMeterUsage"]
RULES = [
    wire.rule("throttled", [{"error": "ThrottlingException"}], match="2",
              when={"operation": "BatchMeterUsage"}),
    wire.rule("expired", [{"error": "ExpiredTokenException"}], match="2",
              when={"operation": "ResolveCustomer"}),
    wire.rule("cut", [{"commit": {}}, {"rst": {"at": "before-response"}}], match="2",
              when={"operation": "MeterUsage"}),
    wire.rule("unprocessed", [{"unprocessed": {}}], match="4", when={"operation": "BatchMeterUsage"}),
]


class Replay:
    """What every SDK must make of it; its subclasses name the one that is recorded, and replayed."""

    recorded = replayed = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="replay-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "calls.jsonl")

    def ask(self, kind, proxy, calls):
        sdk = kind()
        self.addCleanup(sdk.close)
        whom = {"endpoint": f"http://127.0.0.1:{proxy.port}", "region": proxy.sign.region,
                "key": proxy.sign.key_id, "secret": proxy.secret, "attempts": ATTEMPTS}
        return [sdk.ask(operation, recipes.USUAL[operation], **whom) for operation in calls]

    def record(self):
        with wire.Proxy(RULES, args=["--record", self.path]) as proxy:
            told = self.ask(self.recorded, proxy, CALLS)
            asked = [e["operation"] for e in proxy.wait("request", len(CALLS) + 2)]
        self.assertEqual(len(CALLS) + 2, len(asked))  # two were repeated
        self.assertEqual({"reply"}, {key for outcome in told[:4] for key in outcome})
        self.assertEqual("ExpiredTokenException", told[5]["name"])
        self.assertTrue(told[7]["reply"]["UnprocessedRecords"])
        return told, asked

    def test_the_same_again(self):
        told, asked = self.record()
        with wire.Proxy(None, args=["--replay", self.path], seed=99) as proxy:
            self.assertEqual(told, self.ask(self.replayed, proxy, CALLS))
            self.assertEqual(asked, [e["operation"] for e in proxy.wait("request", len(asked))])
            self.assertEqual(list(range(1, len(asked) + 1)),
                             [e["recorded"] for e in proxy.wait("replay", len(asked))])
            # It ran dry.
            for outcome in self.ask(self.replayed, proxy, recipes.USUAL):
                self.assertEqual(400, outcome["status"])
                self.assertIn("NotRecordedException", outcome["name"])
                self.assertIn("recording", outcome["message"])
            self.assertEqual(len(asked) + 4, len(proxy.wait("request", len(asked) + 4)))


class BotoTest(Replay, unittest.TestCase):
    recorded = replayed = sdk_test.Boto


@unittest.skipUnless(sdk_test.has_javascript(), "Node or the packages of the SDK are not installed")
class JavaScriptTest(Replay, unittest.TestCase):
    recorded = replayed = sdk_test.JavaScript


@unittest.skipUnless(sdk_test.has_javascript(), "Node or the packages of the SDK are not installed")
class AcrossTest(Replay, unittest.TestCase):
    """Another SDK's spelling of the same calls is no other call."""

    recorded, replayed = sdk_test.Boto, sdk_test.JavaScript

    def test_the_same_again(self):
        self.record()
        with wire.Proxy(None, args=["--replay", self.path], seed=99) as proxy:
            self.ask(self.replayed, proxy, CALLS)
            self.assertEqual(list(range(1, len(CALLS) + 3)),
                             [e.get("recorded") for e in proxy.wait("replay", len(CALLS) + 2)])


if __name__ == "__main__":
    unittest.main()
