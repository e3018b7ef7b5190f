#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the instrumented copy of C sources, and mutations.json beside it.

    instrument.py ROOT OUT SOURCE... -- COMPILER-ARGUMENT...
"""
import dataclasses
import json
import pathlib
import subprocess
import sys

from schemata import Schemata

MOST = 8192  # MP_MUTATIONS of mutation.h


def main():
    """Gives 0, or ends with what could not be read."""
    root, out, *rest = sys.argv[1:]
    cut = rest.index("--")
    sources, arguments = rest[:cut], rest[cut + 1:]
    # The package libclang comes without the compiler's own headers.
    own = subprocess.run(["gcc", "-print-file-name=include"], check=True, capture_output=True,
                         text=True).stdout.strip()
    schemata = Schemata(root, [*arguments, "-std=c11", f"-I{root}", "-isystem", own,
                               "-D_POSIX_C_SOURCE=200809L", "-D_DEFAULT_SOURCE",
                               '-DJUDGE_DIGEST="-"'])
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        (folder / pathlib.Path(source).name).write_text(schemata.rewrite(source), encoding="utf-8")
    if len(schemata.mutations) >= MOST:
        raise SystemExit(f"instrument.py: {len(schemata.mutations)} mutations, room for {MOST}")
    rows = [dataclasses.asdict(m) for m in schemata.mutations]
    (folder / "mutations.json").write_text(json.dumps(rows, indent=0), encoding="utf-8")
    print(f"{len(rows)} mutations of {len(sources)} files")


if __name__ == "__main__":
    main()
