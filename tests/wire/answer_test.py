# SPDX-License-Identifier: Apache-2.0
"""Answers that rules change, and rules that choose: errors, statuses, orders, commits, counts, draws."""
import email.utils
import itertools
import json
import re
import time
import unittest

from clients import masked
from wire import PRODUCT, Proxy, WireTest, batch, in_turn, many, record, rule

THROTTLED = "ThrottlingException"


class ErrorTest(WireTest):
    def check_error(self, proxy, x, reply, status=400, name=THROTTLED):
        self.assertEqual(reply.status, status)
        self.assertRegex(reply.field("x-amzn-RequestId"), r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        response, = proxy.wait("response", x=x)
        self.check_event(response, status=status, error=name, origin="rule", whole=True,
                         bytes=len(reply.raw))
        fault, = proxy.wait("fault", x=x)
        self.check_event(fault, action="error", kind="answer", bytes=len(reply.raw), rule=f"r{x}")
        self.assertEqual(proxy.events("commit", x=x), [])

    def test_every_place_and_form_of_the_type(self):
        forms = {"bare": THROTTLED,
                 "namespaced": "com.amazonaws.marketplacemetering#" + THROTTLED,
                 "uri": THROTTLED + ":http://internal.amazon.com/coral/"
                                    "com.amazonaws.marketplacemetering/"}
        cases = [(where, how) for where in ("type", "code", "header") for how in forms]
        rules = in_turn(*[[{"error": {"name": THROTTLED, "where": where, "how": how}}]
                          for where, how in cases])
        with Proxy(rules) as proxy:
            client = proxy.client()
            for x, (where, how) in enumerate(cases, 1):
                with self.subTest(where=where, how=how):
                    client.send(proxy.sign.whole())
                    reply = client.reply()
                    self.check_error(proxy, x, reply)
                    self.assertEqual(reply.field("content-type"), "application/x-amz-json-1.1")
                    shown = {"type": reply.json().get("__type"), "code": reply.json().get("code"),
                             "header": reply.field("x-amzn-errortype")}
                    wanted = dict.fromkeys(shown)
                    wanted[where] = forms[how]
                    self.assertEqual(shown, wanted)
                    self.assertTrue(reply.json()["message"])
            client.send(proxy.sign.whole())
            self.assertEqual(client.reply().results()[0]["Status"], "Success")

    def test_spellings_of_the_message(self):
        cases = [({}, "message"), ({"capital_message": True}, "Message")]
        rules = in_turn(*[[{"error": {"name": THROTTLED, "message": "slow \"down\" \u00e9", **more}}]
                          for more, _ in cases])
        with Proxy(rules) as proxy:
            for x, (_, key) in enumerate(cases, 1):
                reply = proxy.ask()
                self.check_error(proxy, x, reply)
                self.assertEqual(reply.json(),
                                 {"__type": THROTTLED, key: "slow \"down\" \u00e9"})

    def test_empty_body(self):
        rules = in_turn([{"error": {"name": THROTTLED, "where": "header", "empty_body": True}}],
                        [{"error": {"name": THROTTLED, "empty_body": True, "status": 503}}])
        with Proxy(rules) as proxy:
            reply = proxy.ask()
            self.check_error(proxy, 1, reply)
            self.assertEqual((reply.body, reply.field("content-length")), (b"", "0"))
            self.assertEqual(reply.field("x-amzn-errortype"), THROTTLED)
            reply = proxy.ask()
            self.check_error(proxy, 2, reply, status=503)
            self.assertEqual((reply.body, reply.field("x-amzn-errortype")), (b"", None))

    def test_statuses(self):
        usual = {"InternalServiceErrorException": 500, "DisabledApiException": 400,
                 "TimestampOutOfBoundsException": 400}
        rules = in_turn(*[[{"error": name}] for name in usual],
                        [{"error": {"name": THROTTLED, "status": 429}}],
                        [{"error": {"name": "ServiceUnavailable", "unmodelled": True}}])
        with Proxy(rules) as proxy:
            for x, (name, status) in enumerate(usual.items(), 1):
                self.check_error(proxy, x, proxy.ask(), status, name)
            self.check_error(proxy, 4, proxy.ask(), 429)
            self.check_error(proxy, 5, proxy.ask(), 503, "ServiceUnavailable")

    def test_an_error_cut(self):
        """The error's own reply is cut; nothing was executed."""
        then = [{"error": THROTTLED}, {"rst": {"at": "response", "after_bytes": 30}}]
        with Proxy(in_turn(then)) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole())
            data = self.check_end(client, capture, "rst", 30)
            self.assertTrue(data.startswith(b"HTTP/1.1 400 "))
            fault, = proxy.wait("fault")
            self.check_event(fault, action="rst", kind="broken", bytes=30)
            self.assertEqual(proxy.events("commit"), [])


