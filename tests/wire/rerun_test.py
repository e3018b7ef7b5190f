# SPDX-License-Identifier: Apache-2.0
"""What was done before a request was read is recorded, and done again to a client that does the same:
to its handshakes, its heads, and to the port itself."""
import errno
import json
import signal
import socket
import ssl
import time
import unittest

import wire
from clients import SILENCE_S, Client
from control import Control, switch
from recording import ReplayTest, check, dateless
from wire import PATIENCE_S, batch, record, rule

METERING = {"operation": "BatchMeterUsage"}
HEAD = {**METERING, "phase": "head"}
BEFORE = {"at": "before-request"}
TLS = {"phase": "tls"}
CONNECT = {"phase": "connect"}


def heads(*thens, when=None):
    """Of the heads the n-th is met by the n-th; None lets it pass."""
    return [rule(f"h{n}", then, match=str(n), when=when or HEAD)
            for n, then in enumerate(thens, 1) if then is not None]


class HeadTest(ReplayTest):
    """Before the body is read."""

    def see(self, proxy, target="BatchMeterUsage", body=None):
        """All that comes of a client that sends its body when it is told to go on, or after a while."""
        head, body = proxy.sign.request(body or batch(), target=target,
                                        headers=[("expect", "100-continue")])
        began = time.monotonic()
        with proxy.client() as client:
            client.send(head)
            if client.is_silent(3 * SILENCE_S):
                return b"", "silence", 0
            waited_s = time.monotonic() - began
            data = b""
            try:
                data = client.socket.recv(12)
                if data.startswith(b"HTTP/1.1 100"):
                    data += client.take(13)
                    client.send(body)
                client.half_close()
            except ConnectionResetError:
                return data, "rst", waited_s
            more, how = client.rest()
            return dateless(data + more), how, waited_s

    THENS = [None, [{"rst": BEFORE}], [{"fin": BEFORE}], None, [{"hang": BEFORE}],
             [{"error": "InternalServiceErrorException"}],
             [{"respond": {"status": 503, "headers": {"X-A": "b"}, "body": "no"}}, {"fin": {
                 "at": "response", "after_bytes": 30}}],
             None,
             [{"delay": {"uniform": ["300ms", "400ms"]}}], None]

    def test_what_the_socket_sees(self):
        with self.record(heads(*self.THENS)) as proxy:
            told = [self.see(proxy) for _ in self.THENS]
        lines = [(e["when"].get("phase"), e["when"].get("nth"), [*e["then"][0]]) for e in self.exchanges()]
        self.assertEqual([(None, None, ["respond"]), ("head", 2, ["rst"]), ("head", 3, ["fin"]),
                          (None, None, ["respond"]), ("head", 5, ["hang"]), ("head", 6, ["respond"]),
                          ("head", 7, ["respond"]), (None, None, ["respond"]), ("head", 9, ["delay"]),
                          (None, None, ["respond"]), (None, None, ["respond"])], lines)
        self.assertIn("a recording of 5 exchanges, and of 6 lines that come before one\n",
                      check(self.path)[1])
        with self.replay() as proxy:
            for then, expected in zip(self.THENS, told):
                with self.subTest(then):
                    seen = self.see(proxy)
                    self.assertEqual(expected[:2], seen[:2])
                    if then == self.THENS[8]:
                        delay_us = int(self.exchanges()[8]["then"][0]["delay"][:-2])
                        self.assertGreaterEqual(seen[2], delay_us / 1e6)
            self.assertEqual([2, 3, 5, 6, 7, 9], [e["nth"] for e in proxy.events("replay", phase="head")])
            self.assertEqual(5, len([e for e in proxy.events("replay", found=True) if "phase" not in e]))
        self.assertEqual({"rst", "fin", "silence"}, {how for _, how, _ in told})
        self.assertNotIn(b"100 Continue", told[5][0])
        self.assertIn(b"100 Continue", told[0][0])

    def test_a_body_is_read_slowly(self):
        body = batch(*wire.many(25))
        slow = [{"slow_read": {"bytes_per_s": len(body) * 2}}]
        with self.record(heads(slow, None)) as proxy:
            told = [dateless(proxy.ask(body).raw) for _ in range(2)]
        with self.replay() as proxy:
            began = time.monotonic()
            self.assertEqual(told[0], dateless(proxy.ask(body).raw))
            self.assertGreater(time.monotonic() - began, 0.4)
            self.assertEqual(told[1], dateless(proxy.ask(body).raw))

    def test_each_operation_counts_its_own(self):
        """Others that come between, or not at all, shift nothing; nor do connections."""
        def resolve(proxy):
            return self.see(proxy, "ResolveCustomer", json.dumps({"RegistrationToken": "t"}).encode())

        def other(proxy):
            return self.see(proxy, "NoSuch")
        rules = heads(None, [{"rst": BEFORE}], None) + [
            rule("r", [{"fin": BEFORE}], match="1", when={"operation": "ResolveCustomer",
                                                          "phase": "head"})]
        with self.record(rules) as proxy:
            told = [self.see(proxy)[:2], resolve(proxy)[:2], self.see(proxy)[:2], resolve(proxy)[:2]]
        with self.replay() as proxy:
            with proxy.client():
                other(proxy)
            self.assertEqual([told[1], told[3]], [resolve(proxy)[:2] for _ in range(2)])
            self.assertEqual([told[0], told[2]], [self.see(proxy)[:2] for _ in range(2)])
        self.assertEqual([b"", b""], [told[1][0], told[2][0]])

    def test_written_before_the_client_sees_it(self):
        """Whatever it was, it is in the recording of one that was killed."""
        rules = heads([{"rst": BEFORE}], [{"error": "InternalServiceErrorException"}])
        with self.record(rules) as proxy:
            self.see(proxy)
            with proxy.client() as client:  # it never sends its body
                client.send(proxy.sign.request(batch())[0])
                self.assertIn(b" 500 ", client.head())
                proxy.process.send_signal(signal.SIGKILL)
                proxy.process.wait(PATIENCE_S)
            proxy.stop = lambda: None  # it has no last words
        self.assertEqual([1, 2], [e["when"]["nth"] for e in self.exchanges()])
        with self.replay() as proxy, proxy.client() as client:
            self.assertEqual((b"", "rst"), self.see(proxy)[:2])
            client.send(proxy.sign.request(batch())[0])
            self.assertIn(b" 500 ", client.head())

    def test_a_rule_comes_first(self):
        with self.record(heads([{"rst": BEFORE}], [{"rst": BEFORE}], None)) as proxy:
            told = [self.see(proxy)[:2] for _ in range(3)]
        with self.replay(heads([{"fin": BEFORE}])) as proxy:
            self.assertEqual([(b"", "fin"), told[1], told[2]],
                             [self.see(proxy)[:2] for _ in range(3)])
            self.check_replay_event(proxy, 1, nth=1, why="a rule acts in its place")


