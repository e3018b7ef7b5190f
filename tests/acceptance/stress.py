#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""stress.py [RUNS]: plays careful and buggy clients again and again while every processor is busy, and
fails when any case of a sample (of all, with MP_WHOLE=1) is passed in one run and failed in another.
Prints a table of what was seen; an INCONCLUSIVE of our own lag is no flip, and is counted."""
import collections
import pathlib
import subprocess
import sys
import tempfile
import time

import rig

BUSY_LOOPS = 4
CLIENTS = {
    "careful": [rig.MUTANT],
    "ignore-unprocessed": [rig.MUTANT, "--bug", "ignore-unprocessed"],
    "double-on-reset": [rig.MUTANT, "--bug", "double-on-reset"],
    "claim-early": [rig.MUTANT, "--bug", "claim-early"],
    "seller.py": rig.SELLER,
}
# Clients without a known bug pass everything, however busy the machine.
HONEST = ("careful", "seller.py")


# Where the bugs show; a sample of the other cases is played with them.
BUGGED = ["BMU-R01", "BMU-R02", "NET-03"]


def play(command, cases, out):
    """The verdicts of one run."""
    run = subprocess.run([rig.METERPROVER, "test", "--jobs", "4", "--out", str(out), *rig.only(cases),
                          "--", *command],
                         capture_output=True, text=True, check=False, timeout=600)
    if rig.REPORTS.search(run.stdout + run.stderr) or run.returncode not in (0, 1, 2):
        sys.exit(f"{command}: exit code {run.returncode}\n{run.stdout}\n{run.stderr}")
    return rig.verdicts(rig.results(out))


def gather(runs, scratch):
    """How often each client had each verdict in each case."""
    cases = rig.sample(8, BUGGED)
    seen = {name: collections.defaultdict(collections.Counter) for name in CLIENTS}
    for number in range(runs):
        for name, command in CLIENTS.items():
            for case, verdict in play(command, cases, scratch / f"{name}-{number}").items():
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


def print_table(seen):
    """One line for each client and case, with every verdict it had."""
    for name, cases in seen.items():
        for case, counts in sorted(cases.items()):
            row = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
            print(f"{name:20} {case:20} {row}")


def main():
    """Gives 0 when no verdict flipped."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    began = time.monotonic()
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(BUSY_LOOPS)]
    try:
        with tempfile.TemporaryDirectory(prefix="stress-") as scratch:
            seen = gather(runs, pathlib.Path(scratch))
    finally:
        for process in busy:
            process.kill()
            process.wait()
    print_table(seen)
    found = list(problems(seen))
    for text in found:
        print("PROBLEM", text)
    print(f"{runs} runs of {len(CLIENTS)} clients in {time.monotonic() - began:.0f} s: "
          f"{len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
