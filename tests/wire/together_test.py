# SPDX-License-Identifier: Apache-2.0
"""Every two actions on the wire together, and some threes: which of them `check` takes, and what each
of those does, in the clear and under TLS. A model of a few lines says what must be seen: how many bytes,
no earlier than when, which end; the segments themselves must say so, too."""
import itertools
import json
import os
import re
import tempfile
import threading
import time
import unittest

import wire
from clients import TlsClient, masked
from wire import METERPROVER, PATIENCE_S, Proxy, WireTest, batch, needs_meterprover, record, rule, run

AT_ONCE = 16
SILENCE_S = 0.3
DELAY_S, RATE, PIECE, EVERY_S, IDLE_S, GARBAGE = 0.06, 4000, 60, 0.01, 0.08, 64
# So that every request is as long as the others, and its reply.
FIRST = 10000


def at(place, count=None):
    return {"at": place} if count is None else {"at": place, "after_bytes": count}


CUTS = {f"{verb} {place}": {verb: at(place, 100 if place == "response" else None)}
        for verb in ("hang", "fin", "rst") for place in ("before-response", "response", "after-response")}
PACES = {"rate": {"rate_limit": {"bytes_per_s": RATE}}, "drip": {"drip": {"bytes": PIECE, "every": "10ms"}}}
BROKEN = {"longer": {"wrong_length": {"by": 5}}, "shorter": {"wrong_length": {"by": -5}},
          "chunk": {"malformed_chunk": {}}, "garbage": {"garbage": {"bytes": GARBAGE}}}
ACTIONS = {"delay": {"delay": "60ms"}, **PACES, **CUTS, "empty": {"empty_reply": {}},
           "truncate": {"truncate": {"after_bytes": 50}}, **BROKEN, "idle": {"idle_close": {"after": "80ms"}},
           "silent end": {"no_close_notify": {}}}
KINDS = {"delay": "silence", "rate": "silence", "drip": "silence", "hang": "silence", "silent end": "tls"}
ENDING = set(CUTS) | set(BROKEN) | {"empty", "truncate", "silent end"}


def combinations(tls):
    """Alone, by twos, and what people ask for by threes."""
    names = [name for name in ACTIONS if tls or name != "silent end"]
    threes = [("delay", pace, cut) for pace in PACES for cut in ("rst response", "truncate", "fin after-response",
                                                                 "hang response", "longer", "chunk", "idle")]
    return [(name,) for name in names] + list(itertools.combinations(names, 2)) + threes + [("rate", "drip", "truncate")]


def is_refused(names):
    """Two ends, two ways to be broken, two answers; and an idle connection that is none."""
    chosen = set(names)
    cuts = chosen & (set(CUTS) | {"empty", "truncate"})
    return (len(cuts) > 1 or len(chosen & set(BROKEN)) > 1 or {"empty", "garbage"} <= chosen or
            ("idle" in chosen and chosen & ENDING) or
            ("silent end" in chosen and any(name.startswith(("rst", "hang")) for name in chosen)))


