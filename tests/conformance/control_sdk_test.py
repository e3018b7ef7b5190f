#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""boto3 at work while its faults are armed and disarmed by the control interface: what it says to its
caller is what was armed then, and it need not be told anything new, whatever is loaded."""
import sys
import threading
import unittest

from recipes import wire

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    print("control_sdk_test: boto3 is not installed")
    sys.exit(77)

from control import METERING, Control, ControlTest, Later, steered, switch  # noqa: E402


def client_of(proxy, attempts=1):
    return boto3.client(
        "meteringmarketplace", endpoint_url=f"http://127.0.0.1:{proxy.port}",
        region_name=proxy.sign.region, aws_access_key_id=proxy.sign.key_id,
        aws_secret_access_key=proxy.secret,
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}))


def meter(client, record):
    """What the caller learns: the record's status, or the error's name."""
    try:
        reply = client.batch_meter_usage(ProductCode=wire.PRODUCT, UsageRecords=[record])
        return reply["Results"][0]["Status"] if reply["Results"] else "Unprocessed"
    except ClientError as error:
        return error.response["Error"]["Code"]
    except BotoCoreError as error:
        return type(error).__name__


class ControlSdkTest(ControlTest):
    RULES = [switch("throttled", [{"error": "ThrottlingException"}]),
             switch("lost", [{"commit": {}}, {"rst": {"at": "before-response"}}]),
             switch("unprocessed", [{"unprocessed": {}}])]

    def test_what_is_armed_is_what_it_meets(self):
        with steered(*self.RULES) as proxy:
            control, client = Control(proxy.control_port), client_of(proxy)
            records = iter(wire.many(12))
            self.assertEqual(meter(client, next(records)), "Success")
            for name, says in (("throttled", "ThrottlingException"), ("unprocessed", "Unprocessed"),
                               ("lost", "ConnectionClosedError")):
                with self.subTest(name):
                    self.check_good(control.arm(name))
                    self.assertEqual(meter(client, next(records)), says)
                    self.check_good(control.arm(name, False))
                    self.assertEqual(meter(client, next(records)), "Success")
                    self.assertEqual(control.rules()[name]["fired"], 1)
            # Four that succeeded, and the one whose reply was lost.
            self.assertEqual(control.get("/v1/ledger")["count"], 5)

    def test_it_retries_until_the_rule_is_disarmed(self):
        """Nobody sleeps, nobody counts attempts: the fault ends when it was met three times."""
        with steered(*self.RULES) as proxy:
            control, client = Control(proxy.control_port), client_of(proxy, attempts=12)
            self.check_good(control.arm("lost"))
            call = Later(meter, client, wire.record())
            answer = self.check_good(control.wait(rule="lost", fired=3, within_s=30))
            self.assertTrue(answer["reached"])
            self.check_good(control.arm("lost", False))
            self.assertEqual(call.done(), "Success")
            sent = control.query(when=METERING)["events"]
            self.assertGreaterEqual(len(sent), 4)
            self.assertEqual(len({e["sdk"]["invocation"] for e in sent}), 1)
            self.assertEqual([e["sdk"]["attempt"] for e in sent], list(range(1, len(sent) + 1)))
            self.assertEqual(control.get("/v1/ledger")["count"], 1)

    def test_it_meters_on_while_scenarios_change(self):
        """Ten loads and resets during its calls: each call ends as success, or as what a rule says."""
        with steered(*self.RULES) as proxy:
            control, client = Control(proxy.control_port), client_of(proxy, attempts=3)
            said, stop = [], threading.Event()

            def work():
                while not stop.is_set():
                    said.extend(meter(client, record) for record in wire.many(5))
            thread = Later(work)
            busy = wire.scenario([wire.rule("busy", [{"error": "ThrottlingException"}, {"delay": "20ms"}])])
            for _ in range(5):
                last = control.query(limit=1)["last"]
                self.check_good(control.load(busy))
                self.check_good(control.wait(rule="busy", fired=3, within_s=30))
                self.check_good(control.call("DELETE", "/v1/scenario"))
                self.check_good(control.wait(when=METERING, count=4, after=last, within_s=30))
            stop.set()
            thread.done()
            self.assertLessEqual(set(said), {"Success", "DuplicateRecord", "ThrottlingException"})
            self.assertIn("Success", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
