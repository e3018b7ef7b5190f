// SPDX-License-Identifier: Apache-2.0
// Well-formed, signed, no word taken back, nothing leaked: each violated, and beside it the legal
// neighbour that passes.
#include "tests/unit/oracle/oracle_tests.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);

static void well_formed(void)
{
#define PROBLEM(x)                                                                                 \
    "event request {'x':" x                                                                        \
    ",'operation':'BatchMeterUsage','problem':{'error':'ValidationException',"                     \
    "'where':'UsageRecords[0].Quantity','text':'it is negative.'}}\n"
    static const struct row ROWS[] = {
        {.name = "well formed",
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "well-formed",
         .verdict = VERDICT_PASS},
        {.name = "not",
         .tale = ASK PROBLEM("1") "end done",
         .check = "well-formed",
         .verdict = VERDICT_FAIL,
         .says =
             "The request at line 5 is not well formed: UsageRecords[0].Quantity: it is negative."},
        {.name = "what others were asked",
         .tale = ASK "event request {'x':1,'to':'imds','operation':'','problem':{'error':'',"
                     "'where':'HTTP','text':'no HTTP.'}}\n request 2 acme:9:7\n end done",
         .check = "well-formed",
         .verdict = VERDICT_PASS},
        {.name = "in evidence that was cut",
         .tale = ASK PROBLEM("1"),
         .check = "well-formed",
         .verdict = VERDICT_FAIL,
         .says = "it is negative",
         .integrity = INTEGRITY_CUT},
        {.name = "because we cut it off",
         .tale =
             ASK "event fault {'x':1,'rule':'r','kind':'broken','at':'before-request'}\n" PROBLEM(
                 "1") "end done",
         .check = "well-formed",
         .verdict = VERDICT_PASS},
        {.name = "because we cut off another",
         .tale =
             ASK "event fault {'x':2,'rule':'r','kind':'broken','at':'before-request'}\n" PROBLEM(
                 "1") "end done",
         .check = "well-formed",
         .verdict = VERDICT_FAIL,
         .says = "not well formed"},
        {.name = "waived by the case",
         .scenario = SCENARIO(
             "'steps':[],'expect':[],'waive':{'well-formed':'the case is about it'}," ANY_REQUEST),
         .tale = ASK PROBLEM("1") "end done",
         .check = "well-formed",
         .verdict = VERDICT_PASS,
         .says = "Waived by the case: the case is about it"},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void signature(void)
{
#define SIGNED(valid, scope, token)                                                                \
    "event request {'x':1,'operation':'BatchMeterUsage','signature':{'valid':" valid               \
    ",'scope':" scope ",'token':" token ",'fresh':false,'text':'because'}}\n"
    static const struct row ROWS[] = {
        {.name = "valid, whatever its age",
         .tale = ASK SIGNED("true", "true", "true") "end done",
         .check = "signature",
         .verdict = VERDICT_PASS},
        {.name = "not valid",
         .tale = ASK SIGNED("false", "true", "true") "end done",
         .check = "signature",
         .verdict = VERDICT_FAIL,
         .says = "line 5: the signature does not match the request (because)."},
        {.name = "wrong scope",
         .tale = ASK SIGNED("true", "false", "true") "end done",
         .check = "signature",
         .verdict = VERDICT_FAIL,
         .says = "the credential scope is not"},
        {.name = "wrong token",
         .tale = ASK SIGNED("true", "true", "false") "end done",
         .check = "signature",
         .verdict = VERDICT_FAIL,
         .says = "the session token is not"},
        {.name = "not signed",
         .tale = ASK "event request {'x':1,'operation':'BatchMeterUsage'}\n end done",
         .check = "signature",
         .verdict = VERDICT_FAIL,
         .says = "is not signed"},
        {.name = "no request of the service",
         .tale = ASK "event request {'x':1,'operation':''}\n end done",
         .check = "signature",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void final_words(void)
{
    static const struct row ROWS[] = {
        {.name = "pending, then metered",
         .tale = ASK "say u1 pending\n say u1 metered\n end done",
         .check = "final-words",
         .verdict = VERDICT_PASS},
        {.name = "metered twice",
         .tale = ASK "say u1 metered\n say u1 metered\n end done",
         .check = "final-words",
         .verdict = VERDICT_PASS},
        {.name = "metered, then pending",
         .tale = ASK "say u1 metered\n say u1 pending\n end done",
         .check = "final-words",
         .verdict = VERDICT_FAIL,
         .says = "u1 was called metered at line 5, which is final, and pending at line 6."},
        {.name = "rejected, then metered",
         .tale = ASK "say u1 rejected\n say u1 metered\n end done",
         .check = "final-words",
         .verdict = VERDICT_FAIL,
         .says = "u1 was called rejected at line 5"},
        {.name = "two usages, two words",
         .tale = ASK_TWO "say u1 metered\n say u2 rejected\n end done",
         .check = "final-words",
         .verdict = VERDICT_PASS},
        {.name = "changed after a restart",
         .tale = "start\n" ASK "say u1 metered\n restart\n say u1 unknown\n end done",
         .check = "final-words",
         .verdict = VERDICT_FAIL,
         .says = "and unknown at line"},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void leaks(void)
{
    static const struct row ROWS[] = {
        {.name = "none", .tale = ASK "end done", .check = "no-secret", .verdict = VERDICT_PASS},
        {.name = "a secret",
         .tale = ASK "event leak {'what':'secret','name':'k1','where':'stderr'}\n end done",
         .check = "no-secret",
         .verdict = VERDICT_FAIL,
         .says = "A secret stands in the client's output: k1 in stderr (line 5)."},
        {.name = "an endpoint is no secret",
         .tale = ASK "event leak {'what':'endpoint','name':'h'}\n end done",
         .check = "no-secret",
         .verdict = VERDICT_PASS},
        {.name = "a real endpoint",
         .tale = ASK "event leak {'what':'endpoint','name':'h'}\n end done",
         .check = "no-bypass",
         .verdict = VERDICT_FAIL,
         .says = "The client bypassed the endpoint it was given: h (line 5)."},
        {.name = "a secret is no endpoint",
         .tale = ASK "event leak {'what':'secret','name':'k1','where':'stderr'}\n end done",
         .check = "no-bypass",
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

const struct unit_test MANNERS_TESTS[] = {{"well-formed", well_formed},
                                          {"signature", signature},
                                          {"final-words", final_words},
                                          {"no-secret and no-bypass", leaks},
                                          {NULL, NULL}};
