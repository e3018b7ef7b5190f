#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What CloudTrail says of a case, read as an auditor does, adds up to what the case's ledger bills: for
a client that is right and for clients that bill twice. The same calls are in it that the service was
asked and answered, and no others."""
import collections
import decimal
import json
import pathlib
import sys

import rig

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire"))
import cloudtrail  # noqa: E402  (its folder is found above)

# As the API reference lists them ("Logging AWS Marketplace Metering API calls with CloudTrail").
LOGGED = {"BatchMeterUsage", "MeterUsage", "RegisterUsage"}
# Who gets one of these was not recognised, or did not come as far as the service.
BEFORE_IT = {"MissingAuthenticationTokenException", "IncompleteSignatureException",
             "InvalidSignatureException", "UnrecognizedClientException", "ExpiredTokenException",
             "RequestExpired", "RequestTimeTooSkewed", "TooManyRequestsException",
             "RequestEntityTooLarge"}
# What the wire does to replies and to the service: lost before and after the commit, cut, refused,
# throttled, unprocessed, shuffled, called a duplicate, and a client that is killed.
SAAS = ["COM-01/expired-credentials", "BMU-E01", "BMU-E07", "BMU-E12", "BMU-L01", "BMU-R02", "BMU-R06", "BMU-R08", "BMU-R09", "BMU-R10",
        "BMU-R14", "CAD-05", "NET-03", "SUB-04", "VMT-01", "WIR-07", "RC-01"]
AGREEMENTS = ["BMU-R02", "BMU-R08", "BMU-R10", "CA-02", "CA-04", "CA-06", "NET-03", "RC-09/agreements",
              "SUB-08"]
# Bugs that bill more than was asked for -> cases in which they do, by profile.
DOUBLES = {
    "saas": {"double-on-reset": ["NET-03"], "stamp-now": ["BMU-R08"], "retry-changed": ["BMU-R02"]},
    "saas-agreements": {"double-on-reset": ["CA-04"]},
}


class Case:
    """The evidence of one case, in an auditor's words."""

    def __init__(self, out, name):
        folder = rig.case_dir(out, name)
        self.scenario, self.ledger, self.trail = (
            json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))
            for part in ("scenario", "ledger", "cloudtrail"))
        self.events = rig.journal(out, name)
        self.rules = {rule["name"]: rule for rule in self.scenario.get("rules", [])}
        self.omits = any("omit_result" in action for rule in self.rules.values()
                         for action in rule["then"])
        self.told = collections.defaultdict(set)  # symbol -> values of the wire, as the client has them
        for event in self.events:
            if event["event"] == "step" and event["verb"] == "usage":
                sent = event["line"]["usage"]
                self.told[event["usage"]["customer"]] |= set(sent["customer"].values())
                self.told[event["usage"]["dimension"]].add(sent["dimension"])

    def asked(self):
        """How much the client was asked to meter."""
        return sum(event["usage"]["quantity"] for event in self.events
                   if event["event"] == "step" and event["verb"] == "usage")

    def calls(self):
        """(operation, error or None, records) of each call that CloudTrail must have; the error of a
        refusal that nobody saw is "?"."""
        found = []
        for request in self.events:
            if request["event"] != "request" or request.get("operation") not in LOGGED \
                    or request["signature"]["error"] != "":
                continue
            mine = {e["event"]: e for e in self.events if e.get("x") == request["x"]
                    and (e["event"] != "match" or e["won"])}
            rule = self.rules.get(mine.get("match", {}).get("rule"))
            response, executed = mine.get("response", {}), rule is None or rule["executes"]
            if "commit" in mine:
                found.append((request["operation"], None))
            elif executed or response.get("error", "") not in {"", *BEFORE_IT}:
                found.append((request["operation"], response.get("error", "?")))
        return found


