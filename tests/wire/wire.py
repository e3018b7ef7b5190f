# SPDX-License-Identifier: Apache-2.0
"""What the wire tests share: the program under test, a signer, raw clients, and a look at segments.

Nothing here knows how the proxy works inside: it is a process, a port, and a journal.
"""
import ctypes
import datetime
import errno
import functools
import hashlib
import hmac
import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.environ.get("METERPROVER_PROXY", "meterprover-proxy")
if shutil.which(PROGRAM) is None:
    sys.exit(f"There is no program {PROGRAM}; METERPROVER_PROXY says where it is.")
# How long anything may take before a test calls it missing; never a measure of speed.
PATIENCE_S = 30
# How long silence must last to count as such.
SILENCE_S = 0.5

PRODUCT = "4b7hn2wq8xk3vz6tc1ryd5mfe"
CUSTOMERS = {"acme": "kR4vTq9ZbXc", "globex": "pW8nYs3LdGe", "initech": "mJ2hUo6QfRi",
             "umbrella": "xC7bEa1VtNm", "hooli": "zF5gIw0KpHs"}
# Service time begins at 10:15 of this day (--time told).
HOUR_S = int(datetime.datetime(2026, 11, 18, 9, tzinfo=datetime.timezone.utc).timestamp())


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
                 source=None, skew=None, start=None, tls=False):
        self.folder = tempfile.mkdtemp(prefix="wire-")
        self.journal_path = os.path.join(self.folder, "journal.jsonl")
        self.errors_path = os.path.join(self.folder, "stderr")
        command = [PROGRAM, "--listen", "127.0.0.1:0", "--seed", str(seed), "--time", "told"]
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
        line = ""
        while "AWS_SECRET_ACCESS_KEY" not in found and not line.startswith("credentials from "):
            line = self.process.stdout.readline()
            if line == "":
                raise AssertionError(f"no credentials in the greeting; errors: {self.errors()}")
            found.update(re.findall(r"(\w+)=(\S+)", line))
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

    def events(self, event=None, **members):
        found = [json.loads(line) for line in self.lines()]
        return [e for e in found if (event is None or e["event"] == event)
                and all(e.get(k) == v for k, v in members.items())]

    def wait(self, event, count=1, **members):
        """The events of that kind, as soon as there are so many."""
        end = time.monotonic() + PATIENCE_S
        while True:
            found = self.events(event, **members)
            if len(found) >= count:
                return found
            if time.monotonic() > end:
                tail = b"\n".join(self.lines()[-12:]).decode()
                raise AssertionError(f"no {count} {event} {members} in the journal; it ends\n{tail}")
            time.sleep(0.005)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

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
        if os.path.exists(self.journal_path):
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
        if sorted(opened) != sorted(closed):
            raise AssertionError(f"connections {opened} were opened, {closed} closed")


class Reply:
    def __init__(self, head, body):
        self.head, self.body, self.raw = head, body, head + body
        lines = head.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.status = int(lines[0].split(" ")[1])
        self.fields = {}
        for line in lines[1:-2]:
            name, value = line.split(": ", 1)
            self.fields.setdefault(name.lower(), []).append(value)

    def field(self, name):
        """The one value of a field, or None."""
        values = self.fields.get(name.lower(), [])
        if len(values) > 1:
            raise AssertionError(f"{name} stands {len(values)} times")
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    def results(self):
        return self.json()["Results"]


def masked(raw):
    """A reply, or the first bytes of one, without what differs between two replies to one request."""
    raw = re.sub(rb"(x-amzn-RequestId: )[0-9a-f-]{0,36}", lambda m: m[1] + b"#" * (len(m[0]) - 18),
                 raw, flags=re.I)
    return re.sub(rb"(Date: )[^\r]*", lambda m: m[1] + b"#" * (len(m[0]) - 6), raw)


