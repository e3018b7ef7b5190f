#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real clients pass what they handle and fail what they do not; liars pass nothing."""
import ast
import json
import pathlib
import random
import re

import rig

JOBS = ["--jobs", "8"]

# A case; in the claims of naive.py the check that tells of the bug follows it.
CASE_ID = r"[A-Z]{2,3}-[A-Z]?\d+(?:/[\w-]+)?"


def naive_claims():
    """What naive.py says of itself: the cases that it passes, and for each bug the checks that fail."""
    text = ast.get_docstring(ast.parse(pathlib.Path(rig.NAIVE[1]).read_text(encoding="utf-8")))
    good, *bugs = re.split(r"^- ", text, flags=re.M)
    return re.findall(CASE_ID, good), [re.findall(rf"({CASE_ID})\s+([a-z-]+)", bug) for bug in bugs]


def beyond(profile, count, known="saas"):
    """The cases of that profile which the known one does not have, and so many of those it has."""
    alone = set(rig.all_cases(profile)) - set(rig.all_cases(known))
    return rig.sample(count, sorted(alone), profile)


class Passing(rig.Case):
    """One way to say that a client passes these cases, and no others were played."""

    def hold_all_passed(self, profile, command, cases, but=None):
        """but: the verdicts of those cases that do not pass."""
        result, tree = self.play("--profile", profile, *JOBS, *rig.only(cases), command=command,
                                 code=0, timeout=500)
        seen = rig.verdicts(tree)
        self.assertEqual(cases, sorted(seen), result)
        others = {case: verdict for case, verdict in (but or {}).items() if case in cases}
        self.assertEqual(others, {k: v for k, v in seen.items() if v not in rig.PASSED}, result)
        self.assertIn("PASS", seen.values())
        self.assertEqual(profile, tree["profile"])


class Careful(Passing):
    """The sample integration on boto3 passes everything, but that boto3 does not correct its signatures
    by the service's clock, as some SDKs do: the usage is kept, and an operator told."""

    SKEWED = {"SKW-01/fast": "WARN", "SKW-01/slow": "WARN", "SKW-02/fast": "WARN", "SKW-02/slow": "WARN"}

    def test_saas(self):
        self.hold_all_passed("saas", rig.SELLER, rig.all_cases(), self.SKEWED)

    def test_saas_agreements(self):
        self.hold_all_passed("saas-agreements", rig.SELLER, beyond("saas-agreements", 40), self.SKEWED)


class InBuyersAccount(Passing):
    """The same for products that run in the buyer's account."""

    def test_ami(self):
        self.hold_all_passed("ami", rig.SELLER, beyond("ami", 20))

    def test_container_metered(self):
        self.hold_all_passed("container-metered", rig.SELLER, beyond("container-metered", 20, "ami"))

    def test_agentcore(self):
        self.hold_all_passed("agentcore", rig.SELLER, beyond("agentcore", 20, "ami"))

    def test_container_hourly(self):
        self.hold_all_passed("container-hourly", rig.SELLER, rig.all_cases("container-hourly"))