class DrawnTest(ReplayTest):
    """Bytes that are no HTTP are the same bytes."""

    def test_garbage(self):
        rules = wire.in_turn([{"garbage": {"bytes": 80}}], [{"garbage": {"bytes": 80}}])

        def see(proxy):
            with proxy.client() as client:
                client.send(proxy.sign.whole())
                return client.rest()
        with self.record(rules) as proxy:
            told = [see(proxy) for _ in range(2)]
        self.assertNotEqual(told[0], told[1])
        with self.replay() as proxy:
            self.assertEqual(told, [see(proxy) for _ in range(2)])


class HandshakeTest(ReplayTest):
    THENS = [None, {"handshake_rst": {}}, {"tls_garbage": {}}, {"expired_certificate": {}}, None,
             {"wrong_host": {}}, {"untrusted": {}}, {"handshake_stall": {}}, None]
    RULES = [rule(f"t{n}", [then], match=str(n), when=TLS) for n, then in enumerate(THENS, 1) if then]

    def handshake(self, proxy):
        """What the raw socket sees after a hello: bytes that are no TLS, or an end, or silence."""
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = proxy.context().wrap_bio(into, out, server_hostname="localhost")
        with Client(proxy.port) as client:
            try:
                while True:
                    try:
                        tls.do_handshake()
                        client.send(out.read())
                        return "ready", b""
                    except ssl.SSLWantReadError:
                        client.send(out.read())
                        if client.is_silent():
                            return "silence", b""
                        into.write(client.take(1) + client.kept)
                        client.kept = b""
            except ssl.SSLCertVerificationError as why:
                return why.verify_message, b""
            except ssl.SSLError:
                return "no TLS", into.read()
            except (AssertionError, OSError) as why:
                return type(why).__name__, b""

    def garbage(self, proxy):
        with Client(proxy.port) as client:
            into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            try:
                proxy.context().wrap_bio(into, out, server_hostname="localhost").do_handshake()
            except ssl.SSLWantReadError:
                client.send(out.read())
            return client.rest()

    def see(self, proxy):
        return [self.garbage(proxy) if then == {"tls_garbage": {}} else self.handshake(proxy)
                for then in self.THENS]

    def test_what_the_socket_sees(self):
        with self.record(self.RULES, tls=True) as proxy:
            told = self.see(proxy)
        self.assertEqual([2, 3, 4, 6, 7, 8], [e["when"]["nth"] for e in self.exchanges()])
        with self.replay(tls=True) as proxy:
            self.assertEqual(told, self.see(proxy))
            self.assertEqual([2, 3, 4, 6, 7, 8],
                             [e["nth"] for e in proxy.events("replay", phase="tls", found=True)])
            with proxy.client() as client:  # the next is one like others
                client.send(proxy.sign.whole())
                self.assertEqual(400, client.reply().status)
        self.assertEqual(64, len(told[2][0]))
        self.assertEqual(7, len({str(one) for one in told}))

    def test_without_tls_it_cannot_be_replayed(self):
        with self.record(self.RULES, tls=True) as proxy:
            with proxy.client():
                self.assertEqual((b"", "rst"), self.garbage(proxy))
        with self.assertRaisesRegex(AssertionError, f"{self.path}:2:1: \"handshake_rst\" is about TLS, "
                                                    "which is not spoken here: --tls does"):
            self.replay()


