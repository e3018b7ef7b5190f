#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Validates results.json files against reports/results.schema.json.

Without arguments: the golden files of the unit tests; and each kind of damage done to one of them must
be refused, so that the schema is known to refuse anything at all. Needs the package jsonschema.
"""
import copy
import json
import pathlib
import sys

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parents[2] / "reports" / "results.schema.json"


def spoil(document, path, value):
    """A copy with the member at path set, or removed when value is None."""
    spoiled = copy.deepcopy(document)
    inner = spoiled
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return spoiled


DAMAGE = [
    (["results"], 2),
    (["seed"], 7),
    (["seed"], "007"),
    (["host"], "laptop"),
    (["profile"], None),
    (["verdict"], "pass"),
    (["counts", "FAIL"], -1),
    (["counts", "FAIL"], None),
    (["cases", 0, "id"], ""),
    (["cases", 0, "level"], "shall"),
    (["cases", 0, "duration_us"], 0.5),
    (["cases", 0, "started"], "2026-01-01T00:00:00Z"),
    (["cases", 0, "checks", 0, "lines"], [0]),
    (["cases", 0, "checks", 0, "basis"], "guessed"),
    (["cases", 0, "checks", 0, "advice"], None),
]


def main(arguments):
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    bad = 0
    files = [pathlib.Path(a) for a in arguments] or sorted((HERE / "golden").glob("*-results.json"))
    for path in files:
        for error in validator.iter_errors(json.loads(path.read_text())):
            print(f"{path}: {error.json_path}: {error.message}")
            bad += 1
    if not arguments:
        good = json.loads((HERE / "golden" / "every-verdict-results.json").read_text())
        for path, value in DAMAGE:
            if validator.is_valid(spoil(good, path, value)):
                print(f"the schema accepts {value!r} at {path}")
                bad += 1
    print(f"{len(files)} files, {bad} problems")
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
