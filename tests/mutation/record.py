#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the matrix of tests/mutants and keeps its evidence, for oracles.py and scenarios.py to judge.

Every bug plays all cases that it must fail, and a seeded sample of the others; the careful client and
its lawful variants play everything. What is played once can be judged any number of times.

    record.py METERPROVER MUTANT OUT [--seed N] [--jobs N] [--parallel N] [--only NAME]...
"""
import argparse
import concurrent.futures
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "mutants"))
import run_matrix  # noqa: E402


def options():
    """Reads the command line, as run_matrix wants it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("meterprover")
    parser.add_argument("mutant")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", default="1", help="of the sample")
    parser.add_argument("--jobs", default="16", help="lanes of each run")
    parser.add_argument("--parallel", type=int, default=16, help="runs at a time")
    parser.add_argument("--only", action="append", default=[], help="these variants only")
    args = parser.parse_args()
    args.all = False
    return args


def plays(args, matrix):
    """Yields what each variant plays: its folder, its switches, the cases by profile."""
    plan = run_matrix.Plan(args, matrix)
    by_title = {title: chosen for title, _, _, chosen, _ in plan.rows}
    everything = by_title["careful"]
    yield "careful", [], everything
    for name, row in matrix["bugs"].items():
        drawn = by_title[f"bug {name}"]
        guilty = run_matrix.must_fail(row, plan.cases)
        first = {case: profile for profile in reversed(run_matrix.PROFILES)
                 for case in everything[profile]}
        chosen = {profile: sorted(set(cases) | {c for c in guilty if first[c] == profile})
                  for profile, cases in drawn.items()}
        yield f"bug-{name}", ["--bug", name], chosen
    for name in matrix["legal"]:
        yield f"legal-{name}", ["--legal", name], {"saas": everything["saas"]}


def main():
    """Gives 0 when every run has given verdicts."""
    args = options()
    matrix = json.loads(run_matrix.MATRIX.read_text(encoding="utf-8"))
    rows = [row for row in plays(args, matrix)
            if not args.only or row[0].split("-", 1)[-1] in args.only]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.parallel) as pool:
        for name, runs in run_matrix.start(pool, args, args.out, rows).items():
            try:
                print(f"{name}: {len(run_matrix.verdicts(runs)[0])} cases", flush=True)
            except run_matrix.Broken as broken:
                print(f"{name}: no verdicts: {broken}", flush=True)
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
