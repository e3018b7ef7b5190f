# SPDX-License-Identifier: Apache-2.0
"""What chance decides is a function of seed, case, rule and match index: nothing else on the wire shifts
it; and it can be written down as a scenario that plays it again."""
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

import wire
from clients import Client, masked
from wire import METERPROVER, PATIENCE_S, PROGRAM, Proxy, WireTest, batch, many, record, rule, run

CALLS = 24
# Of the requests with records of globex half are throttled; what is left of them is late, or broken.
GLOBEX = {"operation": "BatchMeterUsage", "records": {"customer": "globex"}}
RULES = [
    rule("die", [{"error": "ThrottlingException"}], when=GLOBEX, probability=0.5),
    rule("noise", [{"garbage": {"bytes": 40}}], when=GLOBEX, match="every 3"),
    rule("late", [{"delay": {"uniform": ["1ms", "60ms"]}}], when=GLOBEX, probability=0.8),
    rule("turned", [{"shuffle_results": {"moves": "every"}}],
         when={"operation": "BatchMeterUsage", "records": {"customer": "acme", "count": "2+"}}),
]
OTHERS = [rule("other", [{"delay": {"lognormal": {"median": "1ms", "sigma": 1}}}],
               when={"operation": "ResolveCustomer"}, probability=0.5)]


