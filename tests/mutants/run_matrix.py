#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the prover on every mutant and holds its verdicts against matrix.json, in both directions.

A bug must fail the cases that it must fail, for a prover that misses it is blind, and must never
fail the others, for a prover that blames the innocent is not believed. The careful client and its
lawful variants pass everything. Every case that was judged must be failed by some bug.

    run_matrix.py METERPROVER MUTANT [--out DIR] [--only NAME]... [--jobs N] [--parallel N]
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

MATRIX = pathlib.Path(__file__).with_name("matrix.json")
PASSING = {"PASS", "INFO", "AVOIDED"}
# Exit codes with which a run has still judged: passed, failed, inconclusive or unsupported.
JUDGED = {0, 1, 2}


class Broken(Exception):
    """The prover gave no verdicts."""


def options():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("meterprover")
    parser.add_argument("mutant")
    parser.add_argument("--out", help="keep the evidence of all runs in this directory")
    parser.add_argument("--only", action="append", default=[], help="run these variants only")
    parser.add_argument("--jobs", default="4", help="lanes of each run")
    parser.add_argument("--parallel", type=int, default=8,
                        help="runs at a time; what never settles waits for its deadline")
    return parser.parse_args()


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


def partition(matrix):
    """Differences inside matrix.json: each bug speaks of each case exactly once."""
    cases = set(matrix["cases"])
    for name, row in matrix["bugs"].items():
        must, never = set(row["must_fail"]), set(row["must_never_fail"])
        for case in sorted(must & never):
            yield f"bug {name}: {case} both must and must never fail"
        for case in sorted(cases ^ (must | never)):
            yield f"bug {name}: {case} stands in only one of the lists of matrix.json"
        if not must and "why_none" not in row:
            yield f"bug {name}: fails nothing, and matrix.json does not say why"


def verdicts(args, out, switches):
    """Runs the prover once; gives verdicts by case, and findings of what failed."""
    command = [args.meterprover, "test", "--profile", "saas", "--jobs", args.jobs,
               "--out", str(out), "--", args.mutant, *switches]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    results = out / "results.json"
    if run.returncode not in JUDGED or not results.is_file():
        tail = "\n".join((run.stdout + run.stderr).splitlines()[-15:])
        raise Broken(f"exit code {run.returncode}\n{tail}")
    cases = json.loads(results.read_text(encoding="utf-8"))["cases"]
    return ({case["id"]: case["verdict"] for case in cases},
            {case["id"]: why(case) for case in cases})


def why(case):
    """What the prover says of a case that did not pass, on one line."""
    texts = [case.get("why") or ""]
    for check in case.get("checks", []):
        if check["verdict"] not in PASSING:
            texts.append(f"{check['id']}: {check.get('text') or check['verdict']}")
    return "; ".join(text for text in texts if text)


def judge_bug(row, seen):
    """Differences between what a bug must do and what it did."""
    for case in row["must_fail"]:
        if seen.get(case) != "FAIL":
            yield case, f"must FAIL, is {seen.get(case, 'absent')}"
    for case in row["must_never_fail"]:
        if seen.get(case) not in PASSING | {"WARN"}:
            yield case, f"must not fail, is {seen.get(case, 'absent')}"


def judge_legal(row, cases, seen):
    """Differences between a lawful client and full marks."""
    for case in cases:
        allowed = {"UNSUPPORTED"} if case in row.get("unsupported", []) else PASSING
        if seen.get(case) not in allowed:
            yield case, f"must be {' or '.join(sorted(allowed))}, is {seen.get(case, 'absent')}"


def plan(args, matrix):
    """Everything to run: (title, switches, judge)."""
    cases = matrix["cases"]
    rows = [("careful", [], lambda seen: judge_legal({}, cases, seen))]
    for name, row in matrix["bugs"].items():
        rows.append((f"bug {name}", ["--bug", name], lambda seen, row=row: judge_bug(row, seen)))
    for name, row in matrix["legal"].items():
        rows.append((f"legal {name}", ["--legal", name],
                     lambda seen, row=row: judge_legal(row, cases, seen)))
    unknown = set(args.only) - {title.split()[-1] for title, _, _ in rows}
    if unknown:
        raise SystemExit(f"run_matrix.py: no such variant: {', '.join(sorted(unknown))}")
    return [row for row in rows if not args.only or row[0].split()[-1] in args.only]


def run_all(args, matrix, out):
    """Runs the plan; gives the number of differences printed."""
    judged, failed, differences = set(), set(), 0
    rows = plan(args, matrix)
    with concurrent.futures.ThreadPoolExecutor(args.parallel) as pool:
        runs = [pool.submit(verdicts, args, out / title.replace(" ", "-"), switches)
                for title, switches, _ in rows]
    for (title, _, judge), run in zip(rows, runs):
        try:
            seen, reasons = run.result()
        except Broken as broken:
            print(f"{title}: the prover gave no verdicts: {broken}", flush=True)
            differences += 1
            continue
        found = list(judge(seen))
        print(f"{title}: {'as declared' if not found else f'{len(found)} differences'}", flush=True)
        for case, text in found:
            print(f"  {case}: {text}: {reasons.get(case, '')}")
        differences += len(found)
        judged |= set(seen)
        if title.startswith("bug "):
            failed |= {case for case, verdict in seen.items() if verdict == "FAIL"}
    # Without a bug that fails it nobody knows that a case can fail at all.
    for case in sorted(judged - failed) if not args.only else []:
        print(f"{case}: no mutant fails it")
        differences += 1
    return differences


def main():
    """Gives 0 when the prover sees every bug and blames no innocent, else 1."""
    args = options()
    matrix = json.loads(MATRIX.read_text(encoding="utf-8"))
    differences = 0
    for text in [*same_list(args, matrix), *partition(matrix)]:
        print(f"matrix.json: {text}")
        differences += 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        out = pathlib.Path(args.out or scratch)
        out.mkdir(parents=True, exist_ok=True)
        differences += run_all(args, matrix, out)
    print(f"{differences} differences" if differences else "the matrix holds")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
