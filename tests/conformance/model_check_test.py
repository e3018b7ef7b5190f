#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that model_check sees differences: the model and our tables are changed one fact at a time,
and each change must be reported; unchanged, nothing may be."""
import argparse
import copy
import sys

import model_check


def drop(where, key):
    del where[key]


def put(where, key, value):
    assert where.get(key) != value
    where[key] = value


MODEL_CHANGES = {
    "a member more": lambda m: put(m["shapes"]["UsageRecord"]["members"], "New",
                                   {"shape": "String"}),
    "a member less": lambda m: drop(m["shapes"]["UsageRecord"]["members"], "Dimension"),
    "a member of another shape": lambda m: put(m["shapes"]["UsageRecord"]["members"], "Dimension",
                                               {"shape": "String"}),
    "required more": lambda m: m["shapes"]["UsageRecord"]["required"].append("LicenseArn"),
    "required less": lambda m: m["shapes"]["RegisterUsageRequest"]["required"].pop(),
    "another least": lambda m: put(m["shapes"]["ClientToken"], "min", 2),
    "another most": lambda m: put(m["shapes"]["UsageRecordList"], "max", 50),
    "no most": lambda m: drop(m["shapes"]["UsageQuantity"], "max"),
    "another pattern": lambda m: put(m["shapes"]["LicenseArn"], "pattern", "^arn:.*$"),
    "another type": lambda m: put(m["shapes"]["UsageQuantity"], "type", "long"),
    "an error more": lambda m: m["operations"]["MeterUsage"]["errors"].append(
        {"shape": "DisabledApiException"}),
    "an error less": lambda m: m["operations"]["BatchMeterUsage"]["errors"].pop(),
    "another status": lambda m: put(m["shapes"]["ThrottlingException"], "error",
                                    {"httpStatusCode": 429}),
    "an operation more": lambda m: put(m["operations"], "New", m["operations"]["MeterUsage"]),
    "an allowance that applies no more": lambda m: put(m["shapes"]["TagValue"], "min", 0),
}
TABLE_CHANGES = {
    "a member less": lambda t: drop(t["shapes"]["UsageRecord"]["members"], "LicenseArn"),
    "a shape less": lambda t: drop(t["shapes"], "Nonce"),
    "an error less": lambda t: drop(t["operations"]["ResolveCustomer"]["errors"],
                                    "InvalidTokenException"),
    "an error more": lambda t: put(t["operations"]["MeterUsage"]["errors"],
                                   "DisabledApiException", 400),
    "another status": lambda t: put(t["operations"]["MeterUsage"]["errors"],
                                    "InternalServiceErrorException", 503),
    "another signing name": lambda t: put(t, "signing_name", "metering"),
}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--tables", required=True)
    args = options.parse_args()
    model = model_check.read_model(model_check.find_model())
    tables = model_check.read_tables(args.tables, model_check.edition_of(model))
    silent = []
    for name, change in MODEL_CHANGES.items():
        changed = copy.deepcopy(model)
        change(changed)
        if not model_check.differences(changed, tables, model_check.ALLOWED):
            silent.append(f"the model with {name}")
    for name, change in TABLE_CHANGES.items():
        changed = copy.deepcopy(tables)
        change(changed)
        if not model_check.differences(model, changed, model_check.ALLOWED):
            silent.append(f"our tables with {name}")
    if not model_check.differences(model, tables, {**model_check.ALLOWED, "x": (1, 2, "-")}):
        silent.append("an allowance that names nothing")
    silent += model_check.differences(model, tables, model_check.ALLOWED)
    for line in silent:
        print("not as expected:", line)
    print(f"model_check_test: {len(MODEL_CHANGES) + len(TABLE_CHANGES) + 1} changes, "
          f"{len(silent)} not as expected")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
