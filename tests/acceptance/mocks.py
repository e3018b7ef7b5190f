# SPDX-License-Identifier: Apache-2.0
"""Other people's mocks of the service, as the servers that they are: moto, and WireMock with stubs such as its
users write. Started on a free port of the loopback, stopped when the context is left; a test is skipped,
with the reason, where one is not installed."""
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import urllib.request

import rig

PEERS = rig.SOURCE / ".build/peers"  # where tests/bench/peers.sh puts what it installs
PATIENCE_S = 60


class Program:
    """A program that serves; what it says goes to a file."""

    def __init__(self, command, said):
        self.said_path = pathlib.Path(said)
        with open(said, "wb") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT)

    def said(self):
        return self.said_path.read_text(encoding="utf-8", errors="replace")

    def await_said(self, pattern):
        """The match of what it says sooner or later."""
        found = rig.wait_until(lambda: re.search(pattern, self.said()) or self.process.poll() is not None, PATIENCE_S)
        if not isinstance(found, re.Match):
            raise AssertionError(f"it never said {pattern!r}, exit code {self.process.poll()}:\n{self.said()}")
        return found

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Mock(Program):
    """One that listens on the port that it is given."""

    def __init__(self, command, port, said, scheme="http"):
        super().__init__(command, said)
        self.port, self.url = port, f"{scheme}://127.0.0.1:{port}"
        if not rig.wait_until(self.listens, PATIENCE_S):
            self.stop()
            raise AssertionError(f"nothing listens:\n{self.said()}")

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Moto(Mock):
    """moto's server. It writes a line for each request, by which they are counted."""

    def __init__(self, folder, *options, scheme="http"):
        program = pathlib.Path(rig.PYTHON).with_name("moto_server")
        if not program.exists():
            program = PEERS / "venv/bin/moto_server"
        rig.need(program.exists(), "moto's server is not installed: pip install 'moto[server]'")
        port = rig.free_port()
        super().__init__([program, "-H", "127.0.0.1", "-p", port, *options], port, folder / "moto.out", scheme)

    def asked(self):
        """How many requests it has answered."""
        return len(re.findall(r'"POST / HTTP/1\.1" \d', self.said()))


class WireMock(Mock):
    """WireMock's jar, with these stub mappings. Its own journal tells what has reached it."""

    def __init__(self, folder, mappings):
        jars = sorted(PEERS.glob("wiremock-standalone-*.jar"))
        rig.need(jars and shutil.which("java"), "WireMock is not installed: bash tests/bench/peers.sh wiremock")
        (folder / "mappings").mkdir()
        for number, mapping in enumerate(mappings):
            (folder / f"mappings/{number}.json").write_text(json.dumps(mapping), encoding="utf-8")
        port = rig.free_port()
        super().__init__(["java", "-jar", jars[-1], "--port", port, "--bind-address", "127.0.0.1", "--root-dir",
                          folder, "--disable-banner"], port, folder / "wiremock.out")

    def asked(self):
        """How many requests it has received."""
        with urllib.request.urlopen(self.url + "/__admin/requests", timeout=PATIENCE_S) as reply:
            return json.load(reply)["meta"]["total"]


def stub(operation, response):
    """What WireMock's users write for an operation of the service: by the target header, one fixed answer."""
    return {"request": {"method": "POST", "urlPath": "/",
                        "headers": {"X-Amz-Target": {"equalTo": f"AWSMPMeteringService.{operation}"}}},
            "response": {"headers": {"Content-Type": "application/x-amz-json-1.1"}, **response}}


class Before(Program):
    """meterprover-proxy before an upstream, with these rules."""

    def __init__(self, folder, upstream, rules=(), options=()):
        told = subprocess.run([rig.PROXY, "--help"], capture_output=True, text=True, check=True).stdout
        rig.need("--upstream" in told, "this build has no --upstream")
        self.journal_path = folder / "proxy.jsonl"
        self.journal_path.unlink(missing_ok=True)
        scenario = folder / "rules.json"
        scenario.write_text(json.dumps({**SCENARIO, "rules": list(rules)}), encoding="utf-8")
        super().__init__([rig.PROXY, "--upstream", upstream, "--journal", self.journal_path, "--seed", "7",
                          *(["--scenario", scenario] if rules else []), *options], folder / "proxy.out")
        self.url = self.await_said(r"\Ahttp\S+(?=\n)").group()
        self.port = int(self.url.rsplit(":", 1)[1])

    def responses(self, count):
        """These events of its journal, as soon as there are so many."""
        def told():
            lines = self.journal_path.read_text(encoding="utf-8").splitlines()
            return [event for event in map(json.loads, lines) if event["event"] == "response"]
        rig.wait_until(lambda: len(told()) >= count, PATIENCE_S)
        return told()

    def stop(self):
        """It ends cleanly, or the test fails."""
        super().stop()
        if self.process.returncode != 0 or rig.REPORTS.search(self.said()):
            raise AssertionError(f"it ended with {self.process.returncode}:\n{self.said()}")


# What a scenario needs beside its rules; nobody judges it here.
SCENARIO = {
    "scenario": 1, "id": "MOCK-01", "title": "Rules before somebody else's mock", "operation": "metering",
    "profiles": ["saas"],
    "requirement": {"text": "Nothing is required.", "level": "may", "basis": "derived",
                    "sources": ["api:BatchMeterUsage#idempotent"]},
    "steps": [{"usage": {"id": "u1", "customer": "acme", "dimension": "requests", "quantity": 1, "at": "hour-1"}},
              {"drain": {}}],
    "expect": [{"id": "billed-once", "ledger": {"complete": True}}]}


def rule(*actions, **more):
    """A rule that meets the first request."""
    return {"name": "fault", "match": "1", "when": {"operation": "metering"}, "then": list(actions), **more}


def client(url, **more):
    """boto3's client for the service at that address."""
    import boto3
    from botocore.config import Config
    return boto3.client("meteringmarketplace", endpoint_url=url, region_name="us-east-1",
                        aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="secret",
                        config=Config(retries={"mode": "standard", "total_max_attempts": 3}, **more))


def raw(port, operation, body):
    """One request without an SDK; gives status, the fields that are the service's, and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("POST", "/", body, {
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSMPMeteringService." + operation,
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/aws-marketplace/"
                             "aws4_request, SignedHeaders=host, Signature=00"})
        reply = connection.getresponse()
        fields = [(name.lower(), value) for name, value in reply.getheaders()
                  if name.lower() not in ("date", "connection", "via", "keep-alive")]
        return reply.status, fields, reply.read()
    finally:
        connection.close()
