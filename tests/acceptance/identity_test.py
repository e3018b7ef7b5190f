#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real SDKs fetch their credentials from the stand-ins by their own providers: they obtain them, refresh
them before they end, and follow when others are handed out and tokens are given anew."""
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest.mock

import rig

PRODUCT, CUSTOMER = "4b7hn2wq8xk3vz6tc1ryd5mfe", "kR4vTq9ZbXc"
LIVES = {"credentials": [{"name": "k1", "life_wire": "3s"}, {"name": "k2", "life_wire": "1h"}]}
# What boto3 calls the provider that found them.
METHODS = {"container": "container-role", "pod-identity": "container-role", "imds": "iam-role",
           "web-identity": "assume-role-with-web-identity"}
BY = {"container": "container-credentials", "pod-identity": "container-credentials", "imds": "imds",
      "web-identity": "sts"}
# Of the container's token the client knows no file; only the others can follow it.
ROTATABLE = {"pod-identity", "web-identity", "imds"}
# Who checks that the first of those tokens that stand in files is refused afterwards.
KEPT = {"pod-identity": "check_kept_authorization", "web-identity": "check_kept_web_identity"}


def scenario(case, source, steps, rules=(), exercised=None, expect=()):
    """A scenario file of the profile saas."""
    return {
        "scenario": 1, "id": case, "title": "Credentials are fetched",
        "operation": "BatchMeterUsage", "profiles": ["saas"],
        "requirement": {"text": "Calls are signed with credentials that are good.", "level": "must",
                        "basis": "derived", "sources": ["sdkref:container-credential-provider"]},
        "client": {"credentials": source}, "world": LIVES, "limits": {"deadline_s": 40},
        "steps": steps, "rules": list(rules), "expect": list(expect),
        "exercised": exercised or {"requests": {"count": {"min": 1}}},
    }


def usage(name, customer, quantity):
    return {"usage": {"id": name, "customer": customer, "dimension": "requests",
                      "quantity": quantity, "at": "hour-1"}}


class Fetching:
    """meterprover-proxy, whose clients fetch their credentials, and the environment it says."""

    def __init__(self, case, source, rules=()):
        self.journal_path = case.dir / f"{source}.jsonl"
        path = case.dir / f"{source}.json"
        path.write_text(json.dumps(scenario(
            "CRD-90", source, [usage("u1", "acme", 1), {"round": {}}], rules,
            expect=[{"id": "billed", "ledger": {"complete": False}}])), encoding="utf-8")
        self.process = subprocess.Popen(
            [rig.PROXY, "--scenario", str(path), "--journal", str(self.journal_path), "--seed", "7"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        case.addCleanup(self.stop)
        self.env, line = {}, ""
        while not line.startswith("credentials from "):
            line = self.process.stdout.readline()
            case.assertNotEqual(line, "", "the greeting ended")
            self.env.update(re.findall(r"(AWS_\w+)=(\S+)", line))
        self.env.update({"AWS_DEFAULT_REGION": self.env["AWS_REGION"], "NO_PROXY": "127.0.0.1",
                         "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                         "PATH": os.environ["PATH"], "HOME": str(case.dir)})

    def stop(self):
        """It ends cleanly, or the test fails; once."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        _, errors = self.process.communicate(timeout=30)
        if (self.process.returncode, errors) != (0, ""):
            raise AssertionError(f"it ended with {self.process.returncode}:\n{errors}")

    def proof(self):
        """The token that a file holds for the client to show; None where there is none."""
        for name in "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE":
            if name in self.env:
                return pathlib.Path(self.env[name]).read_text(encoding="ascii")
        return None

    def events(self, event=None):
        """All of them; the program has ended then."""
        self.stop()
        lines = self.journal_path.read_text(encoding="utf-8").splitlines()
        return [e for e in map(json.loads, lines) if event in (None, e["event"])]


