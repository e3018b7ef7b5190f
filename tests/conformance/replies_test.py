#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the stand-in service answers is of the shapes that the service model has for it: every member
that it writes is known, is of its type and within its limits; and every member and every value of an
enumeration does arise, in a reply or in the body of an error."""
import json
import re
import unittest

import model_check
import recipes
from recipes import wire

MODEL = model_check.read_model(model_check.find_model())
SHAPES = MODEL["shapes"]
RULES = model_check.edition_of(MODEL)
TYPES = {"string": str, "integer": int, "boolean": bool, "list": list, "structure": dict,
         "timestamp": (int, float)}


def faults(name, value, where, seen):
    """Sentences about what is not of its shape; what was met is added to seen."""
    shape = SHAPES[name]
    if not isinstance(value, TYPES[shape["type"]]) or isinstance(value, bool) != (
            shape["type"] == "boolean"):
        return [f"{where}: {value!r} is no {shape['type']}"]
    found = []
    size = value if shape["type"] == "integer" else len(value) if hasattr(value, "__len__") else None
    for bound, broken in (("min", lambda limit: size < limit), ("max", lambda limit: size > limit)):
        if bound in shape and broken(shape[bound]):
            found.append(f"{where}: {value!r} breaks {bound} {shape[bound]}")
    # A model's pattern is of the whole text, with or without anchors.
    if "pattern" in shape and not re.fullmatch(shape["pattern"].strip("^$"), value):
        found.append(f"{where}: {value!r} does not match {shape['pattern']}")
    if "enum" in shape:
        if value not in shape["enum"]:
            found.append(f"{where}: {value!r} is none of {shape['enum']}")
        seen.add((name, value))
    if shape["type"] == "structure":
        found += [f"{where}: {key} is missing" for key in shape.get("required", []) if key not in value]
        for key, part in value.items():
            if key not in shape["members"]:
                found.append(f"{where}: {key} is no member of {name}")
            else:
                seen.add((name, key))
                found += faults(shape["members"][key]["shape"], part, f"{where}.{key}", seen)
    if shape["type"] == "list":
        for i, part in enumerate(value):
            found += faults(shape["member"]["shape"], part, f"{where}.{i}", seen)
    return found


def to_be_seen(name, found):
    """Every member and enumerated value that a shape is made of."""
    shape = SHAPES[name]
    new = {(name, key) for key in [*shape.get("members", {}), *shape.get("enum", [])]} - found
    found |= new
    if new and shape["type"] == "structure":
        for member in shape["members"].values():
            to_be_seen(member["shape"], found)
    if shape["type"] == "list":
        to_be_seen(shape["member"]["shape"], found)
    return found


def batch(*changes):
    record = recipes.USUAL["BatchMeterUsage"]["UsageRecords"][0]
    return {**recipes.USUAL["BatchMeterUsage"],
            "UsageRecords": [{**record, **change} for change in changes]}


SHARES = [{"AllocatedUsageQuantity": 7, "Tags": [{"Key": "team", "Value": "a"}]}]
DECIMALS = [{"AllocatedUsageQuantityAsDecimal": "1.5", "Tags": [{"Key": "team", "Value": "a"}]}]
LICENSED = {"Timestamp": wire.HOUR_S, "Dimension": "requests", "Quantity": 1,
            "CustomerAWSAccountId": "481516234200", "LicenseArn":
            "arn:aws:license-manager::294406891311:license:l-0a1f6c27d83b4e95a6c1f2d3b4e5a6c7"}
DECIMAL = {"Timestamp": wire.HOUR_S, "CustomerIdentifier": wire.CUSTOMERS["hooli"],
           "Dimension": "requests", "QuantityAsDecimal": "1.5", "UsageAllocations": DECIMALS}
# (operation, world, inputs): which together show everything.
ASKED = [
    ("BatchMeterUsage", {"customers": {"globex": {"subscribed": False}}}, [
        batch({"UsageAllocations": SHARES}, {"CustomerIdentifier": wire.CUSTOMERS["globex"]}),
        batch({"Quantity": 8}), batch(), {"UsageRecords": []}, {"UsageRecords": [LICENSED]},
        {**recipes.USUAL["BatchMeterUsage"], "UsageRecords": [DECIMAL]}]),
    ("MeterUsage", {}, [recipes.USUAL["MeterUsage"]]),
    ("MeterUsage", {}, [{**recipes.USUAL["MeterUsage"], "DryRun": True}]),
    ("RegisterUsage", {"public_key_version": 2}, [
        {**recipes.USUAL["RegisterUsage"], "PublicKeyVersion": n} for n in (1, 2)]),
    ("ResolveCustomer", {}, [recipes.USUAL["ResolveCustomer"]]),
]


class RepliesTest(unittest.TestCase):
    def check(self, name, value, seen):
        self.assertEqual([], faults(name, value, name, seen))

    def test_replies(self):
        seen, wanted = {}, {}
        for operation, world, inputs in ASKED:
            output = MODEL["operations"][operation]["output"]["shape"]
            found = seen.setdefault(operation, set())
            wanted[operation] = to_be_seen(output, set())
            with wire.Proxy([wire.rule("unprocessed", [{"unprocessed": {"customer": "hooli"}}])],
                            world={"rule_set": RULES, **world}) as proxy:
                for tree in inputs:
                    reply = proxy.ask(json.dumps(tree).encode(), target=operation)
                    with self.subTest(operation, input=tree):
                        self.assertEqual(200, reply.status, reply.body)
                        self.check(output, reply.json(), found)
        self.assertEqual(set(MODEL["operations"]), set(wanted))
        for operation, members in wanted.items():
            self.assertEqual(set(), members - seen[operation], f"{operation}: what no reply has")

    def test_errors(self):
        """The body of each modelled error, without the name of its type."""
        for operation, error, recipe in recipes.pairs():
            if isinstance(recipe, str) or recipe.burst > 1:
                continue
            with self.subTest(f"{operation}: {error}"), wire.Proxy([], world=recipe.world) as proxy:
                proxy.sign.region = recipe.region or proxy.sign.region
                for tree in recipe.inputs(operation):
                    body = proxy.ask(json.dumps(tree).encode(), target=operation).json()
                self.assertEqual(error, body.pop("__type"))
                seen = set()
                self.check(error, body, seen)
                self.assertEqual({(error, key) for key in SHAPES[error]["members"]}, seen)

    def test_a_fault_is_seen(self):
        result = {"UsageRecord": {"Timestamp": 1, "Dimension": "d"}, "Status": "Success"}
        for name, value, words in [
                ("UsageRecordResult", {**result, "Status": "success"}, "none of"),
                ("UsageRecordResult", {**result, "MeteringRecordID": "x"}, "no member"),
                ("UsageRecordResult", {**result, "UsageRecord": {"Dimension": "d"}}, "missing"),
                ("UsageRecordResult", {**result, "MeteringRecordId": 7}, "no string"),
                ("RegisterUsageResult", {"PublicKeyRotationTimestamp": "2026"}, "no timestamp"),
                ("RegisterUsageResult", {"Signature": ""}, "does not match"),
                ("BatchMeterUsageResult", {"Results": {}}, "no list"),
                ("UsageQuantity", -1, "breaks min"), ("UsageQuantity", True, "no integer"),
                ("ClientToken", "x" * 65, "breaks max")]:
            with self.subTest(value):
                found = faults(name, value, "x", set())
                self.assertEqual(1, len(found), found)
                self.assertIn(words, found[0])
        self.assertEqual([], faults("UsageRecordResult", result, "x", set()))


if __name__ == "__main__":
    unittest.main()
