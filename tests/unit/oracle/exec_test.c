// SPDX-License-Identifier: Apache-2.0
// The exec contract: what is asked is what was first sent, and what is said is what replies show.
#include "tests/unit/oracle/oracle_tests.h"

#define EXPECTS(expectation)                                                                       \
    SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'},{'n':2,'verb':'usage','id':'u2'},"         \
             "{'n':3,'verb':'arm','id':'a'}],'expect':[{'id':'e'," expectation          \
             "}]," ANY_REQUEST)
#define FAILS_ALL(x) "error " x " 500 InternalServiceErrorException\n"
#define LEAVES "exit 0\n end done"

// A word is read off the replies: metered where one has confirmed, pending until then.
static void words(void)
{
    static const char PENDING[] =
        EXPECTS("'verb':'states','args':{'u1':['pending'],'u2':['pending']}");
    static const char METERED[] = EXPECTS("'verb':'states','args':{'u1':['metered']}");
    static const char OPEN[] = EXPECTS("'verb':'states','args':{'u1':['pending']}");
    static const char METERED_THEN[] =
        EXPECTS("'verb':'states','args':{'u1':['metered']},'at':'a'");
    static const struct row ROWS[] = {
        {.name = "neither was confirmed",
         .scenario = PENDING,
         .tale = "request 1 u1=acme:9:7 u2=globex:9:2\n" FAILS_ALL("1") LEAVES,
         .verdict = VERDICT_PASS,
         .wire_only = true},
        {.name = "not confirmed, where it must be",
         .scenario = METERED,
         .tale = "request 1 u1=acme:9:7 u2=globex:9:2\n" FAILS_ALL("1") LEAVES,
         .verdict = VERDICT_FAIL,
         .says = "u1 (acme, requests, 2026-11-18T09:00Z): the wire shows it pending (at the end), "
                 "expected metered.",
         .line = 2,
         .wire_only = true},
        {.name = "confirmed, where it must not be",
         .scenario = OPEN,
         .tale = "meter 1 u1=acme:9:7\n" LEAVES,
         .verdict = VERDICT_FAIL,
         .says = "the wire shows it metered",
         .line = 4,
         .wire_only = true},
        {.name = "a refusal confirms nothing",
         .scenario = OPEN,
         .tale = "request 1 u1=acme:9:7\n commit 1 acme:9:7\n"
                 "reply 1 200 0=CustomerNotSubscribed\n" LEAVES,
         .verdict = VERDICT_PASS,
         .wire_only = true},
        {.name = "confirmed by that moment",
         .scenario = METERED_THEN,
         .tale = "meter 1 u1=acme:9:7\n event step {'n':3,'verb':'arm','id':'a'}\n" LEAVES,
         .verdict = VERDICT_PASS,
         .wire_only = true},
        {.name = "confirmed after that moment",
         .scenario = METERED_THEN,
         .tale = "request 1 u1=acme:9:7\n event step {'n':3,'verb':'arm','id':'a'}\n"
                 "meter 2 u1=acme:9:7\n" LEAVES,
         .verdict = VERDICT_FAIL,
         .says = "the wire shows it pending (a)",
         .wire_only = true},
        {.name = "nothing stands for it",
         .scenario = PENDING,
         .tale = "request 1 u1=acme:9:7\n" FAILS_ALL("1") LEAVES,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "Nothing that the client sent stands for u2: it meters fewer customers",
         .wire_only = true},
        {0},
    };
    rows_judge(ROWS, NULL);
}

// What is sent again is not asked again.
static void asked(void)
{
    static const char COMPLETE[] = EXPECTS("'verb':'ledger','args':{'usages':['u1']}");
    static const struct row ROWS[] = {
        {.name = "the first one is sent again",
         .scenario = COMPLETE,
         .tale = "request 1 u1=acme:9:7\n" FAILS_ALL("1") "meter 2 u1=acme:9:7\n" LEAVES,
         .verdict = VERDICT_PASS,
         .wire_only = true},
        {.name = "a record without an hour asks for nothing",
         .scenario = EXPECTS("'verb':'ledger','args':{'complete':true,'except':['u2']}"),
         .tale = "meter 1 u1=acme:9:7\n"
                 "event request {'x':2,'operation':'BatchMeterUsage','records':[{'i':0,"
                 "'product':'widget','payer':'customer:globex','customer':'globex','dimension':"
                 "'requests','quantity':2}]}\n" LEAVES,
         .verdict = VERDICT_PASS,
         .wire_only = true},
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test EXEC_TESTS[] = {{"words", words}, {"asked", asked}, {NULL, NULL}};
