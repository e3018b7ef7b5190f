#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutates the oracles: each change of suites/oracle must be seen by a unit test, or by a verdict over
stored evidence of the matrix that is no longer the expected one. What is seen by neither survives, and
stands in survivors.json with the reason, or else this fails; so does a reason without a survivor.

    oracles.py [--evidence DIR] [--sample N] [--seed N] [--jobs N] [--build DIR] [--only TEXT] [--list]

--sample takes so many mutations of those that are reached, by the seed, and prints the seed. DIR holds
what record.py has recorded; without it the unit tests alone must see everything that has no reason.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "mutants"))
import run_matrix  # noqa: E402  (its own folder is not on the path)

REASONS = HERE / "survivors.json"
SECONDS = "5"  # of processor time, ten times what either needs; what takes longer is seen
LOT = 50  # mutations of one serving process
PASSING = set("Pia")


def options():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--evidence", type=pathlib.Path, help="what record.py has recorded")
    parser.add_argument("--sample", type=int, help="so many mutations only")
    parser.add_argument("--seed", default="1", help="of the sample")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / ".build" / "mutation")
    parser.add_argument("--only", help="mutations whose key has this text in it")
    parser.add_argument("--list", action="store_true", help="print every mutation and what saw it")
    return parser.parse_args()


def key(mutation):
    """A mutation's name, the same when lines move."""
    number = f" #{mutation['number']}" if mutation["number"] > 1 else ""
    return (f"{mutation['file'].split('/')[-1]} {mutation['function']}: {mutation['operator']}: "
            f"{mutation['text']} => {mutation['changed'] or '(nothing)'}{number}")


def build(folder):
    """Builds the programs; gives the mutations."""
    subprocess.run(["cmake", "-S", HERE / "instrumented", "-B", folder, "-G", "Ninja",
                    f"-DPython3_EXECUTABLE={sys.executable}"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "-j2", "--", "--quiet"], check=True)
    return json.loads((folder / "copies" / "mutations.json").read_text(encoding="utf-8"))


def allowed(name, profile_run, matrix, cases):
    """For each case of a run of that variant, the letters that are right."""
    kind, _, variant = name.partition("-")
    rows = []
    for case in profile_run:
        if kind == "careful":
            rows.append(PASSING)
        elif kind == "legal":
            unsupported = run_matrix.matching(matrix["legal"][variant].get("unsupported", []), cases)
            rows.append({"u"} if case in unsupported else PASSING)
        elif case in run_matrix.must_fail(matrix["bugs"][variant], cases):
            rows.append({"F"})
        elif case in run_matrix.may_fail(matrix["bugs"][variant], cases):
            rows.append(None)
        else:
            rows.append(PASSING | {"w"})
    return rows


class Evidence:
    """The runs that were recorded, and the verdicts that are right for them."""

    def __init__(self, folder, build_folder):
        matrix = json.loads(run_matrix.MATRIX.read_text(encoding="utf-8"))
        runs = sorted(path.parent for path in folder.glob("*/*/run.json"))
        known = {f"{kind}-{name}" for kind, rows in (("bug", matrix["bugs"]), ("legal", matrix["legal"]))
                 for name in rows} | {"careful"}
        runs = [run for run in runs if run.parent.name in known]
        self.list = build_folder / "runs"
        self.list.write_text("".join(f"{run}\n" for run in runs), encoding="utf-8")
        ids = {run: [c["id"] for c in json.loads((run / "run.json").read_text(encoding="utf-8"))["cases"]]
               for run in runs}
        cases = list(dict.fromkeys(case for run in runs for case in ids[run]))
        self._allowed, self._names = [], []
        for run in runs:
            self._allowed += [*allowed(run.parent.name, ids[run], matrix, cases), {"-"}]
            self._names += [*(f"{run.parent.name} {case}" for case in ids[run]), str(run)]

    def count(self):
        """How many verdicts are looked at."""
        return sum(1 for letters in self._allowed if letters is not None and letters != {"-"})

    def begin(self, letters):
        """Leaves out the verdicts that are wrong without any mutation; gives their names."""
        wrong = []
        if len(letters) != len(self._allowed):
            raise SystemExit("oracles.py: the evidence is not what its run.json lists")
        for i, (seen, right) in enumerate(zip(letters, self._allowed)):
            if right is not None and seen not in right:
                wrong.append(f"{self._names[i]}: {seen}")
                self._allowed[i] = None
        return wrong

    def flips(self, letters):
        """Whether any verdict is no longer right."""
        return len(letters) != len(self._allowed) or any(
            right is not None and seen not in right for seen, right in zip(letters, self._allowed))


