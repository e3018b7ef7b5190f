# SPDX-License-Identifier: Apache-2.0
"""Raw clients: sockets in the clear and under TLS, which tell how a connection ended, and the replies
that they read."""
import errno
import json
import os
import re
import select
import socket
import ssl
import struct
import time

# How long anything may take before a test calls it missing; never a measure of speed.
PATIENCE_S = 30
# How long silence must last to count as such.
SILENCE_S = 0.5


def wait_until(condition, what):
    """What condition() gives, as soon as that is true; what is missing else: a text, or what gives one."""
    end = time.monotonic() + PATIENCE_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(what() if callable(what) else what)
        time.sleep(0.005)


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