class Books(rig.Case):
    def play_cases(self, cases, profile, *bug):
        """Plays them and gives their evidence by name."""
        out = "-".join((profile, *bug[-1:]))
        self.play("--profile", profile, "--no-doctor", "--jobs", "6", *rig.only(cases), out=out,
                  command=[rig.MUTANT, *bug], code={0, 1, 2})
        return {name: Case(self.dir / out, name) for name in cases}

    def check_calls(self, case):
        said = [(e["eventName"], e.get("errorCode")) for e in case.trail["Records"]]
        wanted = case.calls()
        self.assertEqual(wanted, [(o, "?" if w == "?" else e) for (o, e), (_, w) in zip(said, wanted)]
                         + said[len(wanted):])

    def check_sum(self, case):
        """Record by record: Region, hour and quantity are equal, and symbols of the ledger and values
        of the wire are names for the same things, one for one."""
        audit, names, total = cloudtrail.Audit(case.trail), {}, {}
        untold = {(key[0], key[4], value) for key, value in audit.untold.items()}
        self.assertTrue(case.omits or not untold, untold)
        for entry in case.ledger["entries"]:
            record, quantity = entry["record"], decimal.Decimal(str(entry["quantity"]))
            if record not in audit.billed:
                if not entry.get("preloaded"):
                    self.assertIn((entry["region"], entry["hour"], quantity), untold, entry)
                continue
            total[record] = quantity
            (region, product, payer, dimension, hour), quantity = audit.billed[record]
            self.assertEqual((entry["region"], entry["hour"], total[record]), (region, hour, quantity))
            licence = entry["product"] if entry["payer"].startswith("license:") else ""
            for kind, symbol, value in (("payer", (entry["payer"], licence), payer),
                                        ("dimension", entry["dimension"], dimension),
                                        ("product", entry["product"], product)):
                if kind != "product" and not entry.get("preloaded"):
                    self.assertIn(value, case.told[entry[kind].split(":")[-1]])
                if value != "":
                    self.assertEqual(value, names.setdefault((kind, symbol), value))
                    self.assertEqual(symbol, names.setdefault((kind, "of", value), symbol))
        self.assertEqual(set(total), set(audit.billed), "in the log, and not billed")
        return audit

    def reconcile(self, cases, profile, *bug):
        """Gives the audits by case."""
        found = {}
        for name, case in self.play_cases(cases, profile, *bug).items():
            with self.subTest(name, profile=profile, bug=bug):
                self.check_calls(case)
                found[name] = case, self.check_sum(case)
        return found

    def test_saas(self):
        self.reconcile(SAAS, "saas")

    def test_agreements(self):
        self.reconcile(AGREEMENTS, "saas-agreements")

    def test_a_difference_is_seen(self):
        """Each change of the log fails the check of the sum or that of the calls."""
        def results(log, i=-1):
            return log["Records"][i]["responseElements"]["results"]
        changes = {
            "a call less": lambda log: log["Records"].pop(),
            "a call more": lambda log: log["Records"].append(log["Records"][-1]),
            "a result less": lambda log: results(log).pop(),
            "no longer unprocessed": lambda log: log["Records"][0]["responseElements"][
                "unprocessedRecords"].clear(),
            "another quantity": lambda log: results(log)[0]["usageRecord"].update(quantity=99),
            "another status": lambda log: results(log)[0].update(status="DuplicateRecord"),
            "another id": lambda log: results(log, 0)[0].update(meteringRecordId="another"),
            "another Region": lambda log: log["Records"][-1].update(awsRegion="eu-west-1"),
            "another customer": lambda log: [record.update(customerIdentifier="nobody") for record in (
                log["Records"][-1]["requestParameters"]["usageRecords"][0],
                results(log)[0]["usageRecord"])],
            "a failure": lambda log: log["Records"][-1].update(errorCode="ThrottlingException")}
        case = self.play_cases(["BMU-R02"], "saas")["BMU-R02"]
        trail = case.trail
        for name, change in changes.items():
            with self.subTest(name):
                case.trail = json.loads(json.dumps(trail))
                change(case.trail)
                with self.assertRaises((AssertionError, ValueError)):
                    self.check_calls(case)
                    self.check_sum(case)

    def test_what_is_billed_twice_is_seen(self):
        """By the log alone: more than was asked for, while the ledger says the same."""
        for profile, bugs in DOUBLES.items():
            for bug, cases in bugs.items():
                for name, (case, audit) in self.reconcile(cases, profile, "--bug", bug).items():
                    with self.subTest(name, profile=profile, bug=bug):
                        self.assertGreater(audit.total(), case.asked())


if __name__ == "__main__":
    rig.main()
