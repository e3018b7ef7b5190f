#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real clients pass what they handle and fail what they do not; liars pass nothing."""
import json
import re

import rig

JOBS = ["--jobs", "4"]

# What the integration written from a sample survives: registration on a good day, and a bad token.
# Of tags it knows nothing, and says so.
NAIVE_PASSES = ["RC-01", "RC-03", "RC-03/once", "RC-E01", "RC-E02", "RC-E04"]


class Careful(rig.Case):
    """The sample integration on boto3 passes everything."""

    def hold_all_passed(self, profile, command):
        result, tree = self.play("--profile", profile, *JOBS, command=command, code=0,
                                 timeout=280)
        seen = rig.verdicts(tree)
        self.assertEqual(rig.all_cases(profile), sorted(seen), result)
        self.assertEqual({}, {k: v for k, v in seen.items() if v not in rig.PASSED}, result)
        self.assertIn("PASS", seen.values())
        self.assertEqual(profile, tree["profile"])

    def test_saas(self):
        self.hold_all_passed("saas", rig.SELLER)

    def test_saas_agreements(self):
        self.hold_all_passed("saas-agreements", rig.SELLER)


class JavaScript(rig.Case):
    """The sample integration on the AWS SDK for JavaScript passes everything too, but for the cases
    of several processes: its journal has one writer."""

    UNSUPPORTED = {"CAD-04": "UNSUPPORTED"}

    def test_saas(self):
        modules = rig.SOURCE / "tests/clients/js/node_modules"
        rig.need(modules.is_dir(), f"{modules} is not installed")
        result, tree = self.play(*JOBS, command=rig.JS_SELLER, code=0)
        seen = rig.verdicts(tree)
        self.assertEqual(rig.all_cases(), sorted(seen), result)
        self.assertEqual(self.UNSUPPORTED, {k: v for k, v in seen.items() if v not in rig.PASSED},
                         result)


def is_word(event, usage, state=None):
    """Whether the event is the client's word about that usage."""
    return (event["event"] == "answer" and event.get("mp") == "usage" and event.get("id") == usage
            and (state is None or event.get("state") == state))


def sends(event, said):
    """Whether the event is a request with a record as the sentence describes it."""
    return event["event"] == "request" and any(
        record["customer"] == said["customer"] and record["dimension"] == said["dimension"]
        and record["quantity"] == int(said["quantity"])
        and record["hour"].startswith(said["hour"][:-1]) for record in event.get("records", []))


# Of one usage: what is said of a sum ("u1 + u2 (…)") no single line holds.
USAGE = r"(?<!\+ )\b(?P<id>\w+) \((?P<customer>\w+), (?P<dimension>\w+), [^)]*\): "

# A sentence of a finding, and what the journal must hold for it: at the line that the sentence
# names, or else at one of the lines that are shown for it.
SENTENCES = [
    (USAGE + r"called (?P<state>metered|rejected) at line (?P<at>\d+)",
     lambda event, said: is_word(event, said["id"], said["state"])),
    (USAGE + r"the client calls it (?P<state>\w+)",
     lambda event, said: is_word(event, said["id"], said["state"])),
    (USAGE + r"sent at line (?P<at>\d+) with another hour: quantity (?P<quantity>\d+), "
             r"hour (?P<hour>[\w:-]+Z)", sends),
    (USAGE + r"asked \d+, billed (?P<quantity>\d+) under another hour: sent at line (?P<at>\d+) "
             r"with hour (?P<hour>[\w:-]+Z)", sends),
    (USAGE + r"asked (?P<quantity>\d+), (?:nothing was billed|billed \d+:)",
     lambda event, said: event["event"] == "step" and event.get("usage", {}).get("id") == said["id"]
     and event["usage"]["quantity"] == int(said["quantity"])),
]


class Naive(rig.Case):
    """The integration written from a sample fails what it should, and is shown where."""

    def hold_finding(self, case, check, events):
        """Every line shown exists, and holds what the sentence says of it. Gives how many did."""
        where = f"{case['id']} {check['id']}: {check['text']}"
        for line in check["lines"]:
            self.assertLessEqual(line, len(events), where)
        held = 0
        for pattern, holds in SENTENCES:
            for said in re.finditer(pattern, check["text"]):
                said = said.groupdict()
                lines = [int(said["at"])] if "at" in said else check["lines"]
                self.assertTrue(set(lines) <= set(check["lines"]), f"{where}\n{lines} is not shown")
                self.assertTrue(any(holds(events[line - 1], said) for line in lines),
                                f"{where}\nno line of {lines} holds {said}")
                held += 1
        return held

    def hold_demand(self, check):
        """The place in the scenario holds the expectation that was violated."""
        if check["is_invariant"]:
            return
        with open(check["file"], encoding="utf-8") as file:
            lines = file.read().splitlines(keepends=True)[check["line"] - 1:]
        demand, _ = json.JSONDecoder().raw_decode("".join(lines)[check["column"] - 1:])
        self.assertEqual(check["id"], demand["id"])

    def test_saas(self):
        result, tree = self.play(*JOBS, command=rig.NAIVE, code=1)
        seen = rig.verdicts(tree)
        self.assertEqual(set(), set(seen.values()) - rig.PASSED - {"FAIL", "UNSUPPORTED"}, result)
        self.assertEqual(NAIVE_PASSES, sorted(k for k, v in seen.items() if v in rig.PASSED), result)
        for case in tree["cases"]:
            self.assertFalse(case["mandatory"] and case["verdict"] == "UNSUPPORTED", case["id"])
        held = 0
        for case in tree["cases"]:
            events = rig.journal(self.dir / "out", case["id"])
            self.assertEqual(list(range(1, len(events) + 1)), [e["seq"] for e in events])
            bad = [c for c in case["checks"] if c["verdict"] in ("FAIL", "WARN")]
            self.assertEqual(case["verdict"] == "FAIL", any(c["verdict"] == "FAIL" for c in bad))
            for check in bad:
                self.assertTrue(check["text"] and check["lines"], f"{case['id']}: {check}")
                held += self.hold_finding(case, check, events)
                self.hold_demand(check)
                self.assertIn(check["id"], result.out)
        self.assertGreater(held, 20)


