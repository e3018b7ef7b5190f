# SPDX-License-Identifier: Apache-2.0
"""What a recording holds and what it never does, when it breaks off, what is refused; and whom a replay
asks: nobody."""
import ctypes
import hashlib
import json
import os
import platform
import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import unittest

import wire
from clients import Client
from farther import OK, Server
from recording import ERROR, ReplayTest, check, dateless, lines_of, resolve
from wire import PATIENCE_S, PROGRAM, Proxy, batch, in_turn, record, rule, run

CONNECT = {"x86_64": 42, "aarch64": 203}.get(platform.machine())


def may_not_connect():
    """From here on a call of connect(2) ends the process (seccomp, BPF: load the number, compare)."""
    code = struct.pack("=" + "HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, CONNECT, 0x06, 0, 0, 0x80000000,
                       0x06, 0, 0, 0x7fff0000)
    program = ctypes.create_string_buffer(code, len(code))
    fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, fprog, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


class SecretsTest(ReplayTest):
    TOKEN = "Zm9v/YmFy+a-registration-token=="

    def test_no_secret_is_written(self):
        world = {"tokens": [{"name": "t1", "value": self.TOKEN}],
                 "credentials": [{"name": "k1", "session": True}]}
        echo = [rule("echo", [{"respond": {"status": 400, "body": "token " + self.TOKEN}}], match="2",
                     when={"operation": "ResolveCustomer"})]
        with self.record(echo, world=world) as proxy:
            session = proxy.process.stdout.readline().strip().partition("AWS_SESSION_TOKEN=")[2]
            self.assertGreater(len(session), 8)
            proxy.sign_with(proxy.exports["AWS_ACCESS_KEY_ID"], proxy.secret, session)
            self.assertEqual(200, proxy.ask(resolve(self.TOKEN), target="ResolveCustomer").status)
            proxy.ask(resolve(self.TOKEN), target="ResolveCustomer")
            head, body = proxy.sign.request(batch())
            signature = re.search(rb"Signature=(\w+)", head)[1].decode()
            with proxy.client() as client:
                client.send(head + body)
                client.reply()
            secrets = [self.TOKEN, *proxy.secrets, signature]
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        for secret in secrets:
            self.assertNotIn(secret, text)
            self.assertNotIn(json.dumps(secret)[1:-1].replace("/", "\\/"), text)
        digest = hashlib.sha256(self.TOKEN.encode()).hexdigest()
        self.assertEqual({"RegistrationToken": f"[sha256:{digest}]"},
                         self.exchanges()[0]["when"]["body"])
        self.assertEqual("token [secret:registration-token]",
                         self.exchanges()[1]["then"][0]["respond"]["body"])
        for name in "authorization", "x-amz-security-token", "credential=":
            self.assertNotIn(name, text.lower())

    def test_a_token_is_known_by_its_digest(self):
        world = {"tokens": [{"name": "t1", "value": self.TOKEN}]}
        with self.record(world=world) as proxy:
            told = dateless(proxy.ask(resolve(self.TOKEN), target="ResolveCustomer").raw)
        with self.replay() as proxy:
            garbled = self.TOKEN.replace("+", " ")
            reply = proxy.ask(resolve(garbled), target="ResolveCustomer")
            self.check_refused(reply, "/body/RegistrationToken", "[sha256:")
            self.assertNotIn(garbled, json.dumps(proxy.wait("replay", 1)))
            self.assertNotIn(garbled.encode(), reply.raw)
            # Nor does it help to know the digest.
            digest = self.exchanges()[0]["when"]["body"]["RegistrationToken"]
            self.check_refused(proxy.ask(resolve(digest), target="ResolveCustomer"))
            reply = proxy.ask(resolve(self.TOKEN), target="ResolveCustomer")
            self.assertEqual(told, dateless(reply.raw))

    def test_who_hands_out_credentials_is_not_recorded(self):
        with self.record(source="container") as proxy:
            url = proxy.exports["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
            port, path = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/.*)", url).groups()
            with Client(int(port)) as client:
                token = proxy.exports["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
                client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode())
                self.assertIn("SecretAccessKey", client.reply().json())
        self.assertEqual([], self.exchanges())


