#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Walks the service model that botocore ships: for every constraint of every shape that a request is
made of, at every place where it stands, one request that just meets it and one that just breaks it
are sent. What meets it must come as far as the service's own rules; what breaks it must be told so."""
import copy
import json
import unittest

import model_check
import recipes
from recipes import wire

MODEL = model_check.read_model(model_check.find_model())
SHAPES = MODEL["shapes"]
RULES = model_check.edition_of(MODEL)

# Errors that say that a request is not of its shape. A request that meets its constraints may be
# refused by any other rule, or be answered.
SHAPE_ERRORS = {"ValidationException", "SerializationException", "InvalidTagException",
                "InvalidUsageAllocationsException"}
# Shapes whose constraints have an error of their own.
OWN_ERRORS = {"TagKey": "InvalidTagException", "TagValue": "InvalidTagException",
              "TagList": "InvalidTagException", "UsageAllocations": "InvalidUsageAllocationsException"}
# A pattern, and a text that just does not match it: by shape. Shapes whose pattern matches
# everything have None.
UNMATCHED = {
    "ProductCode": "code!", "CustomerIdentifier": None, "CustomerAWSAccountId": "48151623420a",
    "LicenseArn": "arn:aws:license-manager::1:-l", "UsageDimension": "", "Nonce": None,
    "NonEmptyString": "", "TagKey": "te\u00e4m", "TagValue": "#\u00e4",
    "UsageQuantityAsDecimalString": "07", "AllocatedUsageQuantityAsDecimalString": "7.0000001",
}
# Where our tables are wider than the model on purpose (model_check.ALLOWED): what the model breaks
# and we take.
WIDER = {("TagValue", "min"), ("TagValue", "required"), ("TagValue", "null")}
# The longest text of a decimal and of an ARN: their length and pattern leave no choice.
LONGEST = {"UsageQuantityAsDecimalString": "2147483647.000000",
           "AllocatedUsageQuantityAsDecimalString": "2147483647.000000"}

WHOLE = {"AllocatedUsageQuantity": 7, "Tags": [{"Key": "team", "Value": "a"}]}
DECIMAL = {"AllocatedUsageQuantityAsDecimal": "7", "Tags": WHOLE["Tags"]}


def bases(operation):
    """Requests that together hold every member of every shape, each of them right."""
    plain = recipes.USUAL[operation]
    if operation == "MeterUsage":
        whole = {**plain, "DryRun": False, "ClientToken": "t", "UsageAllocations": [WHOLE]}
        decimal = {**whole, "UsageQuantityAsDecimal": "7", "UsageAllocations": [DECIMAL]}
        del decimal["UsageQuantity"]
        return [whole, decimal]
    if operation != "BatchMeterUsage":
        return [plain]
    record = {**plain["UsageRecords"][0], "UsageAllocations": [WHOLE]}
    license_arn = "arn:aws:license-manager::294406891311:license:" \
        "l-0a1f6c27d83b4e95a6c1f2d3b4e5a6c7"
    licensed = {**record, "CustomerAWSAccountId": "481516234200", "LicenseArn": license_arn}
    del licensed["CustomerIdentifier"]
    decimal = {**record, "QuantityAsDecimal": "7", "UsageAllocations": [DECIMAL]}
    del decimal["Quantity"]
    return [{**plain, "UsageRecords": [r]} for r in (record, licensed, decimal)]


def places(shape_name, value, path=()):
    """(path, shape's name, is required) of every value in a tree, by the model."""
    shape = SHAPES[shape_name]
    for name, member in shape.get("members", {}).items():
        if name in value:
            here = (*path, name)
            yield here, member["shape"], name in shape.get("required", [])
            yield from places(member["shape"], value[name], here)
    if shape["type"] == "list" and value:
        here = (*path, 0)
        yield here, shape["member"]["shape"], None
        yield from places(shape["member"]["shape"], value[0], here)


def at(tree, path):
    for step in path:
        tree = tree[step]
    return tree


def put(tree, path, value):
    tree = copy.deepcopy(tree)
    at(tree, path[:-1])[path[-1]] = value
    return tree


def without(tree, path):
    tree = copy.deepcopy(tree)
    del at(tree, path[:-1])[path[-1]]
    return tree


def text_of(shape_name, length):
    """A text of that many characters that matches the shape's pattern."""
    if length > 0 and shape_name in LONGEST:
        whole = LONGEST[shape_name]
        return "1" if length == 1 else whole + "0" * (length - len(whole))
    return "1" * length


