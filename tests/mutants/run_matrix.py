#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the prover on every mutant and holds its verdicts against matrix.json, in both directions.

A bug must fail the cases that it must fail, for a prover that misses it is blind, and must never
fail any other, for a prover that blames the innocent is not believed. The careful client and its
lawful variants pass everything. Every case must be failed by some bug.

matrix.json, for each bug: `must_fail`, ids of cases or patterns of them, less those that `but_not`
matches; `must_warn` the same for cases whose finding is a warning, since they only say what a client
should do; `may` holds the cases where either is right, each with the reason. Every other case must never
fail. For a lawful variant: the cases that are UNSUPPORTED, as patterns, where it leaves out a part of
the contract.

All of that is thousands of plays. Unless --all is given, a bug plays the cases that it names by their
whole id, and a seeded sample of the others: of those that its patterns name, and of those that it must
never fail; a lawful variant plays a sample of a third and the careful client everything. What was
drawn is printed, and --seed plays the same again.

    run_matrix.py METERPROVER MUTANT [--all] [--seed N] [--out DIR] [--only NAME]... [--jobs N]
"""
import argparse
import concurrent.futures
import fnmatch
import json
import pathlib
import random
import subprocess
import sys
import tempfile

MATRIX = pathlib.Path(__file__).with_name("matrix.json")
PASSING = {"PASS", "INFO", "AVOIDED"}
# Exit codes with which a run has still judged: passed, failed, inconclusive or unsupported.
JUDGED = {0, 1, 2}
# A case is played under the first of these profiles that it has; the careful client plays all.
PROFILES = ("saas", "saas-agreements", "ami", "container-metered", "agentcore", "container-hourly")
NO_CASES = 5  # exit code of a run for which no case is left
BY_PATTERN = 4  # of the cases that a bug's patterns name
INNOCENT = 5    # of the cases that a bug must never fail


class Broken(Exception):
    """The prover gave no verdicts."""


def options():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("meterprover")
    parser.add_argument("mutant")
    parser.add_argument("--all", action="store_true", help="play every case with every variant")
    parser.add_argument("--seed", default="1", help="of the sample")
    parser.add_argument("--out", help="keep the evidence of all runs in this directory")
    parser.add_argument("--only", action="append", default=[], help="run these variants only")
    parser.add_argument("--jobs", default="16", help="lanes of each run")
    parser.add_argument("--parallel", type=int, default=24,
                        help="runs at a time; most of their time is waited, for deadlines too")
    return parser.parse_args()


def catalogue(args, profile):
    """The ids of the profile's cases, in order."""
    listed = subprocess.run([args.meterprover, "test", "--profile", profile, "--list", "--", "-"],
                            check=False, capture_output=True, text=True)
    if listed.returncode not in {0, NO_CASES}:
        raise SystemExit(f"run_matrix.py: {profile}: {listed.stderr}")
    return [line.split()[0] for line in listed.stdout.splitlines() if line.strip()]


def matching(patterns, cases):
    """Those of the cases that a pattern matches, in order."""
    return [case for case in cases if any(fnmatch.fnmatchcase(case, p) for p in patterns)]


def must_fail(row, cases):
    """The cases that a bug must fail."""
    named = matching(row["must_fail"], cases)
    spared = set(matching(row.get("but_not", []), cases)) | set(row.get("may", {}))
    return [case for case in named if case not in spared]


def must_warn(row, cases):
    """The cases in which a bug must be warned of."""
    return matching(row.get("must_warn", []), cases)


def may_fail(row, cases):
    """The cases where either is right."""
    return matching(row.get("may", {}), cases)


def same_list(args, matrix):
    """Differences between matrix.json and what the mutant itself says that it can do."""
    lines = subprocess.run([args.mutant, "--list"], check=True, capture_output=True, text=True)
    rows = {tuple(line.split()[:2]) for line in lines.stdout.splitlines()}
    declared = {("bug", name) for name in matrix["bugs"]}
    declared |= {("legal", name) for name in matrix["legal"]}
    for kind, name in sorted(rows - declared):
        yield f"the mutant has {kind} {name}, which matrix.json does not"
    for kind, name in sorted(declared - rows):
        yield f"matrix.json has {kind} {name}, which the mutant does not"


