# SPDX-License-Identifier: Apache-2.0
"""Two thousand clients of random behaviour against every fault there is, in the clear and under TLS:
each is accounted for, nothing is left of any, and nobody else is held up."""
import collections
import json
import multiprocessing
import os
import queue
import random
import select
import socket
import sys
import threading
import time
import unittest

from clients import TlsClient
from wire import PATIENCE_S, Proxy, WireTest, batch, many, rule

SEED = int(os.environ.get("MP_SEED", "1"))
COUNT = 1000  # of each transport
AT_ONCE = 24
# How long a client waits for anything before it gives up.
WAIT_S = 0.3
STALL_S = 0.05
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scenarios/schema.json")

HEAD = {"phase": "head", "operation": "BatchMeterUsage"}
SOON = "20ms"
BUSY = {"respond": {"status": 503, "body": "busy"}}


def rules(phase, often, *thens, when=None):
    """Rules of which each acts about as often as the next, although the first that hits wins."""
    share = often / len(thens)
    return [rule(f"{phase} {n}", then, when=when, probability=round(share / (1 - n * share), 4))
            for n, then in enumerate(thens)]


IN_HEAD = rules("head", 0.3,
                [{"hang": {"at": "before-request"}}], [{"fin": {"at": "before-request"}}],
                [{"rst": {"at": "before-request"}}], [{"delay": SOON}, {"rst": {"at": "before-request"}}],
                [{"delay": SOON}], [{"slow_read": {"bytes_per_s": 20000}}],
                [{"delay": SOON}, {"slow_read": {"bytes_per_s": 50000}}],
                [BUSY], [BUSY, {"delay": SOON}], [BUSY, {"fin": {"at": "after-response"}}],
                [BUSY, {"rst": {"at": "after-response"}}],
                [{"error": {"name": "InternalServiceErrorException"}}, {"retry_after": "1s"}], when=HEAD)
IN_REQUEST = rules("request", 0.9,
                   [{"hang": {"at": "before-response"}}], [{"fin": {"at": "before-response"}}],
                   [{"commit": {}}, {"rst": {"at": "before-response"}}],
                   [{"hang": {"at": "response", "after_bytes": 60}}],
                   [{"fin": {"at": "response", "after_bytes": 60}}],
                   [{"delay": SOON}, {"rst": {"at": "response", "after_bytes": 300}}],
                   [{"hang": {"at": "after-response"}}], [{"fin": {"at": "after-response"}}],
                   [{"rst": {"at": "after-response"}}], [{"empty_reply": {}}],
                   [{"truncate": {"after_bytes": 9}}], [{"rate_limit": {"bytes_per_s": 20000}}],
                   [{"rate_limit": {"bytes_per_s": 9000}}, {"truncate": {"after_bytes": 99}}],
                   [{"drip": {"bytes": 40, "every": "5ms"}}],
                   [{"delay": SOON}, {"drip": {"bytes": 99, "every": "5ms"}},
                    {"rst": {"at": "response", "after_bytes": 250}}],
                   [{"wrong_length": {"by": 7}}], [{"wrong_length": {"by": -7}}],
                   [{"malformed_chunk": {}}], [{"garbage": {}}], [{"idle_close": {"after": "30ms"}}],
                   [{"delay": {"uniform": ["0ms", "40ms"]}}],
                   [{"delay": {"lognormal": {"median": "10ms", "sigma": 0.8}}}],
                   [{"error": "ThrottlingException"}, {"retry_after": "1s"}], [BUSY], [{"redirect": {}}],
                   [{"unprocessed": {}}], [{"record_status": {"status": "CustomerNotSubscribed"}}],
                   [{"omit_result": {}}], [{"shuffle_results": {"moves": "every"}}],
                   [{"timestamps": {"as": "exponent"}}], [{"date_header": "+1h"}],
                   [{"error": "InternalServiceErrorException"}, {"rst": {"at": "response", "after_bytes": 80}}])
OVER_TLS = (rules("ends", 0.1, [{"no_close_notify": {}}], [{"truncate": {"after_bytes": 9}}, {"no_close_notify": {}}],
                  [{"fin": {"at": "after-response"}}, {"no_close_notify": {}}],
                  when={"operation": "BatchMeterUsage", "attempt": "0"}),
            rules("tls", 0.3, [{"expired_certificate": {}}], [{"wrong_host": {}}], [{"untrusted": {}}],
                  [{"handshake_stall": {}}], [{"handshake_rst": {}}], [{"tls_garbage": {}}],
                  when={"phase": "tls"}))
