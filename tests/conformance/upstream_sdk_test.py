#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real SDKs through meterprover-proxy to a second one that checks their signatures: nothing but the
endpoint, and the authority to trust, is said to them."""
import os
import tempfile
import unittest

import recipes
from recipes import wire
import sdk_test
from wire import Proxy, in_turn


class Through:
    """The tests that every SDK must pass; its subclasses name one."""

    kind = None

    def setUp(self):
        self.saved = dict(os.environ)
        self.addCleanup(os.environ.update, self.saved)
        self.addCleanup(os.environ.clear)

    def ask(self, far, near):
        """Each operation by an SDK that trusts the authority of the proxy nearby."""
        if near.tls:
            for name in ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
                os.environ[name] = near.exports[name]
        sdk = self.kind()
        self.addCleanup(sdk.close)
        scheme = "https" if near.tls else "http"
        return [sdk.ask(operation, recipes.USUAL[operation],
                        endpoint=f"{scheme}://localhost:{near.port}", region=far.sign.region,
                        key=far.sign.key_id, secret=far.secret) for operation in sdk_test.METHODS]

    def check_whole(self, far, near, outcomes):
        for operation, outcome in zip(sdk_test.METHODS, outcomes):
            self.assertIn("reply", outcome, operation)
        for number, operation in enumerate(sdk_test.METHODS, 1):
            request, = far.wait("request", x=number)
            self.assertEqual(operation, request["operation"])
            self.assertEqual(("", True, True), tuple(request["signature"][k] for k in (
                "error", "valid", "scope")))
            upstream, = near.wait("upstream", x=number)
            self.assertEqual((200, True), (upstream["status"], upstream["whole"]))

    def proxies(self, far, tls, rules=None, more=()):
        args = ["--upstream", f"{'https' if far.tls else 'http'}://localhost:{far.port}", *more]
        if far.tls:
            args += ["--upstream-ca", far.exports["AWS_CA_BUNDLE"]]
        return Proxy(rules, args=args, tls=tls)

    def test_http(self):
        with Proxy([]) as far, self.proxies(far, False) as near:
            self.check_whole(far, near, self.ask(far, near))

    def test_https(self):
        with Proxy([], tls=True) as far, self.proxies(far, True) as near:
            self.check_whole(far, near, self.ask(far, near))
            self.assertEqual("TLSv1.3", near.events("upstream")[0]["tls"])

    def test_recorded_and_replayed(self):
        with tempfile.TemporaryDirectory() as folder, Proxy([]) as far:
            path = os.path.join(folder, "calls.jsonl")
            with self.proxies(far, False, more=["--record", path]) as near:
                outcomes = self.ask(far, near)
                self.check_whole(far, near, outcomes)
            with Proxy(None, args=["--replay", path]) as again:
                self.assertEqual(outcomes, self.ask(far, again))
                self.assertEqual([1, 2, 3, 4], [e["recorded"] for e in again.wait("replay", 4)])
            self.assertEqual(4, len(far.events("request")))

    def ask_through(self, near, authority, endpoint, far):
        """By way of a forward proxy."""
        os.environ.update({"HTTPS_PROXY": f"http://127.0.0.1:{near.port}", "NO_PROXY": "",
                           "AWS_CA_BUNDLE": authority, "NODE_EXTRA_CA_CERTS": authority})
        sdk = self.kind()
        self.addCleanup(sdk.close)
        return [sdk.ask(operation, recipes.USUAL[operation], endpoint=endpoint,
                        region=far.sign.region, key=far.sign.key_id, secret=far.secret)
                for operation in sdk_test.METHODS]

    def test_a_forward_proxy_that_opens(self):
        """Signed for the real service, under its own name."""
        with tempfile.TemporaryDirectory() as folder, Proxy([]) as far, Proxy(args=[
                "--connect", "--authority", folder, "--upstream", f"http://localhost:{far.port}"]) as near:
            outcomes = self.ask_through(near, near.exports["AWS_CA_BUNDLE"],
                                        f"https://metering.marketplace.{far.sign.region}.amazonaws.com", far)
            for outcome in outcomes:
                self.assertIn("reply", outcome)
            requests = far.events("request")
            self.assertEqual(len(outcomes), len(requests))
            for request in requests:
                self.assertEqual(("", True), (request["signature"]["error"], request["signature"]["valid"]))
                self.assertIn("metering.marketplace.us-east-1.amazonaws.com",
                              [value for name, value in request["headers"] if name.lower() == "host"])
            self.assertIn("opened", [e["way"] for e in near.events("route")])

    def test_a_forward_proxy_that_does_not_open(self):
        with tempfile.TemporaryDirectory() as folder, Proxy([], tls=True) as far, Proxy(args=[
                "--connect", "--authority", folder, "--tunnel", f"localhost:{far.port}"]) as near:
            for outcome in self.ask_through(near, far.exports["AWS_CA_BUNDLE"],
                                            f"https://localhost:{far.port}", far):
                self.assertIn("reply", outcome)
            self.assertEqual(4, len(far.wait("response", 4)))
            self.assertIn("tunnelled", [e["way"] for e in near.events("route")])

    def test_a_fault_on_the_way(self):
        """The service has executed, the SDK does not know."""
        rules = in_turn([{"rst": {"at": "response", "after_bytes": 30}}])
        with Proxy([]) as far, self.proxies(far, False, rules) as near:
            try:
                outcome = self.ask(far, near)[0]
            except Exception:  # pylint: disable=broad-except  # boto3 raises what is no reply
                outcome = {}
            self.assertNotIn("reply", outcome)
            near.wait("fault")
            self.assertEqual("BatchMeterUsage", far.wait("commit")[0]["operation"])


class BotoTest(Through, unittest.TestCase):
    kind = sdk_test.Boto


@unittest.skipUnless(sdk_test.has_javascript(), "Node or the packages of the SDK are not installed")
class JavaScriptTest(Through, unittest.TestCase):
    kind = sdk_test.JavaScript


if __name__ == "__main__":
    unittest.main()
