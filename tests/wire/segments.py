# SPDX-License-Identifier: Apache-2.0
"""A look at the segments themselves: what stood on the wire, whatever the socket says of it."""
import ctypes
import functools
import socket
import struct
import sys

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