class DrawsTest(WireTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="draws-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def ask(self, proxy, body):
        """What a client sees of it: the status or the bytes that are none."""
        with proxy.client() as client:
            client.send(proxy.sign.whole(body))
            client.half_close()
            data, _ = client.rest()
        return masked(data)

    def drawn(self, proxy, rules=("die", "noise", "late", "turned")):
        """Every decision of those rules, as the journal has it."""
        keys = ("event", "rule", "index", "drew", "hit", "won")
        return [tuple(e.get(key) for key in keys) for e in proxy.events()
                if e["event"] in ("draw", "match") and e["rule"] in rules]

    def schedule(self, proxy, tree, name="schedule.json", code=0):
        """The proxy's journal as a scenario; tree is what it plays."""
        played, path = (os.path.join(self.folder, f) for f in ("played.json", name))
        with open(played, "w", encoding="utf-8") as file:
            json.dump(tree, file)
        with open(path, "wb") as file:
            done = subprocess.run([METERPROVER, "show", "--as-scenario", proxy.journal_path, played],
                                  stdout=file, stderr=subprocess.PIPE, check=False,
                                  timeout=PATIENCE_S)
        self.assertEqual(code, done.returncode, done.stderr)
        with open(path, encoding="utf-8") as file:
            return json.load(file) if code == 0 else done.stderr.decode()

    def play(self, rules, seed=5, between=lambda proxy, n: None):
        """CALLS requests; what was seen and drawn, and the schedule."""
        with Proxy(rules, seed=seed) as proxy:
            seen = []
            for n in range(CALLS):
                between(proxy, n)
                body = batch(record("globex", n + 1), record("acme", 1), record("acme", 2, 2))
                seen.append(self.ask(proxy, body))
            proxy.wait("match", rule="turned", index=CALLS)  # the last rule's last
            return seen, self.drawn(proxy), self.schedule(proxy, wire.scenario(rules))

    def delays(self, schedule, name="late"):
        rules = {r["name"]: r for r in schedule["rules"]}
        return rules[name]["then"][0]["delay"]["by_match"]

    def test_other_traffic(self):
        """Other operations, connections, rules and their draws come between, and shift nothing."""
        def between(proxy, n):
            for _ in range(n % 3):
                proxy.ask(json.dumps({"RegistrationToken": f"t{n}"}).encode(), target="ResolveCustomer")
                proxy.ask(batch(record("hooli", n + 1)))
                proxy.client()
            if n % 5 == 0:
                proxy.ask(batch(*many(5)), target="NoSuch")
        alone = self.play(RULES)
        beside = self.play(OTHERS + RULES, between=between)
        self.assertEqual(alone[0], beside[0])
        self.assertEqual(alone[1], beside[1])
        self.assertEqual(self.delays(alone[2]), self.delays(beside[2]))
        self.assertGreater(len(self.delays(alone[2])), 3)
        # Another seed decides otherwise.
        other = self.play(RULES, seed=6)
        self.assertNotEqual(alone[1], other[1])
        self.assertFalse(set(self.delays(alone[2]).values()) & set(self.delays(other[2]).values()))

    def test_the_schedule_plays_the_same(self):
        seen, drawn, schedule = self.play(RULES)
        text = json.dumps(schedule)
        for word in "probability", "uniform", "every 3":
            self.assertNotIn(word, text)
        path = os.path.join(self.folder, "schedule.json")
        self.assertEqual("1 cases, 0 problems\n", run("check", "--format-only", path, program=METERPROVER)[1])
        wins = [entry[1:3] for entry in drawn if entry[0] == "match" and entry[5]]
        self.assertEqual({"die", "noise", "late"}, {name for name, _ in wins})
        # Whatever the seed of the run.
        with Proxy(None, seed=77, args=["--scenario", path]) as proxy:
            again = []
            for n in range(CALLS):
                body = batch(record("globex", n + 1), record("acme", 1), record("acme", 2, 2))
                began = time.monotonic()
                again.append(self.ask(proxy, body))
                took_us = (time.monotonic() - began) * 1e6
                delay = self.delays(schedule).get(str(n + 1), "0us")
                self.assertGreaterEqual(took_us, int(delay[:-2]))
            self.assertEqual(seen, again)  # the bytes of garbage, too
            proxy.wait("close", CALLS)
            self.assertEqual([], proxy.events("draw"))
            self.assertEqual(wins, [(e["rule"], e["index"]) for e in proxy.events("match", won=True)])
            # And its schedule is itself.
            self.assertEqual(schedule, self.schedule(proxy, schedule, "twice.json"))

    def test_shuffled_results(self):
        """What no list can say is drawn from the seed that the schedule brings."""
        body = batch(record("acme", 1), record("acme", 2, 2), record("hooli", 3), record("initech", 4))
        with Proxy(RULES[3:], seed=5) as proxy:
            seen = [self.ask(proxy, body) for _ in range(5)]
            proxy.wait("close", 5)
            self.schedule(proxy, wire.scenario(RULES[3:]))
        path = os.path.join(self.folder, "schedule.json")
        with Proxy(None, seed=78, args=["--scenario", path]) as proxy:
            self.assertEqual(seen, [self.ask(proxy, body) for _ in range(5)])
        self.assertGreater(len(set(seen)), 1)

    def test_the_wrong_file(self):
        with Proxy(RULES) as proxy:
            proxy.ask()
            proxy.wait("close")
            said = self.schedule(proxy, wire.scenario(RULES, case="WIRE-02"), code=64)
            self.assertIn("WIRE-01", said)

    def fresh(self, *args):
        """The program without a seed of ours: the one it prints, and what it decides."""
        path = os.path.join(self.folder, "fresh.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(wire.scenario(RULES[:1]), file)
        with subprocess.Popen([PROGRAM, "--time", "told", "--scenario", path, *args], text=True,
                              stdout=subprocess.PIPE) as process:
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            seed = re.fullmatch(r"seed (\d+)\n", process.stdout.readline())[1]
            sign = wire.Signer("us-east-1", "AKIAIOSFODNN7EXAMPLE", "none")
            seen = ""
            for _ in range(40):
                with Client(port) as client:
                    client.send(sign.whole(batch(record("globex"))))
                    seen += "T" if b"Throttling" in client.reply().body else "-"
            process.send_signal(signal.SIGTERM)
            self.assertEqual(0, process.wait(PATIENCE_S))
        return seed, seen

    def test_the_printed_seed(self):
        seed, seen = self.fresh()
        self.assertEqual((seed, seen), self.fresh("--seed", seed))
        other, otherwise = self.fresh()
        self.assertNotEqual(seed, other)
        self.assertNotEqual(seen, otherwise)  # one in 2^40 runs


if __name__ == "__main__":
    unittest.main()