class JavaScript(Passing):
    """The sample integration on the AWS SDK for JavaScript passes everything too, but for the cases
    of several processes: its journal has one writer; and of a proxy, of which its SDK knows nothing.
    It registers no container."""

    LEFT_OUT = {case: "UNSUPPORTED" for case in (
        "CAD-04", "NET-12/407", "NET-12/403", "NET-12/502", "NET-12/reset", "NET-12/silent", "NET-12/inspects")}

    def hold_played(self, profile, cases):
        modules = rig.SOURCE / "tests/clients/js/node_modules"
        rig.need(modules.is_dir(), f"{modules} is not installed")
        self.hold_all_passed(profile, rig.JS_SELLER, cases, self.LEFT_OUT)

    def test_saas(self):
        self.hold_played("saas", rig.all_cases())

    def test_saas_agreements(self):
        self.hold_played("saas-agreements", beyond("saas-agreements", 20))

    def test_ami(self):
        self.hold_played("ami", beyond("ami", 10))

    def test_agentcore(self):
        self.hold_played("agentcore", beyond("agentcore", 10, "ami"))


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
    (USAGE + r"asked \d+, billed \d+: (?:\d+ before the case; )?(?P<quantity>\d+) at line (?P<at>\d+)",
     lambda event, said: event["event"] == "commit" and any(
         record["quantity"] == int(said["quantity"]) and record["dimension"] == said["dimension"]
         for record in event["records"])),
    (USAGE + r"asked (?P<quantity>\d+), (?:nothing was billed|billed \d+: (?!\d+ (?:at|before) ))",
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
        passes, bugs = naive_claims()
        told = {case for bug in bugs for case, _ in bug}
        cases = rig.sample(40, [*passes, *told])
        result, tree = self.play(*JOBS, *rig.only(cases), command=rig.NAIVE, code=1)
        seen = rig.verdicts(tree)
        self.assertEqual(set(), set(seen.values()) - rig.PASSED - {"FAIL", "UNSUPPORTED"}, result)
        self.assertEqual(sorted(passes), sorted(k for k, v in seen.items() if v in rig.PASSED), result)
        self.assertEqual(6, len(bugs))
        for bug in bugs:
            self.assertTrue(bug, "a bug that nothing tells of")
            for case, check in bug:
                found = rig.check_of(rig.case_of(tree, case), check)
                self.assertEqual("FAIL", found["verdict"], f"{case} {check}\n{result}")
        for case in tree["cases"]:
            if case["verdict"] == "UNSUPPORTED":
                self.assertRegex(case["why"], r'not support "(page|notice|tags|instances|tls|proxy)"', case["id"])
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


# What the nightly job is played: the cases that the wire alone makes and shows.
CUT = ["NET-04/fin-in-body", "NET-04/truncated", "NET-06/shorter"]  # the SDK takes them for empty
LOST = ["BMU-E01", "NET-03", "NET-04/empty-reply", "NET-04/fin", "NET-04/rst-in-body",
        "NET-04/rst-in-head", "NET-06/chunk", "NET-06/garbage", "NET-08"]
ALONE = ["BMU-R02", *CUT, *LOST, "NET-06/longer", "NET-09/pieces", "NET-09/slow",
         "WIR-12/decimal", "WIR-12/exponent"]
# One of each kind, for the bugs; with MP_WHOLE=1 they too are played all.
BUGS_MEET = ALONE if rig.WHOLE else ["BMU-R02", "NET-03", "NET-04/truncated", "WIR-12/decimal"]
# The check by which each of its bugs is found out, and the cases; the others pass.
JOB_FAILS = {
    "forgets": ("sent-again", ["BMU-R02", *CUT]), "trusts": ("sent-again", CUT),
    "grows": ("sent-again", ["BMU-R02", *CUT]), "twice": ("money", ALONE),
    "hurries": ("sent-again", LOST), "crashes": ("no-crash", ALONE)}
# How another check tells it where the one above is not asked.
TELLS = {("hurries", "NET-08"): "given-up"}


class Exec(rig.Case):
    """A program that hears of no steps (exec contract): only the wire is judged."""

    def hold_wire_only(self, result, tree):
        self.assertEqual("exec", tree["contract"])
        self.assertIn("wire only", result.out)
        for case in tree["cases"]:
            if case["verdict"] == "UNSUPPORTED":
                self.assertIn("the exec contract has no steps", case["why"])

    def test_careful(self):
        result, tree = self.play("--contract", "exec", *JOBS, command=rig.JOB, code=0)
        seen = {k: v for k, v in rig.verdicts(tree).items() if v != "UNSUPPORTED"}
        self.assertEqual({case: "PASS" for case in ALONE}, seen, result)
        self.hold_wire_only(result, tree)

    def hold_bug(self, bug, check, cases):
        result, tree = self.play("--contract", "exec", *JOBS, *rig.only(BUGS_MEET),
                                 command=[*rig.JOB, "--bug", bug], code=1, out=f"out-{bug}")
        fails = {case for case in cases if case in BUGS_MEET}
        self.assertEqual(fails, {k for k, v in rig.verdicts(tree).items()
                                 if v not in rig.SATISFIED}, result)
        for case in fails:
            found = rig.check_of(rig.case_of(tree, case), TELLS.get((bug, case), check))
            self.assertEqual("FAIL", found["verdict"], f"{case}\n{result}")
        self.hold_wire_only(result, tree)

    def test_bugs(self):
        for bug, (check, cases) in JOB_FAILS.items():
            with self.subTest(bug=bug):
                self.hold_bug(bug, check, cases)

    def test_agreements(self):
        result, tree = self.play("--contract", "exec", "--profile", "saas-agreements", *JOBS,
                                 *rig.only(BUGS_MEET), command=[*rig.JOB, "--agreements"], code=0)
        self.assertEqual("PASS", rig.verdicts(tree)["BMU-R02"], result)

    def test_idle(self):
        result, tree = self.play("--contract", "exec", "--no-doctor", *JOBS, command=["true"], code=2)
        seen = {k: v for k, v in rig.verdicts(tree).items() if v != "UNSUPPORTED"}
        self.assertEqual({case: "NOT EXERCISED" for case in ALONE}, seen, result)
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

    @staticmethod
    def deal(number):
        """The cases of that idler: every case is met by two of them, by chance; or by all. (`check`
        judges every case by such clients, without a process.)"""
        cases = rig.all_cases()
        if rig.WHOLE:
            return cases
        random.Random(rig.SAMPLE_SEED).shuffle(cases)
        half = len(IDLERS) // 2
        return sorted(cases[number % half::half])

    def test_no_doctor(self):
        print(f"MP_SEED={rig.SAMPLE_SEED}", flush=True)
        for number, command in enumerate(IDLERS):
            with self.subTest(command=command):
                out, cases = f"out-{number}", self.deal(number)
                result, tree = self.play("--no-doctor", *SHORT, *rig.only(cases), command=command,
                                         code=1, out=out)
                seen = rig.verdicts(tree)
                self.assertEqual(cases, sorted(seen), result)
                self.assertEqual({}, {k: v for k, v in seen.items() if v in rig.SATISFIED})
                self.assertEqual("FAIL", tree["verdict"])

    def test_containers(self):
        # Not one registration is believed that the service has not given, nor a refusal.
        for kind in ("mute", "boaster", "rejecter"):
            with self.subTest(kind):
                result, tree = self.play("--no-doctor", "--profile", "container-hourly", *SHORT,
                                         command=[rig.LIAR, kind], code=1, out=f"out-{kind}")
                self.assertEqual({"FAIL"}, set(rig.verdicts(tree).values()), result)

    def test_supports_nothing(self):
        # Honest, but it proves nothing: the profile's mandatory cases are open.
        command = rig.client("speaker.py", "supports-nothing")
        result, tree = self.play("--no-doctor", *SHORT, command=command, code=2)
        self.assertEqual({"UNSUPPORTED"}, set(rig.verdicts(tree).values()), result)
        self.assertTrue(any(case["mandatory"] for case in tree["cases"]), result)


if __name__ == "__main__":
    rig.main()
