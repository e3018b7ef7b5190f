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


class ErrorsTest(unittest.TestCase):
    def test_the_table_is_the_models(self):
        said = {(name, error["shape"]) for name, operation in MODEL["operations"].items()
                for error in operation["errors"]}
        self.assertEqual(said, {(operation, error) for operation, error, _ in recipes.pairs()})
        self.assertEqual(34, len(said))

    def test_reasons(self):
        """Only what nothing documents is left out."""
        reasons = [(o, e) for o, e, recipe in recipes.pairs() if isinstance(recipe, str)]
        self.assertEqual([("BatchMeterUsage", "InternalServiceErrorException"),
                          ("MeterUsage", "InternalServiceErrorException"),
                          ("RegisterUsage", "InternalServiceErrorException"),
                          ("ResolveCustomer", "ThrottlingException"),
                          ("ResolveCustomer", "InternalServiceErrorException")], reasons)

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