# Of other operations; what a rule switches; and the port that nobody listens on, whose window only a
# step or another rule can end (actions_test.py).
ELSEWHERE = {"jwt", "arm", "disarm", "clock", "credentials", "refuse"}


class Visitor:
    """A client with one habit, drawn from its seed. It must come through whatever the wire does."""

    def __init__(self, proxy, seed, context=None):
        self.proxy, self.draw, self.context = proxy, random.Random(seed), context
        self.habit = self.draw.choice([name for name in dir(self) if name.startswith("be_")])

    def client(self):
        if self.context is None or self.draw.random() < 0.03:
            return self.proxy.plain_client()
        return TlsClient(self.proxy, context=self.context, timeout=WAIT_S)

    def visit(self):
        try:
            client = self.client()
        except (OSError, AssertionError):
            return  # there was no handshake
        client.socket.settimeout(WAIT_S)
        try:
            getattr(self, self.habit)(client)
        except (OSError, AssertionError, TypeError, ValueError, IndexError):
            pass  # cut or spoilt by a rule, or hung until our patience ended
        # A window that is closed hides a FIN: whoever sent too much must say so otherwise.
        if self.draw.random() < 0.3 or self.habit == "be_overfull":
            client.reset()
        else:
            client.close()

    def request(self):
        return self.proxy.sign.whole(batch(*many(self.draw.randint(1, 25))))

    def be_plain(self, client):
        for _ in range(self.draw.randint(1, 6)):
            client.send(self.request())
            client.reply()

    def be_patient(self, client):
        client.send(self.request())
        client.reply()
        client.rest()

    def be_slow(self, client):
        wire = self.request()
        while wire:
            size = self.draw.randint(1, 400)
            client.send(wire[:size])
            wire = wire[size:]
            select.select([client.socket], [], [], 0.002)
        client.reply()

    def be_cut_short(self, client):
        wire = self.request()
        client.send(wire[:self.draw.randrange(len(wire))])

    def be_gone_at_once(self, client):
        client.send(self.request())

    def be_mute(self, client):
        pass

    def be_half_closed(self, client):
        client.send(self.request() * self.draw.randint(1, 3))
        client.half_close()  # under TLS a FIN that no close_notify announced
        client.rest()

    def be_pipelined(self, client):
        count = self.draw.randint(2, 12)
        client.send(b"".join(self.request() for _ in range(count)))
        for _ in range(self.draw.randint(0, count)):
            client.reply()

    def be_no_http(self, client):
        client.send(self.draw.randbytes(self.draw.randint(1, 300)) + b"\r\n\r\n")
        client.rest()

    def be_overfull(self, client):
        client.send(self.request() + b"x" * 400000)

    def be_deaf(self, client):
        client.send(self.request() * 30)
        client.take(1)


def waited_s(pid):
    """How long a process could have run and was not let, by the kernel's own account."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9


def beat(port, context, pid, until, out):
    """Asks again and again, as somebody who has no part in it, and tells the longest waits that were
    the proxy's doing: what the scheduler kept it, or us, waiting for is taken off."""
    worst, beats = 0.0, 0
    sock = None
    while not until.is_set():
        try:
            if sock is None:
                sock = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
                if context is not None:
                    sock = context.wrap_socket(sock, server_hostname="localhost")
                sock.settimeout(PATIENCE_S)
            began, theirs, ours = time.monotonic(), waited_s(pid), waited_s("self")
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            if not sock.recv(65536).startswith(b"HTTP/1.1 404"):
                raise OSError
            took = time.monotonic() - began
            worst = max(worst, took - (waited_s(pid) - theirs) - (waited_s("self") - ours))
            beats += 1
            time.sleep(0.005)
        except OSError:  # a rule of the handshake: the next one may be left alone
            sock = sock and sock.close()
    if sock is not None:
        sock.close()
    out.put((worst, beats))


class Heart:
    def __init__(self, proxy, context):
        parts = multiprocessing.get_context("fork")
        self.until, self.out = parts.Event(), parts.Queue()
        self.process = parts.Process(target=beat, args=(proxy.port, context, proxy.process.pid, self.until,
                                                        self.out))
        self.process.start()

    def stop(self):
        self.until.set()
        try:
            return self.out.get(timeout=2 * PATIENCE_S)
        except queue.Empty:
            raise AssertionError("the heart has stopped") from None
        finally:
            self.process.join()


