#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real SDKs against meterprover-proxy alone: each operation is answered, and every error that the
model lists for it arrives as the exception of that name, with its message and the request's id.

boto3 must be there; the SDK for JavaScript is asked when Node and its packages are (SDK_NODE names
the program, SDK_JS the folder)."""
import datetime
import json
import os
import subprocess
import sys
import unittest

import recipes
from recipes import wire

try:
    import boto3
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
    """One client of boto3. An outcome is {name, message, id, status} of an error, or {reply}."""

    def __init__(self, proxy, region):
        self.client = boto3.client(
            "meteringmarketplace", endpoint_url=f"http://127.0.0.1:{proxy.port}",
            region_name=region, aws_access_key_id=proxy.sign.key_id,
            aws_secret_access_key=proxy.secret,
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))

    def ask(self, operation, tree):
        try:
            reply = getattr(self.client, METHODS[operation])(**dated(tree))
            return {"reply": {k: v for k, v in reply.items() if k != "ResponseMetadata"}}
        except ClientError as error:
            known = getattr(self.client.exceptions, type(error).__name__, None)
            meta = error.response["ResponseMetadata"]
            return {"name": type(error).__name__ if known is type(error) else "no class of its own",
                    "message": error.response["Error"]["Message"], "id": meta["RequestId"],
                    "status": meta["HTTPStatusCode"]}

    def close(self):
        self.client.close()


class JavaScript:
    """One client of the SDK for JavaScript, in a process of its own: a line in, a line out."""

    def __init__(self, proxy, region):
        env = {**os.environ, "SDK_ENDPOINT": f"http://127.0.0.1:{proxy.port}", "SDK_JS": JS, "AWS_REGION": region,
               "AWS_ACCESS_KEY_ID": proxy.sign.key_id, "AWS_SECRET_ACCESS_KEY": proxy.secret}
        self.process = subprocess.Popen([NODE, os.path.join(HERE, "ask.mjs")], text=True, env=env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, operation, tree):
        self.process.stdin.write(json.dumps({"operation": operation, "input": tree}) + "\n")
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


class Sdk:
    """The tests that every SDK must pass; its subclasses name one."""

    kind = None

    def play(self, trees, operation, world=None, region=None, rules=()):
        """Asks in order; gives the outcomes and the replies' facts by the journal."""
        with wire.Proxy(list(rules), world=world) as proxy:
            client = self.kind(proxy, region or proxy.sign.region)
            try:
                outcomes = [client.ask(operation, tree) for tree in trees]
            finally:
                client.close()
            return outcomes, proxy.wait("response", len(trees))

    def check_error(self, error, outcome):
        self.assertEqual(error, outcome.get("name"), outcome)
        self.assertRegex(outcome["message"], r"^[A-Z].*\S")
        self.assertRegex(outcome["id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(500 if error == "InternalServiceErrorException" else 400,
                         outcome["status"])

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
        for operation, error, recipe in recipes.pairs():
            if isinstance(recipe, str) or recipe.burst > 1:
                continue
            with self.subTest(f"{operation}: {error}"):
                outcomes, told = self.play(recipe.inputs(operation), operation, recipe.world,
                                           recipe.region)
                self.check_error(error, outcomes[-1])
                self.assertEqual(("service", error), (told[-1]["origin"], told[-1]["error"]))

    def test_errors_by_rule(self):
        """All 34, also those that the service never gives of its own accord, in each of its forms."""
        forms = ("bare", "namespaced", "uri")
        for operation, error, _ in recipes.pairs():
            rules = [wire.rule(how, [{"error": {"name": error, "how": how}}], match=str(n),
                               when={"operation": operation}) for n, how in enumerate(forms, 1)]
            outcomes, _ = self.play([recipes.USUAL[operation]] * 3, operation, rules=rules)
            for how, outcome in zip(forms, outcomes):
                with self.subTest(f"{operation}: {error}, {how}"):
                    self.check_error(error, outcome)

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


@unittest.skipUnless(has_javascript(), "Node or the packages of the SDK are not installed")
class JavaScriptTest(Sdk, unittest.TestCase):
    kind = JavaScript


if __name__ == "__main__":
    unittest.main()