class RobustTest(ReplayTest):
    def test_killed(self):
        """Whatever a client has seen is in the recording."""
        with self.record() as proxy:
            for n in range(30):
                proxy.ask(batch(record(quantity=n + 1)))
            proxy.process.send_signal(signal.SIGKILL)
            proxy.process.wait(PATIENCE_S)
            proxy.stop = lambda: None  # it has no last words
        self.assertEqual(30, len(self.exchanges()))
        with open(self.path, "r+b") as file:
            file.truncate(os.path.getsize(self.path) - 20)
        code, text = check(self.path)
        self.assertEqual(0, code)
        self.assertIn("29 exchanges; a last line is not whole", text)
        with self.replay() as proxy:
            self.assertEqual(200, proxy.ask(batch(record(quantity=29))).status)
            self.check_refused(proxy.ask(batch(record(quantity=30))))

    def test_a_full_disk(self):
        """The proxy serves on; the recording ends, is whole as far as it goes, and that is told."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
        process = subprocess.Popen([PROGRAM, "--time", "told", "--seed", "7", "--record", self.path],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=limit)
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        for n in range(9):
            if n == 8:  # there is room again: what comes now would stand after a gap
                free = resource.RLIM_INFINITY, resource.RLIM_INFINITY
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, free)
            with Client(port) as client:
                client.send(wire.Signer("us-east-1", "AKIAIOSFODNN7EXAMPLE", "none").whole(batch()))
                self.assertEqual(400, client.reply().status)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(3, process.returncode)
        whole = len(lines_of(self.path)) - 2  # but for the head, and the line that did not fit
        self.assertRegex(errors, rf"cannot write the recording {self.path}: File too large; it holds "
                                 rf"{whole} lines, and {9 - whole} are lost")
        self.assertTrue(0 < whole < 8)
        self.assertIn(f"{whole} exchanges; a last line is not whole", check(self.path)[1])

    def test_what_is_refused(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write('{"recording":1}\n{"n":1,"at":"2026-11-18T10:15:00Z","when":{},'
                       '"then":[{"respond":{"status":200,"headers":{"Content-Length":"1"}}}]}\n')
        other = self.path + ".json"
        with open(other, "w", encoding="utf-8") as file:
            json.dump(wire.scenario([rule("u", [{"unprocessed": {}}])]), file)
        missing = self.path + ".none"
        for code, text, args in [
                (64, "--record and --replay", ["--record", "x", "--replay", "y"]),
                (64, "nothing is executed", ["--replay", "x", "--ledger", "y"]),
                (64, "without --replay", ["--replay-times", "exact"]),
                (64, "does not know \"later\"", ["--replay", "x", "--replay-times", "later"]),
                (3, "No such file", ["--replay", missing]),
                (3, f"{self.path}: File exists", ["--record", self.path]),
                (3, f"{self.path}:2:1: the header \"Content-Length\"", ["--replay", self.path]),
                (3, f"{other}:1:1: this is no recording", ["--replay", other])]:
            with self.subTest(args):
                seen, _, errors = run(*args)
                self.assertEqual(code, seen)
                self.assertIn(text, errors)
        self.assertEqual(1, check(self.path)[0])
        self.rewrite()
        self.assertIn("a recorded reply is as it is", run("--replay", self.path, "--scenario", other)[2])

    def test_rules_act_on_what_is_replayed(self):
        with self.record() as proxy:
            told = [dateless(proxy.ask().raw) for _ in range(3)]
        rules = in_turn([{"error": "ThrottlingException"}], [{"truncate": {"after_bytes": 9}}], None,
                        [{"commit": {}}, {"error": "InternalServiceErrorException"}], None)
        with self.replay(rules) as proxy:
            self.assertEqual("ThrottlingException", proxy.ask().json()["__type"])  # spends nothing
            with proxy.client() as client:
                client.send(proxy.sign.whole())
                data, how = client.rest()
            self.assertEqual("fin", how)
            self.assertEqual(told[0][:len(data)], dateless(data))
            self.assertLess(len(data), len(told[0]))
            self.assertEqual(told[1], dateless(proxy.ask().raw))
            self.assertEqual(500, proxy.ask().status)  # the third came to pass, and its reply is lost
            self.check_refused(proxy.ask(), "as often as")


class UpstreamTest(ReplayTest):
    """What an upstream answered is replayed without it."""

    def ask_all(self, proxy, signed):
        seen = []
        for request in signed:
            with proxy.client() as client:
                client.send(request)
                try:
                    client.half_close()
                except OSError:
                    pass
                data, how = client.rest()
                seen.append((data.split(b"\r\n")[0], data.partition(b"\r\n\r\n")[2], how))
        return seen

    def test_another_stand_in(self):
        """By way of the upstream the replies are those of the stand-in behind it."""
        rules = in_turn(None, [{"error": "ThrottlingException"}],
                        [{"commit": {}}, {"rst": {"at": "before-response"}}],
                        [{"truncate": {"after_bytes": 30}}], None)
        with Proxy([]) as far:
            signed = [far.sign.whole(batch(record(quantity=n))) for n in range(1, 6)]
            with self.record(rules, args=["--upstream", f"http://127.0.0.1:{far.port}"]) as proxy:
                told = self.ask_all(proxy, signed)
            self.assertEqual(4, len(far.events("commit")))
        self.assertEqual(5, len(self.exchanges()))
        with self.replay() as proxy:
            self.assertEqual(told, self.ask_all(proxy, signed))
        self.assertIn("--upstream and --replay",
                      run("--replay", self.path, "--upstream", "http://127.0.0.1:9")[2])

    def answer(self, raw):
        """What is recorded of an upstream that answers with these bytes; and what the client saw."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                peer, _ = server.accept()
                with peer:
                    got = b""
                    while b"\r\n\r\n" not in got or not got.endswith(b"}"):
                        got += peer.recv(65536)
                    peer.sendall(raw)
            thread = threading.Thread(target=serve)
            thread.start()
            where = f"http://127.0.0.1:{server.getsockname()[1]}"
            signer = wire.Signer("us-east-1", "ASIAEXAMPLE", "none", "a-session-token-of-somebody")
            with self.record(args=["--upstream", where]) as proxy:
                seen = self.ask_all(proxy, [signer.whole(batch())])[0]
            thread.join(PATIENCE_S)
        return seen, self.exchanges()[0], signer

    def test_pieces_and_secrets(self):
        body = b"token a-session-token-of-somebody"
        raw = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: s=1\r\nX-A: b\r\n\r\n"
               b"5\r\n" + body[:5] + b"\r\n%x\r\n" % len(body[5:]) + body[5:] + b"\r\n0\r\n\r\n")
        seen, exchange, signer = self.answer(raw)
        self.assertIn(body[:5], seen[1])
        self.assertEqual([{"respond": {"status": 200, "headers": {"X-A": "b"},
                                       "body": "token [secret:session-token]"}}], exchange["then"])
        with self.replay() as proxy:
            reply = self.ask_all(proxy, [signer.whole(batch())])[0]
            self.assertEqual(b"token [secret:session-token]", reply[1])

    def test_many_fields(self):
        """As many as a reply may have."""
        fields = b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(99))
        _, exchange, signer = self.answer(b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: 0\r\n\r\n")
        self.assertEqual(99, len(exchange["then"][0]["respond"]["headers"]))
        with self.replay() as proxy, proxy.client() as client:
            client.send(signer.whole(batch()))
            self.assertEqual(99, client.head().count(b"\r\nX-"))

    def test_after_an_interim_reply(self):
        """What is recorded is the reply that came last, be it our own."""
        for raw, status in ((b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 0\r\n\r\n", 200), (b"", 502)):
            with self.subTest(status):
                _, exchange, signer = self.answer(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + raw)
                self.assertEqual(status, exchange["then"][0]["respond"]["status"])
                self.assertNotIn("Link", exchange["then"][0]["respond"]["headers"])
                with self.replay() as proxy:
                    self.assertIn(b" %d " % status, self.ask_all(proxy, [signer.whole(batch())])[0][0])
                os.unlink(self.path)

    def test_what_cannot_be_replayed(self):
        for raw, why in [
                (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe", "no UTF-8"),
                (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "broke off"),
                (b"HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n" + b"a" * 4194305, "too long")]:
            with self.subTest(why):
                _, exchange, signer = self.answer(raw)
                self.assertIn(why, exchange["left_out"])
                with self.replay() as proxy:
                    self.assertIn(ERROR.encode(), self.ask_all(proxy, [signer.whole(batch())])[0][1])
                os.unlink(self.path)

    def test_a_client_that_gives_up(self):
        """It was asked, and nothing came of it: who asks again in a replay is not told the next reply."""
        with Server(lambda line, n: line.request() and (line.send(OK) if n == 2 else line.head())) as far:
            request = wire.Signer("us-east-1", "AKIAEXAMPLE", "none").whole(batch())
            with self.record(args=["--upstream", far.url]) as proxy:
                with proxy.client() as client:
                    client.send(request)
                    proxy.wait("request")
                    client.reset()
                proxy.wait("upstream")
                told = self.ask_all(proxy, [request])
        self.assertEqual(["nobody waited for a reply", None], [e.get("left_out") for e in self.exchanges()])
        with self.replay() as proxy:
            self.assertIn(ERROR.encode(), self.ask_all(proxy, [request])[0][1])
            self.assertEqual(told, self.ask_all(proxy, [request]))

    def test_no_upstream(self):
        """What we say in its place is what the client saw."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        signed = [wire.Signer("us-east-1", "AKIAEXAMPLE", "none").whole(batch())]
        with self.record(args=["--upstream", f"http://127.0.0.1:{port}"]) as proxy:
            told = self.ask_all(proxy, signed)
        self.assertIn(b" 50", told[0][0])
        with self.replay() as proxy:
            self.assertEqual(told, self.ask_all(proxy, signed))


@unittest.skipIf(CONNECT is None, "the number of connect(2) is not known for this machine")
class NobodyElseTest(ReplayTest):
    """A replay connects to nobody: the kernel ends it at its first try."""

    def start(self, *args):
        process = subprocess.Popen([PROGRAM, "--time", "told", "--seed", "7", *args],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=may_not_connect)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        return process, int(line.rsplit(":", 1)[1]) if line else None

    def test_no_connection(self):
        with self.record() as proxy:
            proxy.ask()
        process, port = self.start("--replay", self.path)
        for status in 200, 400:  # also when it runs dry
            with Client(port) as client:
                client.send(wire.Signer("us-east-1", "AKIAIOSFODNN7EXAMPLE", "none").whole(batch()))
                self.assertEqual(status, client.reply().status)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(PATIENCE_S), process.stderr.read())

    def test_the_proof_can_fail(self):
        """A window of refused connections is proved by connecting to our own port."""
        path = self.path + ".json"
        refuse = rule("r", [{"refuse": {}}], when={"phase": "connect"})
        with open(path, "w", encoding="utf-8") as file:
            json.dump(wire.scenario([refuse]), file)
        process, _ = self.start("--scenario", path)
        self.assertEqual(-signal.SIGSYS, process.wait(PATIENCE_S))


if __name__ == "__main__":
    unittest.main()
