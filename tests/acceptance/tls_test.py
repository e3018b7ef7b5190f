#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases over TLS with real SDKs, by nothing but the environment; and what is told of those that do not
trust the authority."""
import json
import os
import re
import shutil
import subprocess
import sys

import rig

# A partial batch, and replies that are cut by RST.
CASES = ("BMU-R02", "NET-03")
FETCH = "fetch(process.env.ENDPOINT, {method: 'POST'}).then(r => console.log(r.status))"
ASK = """
import os, boto3, botocore.config
client = boto3.client("meteringmarketplace", endpoint_url=os.environ["ENDPOINT"],
                      config=botocore.config.Config(retries={"total_max_attempts": 1}))
try:
    client.resolve_customer(RegistrationToken="none")
except Exception as error:
    print(type(error).__name__)
"""


class OverTls(rig.Case):
    def setUp(self):
        super().setUp()
        self.scenarios = self.dir / "scenarios"
        shutil.copytree(rig.SCENARIOS, self.scenarios)
        for case in CASES:
            path, = self.scenarios.glob(f"*/{case}.json")
            tree = json.loads(path.read_text(encoding="utf-8"))
            tree.setdefault("client", {})["transport"] = "tls"
            tree.setdefault("requires", []).append("tls")
            path.write_text(json.dumps(tree), encoding="utf-8")

    def over_tls(self, command, cases, out):
        """The same files, but for the transport."""
        _, tree = self.play("--scenarios", self.scenarios, "--no-doctor", *rig.only(cases),
                            command=command, out=out, timeout=200)
        return rig.verdicts(tree)

    def check_seller(self, command, out):
        self.assertEqual(self.over_tls(command, CASES, out), {case: "PASS" for case in CASES})
        for case in CASES:
            events = rig.journal(self.dir / out, case)
            ready = {e["conn"] for e in events if e["event"] == "tls" and e["what"] == "ready"}
            asked = {e["conn"] for e in events if e["event"] == "request"}
            self.assertTrue(asked and asked <= ready, f"{asked} of {ready}")
            opened, = (e for e in events if e["event"] == "open")
            self.assertEqual(opened["transport"], "tls")

    def test_python(self):
        self.check_seller(rig.SELLER, "python")

    def test_javascript(self):
        rig.need(os.path.exists(rig.NODE), "there is no node")
        self.check_seller(rig.JS_SELLER, "javascript")

    def test_handshakes(self):
        """Each fails once; the seller sends again, and nothing is lost or billed twice."""
        path, = self.scenarios.glob("*/BMU-R02.json")
        tree = json.loads(path.read_text(encoding="utf-8"))
        tree["expect"] = [{"id": "billed-once", "ledger": {"complete": True}}]
        for action in ("expired_certificate", "handshake_rst", "tls_garbage", "no_close_notify"):
            phase = "request" if action == "no_close_notify" else "tls"
            tree["rules"] = [{"name": "fault", "match": "1", "when": {"phase": phase},
                              "then": [{action: {}}]}]
            path.write_text(json.dumps(tree), encoding="utf-8")
            with self.subTest(action):
                self.assertEqual(self.over_tls(rig.SELLER, ["BMU-R02"], action),
                                 {"BMU-R02": "PASS"})

    def test_who_cannot_is_not_asked(self):
        self.assertEqual(self.over_tls([rig.MUTANT, "--legal", "bare-contract"], ["BMU-R02"], "mutant"),
                         {"BMU-R02": "UNSUPPORTED"})


class Trust(rig.Case):
    """Against meterprover-proxy, with the variables that it prints and without them."""

    def start_proxy(self):
        self.journal_path = self.dir / "journal.jsonl"
        process = subprocess.Popen(
            [rig.PROXY, "--tls", "--authority", str(self.dir / "authority"), "--journal",
             str(self.journal_path)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, process)
        env = {}
        while "AWS_SECRET_ACCESS_KEY" not in env:
            line = process.stdout.readline()
            self.assertNotEqual(line, "")
            env.update(re.findall(r"(\w+)=(\S+)", line))
        self.told = env

    def stop(self, process):
        process.terminate()
        process.stdout.close()
        self.assertEqual(0, process.wait(30), "it did not end cleanly")

    def ask(self, command, *names):
        """With so many of the variables that are told; gives what it prints, and the event `tls`."""
        told = {name: self.told[name] for name in names}
        before = len(self.handshakes())
        env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), "AWS_REGION": "us-east-1",
               "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a",
               "AWS_SECRET_ACCESS_KEY": "b", "AWS_EC2_METADATA_DISABLED": "true",
               "ENDPOINT": self.told["AWS_ENDPOINT_URL_MARKETPLACE_METERING"], **told}
        got = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60,
                             check=False)
        rig.wait_until(lambda: len(self.handshakes()) > before, 10)
        return got.stdout.strip(), self.handshakes()[before]

    def handshakes(self):
        lines = self.journal_path.read_text(encoding="utf-8").splitlines()
        return [e for e in map(json.loads, lines) if e["event"] == "tls"]

    def test_boto3(self):
        self.start_proxy()
        command = [sys.executable, "-c", ASK]
        said, event = self.ask(command, "AWS_CA_BUNDLE")
        self.assertEqual((event["what"], "SSLError" in said), ("ready", False), said)
        said, event = self.ask(command)
        self.assertEqual((said, event["what"], event["by"], event["alert"]),
                         ("SSLError", "broken", "client", "unknown_ca"))

    def test_node(self):
        rig.need(os.path.exists(rig.NODE), "there is no node")
        self.start_proxy()
        said, event = self.ask([rig.NODE, "-e", FETCH], "NODE_EXTRA_CA_CERTS")
        self.assertEqual(event["what"], "ready")
        self.assertTrue(said.isdigit(), said)
        said, _ = self.ask([rig.NODE, "-e", FETCH])
        self.assertEqual(said, "")
        # Node looks at the certificate when the handshake is done, and says nothing when it goes.
        rig.wait_until(lambda: self.handshakes()[-1]["what"] == "closed", 10)
        self.assertEqual(self.handshakes()[-1]["by"], "client")


if __name__ == "__main__":
    rig.main()
