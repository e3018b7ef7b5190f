#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the tables make of numbers, and of numbers that are missing; and the plan itself."""
import json
import os
import unittest

import figures
import ours
import peers
import table

HERE = os.path.dirname(os.path.abspath(__file__))
MORE = {"figure": "rate", "title": "requests/s", "unit": "", "digits": 0, "better": "more"}
LESS = {"figure": "cpu", "title": "CPU", "unit": "µs", "digits": 1, "better": "less"}
TITLES = {"a": "ours", "b": "theirs", "c": "others"}


def plan_of(figure, **limit):
    return {"groups": [{"group": "g", "title": "G", "figures": [figure],
                        "compare": [{"ours": "a", "peers": ["b", "c"]}],
                        "targets": [{"figure": figure["figure"], "ours": "a", "peer": "b", **limit}]}]}


def first(figure, own, peer, **limit):
    """The line that has the target."""
    results = {("g", name): value if isinstance(value, str) else {figure["figure"]: value}
               for name, value in (("a", own), ("b", peer), ("c", 1))}
    return table.lines_of(plan_of(figure, **limit), results)[0]


class Arithmetic(unittest.TestCase):
    def test_ratio_is_ours_by_theirs(self):
        line = first(MORE, 30, 120, ratio_at_least=0.21)
        self.assertEqual((line.ratio, line.verdict), (0.25, "met"))
        self.assertEqual(first(LESS, 30, 120, ratio_at_most=1.5).ratio, 0.25)

    def test_limits(self):
        for figure, own, peer, limit, verdict in (
                (MORE, 21, 100, {"ratio_at_least": 0.21}, "met"), (MORE, 20.9, 100, {"ratio_at_least": 0.21}, "missed"),
                (LESS, 15, 10, {"ratio_at_most": 1.5}, "met"), (LESS, 15.1, 10, {"ratio_at_most": 1.5}, "missed"),
                (LESS, 1, 10, {"ratio_at_most": 1.5}, "met"), (MORE, 100, 1, {"ratio_at_least": 0.21}, "met"),
                (LESS, 10.4, 99, {"below": 10.5}, "met"), (LESS, 10.5, 99, {"below": 10.5}, "missed"),
                (LESS, 0, 99, {"below": 1}, "met"), (LESS, -3, 99, {"below": 1}, "met")):
            with self.subTest(own=own, peer=peer, limit=limit):
                self.assertEqual(first(figure, own, peer, **limit).verdict, verdict)

    def test_nothing_unseen_is_met(self):
        for own, peer, limit, verdict in (
                (1, "not installed: x", {"ratio_at_most": 1.5}, "not measured"),
                ("not built", 1, {"ratio_at_most": 1.5}, "not measured"),
                ("failed: y", 1, {"below": 20}, "not measured"),
                (float("nan"), 1, {"below": 20}, "not measured"),
                (1, float("nan"), {"ratio_at_most": 1.5}, "not measured"),
                (1, 0, {"ratio_at_most": 1.5}, "not measured"),
                # What is held against a number needs no peer.
                (1, "not installed: x", {"below": 20}, "met"), (30, "not installed: x", {"below": 20}, "missed")):
            with self.subTest(own=own, peer=peer, limit=limit):
                line = first(LESS, own, peer, **limit)
                self.assertEqual(line.verdict, verdict)
                self.assertIsNone(line.ratio)

    def test_not_asked_for(self):
        """A line with a target stays, the others go; a group that nobody asked for leaves no line."""
        plan = plan_of(MORE, ratio_at_least=0.21)
        kept, = table.lines_of(plan, {("g", "a"): {"rate": 30}})
        self.assertEqual((kept.peer, kept.verdict), ("b", "not measured"))
        self.assertEqual(table.lines_of(plan, {("other", "a"): {"rate": 30}}), [])

    def test_part_of_a_subject(self):
        results = {("g", "a"): {"cpu": 3.0}, ("g", "b"): {"cpu": "no keep-alive: it closes"}, ("g", "c"): {"cpu": 2}}
        self.assertEqual([line.verdict for line in
                          table.lines_of(plan_of(LESS, ratio_at_most=1), results)], ["not measured", "–"])


    def test_failed(self):
        for own, peer, failed in (("failed: y", 1, True), (1, "failed: y", True), ("not built: y", 1, False),
                                  (1, "no keep-alive: y", False), (1, 1, False)):
            with self.subTest(own=own, peer=peer):
                self.assertEqual(table.has_failed([first(LESS, own, peer, below=20)]), failed)


class Text(unittest.TestCase):
    def test_missing_peer_is_seen(self):
        plan = plan_of(MORE, ratio_at_least=0.21)
        lines = table.lines_of(plan, {("g", "a"): {"rate": 3000.4}, ("g", "b"): "not installed: apt-get install b",
                                      ("g", "c"): {"rate": 1000}})
        text = table.markdown(plan, lines, TITLES)
        self.assertIn("| requests/s, more is better | ours: 3,000 | theirs: *not installed* | – | ≥ 0.21 × "
                      "| **not measured** |", text)
        self.assertIn("| requests/s, more is better | ours: 3,000 | others: 1,000 | 3 × | – | – |", text)
        self.assertIn("- theirs (g): not installed: apt-get install b", text)
        self.assertEqual(table.summary(lines), "0 targets met, 0 missed, 1 not measured")

    def test_missed_is_seen(self):
        plan = plan_of(LESS, ratio_at_most=1.5, aim=1.0)
        lines = table.lines_of(plan, {("g", "a"): {"cpu": 16}, ("g", "b"): {"cpu": 10}, ("g", "c"): {"cpu": 2}})
        text = table.markdown(plan, lines, TITLES)
        self.assertIn("| ours: 16.0 µs | theirs: 10.0 µs | 1.6 × | ≤ 1.5 × (aim 1.0) | **missed** |", text)
        self.assertNotIn("Left out", text)


class Plan(unittest.TestCase):
    """plan.json says only what can be measured, and each target hangs on a line."""

    def setUp(self):
        with open(os.path.join(HERE, "plan.json"), encoding="utf-8") as f:
            self.groups = json.load(f)["groups"]

    def test_names(self):
        known = {subject.key for subject in [*peers.PEERS, *ours.subjects(""), figures.Prover("", "")]} | {None}
        for group in self.groups:
            names = {figure["figure"] for figure in group["figures"]}
            self.assertIn(group["group"], figures.TAKE)
            for compare in group["compare"]:
                self.assertLessEqual({compare["ours"], *compare["peers"]}, known)
                self.assertLessEqual(set(compare.get("figures", [])), names)

    def test_every_target_has_a_line(self):
        for group in self.groups:
            lines = table.lines_of({"groups": [group]}, {(group["group"], "any"): {}})
            self.assertEqual(len([line for line in lines if line.target]), len(group["targets"]), group["group"])

    def test_targets_point_the_right_way(self):
        for group in self.groups:
            better = {figure["figure"]: figure["better"] for figure in group["figures"]}
            for target in group["targets"]:
                limit, = (name for name in table.LIMITS if name in target)
                self.assertEqual(better[target["figure"]], "more" if limit == "ratio_at_least" else "less", target)

    def test_every_peer_says_how_it_is_installed(self):
        for peer in peers.PEERS:
            self.assertRegex(peer.install, r"install|peers\.sh", peer.key)


class Medians(unittest.TestCase):
    def test_middle(self):
        self.assertEqual(figures.middle([{"a": 9, "b": "why"}, {"a": 1, "b": "why"}, {"a": 2, "b": "why"}]),
                         {"a": 2, "b": "why"})


if __name__ == "__main__":
    unittest.main()