class RespondTest(WireTest):
    def test_a_whole_reply_of_ones_own(self):
        page = "<html>busy \u00e9</html>"
        rules = in_turn(
            [{"respond": {"status": 503, "body": page,
                          "headers": {"Content-Type": "text/html", "Retry-After": "7"}}}],
            [{"respond": {"status": 200, "body": {"Results": [], "n": [1, None, "x"]}}}],
            [{"respond": {"status": 500}}])
        with Proxy(rules) as proxy:
            reply = proxy.ask()
            self.assertEqual((reply.line, reply.body),
                             ("HTTP/1.1 503 Service Unavailable", page.encode()))
            self.assertEqual((reply.field("content-type"), reply.field("retry-after")),
                             ("text/html", "7"))
            reply = proxy.ask()
            self.assertEqual(reply.json(), {"Results": [], "n": [1, None, "x"]})
            self.assertEqual(reply.field("content-type"), "application/x-amz-json-1.1")
            reply = proxy.ask()
            self.assertEqual((reply.status, reply.body), (500, b""))
            for x, status in enumerate((503, 200, 500), 1):
                response, = proxy.wait("response", x=x)
                self.check_event(response, status=status, origin="rule", whole=True)
                fault, = proxy.wait("fault", x=x)
                self.check_event(fault, action="respond", kind="answer")
            self.assertEqual(proxy.events("commit"), [])

    def test_headers_replace_the_usual_ones_whatever_their_case(self):
        headers = {"date": "Thu, 01 Jan 1970 00:00:00 GMT", "X-AMZN-REQUESTID": "mine"}
        with Proxy(in_turn([{"respond": {"status": 200, "body": "{}", "headers": headers}}])) as proxy:
            reply = proxy.ask()
            self.assertEqual(reply.field("date"), headers["date"])
            self.assertEqual(reply.field("x-amzn-requestid"), "mine")

    def test_headers_that_cannot_be_sent_are_refused_when_the_file_is_read(self):
        """Never later: a scenario must not bring the program down."""
        for headers in ({"Content-Length": "5"}, {"transfer-encoding": "chunked"}, {"A b": "x"},
                        {"A": "x\r\nB: y"}, {"": "x"}, {f"X-{n}": "x" for n in range(101)}):
            with self.subTest(headers):
                rules = in_turn([{"respond": {"status": 200, "headers": headers}}])
                with self.assertRaisesRegex(AssertionError, r"scenario\.json:\d+:\d+: \w+"):
                    with Proxy(rules) as proxy:
                        with proxy.client() as client:
                            client.send(proxy.sign.whole())
                            client.reply()

    def test_statuses_without_a_body_are_framed_so(self):
        """RFC 9110 6.4.1, 8.6: 204 has no Content-Length, and neither it nor 304 a body."""
        rules = in_turn([{"respond": {"status": 204}}])
        with Proxy(rules) as proxy:
            client = proxy.client()
            client.send(proxy.sign.whole())
            head = client.head()
            self.assertTrue(head.startswith(b"HTTP/1.1 204 "))
            self.assertNotIn(b"content-length", head.lower())
            client.send(proxy.sign.whole())
            self.assertEqual(client.reply().status, 200)


