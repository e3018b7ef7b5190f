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


def options(plan, titles):
    groups = [group["group"] for group in plan["groups"]]
    parser = argparse.ArgumentParser(
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
    unknown = [name for name in names if name not in groups and name not in titles]
    if unknown or min(args.seconds, args.rounds, args.connections) < 1:
        parser.print_usage(sys.stderr)
        print(f"bench: nothing is called {', '.join(unknown)}" if unknown else "bench: numbers are 1 or more",
              file=sys.stderr)
        sys.exit(64)
    args.groups = [g for g in groups if g in names] or groups
    args.asked = {name for name in names if name in titles} or set(titles)
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


def head(args, facts, versions, bench):
    lines = ["# meterprover-proxy beside its peers", "",
             f"{facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}; server on core "
             f"{facts['server_core']}, load on {facts['load_core']}, upstream on {facts['upstream_core']}. "
             f"{len(bench.body):,} bytes in, {len(bench.reply):,} out; {args.seconds} s a round, the median of "
             f"{args.rounds}. Ratios are ours / peer.", "",
             "; ".join(f"{name} {version}" for name, version in versions.items())]
    if facts["load_average"] > BUSY:
        lines += ["", f"**The machine was busy (load average {facts['load_average']:.1f} before the first "
                  "measurement): take numbers for the record on an idle one.**"]
    if args.quick:
        lines += ["", "**Quick: one short round; no numbers for the record.**"]
    return "\n".join(lines)


def main():
    with open(os.path.join(HERE, "plan.json"), encoding="utf-8") as f:
        plan = json.load(f)
    titles = {peer.key: peer.title for peer in peers.PEERS}
    args = options(plan, titles)
    own = [*ours.subjects(args.build), figures.Prover(args.build, ROOT)]
    titles.update({subject.key: subject.title for subject in own})
    if own[0].program(args.tools) is None:
        print(f"bench: there is no {args.build}/proxy/meterprover-proxy: cmake --preset release && "
              "cmake --build --preset release", file=sys.stderr)
        sys.exit(64)
    for figure in (figure for group in plan["groups"] for figure in group["figures"]):
        figure["title"] = figure["title"].format(many=f"{args.many:,}")
    cores = Cores()
    facts = machine_facts(cores)
    os.sched_setaffinity(0, {cores.load})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))  # by an exception, which stops the servers
    results, rounds, versions = {}, {}, {}
    subjects = {subject.key: subject for subject in [*peers.PEERS, *own]}
    for peer in [own[0], *peers.PEERS]:
        if not peer.missing(args.tools):
            versions[peer.title.split(",")[0]] = peer.version(peer.program(args.tools))
    with tempfile.TemporaryDirectory() as folder:
        try:
            bench = figures.Bench(args, cores, folder)
        except Unmeasured as why:
            print(f"bench: {why}", file=sys.stderr)
            return 3
        with bench.closing:
            for group in plan["groups"]:
                if group["group"] not in args.groups:
                    continue
                medians, rounds[group["group"]] = figures.take(
                    bench, group["group"], wanted(group, subjects, args.asked),
                    lambda text: print(text, file=sys.stderr))
                results.update({(group["group"], key): value for key, value in medians.items()})
    lines = table.lines_of(plan, results)
    print(head(args, facts, versions, bench))
    print(table.markdown(plan, lines, titles))
    print(f"\n{table.summary(lines)}")
    if args.out:
        with open(args.out, "w", encoding="utf-8") as f:
            json.dump({"machine": facts, "versions": versions, "quick": args.quick, "seconds": args.seconds,
                       "connections": args.connections, "idle": args.many,
                       "lines": [dataclasses.asdict(line) for line in lines], "rounds": rounds,
                       "summary": table.count(lines)}, f, indent=1, ensure_ascii=False)
            f.write("\n")
    broken = [v for line in lines for v in (line.ours_value, line.peer_value)
              if isinstance(v, str) and v.startswith("failed")]
    return 3 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