# The nightly job, and what each of its bugs must fail; the others pass.
JOB_FAILS = {None: {}, "forgets": {"BMU-R02": "sent-again"}, "grows": {"BMU-R02": "money"},
             "twice": {"BMU-R02": "money", "NET-03": "money"}, "hurries": {"NET-03": "sent-again"},
             "crashes": {"BMU-R02": "no-crash", "NET-03": "no-crash"}}


class Exec(rig.Case):
    """A program that hears of no steps (exec contract): only the wire is judged."""

    def hold_bug(self, bug, fails):
        options = ["--bug", bug] if bug else []
        result, tree = self.play("--contract", "exec", *JOBS, command=[*rig.JOB, *options],
                                 code=1 if fails else 0, out=f"out-{bug}")
        seen = {k: v for k, v in rig.verdicts(tree).items() if v != "UNSUPPORTED"}
        self.assertLessEqual({"BMU-R02", "NET-03"}, set(seen), result)
        self.assertEqual(set(fails), {k for k, v in seen.items() if v not in rig.SATISFIED}, result)
        for case, check in fails.items():
            self.assertEqual("FAIL", rig.check_of(rig.case_of(tree, case), check)["verdict"], result)
        self.assertEqual("exec", tree["contract"])
        self.assertIn("wire only", result.out)
        for case in tree["cases"]:
            if case["verdict"] == "UNSUPPORTED":
                self.assertIn("the exec contract has no steps", case["why"])

    def test_bugs(self):
        for bug, fails in JOB_FAILS.items():
            with self.subTest(bug=bug):
                self.hold_bug(bug, fails)

    def test_agreements(self):
        result, tree = self.play("--contract", "exec", "--profile", "saas-agreements", *JOBS,
                                 command=[*rig.JOB, "--agreements"], code=0)
        self.assertEqual("PASS", rig.verdicts(tree)["BMU-R02"], result)

    def test_idle(self):
        result, tree = self.play("--contract", "exec", "--no-doctor", *JOBS,
                                 command=[*rig.JOB, "--bug", "idle"], code=2)
        seen = rig.verdicts(tree)
        self.assertEqual({}, {k: v for k, v in seen.items() if v in rig.SATISFIED}, result)
        self.assertEqual("NOT EXERCISED", seen["BMU-R02"])
        _, tree = self.play("--contract", "exec", *JOBS, command=["true"], code=1, out="stopped")
        self.assertIsNone(tree)


# Whoever sends nothing. Those that say no hello wait for the deadline, so it is shortened.
IDLERS = [["true"], ["cat"], ["false"], *([rig.LIAR, kind] for kind in
                                          ("mute", "leaver", "boaster", "shirker", "rejecter"))]
SHORT = ["--jobs", "32", "--timeout-multiplier", "0.1"]


class Idlers(rig.Case):
    """Clients that do nothing, whatever they say of it, pass nothing."""

    def test_doctor_stops(self):
        for command in IDLERS:
            with self.subTest(command=command):
                result, tree = self.play(*SHORT, command=command, code=1)
                self.assertIn("PROBLEM", result.out)
                self.assertIn("Nothing was tested", result.out)
                self.assertNotIn("PASS", result.out)
                self.assertIsNone(tree)
                self.assertFalse((self.dir / "out").exists())

    def test_no_doctor(self):
        for number, command in enumerate(IDLERS):
            with self.subTest(command=command):
                out = f"out-{number}"
                result, tree = self.play("--no-doctor", *SHORT, command=command, code=1, out=out)
                seen = rig.verdicts(tree)
                self.assertEqual(rig.all_cases(), sorted(seen), result)
                self.assertEqual({}, {k: v for k, v in seen.items() if v in rig.SATISFIED})
                self.assertEqual("FAIL", tree["verdict"])

    def test_supports_nothing(self):
        # Honest, but it proves nothing: the profile's mandatory cases are open.
        command = rig.client("speaker.py", "supports-nothing")
        result, tree = self.play("--no-doctor", *SHORT, command=command, code=2)
        self.assertEqual({"UNSUPPORTED"}, set(rig.verdicts(tree).values()), result)
        self.assertTrue(any(case["mandatory"] for case in tree["cases"]), result)


if __name__ == "__main__":
    rig.main()
