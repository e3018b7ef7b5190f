#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Same seed, same faults: whatever else runs beside a case, and however long it takes."""
import json

import rig

SEED, OTHER_SEED = "20261118", "20261119"
# Cases whose requests come one after another, so that each is one decision; half of them are
# throttled, and of the rest half come back unprocessed.
DICE = {
    "scenario": 1,
    "id": "DIE-01",
    "title": "Every request is thrown a die for",
    "operation": "BatchMeterUsage",
    "profiles": ["saas"],
    "requirement": {"text": "Usage is sent again until it is accepted.", "level": "must",
                    "basis": "derived", "sources": ["model:ThrottlingException"]},
    "variants": [{"id": f"DIE-01/{n}", "let": {"quantity": n + 1}} for n in range(12)],
    "limits": {"deadline_s": 30},
    "steps": [
        {"arm": "throttled"},
        {"usage": {"id": "u1", "customer": "acme", "dimension": "requests", "quantity": "$quantity",
                   "at": "hour-1"}},
        {"usage": {"id": "u2", "customer": "globex", "dimension": "requests", "quantity": 3,
                   "at": "hour-2"}},
        *({"round": {}} for _ in range(8)),
        {"disarm": "throttled"}, {"disarm": "unprocessed"},
        {"drain": {}},
    ],
    "rules": [
        {"name": "throttled", "armed": False, "probability": 0.5,
         "when": {"operation": "BatchMeterUsage"}, "then": [{"error": "ThrottlingException"}]},
        {"name": "unprocessed", "probability": 0.5, "when": {"operation": "BatchMeterUsage"},
         "then": [{"unprocessed": {"customer": "globex"}}]},
    ],
    "exercised": {"requests": {"operation": "BatchMeterUsage", "count": {"min": 1}}},
    "expect": [{"id": "billed", "ledger": {"complete": True}}],
}
# What a line bears of the moment and of the machine.
MOMENTARY = ("seq", "t_us", "wire", "service")


class Dice(rig.Case):
    """What is drawn in cases of chance."""

    def setUp(self):
        super().setUp()
        folder = self.dir / "scenarios/dice"
        folder.mkdir(parents=True)
        (folder / "DIE-01.json").write_text(json.dumps(DICE), encoding="utf-8")
        self.run_it("check", folder / "DIE-01.json", code=0)

    def decisions(self, out, seed, jobs, *options):
        """The decisions of each case, and its verdict."""
        _, tree = self.play("--scenarios", self.dir / "scenarios", "--seed", seed, "--jobs", jobs,
                            *options, command=[rig.MUTANT], out=out)
        seen = {}
        for name, verdict in rig.verdicts(tree).items():
            events = [e for e in rig.journal(self.dir / out, name) if e["event"] in ("draw", "match")]
            seen[name] = (verdict, [json.dumps({k: v for k, v in e.items() if k not in MOMENTARY})
                                    for e in events])
        return seen


class Determinism(Dice):
    """Decisions are a function of (seed, case, rule, match)."""

    def test_jobs(self):
        alone = self.decisions("alone", SEED, "1")
        beside = self.decisions("beside", SEED, "16")
        self.assertEqual(12, len(alone))
        self.assertEqual(alone, beside)
        draws = [json.loads(line) for _, lines in alone.values() for line in lines
                 if json.loads(line)["event"] == "draw"]
        hits = sum(draw["hit"] for draw in draws)
        # Of n fair throws, all but one in a billion runs lie within 6 deviations; n is above 40.
        self.assertGreater(len(draws), 40)
        self.assertLess(abs(hits - len(draws) / 2), 3 * len(draws) ** 0.5)
        for draw in draws:
            self.assertEqual(0.5, draw["needed"])
            self.assertEqual(draw["drew"] < draw["needed"], draw["hit"])
        # A rule whose die never fell so leaves its case not exercised.
        seen = {verdict for verdict, _ in alone.values()}
        self.assertIn("PASS", seen)
        self.assertLessEqual(seen, {"PASS", "NOT EXERCISED"})
        # The cases do not all draw alike: the case is part of what is drawn from.
        self.assertGreater(len({tuple(lines) for _, lines in alone.values()}), 6)

    def test_one_case_of_many(self):
        whole = self.decisions("whole", SEED, "4")
        one = self.decisions("one", SEED, "1", "--run", "DIE-01/7")
        self.assertEqual({"DIE-01/7": whole["DIE-01/7"]}, one)

    def test_other_seed(self):
        first = self.decisions("first", SEED, "8")
        other = self.decisions("other", OTHER_SEED, "8")
        self.assertNotEqual(first, other)
        differ = [name for name in first if first[name] != other[name]]
        self.assertGreater(len(differ), 6)


class Schedule(Dice):
    """What a case drew, written down as a scenario, is played again under any seed."""

    def wins(self, out, name):
        return [(e["rule"], e["index"]) for e in rig.journal(self.dir / out, name)
                if e["event"] == "match" and e["won"]]

    def write_schedules(self, out, names):
        """The schedule of each case, in a folder of their own."""
        folder = self.dir / f"schedules-{out}/dice"
        folder.mkdir(parents=True)
        for name in names:
            result = self.run_it("show", "--as-scenario", self.dir / out, name, code=0)
            (folder / f"{name.replace('/', '~')}.json").write_text(result.out, encoding="utf-8")
        return folder

    def test_schedules(self):
        drawn = self.decisions("drawn", SEED, "4")
        folder = self.write_schedules("drawn", drawn)
        files = sorted(folder.iterdir())
        self.run_it("check", *files, code=0)
        again = self.decisions("again", OTHER_SEED, "4", "--scenarios", folder.parent)
        self.assertGreater(sum('"hit": true' in line for _, lines in drawn.values() for line in lines), 12)
        for name, (verdict, _) in drawn.items():
            with self.subTest(name):
                self.assertEqual(self.wins("drawn", name), self.wins("again", name))
                self.assertEqual(verdict, again[name][0])
                self.assertFalse(any("drew" in line for line in again[name][1]), "left to chance")
        twice = self.write_schedules("again", drawn)
        for file in files:
            self.assertEqual(file.read_text(encoding="utf-8"),
                             (twice / file.name).read_text(encoding="utf-8"))


class Catalogue(rig.Case):
    """The cases of the catalogue too are matched and judged alike."""

    def test_jobs(self):
        seen = []
        cases = rig.only(rig.sample(20, ["RAT-01/throttled"]))
        for jobs in ("1", "16"):
            _, tree = self.play("--seed", SEED, "--jobs", jobs, *cases, command=[rig.MUTANT], out=jobs,
                                code=0)
            matches = {}
            for name in rig.verdicts(tree):
                events = [e for e in rig.journal(self.dir / jobs, name) if e["event"] == "match"]
                matches[name] = [(e["rule"], e["index"], e["won"]) for e in events]
            seen.append((rig.verdicts(tree), matches))
        self.assertEqual(seen[0], seen[1])
        self.assertTrue(any(won for matches in seen[0][1].values() for _, _, won in matches))


if __name__ == "__main__":
    rig.main()