def elements(path, value, count):
    """A list of that many elements, no two alike where they must not be."""
    many = [copy.deepcopy(value[0]) for _ in range(count)]
    for i, element in enumerate(many):
        if path[-1] == "UsageRecords":
            element["CustomerIdentifier"] = list(wire.CUSTOMERS.values())[i % 5]
            element["Timestamp"] -= 3600 * (i // 5)
        elif path[-1] == "Tags":
            element["Key"] = f"k{i}"
        elif path[-1] == "UsageAllocations":
            element["Tags"][0]["Value"] = f"v{i}"
    return many


def balanced(tree):
    """The allocations of every record add up to its quantity, as a rule beyond the shapes has it."""
    for record in tree.get("UsageRecords", [tree]):
        shares = record.get("UsageAllocations")
        if not isinstance(shares, list) or not all(isinstance(s, dict) for s in shares):
            continue
        for share, name in (("AllocatedUsageQuantity", "Quantity"),
                            ("AllocatedUsageQuantityAsDecimal", "QuantityAsDecimal")):
            name = name if "Dimension" in record else "Usage" + name
            values = [s.get(share) for s in shares]
            if name in record and values and None not in values:
                if share == "AllocatedUsageQuantity":
                    for extra in shares[1:]:
                        extra[share] = 0
                    record[name] = shares[0][share]
                elif record[name] != values[0]:
                    record[name] = values[0]
    return tree


def quantity_first(tree, path, value):
    """The quantity at path, with the one allocation that must be equal to it."""
    tree = put(tree, path, value)
    record = at(tree, path[:-1])
    share = "AllocatedUsageQuantityAsDecimal" if isinstance(value, str) else "AllocatedUsageQuantity"
    record["UsageAllocations"][0][share] = value
    return tree


def set_value(tree, path, value):
    if path[-1] in ("Quantity", "UsageQuantity", "QuantityAsDecimal", "UsageQuantityAsDecimal"):
        return quantity_first(tree, path, value)
    return balanced(put(tree, path, value))


OTHER_TYPE = {"string": 7, "integer": "7", "boolean": "true", "timestamp": "2026-11-18T09:00:00Z",
              "list": {}, "structure": "text"}


def constraints(tree, path, shape_name, required):
    """(kind, request that meets it or None, request that breaks it) for one place."""
    shape, value = SHAPES[shape_name], at(tree, path)
    kind = shape["type"]
    yield "type", tree, put(tree, path, OTHER_TYPE[kind])
    if required:
        yield "required", tree, without(tree, path)
        yield "null", tree, put(tree, path, None)
    for bound, step in (("min", -1), ("max", 1)):
        if bound not in shape:
            continue
        limit = shape[bound]

        def of(size):
            if kind == "integer":
                return set_value(tree, path, size)
            if kind == "list":
                return balanced(put(tree, path, elements(path, value, size)))
            return set_value(tree, path, text_of(shape_name, size))
        yield bound, of(limit), of(limit + step) if limit + step >= 0 or kind == "integer" else None
    if "pattern" in shape:
        if shape_name not in UNMATCHED:
            raise AssertionError(f"the model is newer than our rules: {shape_name} has the pattern "
                                 f"{shape['pattern']}; say in UNMATCHED what breaks it")
        unmatched = UNMATCHED[shape_name]
        yield "pattern", tree, None if unmatched is None else put(tree, path, unmatched)


def expected_error(shape_name, kind):
    if kind == "type":
        return "SerializationException"
    if kind in ("required", "null"):
        return "ValidationException"
    return OWN_ERRORS.get(shape_name, "ValidationException")


def reachable(name):
    found = {}
    model_check.reachable(MODEL, name, found)
    return set(found)


class WalkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.proxy = wire.Proxy([], world={"rule_set": RULES}, args=["--bodies", "digest"])
        cls.addClassCleanup(lambda: cls.proxy.__exit__(None, None, None))

    def error_of(self, operation, tree):
        body = json.dumps(tree, ensure_ascii=False).encode()
        reply = self.proxy.ask(body, target=operation)
        if reply.status == 200:
            return ""
        self.assertEqual(400, reply.status)  # what a client is told of itself, by any of these names
        return reply.json()["__type"]

    def check(self, operation, place, case):
        kind, meets, breaks = case
        path, shape_name, _ = place
        error = self.error_of(operation, meets)
        self.assertNotIn(error, SHAPE_ERRORS, "what meets it is refused")
        if breaks is None:
            return
        error = self.error_of(operation, breaks)
        if (shape_name, kind) in WIDER:
            self.assertNotIn(error, SHAPE_ERRORS, "the allowance no longer applies")
        else:
            self.assertEqual(expected_error(shape_name, kind), error, "what breaks it")

    def walk(self, operation):
        """Every constraint at every place; gives what was met, (shape, kind) by (shape, kind)."""
        seen, shapes, done = set(), set(), set()
        for tree in bases(operation):
            name = MODEL["operations"][operation]["input"]["shape"]
            shapes.add(name)
            for place in places(name, tree):
                path, shape_name, required = place
                shapes.add(shape_name)
                for case in constraints(tree, path, shape_name, required):
                    key = (path, shape_name, case[0])
                    if key in done:
                        continue
                    done.add(key)
                    seen.add((shape_name, case[0]))
                    with self.subTest(operation=operation, place=".".join(map(str, path)),
                                      shape=shape_name, constraint=case[0]):
                        self.check(operation, place, case)
        return seen, shapes, len(done)

    def test_every_constraint(self):
        counts = {}
        for operation, shape in MODEL["operations"].items():
            seen, shapes, counts[operation] = self.walk(operation)
            wanted = reachable(shape["input"]["shape"])
            self.assertEqual(wanted, shapes, f"{operation}: shapes that no request holds")
            self.assertEqual({(s, k) for s in wanted for k in ("min", "max", "pattern")
                              if k in SHAPES[s]},
                             {(s, k) for s, k in seen if k in ("min", "max", "pattern")},
                             f"{operation}: constraints that no request met")
        print("constraints, by place:", counts)

    def test_no_constraint_of_an_unknown_kind(self):
        known = {"type", "min", "max", "pattern", "required", "members", "member", "documentation",
                 "sensitive", "box", "enum", "deprecated", "deprecatedMessage", "deprecatedSince"}
        for operation in MODEL["operations"].values():
            for name in reachable(operation["input"]["shape"]):
                self.assertEqual(set(), set(SHAPES[name]) - known, name)
                self.assertNotIn("enum", SHAPES[name])

    def test_the_bases_are_right(self):
        for operation in MODEL["operations"]:
            for tree in bases(operation):
                self.assertNotIn(self.error_of(operation, tree), SHAPE_ERRORS, tree)


if __name__ == "__main__":
    unittest.main()