class RecordTest(WireTest):
    def ask(self, then, records):
        with Proxy(in_turn(then)) as proxy:
            reply = proxy.ask(batch(*records))
            self.assertEqual(reply.status, 200)
            response, = proxy.wait("response")
            commit, = proxy.wait("commit")
            fault, = proxy.wait("fault")
            self.check_event(fault, kind="answer", bytes=len(reply.raw))
            self.check_event(response, origin="service", whole=True)
            again = proxy.ask(batch(*records)).json()
        return reply.json(), response, commit, again

    @staticmethod
    def quantities(results):
        return [r["UsageRecord"]["Quantity"] for r in results]

    def test_unprocessed(self):
        body, response, commit, again = self.ask([{"unprocessed": {"customer": "globex"}}], many(5))
        self.assertEqual(self.quantities(body["Results"]), [1, 3, 4, 5])
        self.assertEqual(body["UnprocessedRecords"], [many(5)[1]])
        self.assertEqual(response["unprocessed"], [1])
        self.assertEqual([r["i"] for r in response["results"]], [0, 2, 3, 4])
        self.assertEqual([r["billed"] for r in commit["records"]], [True, False, True, True, True])
        self.assertEqual(self.quantities(again["Results"]), [1, 2, 3, 4, 5])

    def test_all_unprocessed(self):
        body, _, commit, _ = self.ask([{"unprocessed": {}}], many(3))
        self.assertEqual((body["Results"], body["UnprocessedRecords"]), ([], many(3)))
        self.assertEqual([r["billed"] for r in commit["records"]], [False] * 3)

    def test_record_status(self):
        then = [{"record_status": {"customer": "acme", "status": "CustomerNotSubscribed"}}]
        body, _, commit, again = self.ask(then, many(3))
        self.assertEqual([r["Status"] for r in body["Results"]],
                         ["CustomerNotSubscribed", "Success", "Success"])
        self.assertEqual([r["billed"] for r in commit["records"]], [False, True, True])
        self.assertEqual([r["Status"] for r in again["Results"]], ["Success"] * 3)

    def test_omit_result(self):
        body, response, commit, again = self.ask([{"omit_result": {"customer": "initech"}}], many(4))
        self.assertEqual(self.quantities(body["Results"]), [1, 2, 4])
        self.assertEqual(body["UnprocessedRecords"], [])
        self.assertEqual([r["i"] for r in response["results"]], [0, 1, 3])
        self.assertEqual([r["billed"] for r in commit["records"]], [True] * 4)
        self.assertEqual(again["Results"][2]["MeteringRecordId"], commit["records"][2]["record"])

    def test_omit_only_the_record_id(self):
        then = [{"omit_result": {"customer": "initech", "only": "record_id"}}]
        body, _, commit, again = self.ask(then, many(4))
        self.assertEqual(self.quantities(body["Results"]), [1, 2, 3, 4])
        self.assertEqual(["MeteringRecordId" in r for r in body["Results"]], [True, True, False, True])
        self.assertEqual(body["Results"][2]["Status"], "Success")
        self.assertEqual(again["Results"][2]["MeteringRecordId"], commit["records"][2]["record"])

    def test_timestamps(self):
        """The same number, written otherwise, wherever a record comes back."""
        for form, written in ("decimal", b"1794992400.000"), ("exponent", b"1.794992400000E+09"):
            with self.subTest(form):
                then = [{"unprocessed": {"customer": "acme"}}, {"timestamps": {"as": form}}]
                with Proxy(in_turn(then, None)) as proxy:
                    replies = [proxy.ask(batch(*many(2))) for _ in range(2)]
                    shown = [re.findall(rb'"Timestamp":([^,}]*)', reply.body) for reply in replies]
                    self.assertEqual(shown, [[written] * 2, [b"1794992400"] * 2])
                    self.assertEqual(replies[0].json(), {"Results": [{**replies[1].results()[1]}],
                                                         "UnprocessedRecords": many(1)})
                    self.check_event(proxy.wait("fault")[0], action="timestamps", kind="answer")

    def check_moved(self, shown, natural):
        self.assertEqual(sorted(shown), sorted(natural))
        self.assertTrue(all(a != b for a, b in zip(shown, natural)), f"{shown} has one in its place")

    def test_shuffle_results_moves_every_one(self):
        for count in 2, 3, 25:
            with self.subTest(count=count):
                body, _, commit, again = self.ask([{"shuffle_results": {"moves": "every"}}], many(count))
                natural = self.quantities(again["Results"])
                self.assertEqual(natural, list(range(1, count + 1)))
                self.check_moved(self.quantities(body["Results"]), natural)
                ids = {r["UsageRecord"]["Quantity"]: r["MeteringRecordId"] for r in body["Results"]}
                self.assertEqual([ids[n] for n in natural], [r["record"] for r in commit["records"]])

    def test_shuffle_moves_every_one_of_those_that_are_left(self):
        """Some records have no result: the others must still all have moved."""
        for seed in range(6):
            for other in {"unprocessed": {"customer": "acme"}}, {"omit_result": {"customer": "acme"}}:
                with self.subTest(seed=seed, other=other):
                    rules = in_turn([other, {"shuffle_results": {"moves": "every"}}])
                    with Proxy(rules, seed=seed) as proxy:
                        shown = self.quantities(proxy.ask(batch(*many(3))).results())
                    self.check_moved(shown, [2, 3])