class CrowdTest(WireTest):
    def crowd(self, visitors):
        waiting = iter(visitors)
        lock = threading.Lock()

        def work():
            while True:
                with lock:
                    visitor = next(waiting, None)
                if visitor is None:
                    return
                visitor.visit()
        threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def play(self, tls):
        print(f"the crowd of MP_SEED={SEED}, tls={tls}", file=sys.stderr)
        there = OVER_TLS[1] + IN_HEAD + OVER_TLS[0] + IN_REQUEST if tls else IN_HEAD + IN_REQUEST
        with Proxy(there, args=["--bodies", "none"], tls=tls, seed=SEED) as proxy:
            before = proxy.descriptors()
            context = proxy.context() if tls else None
            heart = Heart(proxy, context)
            visitors = [Visitor(proxy, SEED * 10 * COUNT + n, context) for n in range(COUNT)]
            self.assertEqual(len({v.habit for v in visitors}), 11)
            self.crowd(visitors)
            self.late(proxy, context, {r["name"] for r in there})
            worst, beats = heart.stop()
            self.assertGreater(beats, 100)
            self.assertLess(worst, STALL_S)
            self.check_nothing_is_left(proxy, before)
            self.check_connections(proxy)
            self.check_exchanges(proxy)
            delivered = collections.Counter(e["rule"] for e in proxy.events("fault"))
            print(f"{len(proxy.events('connect'))} connections; the longest wait of {beats}: "
                  f"{worst * 1000:.1f} ms; faults: {delivered.total()}, "
                  f"the rarest {min(delivered.values())} times", file=sys.stderr)
            self.assertEqual(set(delivered), {r["name"] for r in there})

    def late(self, proxy, context, wanted):
        """More of them, should chance have left a rule out: which requests it hits depends on time. Each
        asks once and stays, as what closes idle connections acts on nobody else."""
        for n in range(COUNT, 2 * COUNT, AT_ONCE):
            if wanted <= {e["rule"] for e in proxy.events("fault")}:
                return
            visitors = [Visitor(proxy, SEED * 10 * COUNT + n + i, context) for i in range(AT_ONCE)]
            for visitor in visitors:
                visitor.habit = "be_patient"
            self.crowd(visitors)

    def test_in_the_clear(self):
        self.play(tls=False)

    def test_under_tls(self):
        self.play(tls=True)

    def check_nothing_is_left(self, proxy, before):
        self.assertEqual(proxy.wait_descriptors(before), before)

    def check_connections(self, proxy):
        """Each begins once and ends once, in that order, and nothing is told of it behind its end but
        what the client had asked before."""
        opened = [e["conn"] for e in proxy.events("connect")]
        self.assertGreaterEqual(len(opened), COUNT)
        self.assertEqual(opened, list(range(1, len(opened) + 1)))
        self.assertEqual(sorted(e["conn"] for e in proxy.events("close")), opened)
        began = {e["conn"]: e["seq"] for e in proxy.events("connect")}
        self.assertEqual([e for e in proxy.events("close") if e["seq"] < began[e["conn"]]], [])

    def check_exchanges(self, proxy):
        """At most one of each kind for each exchange, and a rule that acted had won."""
        for kind in "request", "response", "fault", "commit":
            counts = collections.Counter(e["x"] for e in proxy.events(kind) if e["x"] != 0)
            twice = {x for x, count in counts.items() if count > 1}
            if kind == "fault":  # one in the head and one later
                twice = {x for x in twice if len({e["rule"] for e in proxy.events("fault", x=x)}) < counts[x]}
            self.assertEqual(twice, set(), kind)
        won = {(e["x"], e["rule"]) for e in proxy.events("match") if e["won"]}
        self.assertLessEqual({(e["x"], e["rule"]) for e in proxy.events("fault")}, won)
        billed = [(r["payer"], r["hour"]) for e in proxy.events("commit") for r in e["records"] if r["billed"]]
        self.assertEqual(len(billed), len(set(billed)))
        self.assertGreater(len(billed), 0)

    def test_no_action_is_missing(self):
        with open(SCHEMA, encoding="utf-8") as file:
            choices = json.load(file)["$defs"]["ACTION"]["anyOf"]
        known = {name for choice in choices for name in choice.get("properties", {})}
        played = {name for one in IN_HEAD + IN_REQUEST + OVER_TLS[0] + OVER_TLS[1]
                  for action in one["then"] for name in action}
        self.assertEqual(known - played, ELSEWHERE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
