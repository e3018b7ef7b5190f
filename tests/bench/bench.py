#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""meterprover-proxy beside other servers and proxies, in one run: each server on a core of its own, the
load on another. Prints tables in Markdown; what counts in them is the ratio."""
import argparse
import dataclasses
import json
import os
import platform
import signal
import sys
import tempfile

import figures
import ours
import peers
import table
from machine import Cores, Unmeasured, raise_limits

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUSY = 0.5  # a load average above this is somebody else's work


class Parser(argparse.ArgumentParser):
    """One whose exit code for usage is that of our programs."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(64, f"bench: {message}\n")


def options(plan, known):
    groups = [group["group"] for group in plan["groups"]]
    parser = Parser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="groups of figures: " + " ".join(groups) + "\npeers: " + " ".join(p.key for p in peers.PEERS) +
        "\n\nExit codes: 0 measured, whatever the figures say; 3 something that is installed could not be "
        "measured;\n64 usage. Peers that are not installed are named in the table, with the command for it.")
    parser.add_argument("--only", metavar="NAME,…", default="", help="these groups, beside these peers; a group "
                        "or peer that is not named is left out if another one is")
    parser.add_argument("--quick", action="store_true", help="one short round and at most 1,000 idle connections: "
                        "shows that all works, not how fast")
    parser.add_argument("--out", metavar="FILE", help="write everything there too, as JSON")
    parser.add_argument("--build", default=os.path.join(ROOT, ".build/release"), help="the build to measure "
                        "(.build/release)")
    parser.add_argument("--tools", default=os.path.join(ROOT, ".build/peers"), help="where peers.sh put peers "
                        "(.build/peers)")
    parser.add_argument("--seconds", type=int, default=5, help="of load in each round (5)")
    parser.add_argument("--rounds", type=int, default=3, help="whose median is taken (3)")
    parser.add_argument("--connections", type=int, default=32, help="of the load (32)")
    args = parser.parse_args()
    names = [name for name in args.only.split(",") if name]
    unknown = [name for name in names if name not in groups and name not in known]
    if unknown:
        parser.error(f"nothing is called {', '.join(unknown)}")
    if min(args.seconds, args.rounds, args.connections) < 1:
        parser.error("numbers are 1 or more")
    args.groups = [g for g in groups if g in names] or groups
    args.asked = {name for name in names if name in known} or known
    if args.quick:
        args.seconds, args.rounds = 1, 1
    args.warm_up = 2 if args.quick else 60
    args.root = ROOT
    # A proxy holds two files for each connection.
    args.many = min(10000, (raise_limits() - 400) // 2)
    return args


def wanted(group, subjects, asked):
    """Ours are always measured; of the peers those that were asked for."""
    keys = []
    for compare in group["compare"]:
        keys += [compare["ours"]] + [peer for peer in compare["peers"] if peer in asked]
    return [subjects[key] for key in dict.fromkeys(keys)]


def machine_facts(cores):
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load_average": os.getloadavg()[0],
            "server_core": cores.server, "load_core": cores.load, "upstream_core": cores.upstream}


def versions(subjects, tools):
    return {subject.title.split(",")[0]: subject.version(subject.program(tools))
            for subject in subjects if not subject.missing(tools)}


def head(args, facts, sizes):
    lines = ["# meterprover-proxy beside its peers", "",
             f"{facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}; server on core "
             f"{facts['server_core']}, load on {facts['load_core']}, upstream on {facts['upstream_core']}. "
             f"{sizes[0]:,} bytes in, {sizes[1]:,} out; {args.seconds} s a round, the median of "
             f"{args.rounds}. Ratios are ours / peer.", "",
             "; ".join(f"{name} {version}" for name, version in facts["versions"].items())]
    if facts["load_average"] > BUSY:
        lines += ["", f"**The machine was busy (load average {facts['load_average']:.1f} before the first "
                  "measurement): take numbers for the record on an idle one.**"]
    if args.quick:
        lines += ["", "**Quick: one short round; no numbers for the record.**"]
    return "\n".join(lines)


def measure(args, plan, subjects, cores):
    """The results, the rounds that they are medians of, and the size of the request and of the reply."""
    results, rounds = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        bench = figures.Bench(args, cores, folder)
        with bench.closing:
            for group in plan["groups"]:
                name = group["group"]
                if name in args.groups:
                    medians, rounds[name] = figures.take(bench, name, wanted(group, subjects, args.asked),
                                                         lambda text: print(text, file=sys.stderr))
                    results.update({(name, key): value for key, value in medians.items()})
        return results, rounds, (len(bench.body), len(bench.reply))


def write_json(path, facts, args, lines, rounds):
    tree = {"machine": facts, "quick": args.quick, "seconds": args.seconds, "rounds": args.rounds,
            "connections": args.connections, "idle": args.many, "lines": [dataclasses.asdict(line) for line in lines],
            "taken": rounds, "summary": table.count(lines)}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(tree, f, indent=1, ensure_ascii=False)
        f.write("\n")


def main():
    with open(os.path.join(HERE, "plan.json"), encoding="utf-8") as f:
        plan = json.load(f)
    args = options(plan, {peer.key for peer in peers.PEERS})
    for figure in (figure for group in plan["groups"] for figure in group["figures"]):
        figure["title"] = figure["title"].format(many=f"{args.many:,}")
    own = [*ours.subjects(args.build), figures.Prover(args.build, ROOT)]
    if own[0].program(args.tools) is None:
        print(f"bench: there is no {args.build}/proxy/meterprover-proxy: cmake --preset release && "
              "cmake --build --preset release", file=sys.stderr)
        return 64
    subjects = {subject.key: subject for subject in [*peers.PEERS, *own]}
    cores = Cores()
    facts = {**machine_facts(cores), "versions": versions([own[0], *peers.PEERS], args.tools)}
    os.sched_setaffinity(0, {cores.load})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))  # by an exception, which stops the servers
    try:
        results, rounds, sizes = measure(args, plan, subjects, cores)
    except Unmeasured as why:
        print(f"bench: {why}", file=sys.stderr)
        return 3
    lines = table.lines_of(plan, results)
    print(head(args, facts, sizes))
    print(table.markdown(plan, lines, {key: subject.title for key, subject in subjects.items()}))
    print(f"\n{table.summary(lines)}")
    if args.out:
        write_json(args.out, facts, args, lines, rounds)
    return 3 if table.has_failed(lines) else 0


if __name__ == "__main__":
    sys.exit(main())
