# SPDX-License-Identifier: Apache-2.0
"""Delays that are drawn, over the wire: the journal states each draw, no reply comes before its own, and
all draws together are what the scenario asked for. How late a reply may be depends on the machine: there
the bound is generous, and nothing is concluded from it."""
import math
import threading
import time
import unittest

from wire import PATIENCE_S, Proxy, WireTest, batch, record, rule

COUNT = 240
CONNECTIONS = 24
FIRST = 1000
# Beyond this distance (Kolmogorov, Smirnov) lies one seed in a thousand; the seed is fixed.
FARTHEST = 1.95 / math.sqrt(COUNT)


def uniform(us):
    return min(max((us - 5000) / 40000, 0), 1)


def lognormal(us):
    return 0.5 * math.erfc(-math.log(us / 15000) / 0.6 / math.sqrt(2))


def distance(draws, share):
    draws = sorted(draws)
    return max(max(share(us) - n / len(draws), (n + 1) / len(draws) - share(us)) for n, us in enumerate(draws))


class Drawn:
    tls = False
    CASES = {"uniform": ({"uniform": ["5ms", "45ms"]}, uniform),
             "lognormal": ({"lognormal": {"median": "15ms", "sigma": 0.6}}, lognormal)}

    def play(self, delay, seed):
        """What was drawn for each request, in the order of the draws, having held it against the clock."""
        with Proxy([rule("r", [{"delay": delay}])], tls=self.tls, seed=seed) as proxy:
            took = {}
            clients = [proxy.client() for _ in range(CONNECTIONS)]
            threads = [threading.Thread(target=self.ask, args=(proxy, client, n, took))
                       for n, client in enumerate(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            faults = {e["x"]: e["delay_us"] for e in proxy.wait("fault", COUNT)}
            quantities = {e["x"]: e["records"][0]["quantity"] for e in proxy.events("request")}
            order = [e["x"] for e in proxy.events("match")]
        self.assertEqual(len(took), COUNT)
        for x, us in faults.items():
            late = took[quantities[x]] - us / 1e6
            self.assertGreaterEqual(late, 0)
            self.assertLess(late, PATIENCE_S / 2)
        return [faults[x] for x in order]

    def ask(self, proxy, client, n, took):
        for quantity in range(FIRST + n, FIRST + COUNT, CONNECTIONS):
            began = time.monotonic()
            client.send(proxy.sign.whole(batch(record(quantity=quantity))))
            client.reply()
            took[quantity] = time.monotonic() - began

    def test_draws(self):
        for name, (delay, share) in self.CASES.items():
            with self.subTest(name):
                draws = self.play(delay, seed=7)
                self.assertLess(distance(draws, share), FARTHEST)
                # The test can fail: the other distribution, of nearly the same median, is told apart.
                other = next(s for key, (_, s) in self.CASES.items() if key != name)
                self.assertGreater(distance(draws, other), FARTHEST)
                # Whoever comes in what order: the n-th draw is the n-th draw.
                self.assertEqual(self.play(delay, seed=7), draws)
                self.assertNotEqual(self.play(delay, seed=8), draws)

    def test_fixed(self):
        self.assertEqual(set(self.play("20ms", seed=7)), {20000})


class DrawnTest(Drawn, WireTest):
    pass


class TlsDrawnTest(Drawn, WireTest):
    tls = True


if __name__ == "__main__":
    unittest.main()
