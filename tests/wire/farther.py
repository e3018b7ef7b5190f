# SPDX-License-Identifier: Apache-2.0
"""Servers behind the proxy that do exactly what a test says: raw sockets, one thread a connection; and
the proxy before them."""
import contextlib
import socket
import ssl
import struct
import threading

from wire import PATIENCE_S, Proxy

OK = b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


class Line:
    """One accepted connection."""

    def __init__(self, sock):
        self.socket = sock
        self.kept = b""

    def head(self):
        """The next request's head, or b"" when the client has ended."""
        while b"\r\n\r\n" not in self.kept:
            data = self.socket.recv(65536)
            if data == b"":
                return b""
            self.kept += data
        head, self.kept = self.kept.split(b"\r\n\r\n", 1)
        return head + b"\r\n\r\n"

    def request(self):
        """The next whole request, framed by Content-Length or not at all."""
        head = self.head()
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        return head + self.take(length) if head else b""

    def take(self, count):
        while len(self.kept) < count:
            data = self.socket.recv(65536)
            if data == b"":
                raise ConnectionError("the proxy ended within a body")
            self.kept += data
        data, self.kept = self.kept[:count], self.kept[count:]
        return data

    def send(self, data):
        self.socket.sendall(data)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Server:
    """play(line, n) is called with the n-th connection, from 1, in a thread of its own; the
    connection is closed when it returns. What it raises is raised again at the end."""

    def __init__(self, play, address="127.0.0.1", context=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 0), family=family, backlog=64)
        self.port = self.listener.getsockname()[1]
        host = f"[{address}]" if ":" in address else address
        self.url = f"{'http' if context is None else 'https'}://{host}:{self.port}"
        self.play, self.context = play, context
        self.count, self.faults, self.threads, self.lines = 0, [], [], []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            sock.settimeout(PATIENCE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._run, args=(sock, self.count), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _run(self, sock, number):
        try:
            if self.context is not None:
                sock = self.context.wrap_socket(sock, server_side=True)
            line = Line(sock)
            self.lines.append(line)
            with contextlib.closing(line.socket):
                self.play(line, number)
        except ssl.SSLError:
            pass  # the proxy did not like the certificate, and says so itself
        except Exception as why:  # pylint: disable=broad-except  # told by __exit__
            self.faults.append(why)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        # A thread that accepts is only woken by this.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE_S)
        for line in self.lines:
            with contextlib.suppress(OSError):
                line.socket.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(PATIENCE_S)
        if kind is None:
            faults = [f for f in self.faults if not isinstance(f, OSError)]
            if faults:
                raise faults[0]


def replies(*pieces):
    """Plays each of these raw replies to one request, on as many connections as it takes."""
    left = list(pieces)

    def play(line, _):
        while left and line.request():
            line.send(left.pop(0))
    return play


def near(url, rules=None, **more):
    args = ["--upstream", url, *more.pop("args", ())]
    return Proxy(rules, args=args, **more)


def behind(far, rules=None, **more):
    """A proxy in front of another one that plays the service, and whose keys clients have."""
    args = list(more.pop("args", ()))
    if far.tls:
        args += ["--upstream-ca", far.exports["AWS_CA_BUNDLE"]]
    proxy = near(f"{'https' if far.tls else 'http'}://localhost:{far.port}", rules, args=args, **more)
    proxy.sign = far.sign
    return proxy


def ask(proxy, request=GET):
    """Everything that comes back on a connection of its own, and how that ended."""
    with proxy.client() as client:
        client.send(request)
        client.half_close()
        return client.rest()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as other:
        return other.getsockname()[1]
