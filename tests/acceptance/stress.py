#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""stress.py [RUNS] [PROFILE...]: plays careful and buggy clients again and again while every processor
is busy, and fails when any case of a sample of the profile (saas; of all its cases, with MP_WHOLE=1)
is passed in one run and failed in another. Prints a table of what was seen; an INCONCLUSIVE of our own
lag is no flip, and is counted."""
import collections
import pathlib
import subprocess
import sys
import tempfile
import time

import rig

BUSY_LOOPS = 4
# Clients without a known bug pass everything, however busy the machine.
HONEST = {"careful": [rig.MUTANT], "seller.py": rig.SELLER}
# Bugs, each with a case that shows it; a sample of the other cases is played with them.
SHOWN = {
    "saas": {"ignore-unprocessed": "BMU-R02", "double-on-reset": "NET-03", "claim-early": "BMU-R01"},
    "ami": {"silent-loss": "MU-E01", "double-on-reset": "NET-03", "claim-early": "MU-01"},
    "container-metered": {"silent-loss": "MU-E01", "double-on-reset": "NET-03", "claim-early": "MU-01"},
    "agentcore": {"one-token": "MU-10", "double-on-reset": "NET-03", "claim-early": "MU-E06"},
    "container-hourly": {"registers-early": "RU-01", "serves-anyway": "RU-05/none"},
}


def play(profile, command, cases, out):
    """The verdicts of one run."""
    run = subprocess.run([rig.METERPROVER, "test", "--profile", profile, "--jobs", "4",
                          "--out", str(out), *rig.only(cases), "--", *command],
                         capture_output=True, text=True, check=False, timeout=600)
    if rig.REPORTS.search(run.stdout + run.stderr) or run.returncode not in (0, 1, 2):
        sys.exit(f"{command}: exit code {run.returncode}\n{run.stdout}\n{run.stderr}")
    return rig.verdicts(rig.results(out))


def gather(profile, runs, scratch):
    """How often each client had each verdict in each case."""
    cases = rig.sample(8, sorted(set(SHOWN[profile].values())), profile)
    clients = {**HONEST, **{bug: [rig.MUTANT, "--bug", bug] for bug in SHOWN[profile]}}
    seen = {name: collections.defaultdict(collections.Counter) for name in clients}
    for number in range(runs):
        for name, command in clients.items():
            out = scratch / f"{profile}-{name}-{number}"
            for case, verdict in play(profile, command, cases, out).items():
                seen[name][case][verdict] += 1
    return seen


def problems(seen):
    """What must not be."""
    for name, cases in seen.items():
        for case, counts in cases.items():
            passed = sum(counts[v] for v in rig.SATISFIED)
            if passed and counts["FAIL"]:
                yield f"{name}, {case}: passed {passed} times and failed {counts['FAIL']} times"
            if counts["HARNESS ERROR"]:
                yield f"{name}, {case}: HARNESS ERROR {counts['HARNESS ERROR']} times"
            if name in HONEST and counts["FAIL"]:
                yield f"{name}, {case}: failed {counts['FAIL']} times"
        if name not in HONEST and not any(c["FAIL"] for c in cases.values()):
            yield f"{name}: its bug was never seen"


def print_table(profile, seen):
    """One line for each client and case, with every verdict it had."""
    for name, cases in seen.items():
        for case, counts in sorted(cases.items()):
            row = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
            print(f"{profile:18} {name:20} {case:20} {row}")


def main():
    """Gives 0 when no verdict flipped."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    found = []
    began = time.monotonic()
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(BUSY_LOOPS)]
    try:
        with tempfile.TemporaryDirectory(prefix="stress-") as scratch:
            for profile in sys.argv[2:] or ["saas"]:
                seen = gather(profile, runs, pathlib.Path(scratch))
                print_table(profile, seen)
                found += [f"{profile}, {text}" for text in problems(seen)]
    finally:
        for process in busy:
            process.kill()
            process.wait()
    for text in found:
        print("PROBLEM", text)
    print(f"{runs} runs in {time.monotonic() - began:.0f} s: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