def serve(command, numbers):
    """Runs one serving program over mutations; gives {number: (text, how it ended)}."""
    run = subprocess.run(command, input="".join(f"{n}\n" for n in numbers), capture_output=True,
                         encoding="utf-8", errors="replace", check=True)
    found, before = {}, []
    for line in run.stdout.splitlines():
        if line.startswith("= "):
            _, number, how, code = line.split()
            found[int(number)] = ("".join(before), f"{how} {code}")
            before = []
        else:
            before.append(line)
    return found


def over(command, numbers, jobs):
    """serve, by several processes at a time."""
    lots = [numbers[i:i + LOT] for i in range(0, len(numbers), LOT)]
    found = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for part in pool.map(lambda lot: serve(command, lot), lots):
            found.update(part)
            print(f"\r{len(found)} of {len(numbers)}", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr)
    return found


class Judge:
    """The two things that can see a mutation."""

    def __init__(self, args):
        self._jobs = args.jobs
        self._unit = [str(args.build / "unit_mutated"), SECONDS]
        self._judged = [str(args.build / "judged")]
        self._plain = [str(args.build / "judged_plain")]
        self._evidence = Evidence(args.evidence, args.build) if args.evidence else None
        self.reached = {"unit": set(), "evidence": set()}
        self._begin(args.build)

    def _begin(self, folder):
        """Without a mutation the copy must be the original, and everything must be as expected."""
        reached = folder / "reached"
        ended = serve([*self._unit, str(reached)], [0])[0][1]
        if ended != "exit 0":
            raise SystemExit(f"oracles.py: the unit tests fail without any mutation ({ended})")
        self.reached["unit"] = {int(line) for line in reached.read_text().split()}
        if self._evidence is None:
            return
        where = str(self._evidence.list)
        originals, copies = (subprocess.run([*program, where], check=True, capture_output=True).stdout
                             for program in (self._plain, self._judged))
        if originals != copies:
            raise SystemExit("oracles.py: the copy without a mutation is not the original")
        print(f"without a mutation the copy judges as the original does: {len(originals)} bytes alike")
        letters, ended = serve([*self._judged, where, SECONDS, str(reached)], [0])[0]
        for name in self._evidence.begin(letters):
            print(f"  left out, as its verdict is not the matrix's: {name}")
        print(f"{self._evidence.count()} verdicts of stored evidence")
        self.reached["evidence"] = {int(line) for line in reached.read_text().split()}

    def seen_by(self, numbers):
        """{number: what saw it}; what nothing saw is not there."""
        units = [n for n in numbers if n in self.reached["unit"]]
        found = {n: f"unit tests ({how})" for n, (_, how) in over(self._unit, units, self._jobs).items()
                 if how != "exit 0"}
        left = [n for n in numbers if n not in found and n in self.reached["evidence"]]
        if self._evidence is not None:
            command = [*self._judged, str(self._evidence.list), SECONDS]
            for n, (letters, how) in over(command, left, self._jobs).items():
                if how != "exit 0" or self._evidence.flips(letters):
                    found[n] = f"evidence ({how})"
        return found


def reasons():
    """{key: group}. What an `undefined` group has in it may be seen or not: it reads where nothing is."""
    groups = json.loads(REASONS.read_text(encoding="utf-8"))
    found = {}
    for group in groups:
        for name in group["mutations"]:
            if len(group["reason"]) < 20 or name in found:
                raise SystemExit(f"survivors.json: no reason, or two, for {name}")
            found[name] = group
    return found


def chosen(args, mutations, judge):
    """The mutations to look at."""
    rows = [m for m in mutations if not args.only or args.only in key(m)]
    if args.sample is not None:
        print(f"{args.sample} of {len(rows)} mutations, --seed {args.seed}")
        rows = random.Random(args.seed).sample(rows, min(args.sample, len(rows)))
    return rows


def main():
    """Gives 0 when every mutation was seen, or survives for a reason that is written down."""
    args = options()
    mutations = build(args.build)
    judge = Judge(args)
    rows = chosen(args, mutations, judge)
    seen = judge.seen_by([m["id"] for m in rows])
    why = reasons()
    problems = 0
    for m in rows:
        name, by = key(m), seen.get(m["id"])
        if args.list:
            print(f"{by or 'SURVIVES'}: {name}")
        if by is None and name not in why:
            reached = any(m["id"] in group for group in judge.reached.values())
            print(f"{m['file']}:{m['line']}: survives{'' if reached else ', never reached'}: {name}")
            problems += 1
        elif by is not None and name in why and not why[name].get("undefined"):
            print(f"{m['file']}:{m['line']}: has a reason to survive, but is seen by {by}: {name}")
            problems += 1
    known = {key(m) for m in mutations}
    for name in sorted(set(why) - known):
        print(f"survivors.json: there is no such mutation (any more): {name}")
        problems += 1
    by = collections.Counter(text.split(" (")[0] for text in seen.values())
    print(f"{len(rows)} mutations: " + ", ".join(f"{n} seen by {name}" for name, n in sorted(by.items()))
          + f", {len(rows) - len(seen)} survive; {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