def sense(matrix, cases):
    """What matrix.json says that cannot be: idle patterns, idle bugs, cases that nothing fails."""
    for kind, rows in (("bug", matrix["bugs"]), ("legal", matrix["legal"])):
        for name, row in rows.items():
            for key in ("must_fail", "must_warn", "but_not", "may", "unsupported"):
                for pattern in row.get(key, []):
                    if not matching([pattern], cases):
                        yield f"{kind} {name}: {key}: no case is {pattern}"
    for name, row in matrix["bugs"].items():
        if not must_fail(row, cases) + must_warn(row, cases) and "why_none" not in row:
            yield f"bug {name}: fails nothing, and matrix.json does not say why"
        for case, reason in row.get("may", {}).items():
            if len(reason) < 10:
                yield f"bug {name}: {case}: the reason why either is right is missing"
    guilty = {case for row in matrix["bugs"].values()
              for case in must_fail(row, cases) + must_warn(row, cases)}
    # Without a bug that fails it nobody knows that a case can fail at all.
    for case in cases:
        if case not in guilty:
            yield f"{case}: no mutant has to fail it"


def play(args, folder, switches, profile, cases):
    """Runs the prover on those cases; gives them as it has judged them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    wanted = [word for case in cases for word in ("--run", case)]
    command = [args.meterprover, "test", "--profile", profile, "--jobs", args.jobs, *wanted,
               "--out", str(folder), "--", args.mutant, *switches]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    results = folder / "results.json"
    if run.returncode not in JUDGED or not results.is_file():
        tail = "\n".join((run.stdout + run.stderr).splitlines()[-15:])
        raise Broken(f"{profile}: exit code {run.returncode}\n{tail}")
    return json.loads(results.read_text(encoding="utf-8"))["cases"]


def start(pool, args, out, rows):
    """Has the pool run the prover once for each profile that a row has cases of; rows are a name, the
    switches of the client and its cases by profile. Gives the runs by name."""
    plays = [(name, switches, profile, cases) for name, switches, chosen in rows
             for profile, cases in chosen.items() if cases]
    runs = {name: [] for name, *_ in rows}
    # The longest first, so that none is waited for alone at the end.
    for name, switches, profile, cases in sorted(plays, key=lambda one: -len(one[3])):
        folder = out / name.replace(" ", "-") / profile
        runs[name].append(pool.submit(play, args, folder, switches, profile, cases))
    return runs


def verdicts(runs):
    """The verdicts of those runs by case, and the findings of what failed."""
    seen, reasons = {}, {}
    for run in runs:
        for case in run.result():
            # Several profiles may have played it: the worse verdict is the one to look at.
            if seen.get(case["id"], "PASS") in PASSING:
                seen[case["id"]], reasons[case["id"]] = case["verdict"], why(case)
    return seen, reasons


def why(case):
    """What the prover says of a case that did not pass, on one line."""
    texts = [case.get("why") or ""]
    for check in case.get("checks", []):
        if check["verdict"] not in PASSING:
            texts.append(f"{check['id']}: {check.get('text') or check['verdict']}")
    return "; ".join(text for text in texts if text)


def judge_bug(guilty, warned, either, seen):
    """Differences between what a bug must do and what it did."""
    for case, verdict in seen.items():
        if case in warned:
            if verdict != "WARN":
                yield case, f"must WARN, is {verdict}"
        elif case in guilty:
            if verdict != "FAIL":
                yield case, f"must FAIL, is {verdict}"
        elif case not in either and verdict not in PASSING | {"WARN"}:
            yield case, f"must not fail, is {verdict}"


def judge_legal(unsupported, seen):
    """Differences between a lawful client and full marks."""
    for case, verdict in seen.items():
        allowed = {"UNSUPPORTED"} if case in unsupported else PASSING
        if verdict not in allowed:
            yield case, f"must be {' or '.join(sorted(allowed))}, is {verdict}"


class Plan:
    """Who plays which cases."""

    def __init__(self, args, matrix):
        self._all = args.all
        self._seed = args.seed
        self._by_profile = {profile: catalogue(args, profile) for profile in PROFILES}
        self.cases = list(dict.fromkeys(c for cases in self._by_profile.values() for c in cases))
        self.rows = [("careful", [], lambda seen: judge_legal([], seen),
                      dict(self._by_profile), [])]
        for name, row in matrix["bugs"].items():
            self.rows.append(self._bug(name, row))
        for name, row in matrix["legal"].items():
            self.rows.append(self._legal(name, row))

    def _draw(self, name, cases, count):
        """Some of the cases, by the seed and that name alone."""
        if self._all or len(cases) <= count:
            return list(cases)
        drawn = set(random.Random(f"{self._seed} {name}").sample(cases, count))
        return [case for case in cases if case in drawn]

    def _chosen(self, cases):
        """Each case under the first profile that has it."""
        left, chosen = list(cases), {}
        for profile, has in self._by_profile.items():
            chosen[profile] = [case for case in left if case in has]
            left = [case for case in left if case not in has]
        return chosen

    def _bug(self, name, row):
        guilty, either = must_fail(row, self.cases), may_fail(row, self.cases)
        warned = must_warn(row, self.cases)
        named = [case for case in guilty if case in row["must_fail"]] + warned
        rest = [case for case in guilty if case not in named]
        innocent = [case for case in self.cases if case not in guilty + either + warned]
        sample = self._draw(name, rest, BY_PATTERN) + self._draw(name, innocent, INNOCENT)
        return (f"bug {name}", ["--bug", name], lambda seen: judge_bug(guilty, warned, either, seen),
                self._chosen(named + sample), sample)

    def _legal(self, name, row):
        unsupported = matching(row.get("unsupported", []), self.cases)
        sample = self._draw(name, self.cases, -(-len(self.cases) // 3))
        return (f"legal {name}", ["--legal", name], lambda seen: judge_legal(unsupported, seen),
                self._chosen(sample), sample)

    def only(self, names):
        """The rows of those names; all when there are none."""
        unknown = set(names) - {title.split()[-1] for title, *_ in self.rows}
        if unknown:
            raise SystemExit(f"run_matrix.py: no such variant: {', '.join(sorted(unknown))}")
        return [row for row in self.rows if not names or row[0].split()[-1] in names]


def run_all(args, plan, out):
    """Runs the plan; gives the number of differences printed."""
    differences = 0
    rows = plan.only(args.only)
    with concurrent.futures.ThreadPoolExecutor(args.parallel) as pool:
        runs = start(pool, args, out, [(title, switches, chosen)
                                       for title, switches, _, chosen, _ in rows])
        for title, _, judge, chosen, sample in rows:
            try:
                seen, reasons = verdicts(runs[title])
            except Broken as broken:
                print(f"{title}: the prover gave no verdicts: {broken}", flush=True)
                differences += 1
                continue
            absent = [case for cases in chosen.values() for case in cases if case not in seen]
            found = list(judge(seen)) + [(case, "has no verdict") for case in absent]
            print(f"{title}: {len(seen)} cases, "
                  f"{'as declared' if not found else f'{len(found)} differences'}", flush=True)
            if sample and not args.all:
                print(f"  drawn: {' '.join(sample)}")
            for case, text in found:
                print(f"  {case}: {text}: {reasons.get(case, '')}")
            differences += len(found)
    return differences


def main():
    """Gives 0 when the prover sees every bug and blames no innocent, else 1."""
    args = options()
    matrix = json.loads(MATRIX.read_text(encoding="utf-8"))
    plan = Plan(args, matrix)
    differences = 0
    for text in [*same_list(args, matrix), *sense(matrix, plan.cases)]:
        print(f"matrix.json: {text}")
        differences += 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        out = pathlib.Path(args.out or scratch)
        out.mkdir(parents=True, exist_ok=True)
        differences += run_all(args, plan, out)
    print(f"{differences} differences" if differences else "the matrix holds")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
