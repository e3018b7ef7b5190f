#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutates the scenarios: takes one expectation out of a file, or lets one rule do nothing, and looks
whether any verdict of the matrix changes. Where none does, no mutant proves that it is needed. It then
stands in survivors-scenarios.json with the reason, or this fails; so does a reason for nothing.

    scenarios.py [--evidence DIR] [--rules METERPROVER MUTANT] [--build DIR] [--write]

Expectations are taken out of what record.py has recorded: nothing is played. With --rules each case is
played again with the actions of one of its rules replaced by a delay of a millisecond: by the careful
client, which must no longer pass, or by a bug that names the case by its whole id and no longer fails. --write puts what survives without a reason into the file.
"""
import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import oracles

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REASONS = HERE / "survivors-scenarios.json"
IDLE = [{"delay": "1ms"}]
SECTION = {"expectation": "expect", "rule": "rules"}
UNWRITTEN = {
    "redundant": "Not yet looked at: what fails it fails another check of the same case as well.",
    "unfailed": "Not yet proved: no bug of the matrix fails it in any play.",
    "rule": "Not yet proved: without it the careful client passes, and the bugs that name the case fail.",
    "rule of no bug": "Not yet proved: without it the careful client passes, and no bug names the case.",
}


def options():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--evidence", type=pathlib.Path,
                        help="of record.py: take out expectations")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / ".build" / "mutation")
    parser.add_argument("--rules", nargs=2, metavar=("METERPROVER", "MUTANT"),
                        help="play without each rule")
    parser.add_argument("--write", action="store_true", help="write down what survives")
    return parser.parse_args()


def files():
    """{file below scenarios/: its JSON} of all case files."""
    folder = ROOT / "scenarios"
    return {str(path.relative_to(folder)): json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(folder.glob("*/*.json")) if path.parent.name != "profiles"}


def ids_of(scenario):
    """The ids of the cases that a file gives."""
    return [variant["id"] for variant in scenario.get("variants", [])] or [scenario["id"]]


def every(scenario, key):
    """What a file has under a key, at the top or in a variant."""
    return [item for part in [scenario, *scenario.get("variants", [])] for item in part.get(key, [])]


def expectations(args, catalogue):
    """Yields (file, id of an expectation, why it survives)."""
    evidence = oracles.Evidence(args.evidence, args.build)
    runs = evidence.list.read_text(encoding="utf-8").split()
    told = subprocess.run([str(args.build / "without"), str(evidence.list)], check=True,
                          capture_output=True, text=True).stdout
    file_of = {case: name for name, scenario in catalogue.items() for case in ids_of(scenario)}
    needed, failed = collections.Counter(), collections.Counter()
    for line in told.splitlines():
        run, case, verdict, *checks = line.split(" ")
        if case not in file_of:
            continue
        is_bug = pathlib.Path(runs[int(run)]).parent.name.startswith("bug-")
        for check in checks:
            name, _, letters = check.rpartition("=")
            key = (file_of[case], name)
            needed[key] += letters[2] != verdict
            failed[key] += is_bug and letters[0] == "F"
    for name, scenario in catalogue.items():
        for wanted in dict.fromkeys(e["id"] for e in every(scenario, "expect")):
            if not needed[name, wanted]:
                yield name, wanted, "redundant" if failed[name, wanted] else "unfailed"


def forget_unused(scenario):
    """Removes the variables that nothing uses any more, as `check` would refuse the file."""
    for variant in scenario.get("variants", []):
        for name in list(variant.get("let", {})):
            if f'"${name}"' not in json.dumps(scenario):
                del variant["let"][name]
        if not variant.get("let", True):
            del variant["let"]


def without_rule(scenario, place):
    """The scenario with the rule at that place (over the whole file) doing nothing; None: no such."""
    changed = json.loads(json.dumps(scenario))
    rules = every(changed, "rules")
    if place >= len(rules):
        return None, None
    rules[place]["then"] = IDLE
    rules[place].get("when", {}).pop("phase", None)  # only a request can be delayed
    forget_unused(changed)
    return changed, rules[place]["name"]


def verdicts(command, scenarios, cases, client, out):
    """The verdicts of some cases, each played under the first profile that it has."""
    found = {}
    out.mkdir(parents=True)
    for profile in oracles.run_matrix.PROFILES:
        wanted = [case for case, profiles in cases.items()
                  if next(p for p in oracles.run_matrix.PROFILES if p in profiles) == profile]
        if not wanted:
            continue
        picked = [word for case in wanted for word in ("--run", case)]
        run = subprocess.run([command, "test", "--no-doctor", "--jobs", "4", "--profile", profile,
                              "--scenarios", str(scenarios), "--out", str(out / profile), *picked,
                              "--", *client], check=False, capture_output=True, text=True)
        results = out / profile / "results.json"
        if not results.is_file():
            raise SystemExit(f"scenarios.py: {' '.join(client)}: {run.stderr}")
        told = json.loads(results.read_text(encoding="utf-8"))
        found.update({case["id"]: case["verdict"] for case in told["cases"]})
        if not set(wanted) <= set(found):
            raise SystemExit(f"scenarios.py: not played: {sorted(set(wanted) - set(found))}")
    return found


def rules(args, catalogue):
    """Yields (file, name of a rule, why it survives)."""
    meterprover, mutant = args.rules
    matrix = json.loads(oracles.run_matrix.MATRIX.read_text(encoding="utf-8"))
    bugs_of = collections.defaultdict(list)
    for bug, row in matrix["bugs"].items():
        for case in row["must_fail"]:
            bugs_of[case].append(bug)
    most = max(len(every(scenario, "rules")) for scenario in catalogue.values())
    changed_verdict = set()
    with tempfile.TemporaryDirectory(prefix="scenarios-") as scratch:
        for place in range(most):
            folder = pathlib.Path(scratch) / f"{place}"
            shutil.copytree(ROOT / "scenarios", folder)
            named = {}
            for name, scenario in catalogue.items():
                changed, rule = without_rule(scenario, place)
                if changed is not None:
                    (folder / name).write_text(json.dumps(changed), encoding="utf-8")
                    named.update({case: (name, rule) for case in ids_of(scenario)})
            profiles = {case: catalogue[named[case][0]]["profiles"] for case in named}
            seen = verdicts(meterprover, folder, profiles, [mutant],
                            pathlib.Path(scratch) / f"{place}-careful")
            changed_verdict |= {named[case] for case in named
                                if seen[case] not in oracles.run_matrix.PASSING}
            for bug in sorted({bug for case in named for bug in bugs_of[case]}):
                wanted = {case: profiles[case] for case in named if bug in bugs_of[case]}
                seen = verdicts(meterprover, folder, wanted, [mutant, "--bug", bug],
                                pathlib.Path(scratch) / f"{place}-{bug}")
                changed_verdict |= {named[case] for case in wanted if seen[case] != "FAIL"}
    for name, scenario in catalogue.items():
        for rule in dict.fromkeys(r["name"] for r in every(scenario, "rules")):
            if (name, rule) not in changed_verdict:
                known = any(bugs_of[case] for case in ids_of(scenario))
                yield name, rule, "rule" if known else "rule of no bug"


def main():
    """Gives 0 when everything that survives has a reason, and nothing else has."""
    args = options()
    catalogue = files()
    kinds = {}
    if args.evidence:
        oracles.build(args.build)
        kinds["expectation"] = list(expectations(args, catalogue))
    if args.rules:
        kinds["rule"] = list(rules(args, catalogue))
    groups = json.loads(REASONS.read_text(encoding="utf-8"))
    problems = 0
    for kind, found in kinds.items():
        survivors = {f"{name} {what}": why for name, what, why in found}
        reasoned = {key for group in groups for key in group.get(kind, [])}
        for key, why in survivors.items():
            if key not in reasoned and args.write:
                add(groups, kind, key, UNWRITTEN[why])
            elif key not in reasoned:
                print(f"{kind} {key}: survives: {UNWRITTEN[why]}")
                problems += 1
        for key in sorted(reasoned - set(survivors)):
            print(f"{kind} {key}: has a reason to survive, but is needed, or is no more")
            problems += 1
        counts = collections.Counter(survivors.values())
        print(f"{sum(len(every(s, SECTION[kind])) for s in catalogue.values())} {kind}s, "
              f"{len(survivors)} survive: " + ", ".join(f"{n} {why}" for why, n in counts.items()))
    if args.write:
        REASONS.write_text(json.dumps(groups, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if problems else 0


def add(groups, kind, key, reason):
    """Puts a survivor under its reason."""
    group = next((g for g in groups if g["reason"] == reason), None)
    if group is None:
        group = {"reason": reason}
        groups.append(group)
    group.setdefault(kind, []).append(key)


if __name__ == "__main__":
    sys.exit(main())