class WindowTest(ReplayTest):
    """Connections are refused for as long as they were, after the same exchange."""

    def refused(self, port):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED

    def wait_for(self, port, refused):
        """How long it takes until the port is as wanted."""
        began = time.monotonic()
        while self.refused(port) != refused:
            if time.monotonic() - began > PATIENCE_S:
                raise AssertionError(f"never refused={refused}")
            time.sleep(0.005)
        return time.monotonic() - began

    def shut(self, args=()):
        """A proxy that is recorded and refuses when it is told to."""
        return self.record([switch("shut", [{"refuse": {}}], when=CONNECT)],
                           args=["--control", "127.0.0.1:0", *args])

    def record_window(self, length_s=0.6):
        with self.shut() as proxy:
            control = Control(proxy.control_port)
            told = [dateless(proxy.ask(batch(record(quantity=1))).raw)]
            control.arm("shut")
            time.sleep(length_s)
            control.arm("shut", False)
            told.append(dateless(proxy.ask(batch(record(quantity=2))).raw))
        return told

    def test_after_the_same_exchange(self):
        told = self.record_window()
        lines = self.exchanges()
        self.assertEqual([None, "connect", "connect", None], [e["when"].get("phase") for e in lines])
        self.assertEqual(([{"refuse": {}}], 2), (lines[1]["then"], lines[2]["ends"]))
        with self.replay() as proxy:
            with proxy.client() as kept:
                time.sleep(2 * SILENCE_S)
                self.assertFalse(self.refused(proxy.port))  # it does not begin by itself
                kept.send(proxy.sign.whole(batch(record(quantity=1))))
                self.assertEqual(told[0], dateless(kept.reply().raw))
                self.wait_for(proxy.port, True)
                self.assertEqual((b"", "rst"), kept.rest())
            self.assertGreater(self.wait_for(proxy.port, False), 0.3)
            self.assertEqual(told[1], dateless(proxy.ask(batch(record(quantity=2))).raw))
            self.assertEqual(["begin", "end"],
                             [e["edge"] for e in proxy.events("replay", phase="connect", found=True)])

    def test_from_the_beginning(self):
        """Two windows, before anything was asked."""
        with self.shut() as proxy:
            control = Control(proxy.control_port)
            for _ in range(2):
                control.arm("shut")
                time.sleep(0.3)
                control.arm("shut", False)
                time.sleep(0.3)
            proxy.ask()
        with self.replay() as proxy:
            for _ in range(2):
                self.wait_for(proxy.port, True)
                self.wait_for(proxy.port, False)
            time.sleep(2 * SILENCE_S)
            self.assertEqual(200, proxy.ask().status)
            self.assertEqual(4, len(proxy.events("replay", phase="connect")))

    def test_one_that_was_never_closed(self):
        """It ends with the proxy: in a replay, too."""
        with self.shut() as proxy:
            proxy.ask()
            Control(proxy.control_port).arm("shut")
            time.sleep(0.2)
        self.assertEqual([None, "connect"], [e["when"].get("phase") for e in self.exchanges()])
        with self.replay() as proxy:
            proxy.ask()
            self.wait_for(proxy.port, True)
            time.sleep(2 * SILENCE_S)
            self.assertTrue(self.refused(proxy.port))

    def test_windows_that_overlap_are_one(self):
        rules = [switch(name, [{"refuse": {}}], when=CONNECT) for name in ("a", "b")]
        with self.record(rules, args=["--control", "127.0.0.1:0"]) as proxy:
            control = Control(proxy.control_port)
            for name, armed in (("a", True), ("b", True), ("a", False), ("b", False)):
                control.arm(name, armed)
        self.assertEqual([None, 1], [e.get("ends") for e in self.exchanges()])


if __name__ == "__main__":
    unittest.main()
