#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real SDKs against meterprover-proxy alone: each operation is answered, and every error that the
model lists for it arrives as the exception of that name, with its message and the request's id.

boto3 must be there; the SDK for JavaScript is asked when Node and its packages are (SDK_NODE names
the program, SDK_JS the folder)."""
import datetime
import json
import os
import re
import subprocess
import sys
import unittest

import recipes
from recipes import wire

try:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import ClientError
except ImportError:
    print("sdk_test: boto3 is not installed")
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = os.environ.get("SDK_NODE", "node")
JS = os.environ.get("SDK_JS", os.path.join(os.path.dirname(HERE), "clients", "js"))
METHODS = {"BatchMeterUsage": "batch_meter_usage", "MeterUsage": "meter_usage",
           "RegisterUsage": "register_usage", "ResolveCustomer": "resolve_customer"}


def dated(tree):
    """Timestamps as a Python program has them."""
    if isinstance(tree, list):
        return [dated(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
            if key == "Timestamp" else dated(value) for key, value in tree.items()}


class Boto:
    """boto3. An outcome is {name, message, id, status} of an error, or {reply}."""

    def __init__(self):
        self.session, self.clients = boto3.Session(), {}

    def client_for(self, endpoint, region, key, secret, attempts=1):
        name = (endpoint, region, key, secret, attempts)
        if name not in self.clients:
            self.clients[name] = self.session.client(
                "meteringmarketplace", endpoint_url=endpoint, region_name=region,
                aws_access_key_id=key, aws_secret_access_key=secret, config=Config(
                    retries={"total_max_attempts": attempts, "mode": "standard"},
                    signature_version=UNSIGNED if secret == "" else None))
        return self.clients[name]

    def ask(self, operation, tree, **whom):
        client = self.client_for(**whom)
        try:
            reply = getattr(client, METHODS[operation])(**dated(tree))
            return {"reply": {k: v for k, v in reply.items() if k != "ResponseMetadata"}}
        except ClientError as error:
            meta, said = error.response["ResponseMetadata"], error.response["Error"]
            own = getattr(client.exceptions, said["Code"]) if hasattr(
                client.exceptions, said["Code"]) else ClientError
            return {"name": said["Code"] if type(error) is own else f"{type(error)}, not its class",
                    "message": said["Message"], "id": meta["RequestId"],
                    "status": meta["HTTPStatusCode"]}

    def close(self):
        for client in self.clients.values():
            client.close()


class JavaScript:
    """The SDK for JavaScript, in a process of its own: a line in, a line out."""

    def __init__(self):
        self.process = subprocess.Popen(
            [NODE, os.path.join(HERE, "ask.mjs")], text=True, env={**os.environ, "SDK_JS": JS},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, operation, tree, **whom):
        line = json.dumps({"operation": operation, "input": tree, **whom})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(wire.PATIENCE_S)


def has_javascript():
    if not os.path.isdir(os.path.join(JS, "node_modules", "@aws-sdk")):
        return False
    try:
        return subprocess.run([NODE, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def common_errors():
    """[(name, status)] of the errors that no operation models, from our table."""
    path = os.path.join(os.path.dirname(os.path.dirname(HERE)), "proxy", "aws", "error.def")
    with open(path, encoding="utf-8") as file:
        rows = re.findall(r'^AWS_ERROR\(\w+,\s*"(\w+)",\s*(\d+),\s*([^,]+),', file.read(), re.M)
    return [(name, int(status)) for name, status, operations in rows if operations == "ON_NONE"]


class Sdk:
    """The tests that every SDK must pass; its subclasses name one."""

    kind = None

    @classmethod
    def setUpClass(cls):
        cls.sdk = cls.kind()
        cls.addClassCleanup(cls.sdk.close)

    def ask(self, proxy, operation, tree, region=None, key=None, secret=None):
        return self.sdk.ask(operation, tree, endpoint=f"http://127.0.0.1:{proxy.port}",
                            region=region or proxy.sign.region, key=key or proxy.sign.key_id,
                            secret=proxy.secret if secret is None else secret)

    def play(self, trees, operation, world=None, region=None, rules=()):
        """Asks in order; gives the outcomes and the replies' facts by the journal."""
        with wire.Proxy(list(rules), world=world) as proxy:
            outcomes = [self.ask(proxy, operation, tree, region) for tree in trees]
            return outcomes, proxy.wait("response", len(trees))

    def check_error(self, error, outcome, status=None):
        self.assertEqual(error, outcome.get("name"), outcome)
        self.assertRegex(outcome["message"], r"^[A-Z1].*\S")
        self.assertRegex(outcome["id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        if status is None:
            status = 500 if error == "InternalServiceErrorException" else 400
        self.assertEqual(status, outcome["status"])

    def test_each_operation_is_answered(self):
        members = {"BatchMeterUsage": {"Results", "UnprocessedRecords"},
                   "MeterUsage": {"MeteringRecordId"}, "RegisterUsage": {"Signature"},
                   "ResolveCustomer": {"CustomerIdentifier", "CustomerAWSAccountId", "LicenseArn",
                                       "ProductCode"}}
        for operation in METHODS:
            with self.subTest(operation):
                outcomes, _ = self.play([recipes.USUAL[operation]] * 2, operation)
                for outcome in outcomes:
                    self.assertEqual(members[operation], set(outcome.get("reply", outcome)))

    def test_the_services_own_errors(self):
        """Those of one world are asked of one proxy."""
        worlds = {}
        for operation, error, recipe in recipes.pairs():
            if not isinstance(recipe, str) and recipe.burst == 1:
                worlds.setdefault(json.dumps(recipe.world), []).append((operation, error, recipe))
        for same in worlds.values():
            with wire.Proxy([], world=same[0][2].world) as proxy:
                asked = 0
                for operation, error, recipe in same:
                    with self.subTest(f"{operation}: {error}"):
                        outcomes = [self.ask(proxy, operation, tree, recipe.region)
                                    for tree in recipe.inputs(operation)]
                        asked += len(outcomes)
                        self.check_error(error, outcomes[-1])
                        told = proxy.wait("response", asked)[-1]
                        self.assertEqual(("service", error), (told["origin"], told["error"]))

    def check_by_rule(self, operation, rows):
        """rows: [(error, its form, status or None)], each the answer to one request."""
        rules = [wire.rule(f"r{n}", [{"error": {"name": error, "how": how, "unmodelled": True}}],
                           match=str(n), when={"operation": operation})
                 for n, (error, how, _) in enumerate(rows, 1)]
        outcomes, _ = self.play([recipes.USUAL[operation]] * len(rows), operation, rules=rules)
        for (error, how, status), outcome in zip(rows, outcomes):
            with self.subTest(f"{operation}: {error}, {how}"):
                self.check_error(error, outcome, status)
        self.assertEqual(len(rows), len({outcome["id"] for outcome in outcomes}))

    def test_errors_by_rule(self):
        """All that are modelled, also those that the service never gives of its own accord, in each
        of their forms."""
        for operation, errors in recipes.RECIPES.items():
            self.check_by_rule(operation, [(error, how, None) for error in errors
                                           for how in ("bare", "namespaced", "uri")])

    def test_common_errors_by_rule(self):
        rows = [(name, "bare", status) for name, status in common_errors()]
        self.assertGreater(len(rows), 20)
        for operation in METHODS:
            self.check_by_rule(operation, rows)

    def test_the_services_own_common_errors(self):
        denied = {"credentials": [{"name": "k1", "denied": ["MeterUsage"]}]}
        meter, batch = recipes.USUAL["MeterUsage"], recipes.USUAL["BatchMeterUsage"]
        many = {**batch, "UsageRecords": batch["UsageRecords"] * 26}
        with wire.Proxy([], world=denied) as proxy:
            for error, status, operation, tree, whom in [
                    ("AccessDeniedException", 400, "MeterUsage", meter, {}),
                    ("UnauthorizedException", 400, "MeterUsage", {**meter, "DryRun": True}, {}),
                    ("ValidationException", 400, "BatchMeterUsage", many, {}),
                    ("RequestEntityTooLarge", 413, "BatchMeterUsage",
                     {**batch, "ProductCode": "a" * 1_000_000}, {}),
                    ("InvalidSignatureException", 400, "BatchMeterUsage", batch, {"secret": "other"}),
                    ("InvalidSignatureException", 400, "BatchMeterUsage", batch, {"region": "nowhere"}),
                    ("UnrecognizedClientException", 400, "BatchMeterUsage", batch,
                     {"key": "AKIAIOSFODNN7EXAMPLE"})]:
                with self.subTest(error, **whom):
                    self.check_error(error, self.ask(proxy, operation, tree, **whom), status)
            self.assertEqual([], proxy.events("commit"))

    def test_a_clock_that_is_wrong(self):
        with wire.Proxy([], skew="+20m") as proxy:
            outcome = self.ask(proxy, "MeterUsage", recipes.USUAL["MeterUsage"])
            self.check_error("InvalidSignatureException", outcome)
            self.assertIn("Signature expired", outcome["message"])

    def test_a_dry_run(self):
        tree = {**recipes.USUAL["MeterUsage"], "DryRun": True}
        outcomes, _ = self.play([tree], "MeterUsage")
        self.assertEqual({"MeteringRecordId": "DryRunOperation"}, outcomes[0]["reply"])
        outcomes, _ = self.play([tree], "MeterUsage", world={"dry_run": "error"})
        self.assertIn("DryRun", outcomes[0]["message"])

    def test_agentcore_tokens_are_the_sdks_own(self):
        """Each SDK fills in a ClientToken, so two calls of an application are two reports."""
        outcomes, _ = self.play([recipes.USUAL["MeterUsage"]] * 2, "MeterUsage",
                                world={"platform": "agentcore"})
        ids = [outcome["reply"]["MeteringRecordId"] for outcome in outcomes]
        self.assertEqual(2, len(set(ids)))


class BotoTest(Sdk, unittest.TestCase):
    kind = Boto

    def test_unsigned(self):
        with wire.Proxy([]) as proxy:
            outcome = self.ask(proxy, "MeterUsage", recipes.USUAL["MeterUsage"], secret="")
            self.check_error("MissingAuthenticationTokenException", outcome, 403)


@unittest.skipUnless(has_javascript(), "Node or the packages of the SDK are not installed")
class JavaScriptTest(Sdk, unittest.TestCase):
    kind = JavaScript

    def test_another_type(self):
        """This SDK sends what it is given, where boto3 does not."""
        with wire.Proxy([]) as proxy:
            tree = {**recipes.USUAL["MeterUsage"], "UsageQuantity": 1.5}
            self.check_error("SerializationException", self.ask(proxy, "MeterUsage", tree))


if __name__ == "__main__":
    unittest.main()