class Client:
    """A raw socket. What comes is kept until it is taken by reply() or rest()."""

    def __init__(self, port, receive_bytes=None, timeout=PATIENCE_S):
        self.socket = socket.socket()
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.socket.getsockname()[1]
        self.kept = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _more(self, what):
        data = self.socket.recv(65536)
        if data == b"":
            raise AssertionError(f"the connection ended within {what}: {self.kept!r}")
        self.kept += data

    def head(self):
        while b"\r\n\r\n" not in self.kept:
            self._more("a head")
        head, rest = self.kept.split(b"\r\n\r\n", 1)
        self.kept = rest
        return head + b"\r\n\r\n"

    def reply(self):
        """The next whole answer; it must be framed by Content-Length."""
        shell = Reply(self.head(), b"")
        length = int(shell.field("content-length"))
        while len(self.kept) < length:
            self._more("a body")
        body, self.kept = self.kept[:length], self.kept[length:]
        return Reply(shell.head, body)

    def rest(self):
        """Every byte until the connection ends, and how it ended: fin or rst."""
        data, self.kept = self.kept, b""
        while True:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                return data, "rst"
            if piece == b"":
                return data, "fin"
            data += piece

    def take(self, count):
        while len(self.kept) < count:
            self._more(f"{count} bytes")
        data, self.kept = self.kept[:count], self.kept[count:]
        return data

    def is_silent(self, seconds=SILENCE_S):
        """Whether nothing happens for so long: no byte, no end."""
        if self.kept:
            return False
        ready, _, _ = select.select([self.socket], [], [], seconds)
        return not ready

    def state(self):
        """What the kernel calls the connection (tcp_info.tcpi_state)."""
        names = {1: "established", 7: "closed", 8: "close-wait"}
        info = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        return names.get(info[0], str(info[0]))

    def error(self):
        """The error that waits on the socket, which the next call would report (takes it)."""
        return errno.errorcode.get(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


class TlsClient(Client):
    """The same above TLS. The ends of its connection are told apart: fin, notify (close_notify, then
    FIN) and rst."""

    def __init__(self, proxy, context=None, host="localhost", **more):
        super().__init__(proxy.port, **more)
        context = context or proxy.context()
        # Python passes over a missing close_notify, unless it is told not to.
        context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0x80)
        with self.socket as raw:  # closes it when there is no handshake; else it is detached
            self.socket = context.wrap_socket(raw, server_hostname=host,
                                              suppress_ragged_eofs=False)

    def rest(self):
        data, self.kept = self.kept, b""
        while True:
            try:
                piece = self.socket.recv(65536)
            except (ssl.SSLError, ConnectionResetError) as why:
                if getattr(why, "reason", None) not in (None, "UNEXPECTED_EOF_WHILE_READING"):
                    raise
                # Python calls a reset an early end, too; the kernel knows.
                return data, {"closed": "rst", "close-wait": "fin"}[self.state()]
            if piece == b"":
                return data, self._after_notify()
            data += piece

    def is_silent(self, seconds=SILENCE_S):
        """Of what the server says at once, the tickets are no word of HTTP."""
        if self.kept:
            return False
        patience = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self.kept += self.socket.recv(65536)
            return False
        except TimeoutError:
            return True
        except (ssl.SSLError, ConnectionResetError):
            return False
        finally:
            self.socket.settimeout(patience)

    def _after_notify(self):
        """close_notify came; the FIN must follow it."""
        raw = socket.socket(fileno=os.dup(self.socket.fileno()))
        with raw:
            raw.settimeout(PATIENCE_S)
            try:
                return "notify" if raw.recv(1) == b"" else "bytes after close_notify"
            except ConnectionResetError:
                return "notify, then rst"


FIN, SYN, RST = 1, 2, 4


class Capture:
    """The segments of one port on the loopback, copied by an AF_PACKET socket."""

    SO_ATTACH_FILTER = 26
    PACKET_OUTGOING = 4

    def __init__(self, sock, port):
        self.socket, self.port = sock, port
        self.seen = []

    @classmethod
    def open(cls, port):
        try:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        except (OSError, AttributeError) as why:
            cls._complain(f"wire: only what the socket says is looked at, no segments: AF_PACKET: {why}")
            return NoCapture()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        cls._filter(sock, port)
        sock.bind(("lo", 0))
        sock.setblocking(False)
        return cls(sock, port)

    @staticmethod
    @functools.cache
    def _complain(text):
        print(text, file=sys.stderr, flush=True)

    @classmethod
    def _filter(cls, sock, port):
        """Only IPv4 TCP from or to the port; else other traffic would fill the buffer."""
        code = [(0x28, 0, 0, 12), (0x15, 0, 8, 0x0800),   # EtherType is IPv4
                (0x30, 0, 0, 23), (0x15, 0, 6, 6),        # protocol is TCP
                (0xb1, 0, 0, 14),                         # X = length of the IP header
                (0x48, 0, 0, 14), (0x15, 2, 0, port),     # source port
                (0x48, 0, 0, 16), (0x15, 0, 1, port),     # destination port
                (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0)]
        program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
        sock.setsockopt(socket.SOL_SOCKET, cls.SO_ATTACH_FILTER,
                        struct.pack("HL", len(code), ctypes.addressof(program)))

    def _drain(self):
        while True:
            try:
                frame, where = self.socket.recvfrom(1 << 18)
            except BlockingIOError:
                return
            if where[2] == self.PACKET_OUTGOING:  # each frame is seen twice on the loopback
                self.seen.append(frame[14:])

    def from_proxy(self, client_port):
        """(flags, sequence number, payload length) of what the proxy sent to that client."""
        self._drain()
        found = []
        for packet in self.seen:
            ip = (packet[0] & 15) * 4
            source, target, sequence = struct.unpack_from("!HHI", packet, ip)
            if source == self.port and target == client_port:
                tcp = (packet[ip + 12] >> 4) * 4
                total = struct.unpack_from("!H", packet, 2)[0]
                found.append((packet[ip + 13], sequence, total - ip - tcp))
        return found

    def windows(self, client_port):
        """The windows that the proxy announced, in order, unscaled: 0 says that it is closed."""
        self._drain()
        found = []
        for packet in self.seen:
            ip = (packet[0] & 15) * 4
            source, target = struct.unpack_from("!HH", packet, ip)
            if source == self.port and target == client_port:
                found.append(struct.unpack_from("!H", packet, ip + 14)[0])
        return found

    def ends(self, client_port):
        """How the proxy's side ended, by the flags of its segments: a set of fin, rst."""
        names = {FIN: "fin", RST: "rst"}
        return {names[bit] for flags, _, _ in self.from_proxy(client_port) for bit in names
                if flags & bit}

    def bytes(self, client_port):
        """How many different bytes of the stream the proxy sent."""
        segments = self.from_proxy(client_port)
        start = next(sequence + 1 for flags, sequence, _ in segments if flags & SYN)
        return max([(sequence + length - start) & 0xffffffff for flags, sequence, length in segments
                    if length > 0], default=0)


class NoCapture:
    """Stands in where AF_PACKET is not permitted: it never saw anything."""

    def ends(self, _):
        return None

    def bytes(self, _):
        return None


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
