#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How old usage may be, over the wire, in every rule set and on both sides of each bound. What the
documents say at a date stands here once more, in their own words, so that the tables of the service
are held against something else than themselves; of the newest, the model that is installed says it."""
import datetime
import json
import re
import unittest

import model_check
import recipes
from recipes import wire

MODEL = model_check.read_model(model_check.find_model())
# Hours of (BatchMeterUsage, MeterUsage), and whether a month closes at 06:00 UTC on the 1st.
DOCUMENTED = {"2019-06": (1, 1, False),   # API reference of June 2019: "up to one hour in the past"
              "2021": (6, 6, False),      # "more than six hours after events occur", of both
              "2026-09": (24, 6, True),   # "24 hours or more after an event"; MeterUsage as before
              "2026-10": (24, 6, True)}
# 18 November, 10:15; 1 December, 05:30 and 06:00.
DAY, FIRST, CLOSED = "hour+15m", "month+30d+5h30m", "month+30d+6h"


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()


def rows(rules):
    """(operation, start, timestamp, is it taken)."""
    batch_h, meter_h, closes = DOCUMENTED[rules]
    for operation, hours in ("BatchMeterUsage", batch_h), ("MeterUsage", meter_h):
        hour = moment("2026-11-18T10:00:00Z")  # usage is of its hour, which is what grows old
        yield operation, DAY, hour - hours * 3600, True
        yield operation, DAY, hour - hours * 3600 - 1, False
        yield operation, DAY, hour + 3600 + 300, True
        yield operation, DAY, hour + 3600 + 301, False
        is_batch = operation == "BatchMeterUsage"
        last = moment("2026-11-30T23:59:59Z")
        yield operation, FIRST, last, hours >= 6
        yield operation, CLOSED, last, is_batch and hours > 6 and not closes
        yield operation, CLOSED, last + 1, hours >= 6


class WindowsTest(unittest.TestCase):
    def ask(self, proxy, operation, timestamp):
        tree = recipes.Recipe().input(operation)
        (tree["UsageRecords"][0] if operation == "BatchMeterUsage" else tree)["Timestamp"] = timestamp
        if operation == "MeterUsage":
            tree["DryRun"] = False  # required in 2019
        return proxy.ask(json.dumps(tree).encode(), target=operation)

    def test_every_bound(self):
        for rules in DOCUMENTED:
            for start in DAY, FIRST, CLOSED:
                with wire.Proxy([], world={"rule_set": rules}, start=start) as proxy:
                    for operation, when, timestamp, is_taken in rows(rules):
                        if when != start:
                            continue
                        at = datetime.datetime.fromtimestamp(timestamp, datetime.timezone.utc)
                        with self.subTest(rules, operation=operation, now=start, at=str(at)):
                            reply = self.ask(proxy, operation, timestamp)
                            self.assertEqual(
                                "" if is_taken else "TimestampOutOfBoundsException",
                                reply.json().get("__type", ""), reply.body)
                            self.assertEqual(200 if is_taken else 400, reply.status)

    def test_the_newest_is_what_the_model_says(self):
        said = {name: " ".join(re.sub("<[^>]*>", "", operation["documentation"]).split())
                for name, operation in MODEL["operations"].items()}
        newer = "the installed model says otherwise: there is a newer rule set to be made"
        self.assertIn("aren't accepted 24 hours or more after an event",
                      said["BatchMeterUsage"].replace("\u2019", "'"), newer)
        self.assertIn("until 06:00 UTC on the first day of the next month", said["BatchMeterUsage"],
                      newer)
        self.assertIn("more than six hours after events occur", said["MeterUsage"], newer)
        self.assertNotIn("first day of the next month", said["MeterUsage"], newer)
        self.assertEqual(list(DOCUMENTED)[-1], model_check.edition_of(MODEL))


if __name__ == "__main__":
    unittest.main()