class CommitTest(WireTest):
    """Billed, but the reply is lost: sent again, it is the same record, and billed once."""

    CUTS = [[{"rst": {"at": "before-response"}}], [{"fin": {"at": "before-response"}}],
            [{"rst": {"at": "response", "after_bytes": 0}}],
            [{"rst": {"at": "response", "after_bytes": 220}}],
            [{"fin": {"at": "response", "after_bytes": 220}}],
            [{"hang": {"at": "before-response"}}], [{"hang": {"at": "response", "after_bytes": 9}}],
            [{"truncate": {"after_bytes": 20}}], [{"empty_reply": {}}],
            [{"error": "InternalServiceErrorException"}],
            [{"respond": {"status": 504, "body": "gateway"}}], []]

    def lose(self, proxy, cut):
        with proxy.client() as client:
            client.send(proxy.sign.whole())
            if any("hang" in action for action in cut):
                proxy.wait("fault")
            elif cut == [] or "error" in cut[0] or "respond" in cut[0]:
                client.reply()
            else:
                client.rest()

    def test_commit_and_each_cut(self):
        for cut in self.CUTS:
            with self.subTest(cut=cut):
                with Proxy(in_turn([{"commit": {}}] + cut)) as proxy:
                    self.lose(proxy, cut)
                    first, = proxy.wait("commit", x=1)
                    self.assertTrue(first["records"][0]["billed"])
                    self.check_event(first["records"][0], payer="customer:acme", status="Success",
                                     dimension="requests", quantity=7)
                    result, = proxy.ask().results()
                    self.assertEqual(result["Status"], "Success")
                    self.assertEqual(result["MeteringRecordId"], first["records"][0]["record"])
                    second, = proxy.wait("commit", x=2)
                    self.check_event(second["records"][0], billed=False, status="Success",
                                     record=first["records"][0]["record"])

    def test_the_commit_is_told_before_any_byte_of_the_reply(self):
        with Proxy([]) as proxy:
            proxy.ask()
            proxy.wait("response")
            order = [e["event"] for e in proxy.events() if e["event"] in ("request", "commit", "response")]
            self.assertEqual(order, ["request", "commit", "response"])

    def test_without_commit_nothing_is_billed(self):
        for cut in [{"rst": {"at": "before-response"}}], [{"empty_reply": {}}], [{"error": THROTTLED}]:
            with self.subTest(cut=cut):
                with Proxy(in_turn(cut)) as proxy:
                    self.lose(proxy, cut)
                    proxy.ask()
                    commit, = proxy.wait("commit")
                    self.check_event(commit, x=2)
                    self.assertTrue(commit["records"][0]["billed"])


