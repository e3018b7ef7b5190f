# SPDX-License-Identifier: Apache-2.0
"""Clients and an upstream that end, reset, stall and talk nonsense at any moment: whatever happens,
nothing is leaked, touched after its end (the sanitizer looks), or left without a word in the journal."""
import random
import socket
import struct
import tempfile
import threading
import time
import unittest

from farther import Server
from wire import Proxy, WireTest, rule

CLIENTS, VISITS = 24, 6
LINGER = struct.pack("ii", 1, 0)


def is_service(name, then, every):
    return rule(name, then, match=f"every {every}", when={"target": "service"})


RULES = [is_service("late", [{"delay": "20ms"}], 5), is_service("slow", [{"drip": {"bytes": 1000, "every": "1ms"}}], 6),
         is_service("cut", [{"rst": {"at": "response", "after_bytes": 30}}], 7),
         is_service("long", [{"wrong_length": {"by": 3}}], 8),
         is_service("lost", [{"commit": {}}, {"rst": {"at": "before-response"}}], 9),
         is_service("else", [{"commit": {}}, {"error": "ThrottlingException"}], 11)]


def play(seed):
    """An upstream: what it does with each request is drawn."""
    def answer(line, draw):
        """Gives whether the connection goes on."""
        kind = draw.randrange(11)
        if kind == 0:
            line.reset()
        elif kind == 1:
            line.send(draw.choice([b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"garbage\r\n\r\n"]))
        elif kind == 2:
            line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(draw.randrange(999999)))
        elif kind == 3:
            line.send(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
        elif kind == 4:
            line.send(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(draw.randrange(300000)))
        elif kind == 5:
            line.send(b"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            line.send(b"0\r\n\r\n")
            return True
        else:
            if kind == 6:
                time.sleep(0.7)  # longer than the proxy waits
            size = draw.choice([2, 2, 2, 500000, 3000000])
            line.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
            return True
        return False

    def one(line, number):
        draw = random.Random(seed * 1000 + number)
        while True:
            head = line.head().lower()
            if head and b"content-length:" in head and draw.random() < 0.8:
                line.take(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
            if not head or not answer(line, draw):
                return
    return one


def request(draw):
    kind = draw.randrange(7)
    if kind == 0:
        return b"GET / HTT"
    if kind == 1:
        size = draw.choice([10, 100000, 3000000])
        return b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size + bytes(draw.randrange(size + 1))
    if kind == 2:
        return (b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
                (b"10000\r\n" + bytes(65536) + b"\r\n") * draw.randrange(40) + b"0\r\n\r\n")
    if kind == 3:
        return b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"
    return b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * draw.choice([1, 1, 1, 5])


def visit(port, draw, tunnel):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(3)
        if tunnel is not None and draw.random() < 0.5:
            client.sendall(f"CONNECT {tunnel} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        for _ in range(draw.randrange(1, 5)):
            client.sendall(request(draw))
            manner = draw.randrange(6)
            if manner == 0:
                break
            if manner == 1:
                client.shutdown(socket.SHUT_WR)
            else:
                client.recv(draw.choice([1, 1000, 100000]))
        if draw.random() < 0.4:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
        elif draw.random() < 0.5:
            while client.recv(65536):
                pass


class Storm(WireTest):
    def clients(self, seed, port, tunnel):
        def run(number):
            draw = random.Random(seed * 7919 + number)
            for _ in range(VISITS):
                try:
                    visit(port, draw, tunnel)
                except OSError:
                    pass
        threads = [threading.Thread(target=run, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def storm(self, seed, is_proxy):
        with tempfile.TemporaryDirectory() as folder, Server(play(seed)) as server:
            args = ["--upstream", server.url, "--upstream-timeout", "500ms"]
            tunnel = f"127.0.0.1:{server.port}" if is_proxy else None
            if is_proxy:
                args += ["--connect", "--authority", folder, "--tunnel", tunnel]
            with Proxy(RULES, args=args) as proxy:
                before = proxy.descriptors()
                self.clients(seed, proxy.port, tunnel)
                proxy.wait_descriptors(before)  # kept connections go after some seconds
                proxy.stop()  # cleanly, and every connection was told
                asked = {e["x"] for e in proxy.events("upstream")}
                self.assertGreater(len(asked), 30)
                self.assertEqual(len(asked), len(proxy.events("upstream")))

    def test_an_upstream(self):
        self.storm(2, False)

    def test_a_forward_proxy(self):
        self.storm(3, True)


if __name__ == "__main__":
    unittest.main()