class Model:
    """What must be seen of a reply, that is otherwise this one, when those actions are done to it."""

    def __init__(self, names, whole):
        head, body = len(whole.head), len(whole.body)
        total = head + body
        if "chunk" in names:
            head += len("Transfer-Encoding: chunked") - len(f"Content-Length: {body}")
            half, rest = body // 2, body - body // 2
            total = head + len(f"{half:x}{rest:x}") + body + len("\r\n\r\n!\r\n\r\n0\r\n\r\n")
        if "garbage" in names:
            head, total = 0, GARBAGE
        self.end = "fin" if set(names) & (set(BROKEN) | {"silent end", "idle"}) else "open"
        self.count = total
        for name in names:
            if name in CUTS:
                self.end = name.split()[0]
                self.count = {"before-response": 0, "response": min(100, total - 1),
                              "after-response": total}[name.split()[1]]
            elif name in ("empty", "truncate"):
                self.end = "fin"
                self.count = 0 if name == "empty" else min(head + 50, total - 1)
        self.names = names
        self.is_whole = self.count == total and not set(names) & {"shorter", "chunk", "garbage"}
        self.is_silent_end = "silent end" in names

    def due(self, seconds):
        """The most that may have come so long after the request was begun."""
        paced = seconds - (DELAY_S if "delay" in self.names else 0)
        if paced < 0:
            return 0
        due = self.count
        if "rate" in self.names:
            due = min(due, int(paced * RATE))
        if "drip" in self.names:
            due = min(due, PIECE * (1 + int(paced / EVERY_S)))
        return due

    def least_s(self):
        """How long it takes until the end at the least."""
        seconds = DELAY_S if "delay" in self.names else 0
        paces = [0]
        if "rate" in self.names:
            paces.append(self.count / RATE)
        if "drip" in self.names:
            paces.append(((self.count + PIECE - 1) // PIECE - 1) * EVERY_S)
        return seconds + max(paces) + (IDLE_S if "idle" in self.names else 0)


class Seen:
    """One request that meets one combination, and what becomes of it."""

    def __init__(self, names, quantity, model):
        self.names, self.quantity, self.model = names, quantity, model
        self.data, self.arrivals, self.how, self.client, self.why = b"", [], None, None, None

    def play(self, proxy, context):
        try:
            self.client = TlsClient(proxy, context=context) if proxy.tls else proxy.plain_client()
            proxy.clients.append(self.client)
            self.began = time.monotonic()
            self.client.send(proxy.sign.whole(batch(record(quantity=self.quantity))))
            while len(self.data) < self.model.count:
                piece = self.client.socket.recv(65536)
                self.data += piece
                self.arrivals.append((time.monotonic() - self.began, len(self.data)))
                if piece == b"":
                    break
            self.finish()
        except (OSError, AssertionError) as why:
            self.why = why

    def finish(self):
        if self.model.end in ("open", "hang"):
            self.how = "open" if self.client.is_silent(SILENCE_S) else "something more"
            return
        more, self.how = self.client.rest()
        self.data += more
        self.took = time.monotonic() - self.began


class Together:
    tls = False

    @classmethod
    def setUpClass(cls):
        cls.all = combinations(cls.tls)

    def test_what_check_takes(self):
        with tempfile.TemporaryDirectory() as folder:
            for n, names in enumerate(self.all):
                with open(os.path.join(folder, f"{n}.json"), "w", encoding="utf-8") as file:
                    then = [ACTIONS[name] for name in names]
                    json.dump(wire.scenario([rule("r", then)], tls=self.tls), file)
            _, out, errors = run("check", *(f"{n}.json" for n in range(len(self.all))), program=METERPROVER,
                                 cwd=folder, timeout=10 * PATIENCE_S)
        refused = {int(line.split(".json:")[0]) for line in (out + errors).splitlines() if ".json:" in line}
        self.assertEqual([self.all[n] for n in sorted(refused)], [names for names in self.all if is_refused(names)])

    def test_what_becomes_of_each(self):
        taken = [names for names in self.all if not is_refused(names)]
        there = [rule(" + ".join(names), [ACTIONS[name] for name in names],
                      when={"operation": "BatchMeterUsage", "records": {"quantity": str(FIRST + n)}})
                 for n, names in enumerate(taken)]
        with Proxy(there, tls=self.tls, args=["--bodies", "none"]) as proxy:
            capture = proxy.capture()
            # Only the first report of an hour is taken: the replies to all others are alike.
            first, whole = (proxy.ask(batch(record(quantity=FIRST + len(taken) + n))) for n in range(2))
            self.assertNotEqual(len(first.raw), len(whole.raw))
            seen = [Seen(names, FIRST + n, Model(names, whole)) for n, names in enumerate(taken)]
            self.play(proxy, seen, capture)
            proxy.wait("response", x=1)
            self.faults = {e["rule"]: e for e in proxy.wait("fault", len(taken))}
            self.responses = {e["x"]: e for e in proxy.events("response")}
            for one in seen:
                with self.subTest(" + ".join(one.names)):
                    self.check_seen(one, whole, capture)

    def play(self, proxy, seen, capture):
        waiting, lock = iter(seen), threading.Lock()
        context = proxy.context() if self.tls else None

        def work():
            while True:
                with lock:
                    one = next(waiting, None)
                    capture.ends(0)  # takes what was captured, before there is too much of it
                if one is None:
                    return
                one.play(proxy, context)
        threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def check_seen(self, one, whole, capture):
        model = one.model
        self.assertIsNone(one.why)
        self.assertEqual(len(one.data), model.count)
        self.check_end(one, capture)
        for seconds, count in one.arrivals:
            self.assertLessEqual(count, model.due(seconds))
        if not set(one.names) & set(BROKEN):
            self.assertEqual(self.shown(one.data), self.shown(whole.raw)[:len(one.data)])
        self.check_journal_of(one)

    @staticmethod
    def shown(raw):
        """Without what differs from one reply to the next."""
        return re.sub(rb"1\d{4}", b"#####", masked(raw))

    def check_end(self, one, capture):
        model = one.model
        end = {"hang": "open"}.get(model.end, model.end)
        wanted = "notify" if self.tls and end == "fin" and not model.is_silent_end else end
        self.assertEqual(one.how, wanted)
        self.assertIn(capture.ends(one.client.port), (None, set() if end == "open" else {end}))
        if end != "open":
            self.assertGreaterEqual(one.took, model.least_s())

    def check_journal_of(self, one):
        fault = self.faults[" + ".join(one.names)]
        last = one.names[-1]
        self.check_event(fault, action=next(iter(ACTIONS[last])), bytes=one.model.count,
                         kind=KINDS.get(last.split()[0], KINDS.get(last, "broken")),
                         delay_us=60000 if "delay" in one.names and "idle" not in one.names else None)
        if one.model.count == 0:
            self.assertNotIn(fault["x"], self.responses)
        else:
            self.check_event(self.responses[fault["x"]], bytes=one.model.count, whole=one.model.is_whole)


@needs_meterprover
class TogetherTest(Together, WireTest):
    pass


@needs_meterprover
class TlsTogetherTest(Together, WireTest):
    tls = True


if __name__ == "__main__":
    unittest.main()
