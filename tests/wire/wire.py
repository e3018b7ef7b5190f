# SPDX-License-Identifier: Apache-2.0
"""What the wire tests share: the program under test, and a signer.

Nothing here knows how the proxy works inside: it is a process, a port, and a journal.
"""
import datetime
import hashlib
import hmac
import json
import os
import re
import resource
import select
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from clients import PATIENCE_S, Client, TlsClient, wait_until
from segments import Capture

PROGRAM = os.environ.get("METERPROVER_PROXY", "meterprover-proxy")
if shutil.which(PROGRAM) is None:
    sys.exit(f"There is no program {PROGRAM}; METERPROVER_PROXY says where it is.")

# What a few tests also need; whoever has it not skips those.
METERPROVER = os.environ.get("METERPROVER", "meterprover")
needs_meterprover = unittest.skipIf(shutil.which(METERPROVER) is None,
                                    "METERPROVER does not say where meterprover is")

PRODUCT = "4b7hn2wq8xk3vz6tc1ryd5mfe"
CUSTOMERS = {"acme": "kR4vTq9ZbXc", "globex": "pW8nYs3LdGe", "initech": "mJ2hUo6QfRi",
             "umbrella": "xC7bEa1VtNm", "hooli": "zF5gIw0KpHs"}
# Service time begins at 10:15 of this day (--time told).
HOUR_S = int(datetime.datetime(2026, 11, 18, 9, tzinfo=datetime.timezone.utc).timestamp())


def run(*args, program=PROGRAM, timeout=PATIENCE_S, **more):
    """Runs a program to its own end: exit code, stdout, stderr."""
    done = subprocess.run([program, *args], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False, **more)
    return done.returncode, done.stdout, done.stderr


def record(customer="acme", quantity=7, hours_ago=1, dimension="requests"):
    return {"Timestamp": HOUR_S - 3600 * (hours_ago - 1), "CustomerIdentifier": CUSTOMERS[customer],
            "Dimension": dimension, "Quantity": quantity}


def batch(*records):
    return json.dumps({"ProductCode": PRODUCT, "UsageRecords": list(records) or [record()]}).encode()


