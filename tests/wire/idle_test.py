# SPDX-License-Identifier: Apache-2.0
"""Very many connections that do very little: they hold, and cost what they may."""
import os
import resource
import socket
import sys
import time
import unittest

import wire
from wire import Proxy, WireTest

MANY = 10000
# Ten thousand handshakes take a while; MP_WHOLE=1 makes them all.
MANY_TLS = MANY if os.environ.get("MP_WHOLE") else 1000
SPARE = 300
# What a sanitizer keeps of freed memory would be measured, too.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"


def is_sanitized():
    with open(wire.shutil.which(wire.PROGRAM), "rb") as file:
        return b"__asan_init" in file.read()


# KiB of resident memory a connection may cost: as users run it, and under the sanitizers, which
# surround every object.
PLAIN_KIB, TLS_KIB = (6, 40) if is_sanitized() else (3, 18)
# A head that never ends: 64 KiB of fields are kept, in room that doubles.
HEAD_KIB = 200 if is_sanitized() else 100


def resident_kib(proxy):
    with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class IdleTest(WireTest):
    def setUp(self):
        before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < MANY + SPARE:
            self.skipTest(f"only {hard} descriptors are granted")
        resource.setrlimit(resource.RLIMIT_NOFILE, (MANY + SPARE, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (before, hard))

    def start(self, tls=False):
        return Proxy([], tls=tls, files=MANY + SPARE, args=["--bodies", "none"])

    def connect(self, proxy, count, context=None):
        """Raw sockets, which the proxy has all accepted."""
        first = len(proxy.events("connect"))
        sockets = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", proxy.port), wire.PATIENCE_S)
            if context is not None:
                one = context.wrap_socket(one, server_hostname="localhost")
            self.addCleanup(one.close)
            sockets.append(one)
        proxy.wait("connect", first + count)
        return sockets

    def check_many(self, tls, count, most_kib):
        with self.start(tls) as proxy:
            context = proxy.context() if tls else None
            self.connect(proxy, 100, context)  # what is needed once, and by the first
            before = resident_kib(proxy)
            sockets = self.connect(proxy, count - 100, context)
            each = (resident_kib(proxy) - before) / (count - 100)
            print(f"{count} idle connections, tls={tls}: {each:.1f} KiB each, "
                  f"{resident_kib(proxy) // 1024} MiB in all", file=sys.stderr)
            self.assertLess(each, most_kib)
            self.check_it_sleeps(proxy)
            for one in sockets[0], sockets[-1]:
                one.sendall(proxy.sign.whole())
                self.assertTrue(one.recv(65536).startswith(b"HTTP/1.1 200"))
            self.assertEqual(proxy.ask().status, 200)
            self.assertEqual(proxy.events("close", by="us"), [])

    def check_it_sleeps(self, proxy):
        before, began = proxy.cpu_s(), time.monotonic()
        time.sleep(1)
        self.assertLess((proxy.cpu_s() - before) / (time.monotonic() - began), 0.1)

    def test_in_the_clear(self):
        self.check_many(False, MANY, PLAIN_KIB)

    def test_under_tls(self):
        self.check_many(True, MANY_TLS, TLS_KIB)

    def test_heads_that_never_end(self):
        """Many begin a request and go on with it for ever: what is kept of each is bounded, whatever
        comes, and others are served meanwhile."""
        count = 200
        with self.start() as proxy:
            sockets = self.connect(proxy, count)
            before = resident_kib(proxy)
            for one in sockets:
                one.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n")
            for _ in range(8):
                for n, one in enumerate(sockets):
                    one.sendall(b"X-%d: %s\r\n" % (n, b"y" * 7000))
            self.assertEqual(proxy.ask().status, 200)
            each = (resident_kib(proxy) - before) / count
            print(f"{count} heads that never end: {each:.1f} KiB each", file=sys.stderr)
            self.assertLess(each, HEAD_KIB)
            for one in sockets:
                one.sendall(b"Z: %s\r\n" % (b"z" * 7900) * 2)
                self.assertTrue(one.recv(65536).startswith(b"HTTP/1.1 431"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
