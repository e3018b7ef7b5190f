#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tables of proxy/aws against the service model that botocore ships, both ways.

Compared are the operations, their inputs and errors, the status of each error as far as the model
implies one, and of every shape that a request is made of: type, members, what is required, least,
most and pattern. A difference is reported as a line and exit code 1; 77 when there is no botocore.

The model has had several editions and our tables have a rule set for each of the later ones, so the
rule set is chosen by what the model knows; --rules names another."""
import argparse
import gzip
import json
import pathlib
import subprocess
import sys

SERVICE = "meteringmarketplace"

# Where our tables differ from the model on purpose: what is different -> (model, ours, why). An
# entry that no longer describes a difference is itself an error.
TAG_VALUE = "the model's text says of a tag's value: \"The value can be empty or null.\""
ALLOWED = {
    "shape Tag: required": (["Key", "Value"], ["Key"], TAG_VALUE),
    "shape TagValue: min": (1, 0, TAG_VALUE),
}

# The newest member that tells one edition from the one before -> the rule set that describes it.
EDITIONS = [
    ("UsageRecord", "QuantityAsDecimal", "2026-10"),
    ("UsageRecord", "LicenseArn", "2026-09"),
]


def read_model(path):
    data = pathlib.Path(path).read_bytes()
    return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


def find_model():
    try:
        import botocore
    except ImportError:
        print("model_check: botocore is not installed (pip install botocore)")
        sys.exit(77)
    folder = pathlib.Path(botocore.__file__).parent / "data" / SERVICE
    files = sorted(folder.glob("*/service-2.json*"))
    if not files:
        print(f"model_check: botocore {botocore.__version__} has no model of {SERVICE}")
        sys.exit(1)
    print(f"model_check: botocore {botocore.__version__}, {files[-1].parent.name}")
    return files[-1]


def edition_of(model):
    for shape, member, rules in EDITIONS:
        if member in model["shapes"][shape]["members"]:
            return rules
    raise SystemExit("model_check: this edition of the model is older than our tables describe")


def status_of(shape):
    """As the protocol has it (Smithy, awsJson1_1): a server's fault is 500, a client's 400."""
    return shape.get("error", {}).get("httpStatusCode", 500 if shape.get("fault") else 400)


def plain_shape(shape):
    plain = {key: shape[key] for key in ("type", "min", "max", "pattern") if key in shape}
    if shape["type"] == "structure":
        plain["required"] = sorted(shape.get("required", []))
        plain["members"] = {name: m["shape"] for name, m in shape["members"].items()}
    if shape["type"] == "list":
        plain["member"] = shape["member"]["shape"]
    return plain


def reachable(model, name, found):
    """The shape of that name and all that it is made of."""
    if name in found:
        return
    shape = model["shapes"][name]
    found[name] = plain_shape(shape)
    for member in shape.get("members", {}).values():
        reachable(model, member["shape"], found)
    if "member" in shape:
        reachable(model, shape["member"]["shape"], found)


def facts_of_model(model):
    """Everything that is compared, as one flat dictionary: a label -> a value."""
    facts = {
        "signing name": model["metadata"].get("signingName"),
        "target prefix": model["metadata"]["targetPrefix"] + ".",
        "protocol": model["metadata"]["protocol"],
    }
    shapes = {}
    for name, operation in model["operations"].items():
        facts[f"operation {name}: input"] = operation["input"]["shape"]
        facts[f"operation {name}: http"] = [operation["http"]["method"],
                                            operation["http"]["requestUri"]]
        for error in operation["errors"]:
            facts[f"operation {name}: error {error['shape']}"] = \
                status_of(model["shapes"][error["shape"]])
        reachable(model, operation["input"]["shape"], shapes)
    add_shapes(facts, shapes)
    return facts


def facts_of_tables(tables):
    facts = {
        "signing name": tables["signing_name"],
        "target prefix": tables["target_prefix"],
        "protocol": "json",
    }
    for name, operation in tables["operations"].items():
        facts[f"operation {name}: input"] = operation["input"]
        facts[f"operation {name}: http"] = ["POST", "/"]
        for error, status in operation["errors"].items():
            facts[f"operation {name}: error {error}"] = status
    add_shapes(facts, {name: {**shape, **({"required": sorted(shape["required"])}
                                          if "required" in shape else {})}
                       for name, shape in tables["shapes"].items()})
    return facts


def add_shapes(facts, shapes):
    for name, shape in shapes.items():
        for key, value in shape.items():
            if key != "members":
                facts[f"shape {name}: {key}"] = value
        for member, target in shape.get("members", {}).items():
            facts[f"shape {name}: member {member}"] = target


def differences(model, tables, allowed):
    """Sentences, one for each fact that differs and is not allowed to, and each stale allowance."""
    absent = "absent"
    said, ours = facts_of_model(model), facts_of_tables(tables)
    problems = []
    for label in sorted(set(said) | set(ours)):
        pair = (said.get(label, absent), ours.get(label, absent))
        if label in allowed and pair == tuple(allowed[label][:2]):
            continue
        if label in allowed:
            problems.append(f"{label}: the allowance no longer applies (it says model "
                            f"{allowed[label][0]!r}, ours {allowed[label][1]!r}; now model "
                            f"{pair[0]!r}, ours {pair[1]!r})")
        elif pair[0] != pair[1]:
            problems.append(f"{label}: the model says {pair[0]!r}, our tables say {pair[1]!r}")
    problems += [f"{label}: the allowance names nothing that exists"
                 for label in sorted(set(allowed) - set(said) - set(ours))]
    return problems


def read_tables(program, rules):
    return json.loads(subprocess.run([program, rules], check=True, capture_output=True).stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tables", required=True, help="the program print_tables")
    options.add_argument("--model", help="a service-2.json, plain or gzipped; else botocore's")
    options.add_argument("--rules", help="the rule set to compare; else by the model's edition")
    args = options.parse_args()
    model = read_model(args.model or find_model())
    rules = args.rules or edition_of(model)
    problems = differences(model, read_tables(args.tables, rules), ALLOWED)
    for problem in problems:
        print(problem)
    compared = len(facts_of_model(model))
    print(f"model_check: rule set {rules}, {compared} facts, {len(ALLOWED)} allowances, "
          f"{len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
