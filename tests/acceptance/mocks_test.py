#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""meterprover-proxy before mocks of the service that are not ours: what they say arrives as they say it, what is
done to the wire is done to real replies, and a request counts as executed exactly where they have seen it."""
import datetime
import http.client
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import mocks
import rig

RECORD = {"Timestamp": datetime.datetime(2026, 11, 18, 9), "CustomerIdentifier": "acme",
          "Dimension": "requests", "Quantity": 7}
BATCH = {"UsageRecords": [RECORD], "ProductCode": "widget"}
BATCH_BYTES = json.dumps(BATCH, default=lambda moment: int(moment.timestamp()))


class Behind(rig.Case):
    """What holds before any mock."""

    def serve(self, upstream, rules=(), options=()):
        proxy = mocks.Before(self.dir, upstream, rules, options)
        self.addCleanup(proxy.stop)
        return proxy

    def check_executed(self, mock, rules, asked, attempts):
        """The SDK gets its answer in so many attempts, of which the mock has seen so many."""
        before = mock.asked()
        proxy = self.serve(mock.url, rules)
        reply = mocks.client(proxy.url).batch_meter_usage(**BATCH)
        self.assertEqual(len(reply["Results"]), 1)
        self.assertEqual(reply["ResponseMetadata"]["RetryAttempts"], attempts - 1)
        self.assertTrue(rig.wait_until(lambda: mock.asked() - before >= asked, 10))
        self.assertEqual(mock.asked() - before, asked)

    def check_executed_or_not(self, mock):
        """Cut after the mock has answered: it has seen both. Answered or cut before: only the second."""
        metering, head = {"operation": "metering"}, {"phase": "head"}
        for name, when, actions, asked in (
                ("reply lost", metering, [{"commit": {}}, {"rst": {"at": "before-response"}}], 2),
                ("reply cut", metering, [{"rst": {"at": "response", "after_bytes": 200}}], 2),
                ("billed, but an error", metering, [{"commit": {}}, {"error": "InternalServiceErrorException"}], 2),
                ("cut before", head, [{"rst": {"at": "before-request"}}], 1),
                ("cut in its place", metering, [{"rst": {"at": "before-response"}}], 1),
                ("error in its place", metering, [{"error": "ThrottlingException"}], 1)):
            with self.subTest(name):
                self.check_executed(mock, [mocks.rule(*actions, when=when)], asked, attempts=2)

    def check_unchanged(self, mock, operation, status):
        """The same status, fields and bytes as straight from the mock."""
        proxy = self.serve(mock.url)
        straight = mocks.raw(mock.port, operation, BATCH_BYTES)
        self.assertEqual(straight[0], status, straight)
        self.assertEqual(mocks.raw(proxy.port, operation, BATCH_BYTES), straight)
        response, = proxy.responses(1)
        self.assertEqual((response["status"], response["origin"]), (status, "upstream"))

    def check_told(self, proxy, error, operation="BatchMeterUsage"):
        """Nothing came of the request: that is said in the proxy's own name, never as a service says it."""
        status, fields, _ = mocks.raw(proxy.port, operation, BATCH_BYTES)
        self.assertEqual(status, 502)
        self.assertRegex(dict(fields)["proxy-status"], rf"\Ameterprover; error={error}\b")
        self.assertNotIn("x-amzn-requestid", dict(fields))


class BeforeMoto(Behind):
    def setUp(self):
        super().setUp()
        self.moto = mocks.Moto(self.dir)
        self.addCleanup(self.moto.stop)

    def test_sdk(self):
        """The words of moto's stand-in, which knows no customer."""
        straight = mocks.client(self.moto.url).batch_meter_usage(**BATCH)["Results"]
        proxy = self.serve(self.moto.url)
        through = mocks.client(proxy.url).batch_meter_usage(**BATCH)["Results"]
        for results in straight, through:
            for result in results:
                self.assertTrue(result.pop("MeteringRecordId"))
        self.assertEqual(through, straight)
        self.assertEqual([event["origin"] for event in proxy.responses(1)], ["upstream"])

    def test_what_it_cannot(self):
        """A page in HTML in place of an answer."""
        self.check_unchanged(self.moto, "MeterUsage", 500)

    def test_executed_or_not(self):
        self.check_executed_or_not(self.moto)

    def test_gone(self):
        proxy = self.serve(self.moto.url)
        self.moto.stop()
        self.check_told(proxy, "connection_refused")
        response, = proxy.responses(1)
        self.assertNotEqual(response["origin"], "upstream")


