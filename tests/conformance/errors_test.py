#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every error that the service model lists for an operation arises from the service's own rules over
the wire, with the status and the form that the model implies; or recipes.py says why it does not."""
import json
import unittest

import model_check
import recipes
from recipes import wire

MODEL = model_check.read_model(model_check.find_model())


def missing(said, ours):
    """Sentences: where the model that is installed and our recipes are not of one edition."""
    return [f"{operation} can fail with {error}: the model is newer than our rules; give it a row in "
            "proxy/aws/error.def and a recipe, or the reason why it does not arise, in recipes.py"
            for operation, error in sorted(said - ours)] + [
            f"the model no longer lists {error} for {operation}: take it out of error.def and "
            "recipes.py" for operation, error in sorted(ours - said)]


class ErrorsTest(unittest.TestCase):
    def test_the_table_is_the_models(self):
        said = {(name, error["shape"]) for name, operation in MODEL["operations"].items()
                for error in operation["errors"]}
        ours = {(operation, error) for operation, error, _ in recipes.pairs()}
        self.assertEqual([], missing(said, ours))
        self.assertEqual(34, len(ours))
        for changed, words in ((said | {("MeterUsage", "NewException")}, "newer than our rules"),
                               (said - {("MeterUsage", "ThrottlingException")}, "no longer lists")):
            self.assertIn(words, missing(changed, ours)[0])

    def test_reasons(self):
        """Only what nothing documents is left out."""
        reasons = [(o, e) for o, e, recipe in recipes.pairs() if isinstance(recipe, str)]
        self.assertEqual([("BatchMeterUsage", "InternalServiceErrorException"),
                          ("MeterUsage", "InternalServiceErrorException"),
                          ("RegisterUsage", "InternalServiceErrorException"),
                          ("ResolveCustomer", "ThrottlingException"),
                          ("ResolveCustomer", "InternalServiceErrorException")], reasons)

    def check_reason(self, operation, error):
        """No way in which the error arises of another operation makes it arise of this one."""
        for other, name, recipe in recipes.pairs():
            if other != operation and name == error and not isinstance(recipe, str):
                way = recipes.Recipe(recipe.world, recipe.region, burst=recipe.burst)
                types = {r.json()["__type"] for r in self.replies(operation, way) if r.status != 200}
                self.assertNotIn(error, types, f"{operation}: it does arise, as it does of {other}: "
                                 "it needs a recipe, and no reason")

    def test_reasons_are_true(self):
        for operation, error, recipe in recipes.pairs():
            if isinstance(recipe, str):
                with self.subTest(f"{operation}: {error}"):
                    self.check_reason(operation, error)

    def replies(self, operation, recipe):
        """One segment with all requests: a burst is one, however slow this machine is."""
        with wire.Proxy([], world=recipe.world) as proxy:
            proxy.sign.region = recipe.region or proxy.sign.region
            sent = [json.dumps(tree).encode() for tree in recipe.inputs(operation)]
            with proxy.client() as client:
                client.send(b"".join(proxy.sign.whole(body, target=operation) for body in sent))
                return [client.reply() for _ in sent]

    def check_pair(self, operation, error, recipe):
        *before, last = self.replies(operation, recipe)
        if recipe.burst > 1:
            answered = [r for r in before if r.status == 200]
            self.assertTrue(0 < len(answered) < len(before))
        else:
            self.assertEqual([200] * len(before), [r.status for r in before])
        self.assertEqual(error, last.json()["__type"])
        self.assertEqual(model_check.status_of(MODEL["shapes"][error]), last.status)
        self.assertRegex(last.json()["message"], r"^[A-Z].*\S")
        self.assertRegex(last.field("x-amzn-RequestId"), r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-")

    def test_each(self):
        for operation, error, recipe in recipes.pairs():
            if not isinstance(recipe, str):
                with self.subTest(f"{operation}: {error}"):
                    self.check_pair(operation, error, recipe)

    def test_the_usual_request_is_answered(self):
        """So each error above comes from what its recipe changes."""
        for operation in recipes.USUAL:
            with self.subTest(operation):
                reply = self.replies(operation, recipes.Recipe())[0]
                self.assertEqual(200, reply.status, reply.body)


if __name__ == "__main__":
    unittest.main()