def many(count):
    """So many records, no two of one key."""
    names = list(CUSTOMERS)
    return [record(names[i % 5], i + 1, 1 + i // 5) for i in range(count)]


def scenario(rules, world=None, case="WIRE-01", source=None, time=None, tls=False):
    """A whole scenario file around rules; the steps are for a client that never comes."""
    tree = {
        "scenario": 1, "id": case, "title": "What the wire shows", "operation": "BatchMeterUsage",
        "profiles": ["saas"],
        "requirement": {"text": "None: only the wire is looked at.", "level": "may",
                        "basis": "derived", "sources": ["model:BatchMeterUsageResult.Results"]},
        "steps": [{"usage": {"id": "u1", "customer": "acme", "dimension": "requests", "quantity": 7,
                             "at": "hour-1"}}, {"round": {}}, {"drain": {}}],
        "rules": rules,
        "exercised": {"requests": {"count": {"min": 1}}},
        "expect": [{"id": "billed", "ledger": {"complete": False}}],
    }
    if world is not None:
        tree["world"] = world
    if time is not None:
        tree["time"] = time
    if source is not None:
        tree["client"] = {"credentials": source}
    if tls:
        tree.setdefault("client", {})["transport"] = "tls"
        tree["requires"] = ["tls"]
    return tree


def rule(name, then, match=None, when=None, **more):
    tree = {"name": name, "when": when or {"operation": "BatchMeterUsage"}, "then": then, **more}
    if match is not None:
        tree["match"] = match
    return tree


def in_turn(*thens):
    """Rules of which the n-th acts on the n-th request; None lets that request pass."""
    return [rule(f"r{n}", then, match=str(n)) for n, then in enumerate(thens, 1) if then is not None]


class Signer:
    """AWS Signature Version 4, headers form, as the documents describe it."""

    def __init__(self, region, key_id, secret, token=None):
        self.region, self.key_id, self.secret, self.token = region, key_id, secret, token
        self.service, self.end = "aws-marketplace", "aws4_request"

    def request(self, body, target="BatchMeterUsage", headers=(), chunked=False, host="localhost"):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        signed = {"content-type": "application/x-amz-json-1.1", "host": host, "x-amz-date": now,
                  "x-amz-target": "AWSMPMeteringService." + target}
        if self.token is not None:
            signed["x-amz-security-token"] = self.token
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{now[:8]}/{self.region}/{self.service}/{self.end}"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = ("AWS4" + self.secret).encode()
        for part in scope.split("/") + [text]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signed["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.key_id}/{scope}, "
                                   f"SignedHeaders={names}, Signature={key.hex()}")
        fields = list(signed.items()) + list(headers)
        fields.append(("transfer-encoding", "chunked") if chunked else
                      ("content-length", str(len(body))))
        head = "POST / HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields) + "\r\n"
        return head.encode(), body

    def whole(self, body=None, **more):
        head, body = self.request(batch() if body is None else body, **more)
        return head + body


class Proxy:
    """The program, started; leave the context and it is ended and its journal's end is checked."""

    def __init__(self, rules=None, world=None, seed=7, args=(), files=None, journal=True,
                 source=None, skew=None, start=None, tls=False, before=()):
        self.folder = tempfile.mkdtemp(prefix="wire-")
        self.journal_path = os.path.join(self.folder, "journal.jsonl")
        self.errors_path = os.path.join(self.folder, "stderr")
        command = [*before, PROGRAM, "--listen", "127.0.0.1:0", "--seed", str(seed), "--time", "told"]
        self.tls = tls
        if tls:
            command += ["--tls", "--authority", os.path.join(self.folder, "authority")]
        if journal:
            command += ["--journal", self.journal_path]
        if rules is not None:
            path = os.path.join(self.folder, "scenario.json")
            with open(path, "w", encoding="utf-8") as file:
                time = {key: value for key, value in (("skew", skew), ("start", start))
                        if value is not None} or None
                json.dump(scenario(rules, world, source=source, time=time, tls=tls), file)
            command += ["--scenario", path]
        with open(self.errors_path, "wb") as errors:
            self.process = subprocess.Popen(
                command + list(args), stdout=subprocess.PIPE, stderr=errors, text=True,
                stdin=subprocess.DEVNULL,
                preexec_fn=None if files is None else lambda: resource.setrlimit(
                    resource.RLIMIT_NOFILE, (files, files)))
        self.captures, self.clients = [], []
        try:
            self._greeting()
        except BaseException:
            self._forget()
            raise

    def _greeting(self):
        first = self.process.stdout.readline()
        scheme = "https" if self.tls else "http"
        address = re.fullmatch(scheme + r"://127\.0\.0\.1:(\d+)\n", first)
        if address is None:
            self.process.wait(PATIENCE_S)
            raise AssertionError(f"first line {first!r}, errors: {self.errors()}")
        self.port = int(address.group(1))
        self.exports = found = {}
        self.control_port = None
        line = ""
        while "AWS_SECRET_ACCESS_KEY" not in found and not line.startswith("credentials from "):
            line = self.process.stdout.readline()
            if line == "":
                raise AssertionError(f"no credentials in the greeting; errors: {self.errors()}")
            found.update(re.findall(r"(\w+)=(\S+)", line))
            if line.startswith("control http://"):
                self.control_port = int(line.rsplit(":", 1)[1])
        self.secrets = []
        if "AWS_SECRET_ACCESS_KEY" in found:  # else they are fetched
            self.sign_with(found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"])

    def sign_with(self, key_id, secret, token=None):
        self.secret = secret
        self.secrets += [secret] + ([token] if token else [])
        self.sign = Signer(self.exports["AWS_REGION"], key_id, secret, token)

    def errors(self):
        with open(self.errors_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def client(self, **more):
        client = TlsClient(self, **more) if self.tls else Client(self.port, **more)
        self.clients.append(client)
        return client

    def plain_client(self):
        """A raw socket, whatever the proxy speaks."""
        client = Client(self.port)
        self.clients.append(client)
        return client

    def context(self, version=None):
        """What a client needs that trusts the authority, and nobody else."""
        context = ssl.create_default_context(cafile=self.exports["AWS_CA_BUNDLE"])
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context

    def capture(self):
        capture = Capture.open(self.port)
        if isinstance(capture, Capture):
            self.captures.append(capture)
        return capture

    def ask(self, body=None, **more):
        """One whole request on a connection of its own; the whole answer."""
        with self.client() as client:
            client.send(self.sign.whole(body, **more))
            return client.reply()

    # The journal

    def lines(self):
        with open(self.journal_path, "rb") as file:
            return [line for line in file.read().split(b"\n")[:-1]]

    def settle(self):
        """Until the program sleeps. Whatever has reached it by now, and all that came of it, is then in the
        journal: lines are written at the end of a turn of its loop, replies in its midst."""
        wait_until(lambda: self.process.poll() is not None or self._stat()[0] in "SZ", "it never sleeps")

    def events(self, event=None, **members):
        """The events of that kind, now. Of what is still to come nothing follows from their absence."""
        self.settle()
        return self._events(event, members)

    def _events(self, event, members):
        found = [json.loads(line) for line in self.lines()]
        return [e for e in found if (event is None or e["event"] == event)
                and all(e.get(k) == v for k, v in members.items())]

    def wait(self, event, count=1, **members):
        """The events of that kind, as soon as there are so many."""
        def found():
            events = self._events(event, members)
            return (events,) if len(events) >= count else None

        def missing():
            tail = b"\n".join(self.lines()[-12:]).decode()
            return f"no {count} {event} {members} in the journal; it ends\n{tail}"
        return wait_until(found, missing)[0]

    # The process

    def wait_taken(self, port):
        """Until the program has read every byte that the client at this port sent, and sleeps again."""
        peer = f"0100007F:{port:04X}"

        def is_taken():
            with open("/proc/net/tcp", encoding="ascii") as file:
                rows = [line.split() for line in file]
            return all(row[4].endswith(":00000000") for row in rows if row[2] == peer)
        wait_until(is_taken, "it does not read what it was sent")
        self.settle()

    def wait_held_back(self, sender):
        """Until whoever sends to the program by that socket is held back, and stays so: the kernel takes
        no more of it, and the program sleeps."""
        looks = []

        def is_held_back():
            if sender.fileno() < 0:
                raise AssertionError("it was never held back: everything is sent")
            looks.append(not select.select([], [sender], [], 0)[1] and self.is_asleep())
            time.sleep(0.05)
            return all(looks[-6:]) and len(looks) > 5
        wait_until(is_held_back, "it is never held back")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def wait_descriptors(self, most):
        """How many descriptors it holds, as soon as they are no more than that."""
        wait_until(lambda: self.descriptors() <= most, lambda: f"{self.descriptors()} descriptors are held, not {most}")
        return self.descriptors()

    def _stat(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()

    def cpu_s(self):
        fields = self._stat()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_asleep(self):
        return self._stat()[0] == "S"

    # The end

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.stop()
        finally:
            if kind is not None:
                sys.stderr.write(self.errors()[-6000:])
            self._forget()

    def _forget(self):
        for thing in self.clients + self.captures:
            thing.socket.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder)

    def stop(self, number=signal.SIGTERM):
        """Ends the program; it must do so cleanly, and say so in the journal's last line."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        if code != 0 or self.errors() != "":
            raise AssertionError(f"exit code {code}, errors: {self.errors()[-6000:]}")
        if "--journal" in self.process.args:
            self.check_journal()

    def check_journal(self):
        *before, last = self.lines()
        end = json.loads(last)
        digest = hashlib.sha256(b"".join(line + b"\n" for line in before)).hexdigest()
        facts = {"event": "end", "journal": digest, "seq": len(before) + 1}
        seen = {key: end.get(key) for key in facts}
        if seen != facts:
            raise AssertionError(f"the journal ends with {seen}, not {facts}")
        numbers = [json.loads(line)["seq"] for line in before]
        if numbers != list(range(1, len(before) + 1)):
            raise AssertionError(f"the journal's numbers have gaps: {numbers}")
        for secret in self.secrets:
            if secret.encode() in b"".join(before):
                raise AssertionError("the journal holds a secret")
        opened = [e["conn"] for e in self.events("connect")]
        closed = [e["conn"] for e in self.events("close")]
        if sorted(opened) != sorted(closed) and not end["lost"]:
            raise AssertionError(f"connections {opened} were opened, {closed} closed")


class WireTest(unittest.TestCase):
    maxDiff = None

    def check_end(self, client, capture, expected, count=None):
        """What the client sees, what the kernel says, and the flags of the segments, all agree."""
        data, how = client.rest()
        self.assertEqual(how, expected)
        self.assertEqual(client.state(), {"rst": "closed", "fin": "close-wait"}[expected])
        if count is not None:
            self.assertEqual(len(data), count)
        if capture.ends(client.port) is not None:
            self.assertEqual(capture.ends(client.port), {expected})
        if count is not None and capture.bytes(client.port) is not None:
            self.assertEqual(capture.bytes(client.port), count)
        return data

    def check_hang(self, client, capture, count):
        data = client.take(count)
        self.assertTrue(client.is_silent(), "something came, where there should be silence")
        self.assertEqual(client.state(), "established")
        if capture.ends(client.port) is not None:
            self.assertEqual(capture.ends(client.port), set())
            self.assertEqual(capture.bytes(client.port), count)
        return data

    def check_event(self, event, **members):
        self.assertEqual({key: event.get(key) for key in members}, members)