class BeforeMotoOverTls(Behind):
    def setUp(self):
        super().setUp()
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=moto", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.dir / "key.pem",
             "-out", self.dir / "certificate.pem"], capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.moto = mocks.Moto(self.dir, "-c", self.dir / "certificate.pem", "-k", self.dir / "key.pem",
                               scheme="https")
        self.addCleanup(self.moto.stop)

    def test_trusted(self):
        proxy = self.serve(self.moto.url, options=["--upstream-ca", self.dir / "certificate.pem"])
        reply = mocks.client(proxy.url).batch_meter_usage(**BATCH)
        self.assertEqual(len(reply["Results"]), 1)
        self.assertEqual(self.moto.asked(), 1)

    def test_untrusted(self):
        """It gets nothing, and the client is told why."""
        proxy = self.serve(self.moto.url)
        self.check_told(proxy, "tls_certificate_error")
        self.assertEqual(self.moto.asked(), 0)


ANSWERS = {
    "BatchMeterUsage": {"Results": [{"UsageRecord": {"Timestamp": 1795424400, "CustomerIdentifier": "acme",
                                                     "Dimension": "requests", "Quantity": 7},
                                     "MeteringRecordId": "35155d37-56cb-423f-8554-5c4f3e3ff56d",
                                     "Status": "Success"}], "UnprocessedRecords": []},
    "MeterUsage": {"MeteringRecordId": "45155d37-56cb-423f-8554-5c4f3e3ff56d"},
    "ResolveCustomer": {"CustomerIdentifier": "acme", "CustomerAWSAccountId": "123456789012",
                        "ProductCode": "widget"},
    "RegisterUsage": {"PublicKeyRotationTimestamp": 1795424400, "Signature": "e30.e30.e30"},
}
# What WireMock does for a fault, and what is told of it.
FAULTS = {"EMPTY_RESPONSE": "connection_terminated", "CONNECTION_RESET_BY_PEER": "connection_terminated",
          "RANDOM_DATA_THEN_CLOSE": "http_protocol_error"}


class BeforeWireMock(Behind):
    """Stubs by operation, chunked as WireMock sends them, and faults of its own."""

    mock = None

    def setUp(self):
        super().setUp()
        if self.mock is None:
            self.start_mock()

    @classmethod
    def start_mock(cls):
        """Once for all tests: a JVM takes its time."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="acceptance-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        mappings = [mocks.stub(name, {"status": 200, "jsonBody": answer}) for name, answer in ANSWERS.items()]
        mappings += [mocks.stub(name, {"fault": name}) for name in (*FAULTS, "MALFORMED_RESPONSE_CHUNK")]
        mappings += [mocks.stub("Late", {"status": 200, "body": "{}", "fixedDelayMilliseconds": 300}),
                     mocks.stub("Throttled", {"status": 400, "jsonBody": {"__type": "ThrottlingException"}})]
        cls.mock = mocks.WireMock(folder, mappings)
        cls.addClassCleanup(cls.mock.stop)

    def test_sdk(self):
        sdk = mocks.client(self.serve(self.mock.url).url)
        self.assertEqual(sdk.batch_meter_usage(**BATCH)["Results"][0]["Status"], "Success")
        self.assertEqual(sdk.meter_usage(ProductCode="widget", Timestamp=RECORD["Timestamp"],
                                         UsageDimension="requests")["MeteringRecordId"],
                         ANSWERS["MeterUsage"]["MeteringRecordId"])
        self.assertEqual(sdk.resolve_customer(RegistrationToken="t")["CustomerIdentifier"], "acme")
        self.assertEqual(sdk.register_usage(ProductCode="widget", PublicKeyVersion=1)["Signature"], "e30.e30.e30")

    def test_unchanged(self):
        self.check_unchanged(self.mock, "BatchMeterUsage", 200)

    def test_error(self):
        self.check_unchanged(self.mock, "Throttled", 400)

    def test_what_it_cannot(self):
        """An operation without a stub: its 404 and the text of it."""
        self.check_unchanged(self.mock, "Unknown", 404)

    def test_executed_or_not(self):
        self.check_executed_or_not(self.mock)

    def test_its_faults(self):
        for fault, error in FAULTS.items():
            with self.subTest(fault):
                self.check_told(self.serve(self.mock.url), error, fault)

    def test_its_broken_chunks(self):
        """It begins a reply and breaks off: whoever reads it must not take it for whole."""
        proxy = self.serve(self.mock.url)
        for port in self.mock.port, proxy.port:
            with self.subTest(through=port == proxy.port), self.assertRaises((http.client.HTTPException, OSError)):
                mocks.raw(port, "MALFORMED_RESPONSE_CHUNK", BATCH_BYTES)

    def test_delays_add_up(self):
        """The mock's own, and ours on top."""
        proxy = self.serve(self.mock.url, [mocks.rule({"delay": "300ms"}, when={})])
        began = time.monotonic()
        mocks.raw(proxy.port, "Late", BATCH_BYTES)
        self.assertGreaterEqual(time.monotonic() - began, 0.6)


if __name__ == "__main__":
    rig.main()