class ChoiceTest(WireTest):
    def statuses(self, proxy, count, customer="acme"):
        client = proxy.client()
        shown = ""
        for _ in range(count):
            client.send(proxy.sign.whole(batch(record(customer))))
            shown += "x" if client.reply().status == 400 else "."
        client.close()
        return shown

    def test_match(self):
        for match, expected in (("1", "x......."), ("1-3", "xxx....."), ("4+", "...xxxxx"),
                                ("every 3", "..x..x.."), (None, "xxxxxxxx"), ("3", "..x.....")):
            with self.subTest(match=match):
                with Proxy([rule("r", [{"error": THROTTLED}], match)]) as proxy:
                    self.assertEqual(self.statuses(proxy, 8), expected)
                    proxy.wait("response", 8)
                    met = proxy.events("match")
                    self.assertEqual([e["index"] for e in met], list(range(1, 9)))
                    self.assertEqual("".join("x" if e["won"] else "." for e in met), expected)

    def test_counts_are_of_the_requests_that_the_rule_means(self):
        when = {"operation": "BatchMeterUsage", "records": {"customer": "globex"}}
        with Proxy([rule("r", [{"error": THROTTLED}], "2", when)]) as proxy:
            self.assertEqual(self.statuses(proxy, 3), "...")
            self.assertEqual(self.statuses(proxy, 1, "globex"), ".")
            self.assertEqual(self.statuses(proxy, 2), "..")
            self.assertEqual(self.statuses(proxy, 2, "globex"), "x.")

    def test_the_first_rule_that_holds_wins_and_the_others_count(self):
        rules = [rule("first", [{"error": THROTTLED}], "2"),
                 rule("second", [{"respond": {"status": 500}}], "2-3")]
        with Proxy(rules) as proxy:
            self.assertEqual([proxy.ask().status for _ in range(4)], [200, 400, 500, 200])

    def test_arm_and_disarm(self):
        rules = [rule("armed later", [{"error": THROTTLED}], armed=False,
                      when={"operation": "BatchMeterUsage", "records": {"customer": "acme"}}),
                 rule("arms", [{"arm": "armed later"}],
                      when={"operation": "BatchMeterUsage", "records": {"customer": "globex"}}),
                 rule("disarms", [{"disarm": "armed later"}],
                      when={"operation": "BatchMeterUsage", "records": {"customer": "initech"}})]
        with Proxy(rules) as proxy:
            self.assertEqual(self.statuses(proxy, 2), "..")
            self.assertEqual(self.statuses(proxy, 1, "globex"), ".")
            self.assertEqual(self.statuses(proxy, 3), "xxx")
            self.assertEqual(self.statuses(proxy, 1, "initech"), ".")
            self.assertEqual(self.statuses(proxy, 2), "..")
            fault, = proxy.wait("fault", rule="arms")
            self.check_event(fault, kind="state", action="arm")
            fault, = proxy.wait("fault", rule="disarms")
            self.check_event(fault, kind="state", action="disarm")
            self.assertEqual(len(proxy.wait("commit", 6)), 6)

    def test_a_rule_that_disarms_itself(self):
        rules = [rule("once", [{"error": THROTTLED}, {"disarm": "once"}])]
        with Proxy(rules) as proxy:
            self.assertEqual(self.statuses(proxy, 3), "x..")

    def draws(self, seed, noise):
        when = {"operation": "BatchMeterUsage", "records": {"customer": "acme"}}
        rules = [rule("sometimes", [{"error": THROTTLED}], when=when, probability=0.5)]
        with Proxy(rules, seed=seed) as proxy:
            shown = ""
            for i in range(32):
                shown += self.statuses(proxy, 1)
                if noise and i % 3 == 0:
                    self.statuses(proxy, 1 + i % 2, "globex")
            proxy.wait("draw", 32)
            draws = [(e["index"], e["drew"], e["needed"], e["hit"]) for e in proxy.events("draw")]
        return shown, draws

    def test_the_same_seed_draws_the_same_whatever_else_happens(self):
        quiet, drawn = self.draws(11, noise=False)
        noisy, drawn_again = self.draws(11, noise=True)
        self.assertEqual((noisy, drawn_again), (quiet, drawn))
        self.assertEqual([d[0] for d in drawn], list(range(1, 33)))
        self.assertEqual(quiet, "".join("x" if drew < needed else "." for _, drew, needed, _ in drawn))
        self.assertTrue(3 < quiet.count("x") < 29, quiet)
        other, _ = self.draws(12, noise=False)
        self.assertNotEqual(other, quiet)

    def test_the_same_seed_shuffles_the_same(self):
        rules = in_turn(*[[{"shuffle_results": {"moves": "every"}}]] * 6)
        orders = []
        for seed in 5, 5, 6:
            with Proxy(rules, seed=seed) as proxy:
                orders.append([RecordTest.quantities(proxy.ask(batch(*many(25))).results())
                               for _ in range(6)])
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])
        self.assertGreater(len({tuple(order) for order in orders[0]}), 1)


