# SPDX-License-Identifier: Apache-2.0
"""An upstream and streams: memory stays flat, and who does not read holds the other side back."""
import os
import threading
import time
import unittest

from farther import GET, OK, Server, near, replies
from wire import PATIENCE_S, WireTest, rule

MB = 1 << 20


class Large(WireTest):
    """Streams, and memory that stays flat. A sanitizer keeps what is freed, so it is told not to."""

    def setUp(self):
        old = os.environ.get("ASAN_OPTIONS")
        os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1:" + (old or "")
        self.addCleanup(os.environ.__setitem__ if old else lambda k, _: os.environ.pop(k),
                        "ASAN_OPTIONS", old)

    def resident_kb(self, proxy):
        with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as file:
            return int(next(line for line in file if line.startswith("VmHWM")).split()[1])

    def test_down(self):
        size = 100 * MB

        def play(line, _):
            while line.request():
                line.send(b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\n\r\n" % size)
                for _ in range(size // MB):
                    line.send(bytes(MB))
        for tls in False, True:
            with self.subTest(tls=tls), Server(play) as server, near(server.url, tls=tls) as proxy:
                with proxy.client() as client:
                    before = self.resident_kb(proxy)
                    client.send(GET)
                    client.head()
                    left = size - len(client.kept)
                    while left > 0:
                        left -= len(client.socket.recv(MB))
                self.assertLess(self.resident_kb(proxy) - before, 12 << 10)
                self.check_event(proxy.wait("upstream")[0], bytes=size, whole=True)

    def test_up(self):
        for head in (b"Content-Length: %d" % (100 * MB), b"Transfer-Encoding: chunked"):
            def play(line, _, head=head):
                line.head()
                size, last = len(line.kept), line.kept[-5:]
                while last != b"0\r\n\r\n" if b"chunked" in head else size < 100 * MB:
                    data = line.socket.recv(MB)
                    size, last = size + len(data), (last + data)[-5:]
                line.send(OK)
            with self.subTest(head), Server(play) as server, near(server.url) as proxy:
                with proxy.client() as client:
                    before = self.resident_kb(proxy)
                    client.send(b"PUT / HTTP/1.1\r\nHost: h\r\n" + head + b"\r\n\r\n")
                    piece = bytes(MB)
                    for _ in range(100):
                        client.send(piece if b"chunked" not in head else b"100000\r\n" + piece + b"\r\n")
                    if b"chunked" in head:
                        client.send(b"0\r\n\r\n")
                    self.assertEqual(200, client.reply().status)
                self.assertLess(self.resident_kb(proxy) - before, 12 << 10)
                self.assertTrue(proxy.events("request")[0]["streamed"])

    def test_a_request_that_breaks_off_midway(self):
        """What was passed on already cannot be taken back: the upstream sees it end."""
        ended = threading.Event()

        def play(line, _):
            line.head()
            while line.socket.recv(MB):
                pass
            ended.set()
        with Server(play) as server, near(server.url) as proxy, proxy.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" +
                        bytes(2 * MB) + b"\r\nno chunk\r\n")
            self.assertTrue(client.head().startswith(b"HTTP/1.1 400 "))
            self.assertTrue(ended.wait(PATIENCE_S))
            self.check_event(proxy.wait("upstream")[0], whole=False, status=0)

    def test_a_client_that_does_not_read(self):
        """The upstream is held back by TCP itself."""
        sent = [0]

        def play(line, _):
            line.request()
            line.send(b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\n\r\n" % (100 * MB))
            for _ in range(100 * 16):
                line.send(bytes(MB // 16))
                sent[0] += MB // 16
        with Server(play) as server, near(server.url) as proxy:
            client = proxy.client(receive_bytes=65536)
            client.send(GET)
            client.head()
            proxy.wait_held_back(server.lines[0].socket)
            self.assertLess(sent[0], 30 * MB)
            left = 100 * MB - len(client.kept)
            while left > 0:
                left -= len(client.socket.recv(MB))

    def test_an_upstream_that_does_not_read(self):
        sent, gate = [0], threading.Event()

        def play(line, _):
            line.head()
            gate.wait(PATIENCE_S)
            size = len(line.kept)
            while size < 64 * MB:
                size += len(line.socket.recv(MB))
            line.send(OK)
        with Server(play) as server, near(server.url) as proxy, proxy.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (64 * MB))

            def push():
                for _ in range(64 * 16):
                    client.send(bytes(MB // 16))
                    sent[0] += MB // 16
                client.half_close()
            thread = threading.Thread(target=push, daemon=True)
            thread.start()
            proxy.wait_held_back(client.socket)
            self.assertLess(sent[0], 40 * MB)
            gate.set()
            thread.join(PATIENCE_S)
            self.assertEqual(200, client.reply().status)

    def test_a_delay_holds_the_upstream_too(self):
        reply = b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\n\r\n" % (50 * MB) + bytes(50 * MB)
        rules = [rule("late", [{"delay": "500ms"}], when={"target": "service"})]
        with Server(replies(reply)) as server, near(server.url, rules) as proxy, proxy.client() as client:
            before = self.resident_kb(proxy)
            client.send(GET)
            begun = time.monotonic()
            client.head()
            self.assertGreater(time.monotonic() - begun, 0.49)
            left = 50 * MB - len(client.kept)
            while left > 0:
                left -= len(client.socket.recv(MB))
            self.assertLess(self.resident_kb(proxy) - before, 12 << 10)

    def test_the_client_goes_away(self):
        """What is under way is given up, and said so."""
        gone = threading.Event()

        def play(line, _):
            line.request()
            line.send(b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\n\r\n" % (100 * MB))
            try:
                while True:
                    line.send(bytes(MB))
            except OSError:
                gone.set()
        with Server(play) as server, near(server.url) as proxy:
            client = proxy.client()
            client.send(GET)
            client.head()
            client.reset()
            self.assertTrue(gone.wait(PATIENCE_S))
            self.check_event(proxy.wait("upstream")[0], status=200, whole=False,
                             text="given up, as nobody waits for it")


if __name__ == "__main__":
    unittest.main()
