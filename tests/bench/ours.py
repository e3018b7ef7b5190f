# SPDX-License-Identifier: Apache-2.0
"""meterprover-proxy in the forms that are measured, and what its own numbers come from."""
import json
import os
import re
import subprocess

from peers import Subject, said_by

SEED = "1"


def late(delay_ms):
    """A scenario in which every reply comes so late; what it requires, nobody judges."""
    return {
        "scenario": 1, "id": "BEN-01", "title": "Every reply comes late", "operation": "metering", "profiles": ["saas"],
        "requirement": {"text": "Nothing is required.", "level": "may", "basis": "derived",
                        "sources": ["api:BatchMeterUsage#idempotent"]},
        "steps": [{"usage": {"id": "u1", "customer": "acme", "dimension": "requests", "quantity": 1, "at": "hour-1"}},
                  {"drain": {}}],
        "rules": [{"name": "late", "when": {"operation": "metering"}, "then": [{"delay": f"{delay_ms}ms"}]}],
        "expect": [{"id": "billed-once", "ledger": {"complete": True}}]}


class Service(Subject):
    """The stand-in service: it checks the signature, keeps its ledger, and journals as it is told."""

    def __init__(self, build, bodies, key, title):
        self.build, self.bodies, self.key, self.title = build, bodies, key, title

    def program(self, tools):
        path = os.path.join(self.build, "proxy/meterprover-proxy")
        return path if os.path.exists(path) else None

    def version(self, path):
        return said_by([path, "--version"], r"(\d\S+)")

    def keys(self, said):
        found = dict(re.findall(r"(AWS_\w+)=(\S+)", said))
        if "AWS_SECRET_ACCESS_KEY" in found:
            return found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]
        return super().keys(said)

    def command(self, place):
        command = [self.program(place.tools), "--listen", f"127.0.0.1:{place.port}", "--seed", SEED]
        if self.bodies:
            command += ["--journal", place.path("journal.jsonl"), "--bodies", self.bodies]
        if place.tls:
            command += ["--tls", "--authority", place.of_certificate("authority")]
        if place.delay_ms:
            command += ["--scenario", place.path("delay.json", json.dumps(late(place.delay_ms)))]
        return command


class Proxy(Service):
    """The same program before an upstream."""
    proxies = True

    def missing(self, tools):
        done = subprocess.run([self.program(tools), "--help"], stdout=subprocess.PIPE, text=True, check=True)
        return None if "--upstream" in done.stdout else "not built: meterprover-proxy has no --upstream"

    def command(self, place):
        return super().command(place) + ["--upstream", f"http://127.0.0.1:{place.upstream}"]


def subjects(build):
    return [Service(build, None, "service", "service, no journal"),
            Service(build, "digest", "service-digest", "service, digests"),
            Service(build, "full", "service-full", "service, full bodies"),
            Proxy(build, "digest", "proxy", "proxy, digests"),
            Proxy(build, None, "proxy-bare", "proxy, no journal")]