def signers(events):
    """By which credential each call of the service was signed, and whether it was taken."""
    replies = {e["x"]: e["status"] for e in events if e["event"] == "response"}
    return [(e["signature"]["credential"], replies[e["x"]]) for e in events
            if e["event"] == "request" and e["operation"] == "BatchMeterUsage"]


def served(events):
    return [(e["name"], e["by"]) for e in events
            if e["event"] == "credential" and e["what"] == "served"]


class Boto3(rig.Case):
    """boto3's own providers, against the stand-ins of meterprover-proxy."""

    def session(self, proxy):
        import boto3
        patch = unittest.mock.patch.dict(os.environ, proxy.env, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        session = boto3.Session()
        return session, session.client("meteringmarketplace")

    @staticmethod
    def meter(client, quantity):
        now = datetime.datetime.now(datetime.timezone.utc)
        return client.batch_meter_usage(ProductCode=PRODUCT, UsageRecords=[
            {"Timestamp": now, "CustomerIdentifier": CUSTOMER, "Dimension": "requests",
             "Quantity": quantity}])["Results"][0]["Status"]

    def test_obtained(self):
        for source in METHODS:
            with self.subTest(source):
                proxy = Fetching(self, source)
                session, client = self.session(proxy)
                self.assertEqual(self.meter(client, 1), "Success")
                self.assertEqual(session.get_credentials().method, METHODS[source])
                events = proxy.events()
                self.assertEqual(signers(events), [("k1", 200)])
                self.assertIn(("k1", BY[source]), served(events))

    def test_refreshed(self):
        """After the first call another credential is handed out, and where the client can follow the
        tokens are given anew; the first credential ends, and the next call bears the second."""
        for source in METHODS:
            with self.subTest(source):
                change = {"serve": "k2"}
                if source in ROTATABLE:
                    change["rotate"] = "token"
                proxy = Fetching(self, source, [
                    {"name": "changes", "when": {"operation": "BatchMeterUsage"}, "match": "1",
                     "then": [{"credentials": change}]}])
                session, client = self.session(proxy)
                kept = proxy.proof()
                self.assertEqual(self.meter(client, 1), "Success")
                credentials = session.get_credentials()
                first = credentials._frozen_credentials  # asking for them would fetch others
                if source == "imds":
                    # boto3 stretches what instance metadata states by minutes: let an hour pass.
                    fetch_time = credentials._time_fetcher
                    credentials._time_fetcher = lambda f=fetch_time: f() + datetime.timedelta(hours=1)
                else:
                    end = credentials._expiry_time
                    rig.wait_until(lambda e=end: datetime.datetime.now(e.tzinfo) > e, 10, 0.05)
                self.assertEqual(self.meter(client, 1), "Success")
                self.check_kept_keys(session, first)
                if source in KEPT:
                    getattr(self, KEPT[source])(session, proxy, kept)
                events = proxy.events()
                self.assertEqual(signers(events)[:2], [("k1", 200), ("k2", 200)])
                self.assertEqual(signers(events)[-1], ("k1", 400))
                self.assertEqual(served(events)[-1], ("k2", BY[source]))
                self.assertEqual("rotated" in [e["what"] for e in events
                                               if e["event"] == "credential"], source in ROTATABLE)

    def check_kept_keys(self, session, first):
        """Who goes on with the first credentials is refused, as soon as they have ended."""
        stuck = session.client("meteringmarketplace", aws_access_key_id=first.access_key,
                               aws_secret_access_key=first.secret_key, aws_session_token=first.token)

        def refused():
            try:
                self.meter(stuck, 1)
            except stuck.exceptions.ExpiredTokenException as error:
                return error.response["Error"]["Message"]
            return None
        said = rig.wait_until(refused, 10, 0.2)
        self.assertIn("security token included in the request is expired", said or "it was taken")

    def check_kept_authorization(self, _, proxy, kept):
        """The first token of the container's file, after that was given anew."""
        from botocore.credentials import ContainerProvider
        from botocore.exceptions import CredentialRetrievalError
        env = {**proxy.env, "AWS_CONTAINER_AUTHORIZATION_TOKEN": kept}
        del env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
        with unittest.mock.patch("botocore.utils.time.sleep"), \
                self.assertRaises(CredentialRetrievalError) as raised:
            ContainerProvider(environ=env).load()
        self.assertIn("401", str(raised.exception))

    def check_kept_web_identity(self, session, proxy, kept):
        sts = session.client("sts")
        with self.assertRaises(sts.exceptions.ExpiredTokenException):
            sts.assume_role_with_web_identity(RoleArn=proxy.env["AWS_ROLE_ARN"],
                                              RoleSessionName="kept", WebIdentityToken=kept)

    def test_region_of_the_instance(self):
        proxy = Fetching(self, "imds")
        with unittest.mock.patch.dict(os.environ, proxy.env, clear=True):
            from botocore.utils import IMDSRegionProvider
            import botocore.session
            session = botocore.session.Session()
            self.assertEqual(IMDSRegionProvider(session, environ=proxy.env).provide(), "us-east-1")

    def test_the_identity_provider_is_away(self):
        """The SDK asks again after IDPCommunicationError, as its model says."""
        proxy = Fetching(self, "web-identity", [
            {"name": "away", "when": {"target": "sts"}, "match": "1",
             "then": [{"error": "IDPCommunicationError"}]}])
        _, client = self.session(proxy)
        self.assertEqual(self.meter(client, 1), "Success")
        events = proxy.events()
        self.assertEqual([e["error"] for e in events if e["event"] == "response"],
                         ["IDPCommunicationError", "", ""])


JS = """
import { MarketplaceMeteringClient, BatchMeterUsageCommand }
    from "@aws-sdk/client-marketplace-metering";
const client = new MarketplaceMeteringClient({});
const meter = () => client.send(new BatchMeterUsageCommand({ProductCode: "%s", UsageRecords: [
    {Timestamp: new Date(), CustomerIdentifier: "%s", Dimension: "requests", Quantity: 1}]}));
for (let i = 0; i < 2; i++) {
    console.log((await meter()).Results[0].Status);
    const { expiration } = await client.config.credentials();
    await new Promise((go) => setTimeout(go, Math.max(0, Math.min(expiration - Date.now(), 5000))));
}
""" % (PRODUCT, CUSTOMER)


class JavaScript(rig.Case):
    """The SDK for JavaScript's default chain, against the same."""

    def test_refreshed(self):
        modules = rig.SOURCE / "tests/clients/js"
        rig.need((modules / "node_modules").is_dir(), f"{modules}/node_modules is not installed")
        for source in METHODS:
            with self.subTest(source):
                change = {"serve": "k2"}
                if source in ROTATABLE:
                    change["rotate"] = "token"
                proxy = Fetching(self, source, [
                    {"name": "changes", "when": {"operation": "BatchMeterUsage"}, "match": "1",
                     "then": [{"credentials": change}]}])
                done = subprocess.run([rig.NODE, "--input-type=module", "-e", JS], cwd=modules,
                                      env=proxy.env, capture_output=True, text=True, timeout=60,
                                      check=False)
                self.assertEqual(done.stdout, "Success\nSuccess\n", done.stderr)
                events = proxy.events()
                self.assertEqual(signers(events), [("k1", 200), ("k2", 200)])


EXPIRES = [usage("u1", "acme", 7), {"round": {}}, {"credentials": {"expire": "k1", "serve": "k2"}},
           usage("u2", "globex", 2), {"round": {}}, {"drain": {}}]
RESTARTS = [usage("u1", "acme", 7), {"round": {}}, {"credentials": {"serve": "k2"}},
            {"restart": {"signal": "TERM"}}, usage("u2", "globex", 2), {"round": {}}, {"drain": {}}]
FRESH = [{"id": "fresh", "requests": {"credential": "k2", "accepted": True, "count": {"min": 1}}},
         {"id": "billed", "ledger": {"complete": True}}]
FIRST = {"requests": {"credential": "k1", "count": {"min": 1}}}


def files():
    """Cases by id: each source of credentials, a token given anew, and an endpoint that is away."""
    anew = json.loads(json.dumps(EXPIRES))
    anew[2]["credentials"]["rotate"] = "token"
    away = [{"arm": "away"}] + EXPIRES[:2] + [{"disarm": "away"}] + EXPIRES[:1] + EXPIRES[-2:]
    away[4] = usage("u2", "globex", 2)
    rows = [("CRD-91", "container", EXPIRES), ("CRD-92", "pod-identity", anew),
            ("CRD-93", "web-identity", anew), ("CRD-94", "imds", RESTARTS)]
    cases = [scenario(name, source, steps, exercised=FIRST, expect=FRESH)
             for name, source, steps in rows]
    for case in cases:
        if case["client"]["credentials"] == "imds":
            case["requires"] = ["restart"]
    cases.append(scenario(
        "CRD-95", "web-identity", away,
        [{"name": "away", "when": {"target": "sts", "phase": "connect"}, "armed": False,
          "then": [{"refuse": {}}]}],
        expect=[{"id": "asked-sts", "requests": {"target": "sts", "accepted": True,
                                                 "count": {"min": 1}}},
                {"id": "asked-nobody-else", "requests": {"target": "container-credentials",
                                                         "count": {"max": 0}}},
                {"id": "billed", "ledger": {"complete": True}}]))
    return cases


class Cases(rig.Case):
    """The sample integrations in `meterprover test`, on cases whose credentials are fetched."""

    def hold_all_passed(self, command):
        folder = self.dir / "scenarios"
        folder.mkdir()
        (folder / "crd").mkdir()
        for case in files():
            (folder / "crd" / f"{case['id']}.json").write_text(json.dumps(case), encoding="utf-8")
        result, tree = self.play("--scenarios", folder, "--jobs", "4", "--run", "CRD-*",
                                 command=command)
        self.assertEqual(rig.verdicts(tree), {case["id"]: "PASS" for case in files()}, result)
        for name in ("CRD-91", "CRD-92", "CRD-93"):
            events = rig.journal(self.dir / "out", name)
            whats = [e["what"] for e in events if e["event"] == "credential"]
            self.assertIn("expired", whats)
            served_names = [e["name"] for e in events if e["event"] == "credential"
                            and e["what"] == "served"]
            self.assertEqual((served_names[0], served_names[-1]), ("k1", "k2"))

    def test_boto3(self):
        self.hold_all_passed(rig.SELLER)

    def test_a_token_that_is_lost_is_our_failure(self):
        """A client that removes the directory of its token cannot be judged by what follows."""
        folder = self.dir / "scenarios" / "crd"
        folder.mkdir(parents=True)
        case = next(c for c in files() if c["id"] == "CRD-93")
        (folder / "CRD-93.json").write_text(json.dumps(case), encoding="utf-8")
        remover = self.dir / "remover.py"
        remover.write_text(REMOVER, encoding="utf-8")
        _, tree = self.play("--scenarios", folder.parent, "--no-doctor", code=3,
                            command=[rig.PYTHON, str(remover)])
        self.assertEqual(rig.verdicts(tree), {"CRD-93": "HARNESS ERROR"})

    def test_the_example_of_the_format(self):
        folder = self.dir / "scenarios" / "crd"
        folder.mkdir(parents=True)
        shutil.copy(rig.SOURCE / "tests/scenarios/examples/CRD-01.json", folder)
        result, tree = self.play("--scenarios", folder.parent, command=rig.SELLER, code=0)
        self.assertEqual(rig.verdicts(tree), {"CRD-01": "PASS"}, result)

    def play_skewed(self, command, *options):
        """The wire's clock is 20 minutes ahead; gives the case and its journal."""
        folder = self.dir / "scenarios" / "skw"
        folder.mkdir(parents=True)
        case = scenario("SKW-90", "static", EXPIRES[:2] + EXPIRES[-1:],
                        expect=[{"id": "billed", "ledger": {"complete": True}}])
        del case["world"]
        case["time"] = {"skew": "+20m"}
        (folder / "SKW-90.json").write_text(json.dumps(case), encoding="utf-8")
        _, tree = self.play("--scenarios", folder.parent, "--run", "SKW-90", *options,
                            command=command)
        return rig.case_of(tree, "SKW-90"), rig.journal(self.dir / "out", "SKW-90")

    def test_javascript_mends_its_clock(self):
        modules = rig.SOURCE / "tests/clients/js/node_modules"
        rig.need(modules.is_dir(), f"{modules} is not installed")
        case, events = self.play_skewed(rig.JS_SELLER)
        self.assertEqual(case["verdict"], "PASS")
        fresh = [e["signature"]["fresh"] for e in events if e["event"] == "request"]
        self.assertEqual((fresh[0], fresh[-1]), (False, True))

    def test_boto3_does_not(self):
        case, events = self.play_skewed(rig.SELLER, "--timeout-multiplier", "0.4")
        self.assertEqual(rig.check_of(case, "billed")["verdict"], "FAIL")
        self.assertEqual(rig.check_of(case, "signature")["verdict"], "PASS")
        errors = {e["error"] for e in events if e["event"] == "response"}
        self.assertEqual(errors, {"InvalidSignatureException"})

    def test_javascript(self):
        modules = rig.SOURCE / "tests/clients/js/node_modules"
        rig.need(modules.is_dir(), f"{modules} is not installed")
        self.hold_all_passed(rig.JS_SELLER)

    def test_a_client_that_keeps_its_first_keys_fails(self):
        """They end, and what is signed with them is not billed."""
        folder = self.dir / "scenarios"
        (folder / "crd").mkdir(parents=True)
        case = files()[0]
        (folder / "crd" / "CRD-91.json").write_text(json.dumps(case), encoding="utf-8")
        stuck = self.dir / "stuck.py"
        stuck.write_text(STUCK, encoding="utf-8")
        _, tree = self.play("--scenarios", folder, "--no-doctor", "--timeout-multiplier", "0.5",
                            command=[rig.PYTHON, str(stuck)],
                            code=1)
        found = rig.case_of(tree, "CRD-91")
        self.assertEqual(rig.check_of(found, "fresh")["verdict"], "FAIL")
        self.assertEqual(rig.check_of(found, "billed")["verdict"], "FAIL")


# The sample integration, after the directory of its token was removed.
REMOVER = f"""
import os, shutil, sys
sys.path.insert(0, {str(rig.SOURCE / "tests/clients/python")!r})
import seller
path = os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]
make = seller.make_client
def make_client():
    client = make()
    client._request_signer._credentials.get_frozen_credentials()
    shutil.rmtree(os.path.dirname(path))
    return client
seller.make_client = make_client
seller.main()
"""

# The sample integration with keys that are fetched once and never again.
STUCK = f"""
import functools, sys
sys.path.insert(0, {str(rig.SOURCE / "tests/clients/python")!r})
import boto3, seller
from botocore.config import Config
from botocore.credentials import ContainerProvider
@functools.cache
def first_keys():
    return ContainerProvider().load().get_frozen_credentials()
def make_client():
    found = first_keys()
    return boto3.client("meteringmarketplace", aws_access_key_id=found.access_key,
                        aws_secret_access_key=found.secret_key, aws_session_token=found.token,
                        config=Config(connect_timeout=2, read_timeout=5))
seller.make_client = make_client
seller.main()
"""


if __name__ == "__main__":
    rig.main()