class AboveTlsTest(WireTest):
    """What is done to an answer is done alike above TLS."""

    THENS = [[{"error": THROTTLED}], [{"error": {"name": THROTTLED, "where": "header", "empty_body": True}}],
             [{"respond": {"status": 503, "body": "<html>busy</html>", "headers": {"Content-Type": "text/html"}}}],
             [{"unprocessed": {"customer": "acme"}}], [{"record_status": {"status": "CustomerNotSubscribed"}}],
             [{"omit_result": {"customer": "acme"}}], [{"shuffle_results": {"moves": "every"}}],
             [{"timestamps": {"as": "exponent"}}], [{"commit": {}}, {"error": "InternalServiceErrorException"}],
             [{"date_header": "+5h"}], [{"retry_after": "5s"}], [{"redirect": {}}],
             [{"arm": "late"}], [{"disarm": "late"}]]
    RULES = [*in_turn(*itertools.chain(*((then, None) for then in THENS))),
             rule("late", [{"error": THROTTLED}], armed=False),
             rule("forged", [{"jwt": {"forge": "empty"}}], when={"operation": "RegisterUsage"})]

    def replies(self, rules, tls):
        """To one request for each action, and to another that follows it: the bytes, and by how many hours
        their Date is ahead."""
        with Proxy(rules, tls=tls) as proxy, proxy.client() as client:
            for n in range(1, len(self.THENS) + 1):
                for quantity in 10 + n, 30 + n:
                    client.send(proxy.sign.whole(batch(record("acme", quantity, n), record("globex", quantity, n))))
                    reply = client.reply()
                    date = email.utils.parsedate_to_datetime(reply.field("date")).timestamp()
                    yield masked(reply.raw), round((date - time.time()) / 3600)
            asked = json.dumps({"ProductCode": PRODUCT, "PublicKeyVersion": 1}).encode()
            client.send(proxy.sign.whole(asked, target="RegisterUsage"))
            yield masked(client.reply().raw), 0

    def test_each(self):
        clear, above = (list(self.replies(self.RULES, tls)) for tls in (False, True))
        self.assertEqual(clear, above)
        natural = list(self.replies([], tls=True))
        # Something was done to each, but where only a rule is switched: that is met by the next request.
        alike = [then for n, then in enumerate(self.THENS) if above[2 * n] == natural[2 * n]]
        self.assertEqual(alike, self.THENS[-2:])
        self.assertEqual([b"Throttling" in above[i][0] for i in (-4, -2)], [True, False])
        self.assertIn(b'"Signature":""', above[-1][0])


class BodiesTest(WireTest):
    def test_what_the_journal_keeps(self):
        for bodies in "full", "digest", "none":
            with self.subTest(bodies=bodies):
                with Proxy([], args=["--bodies", bodies]) as proxy:
                    proxy.ask()
                    request, = proxy.wait("request")
                    self.check_event(request, operation="BatchMeterUsage", bytes=len(batch()),
                                     body=batch().decode() if bodies == "full" else None)
                    self.assertEqual("sha256" in request, bodies != "none")
                    self.check_event(request["signature"], valid=True, error="", fresh=True)
                    kept, = request["records"]
                    self.check_event(kept, customer="acme", dimension="requests", quantity=7)
                    self.assertEqual(json.dumps(kept).count("kR4vTq9ZbXc"), 0)

    def test_a_reply_is_the_same_for_every_kept_body(self):
        raws = set()
        for bodies in "full", "none":
            with Proxy([], args=["--bodies", bodies]) as proxy:
                raws.add(masked(proxy.ask().raw))
        self.assertEqual(len(raws), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
