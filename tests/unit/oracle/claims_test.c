// SPDX-License-Identifier: Apache-2.0
// What a client may say of usage, and when: metered, rejected, anything at all.
#include "tests/unit/oracle/expects.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);

static void claims(void)
{
    static const struct row ROWS[] = {
        {.name = "before anything was sent",
         .tale = ASK "flush\n say u1 metered\n meter 1 acme:9:7\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "called metered at line 6, but 0 of 7"},
        {.name = "before the reply",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n say u1 metered\n"
                     "reply 1 200 0=Success\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "called metered at line 8, before a whole reply confirmed it."},
        {.name = "after the reply",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 1 200 0=Success\n"
                     "say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "after a reply that was cut",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n cut 1 200 0=Success\n"
                     "say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "before a whole reply confirmed it"},
        {.name = "after an error",
         .tale = ASK
         "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n error 1 500 InternalServiceError\n"
         "say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "before a whole reply confirmed it"},
        {.name = "its result is missing",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 1 200\n say u1 "
                     "metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "before a whole reply confirmed it"},
        {.name = "a status that is none",
         .tale =
             ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 1 200 0=PendingReview\n"
                 "say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "before a whole reply confirmed it"},
        {.name = "another record's result",
         .tale = ASK "usage u2 globex 2 9\n done\n flush\n request 1 acme:9:7 globex:9:2\n"
                     "commit 1 acme:9:7+ globex:9:2+\n reply 1 200 1=Success\n say u1 metered\n"
                     "say u2 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "called metered"},
        {.name = "results in another order",
         .tale =
             ASK "usage u2 globex 2 9\n done\n flush\n request 1 acme:9:7 globex:9:2\n"
                 "commit 1 acme:9:7+ globex:9:2\n reply 1 200 1=CustomerNotSubscribed 0=Success\n"
                 "say u1 metered\n say u2 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "results in another order, read by position",
         .tale =
             ASK "usage u2 globex 2 9\n done\n flush\n request 1 acme:9:7 globex:9:2\n"
                 "commit 1 acme:9:7+ globex:9:2\n reply 1 200 1=CustomerNotSubscribed 0=Success\n"
                 "say u1 rejected\n say u2 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "u2 (globex, requests, 2026-11-18T09:00Z): called metered"},
        {.name = "both of two, when one was billed",
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u1 metered\n say u2 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "but 7 of 12 called metered for this key was billed"},
        {.name = "one of two",
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u1 metered\n say u2 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "the other of two, taken back",
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u2 metered\n say u2 pending\n say u1 "
                         "metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "a state that is none takes nothing back",
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u1 metered\n say u1 fine\n say u2 "
                         "metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "but 7 of 12"},
        {.name = "said twice",
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "DuplicateRecord of the same quantity",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:7\n"
                     "commit 2 acme:9:7\n reply 2 200 0=DuplicateRecord\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "DuplicateRequestException of the same quantity",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:7\n"
                     "error 2 400 DuplicateRequestException\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "DuplicateRequestException of another quantity",
         .tale = ASK_TWO "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:12\n"
                         "error 2 400 DuplicateRequestException\n say u1 metered\n"
                         "say u2 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "DuplicateRecord stands for another one"},
        {.name = "another error, which confirms nothing",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:7\n"
                     "error 2 400 CustomerNotEntitledException\n say u1 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "before a whole reply confirmed it"},
        {.name = "DuplicateRecord of another quantity",
         .tale = ASK_TWO "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:12\n"
                         "commit 2 acme:9:12\n reply 2 200 0=DuplicateRecord\n say u1 metered\n"
                         "say u2 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "DuplicateRecord stands for another one"},
        {.name = "DuplicateRecord of another quantity, all claimed",
         .tale = ASK_TWO "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n request 2 acme:9:12\n"
                         "commit 2 acme:9:12\n reply 2 200 0=DuplicateRecord\n say u1 metered\n"
                         "say u2 metered\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "but 7 of 12"},
        {
            .name = "results in a reply that is an error",
            .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 1 400 0=Success\n "
                        "say u1 metered\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "before a whole reply confirmed it",
        },
        {
            .name = "a redirection",
            .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 1 300 0=Success\n "
                        "say u1 metered\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "before a whole reply confirmed it",
        },
        {
            .name = "a result of no record",
            .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 1 200 3=Success\n "
                        "say u1 metered\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "before a whole reply confirmed it",
        },
        {
            .name = "a reply to no request",
            .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 2 200 0=Success\n "
                        "say u1 metered\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "before a whole reply confirmed it",
        },
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void rejections(void)
{
    static const char PERMITS[] = SCENARIO(
        "'steps':[],'expect':[{'id':'s','verb':'states','args':{'u1':['rejected']}}]," ANY_REQUEST);
    static const char SPEAKS[] =
        SCENARIO("'steps':[],'expect':[{'id':'s','verb':'states','args':{'u1':['metered']}},{'id':"
                 "'r','verb':'resolve','args':{'u1':['rejected']}}]," ANY_REQUEST);
    static const char EXCEPTS[] =
        SCENARIO("'steps':[],'expect':[{'id':'l','verb':'ledger','args':{'complete':true,'except':"
                 "{'u1':['rejected']}}}]," ANY_REQUEST);
    static const char EXCEPTS_PENDING[] =
        SCENARIO("'steps':[],'expect':[{'id':'l','verb':'ledger','args':{'complete':true,'except':"
                 "{'u1':['pending']}}}]," ANY_REQUEST);
    static const char EXCEPTS_SHORT[] =
        SCENARIO("'steps':[],'expect':[{'id':'l','verb':'ledger','args':{'complete':true,'except':"
                 "['u1']}}]," ANY_REQUEST);
    static const struct row ROWS[] = {
        {.name = "without a refusal",
         .tale = ASK "flush\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says =
             KEY_1 "called rejected at line 6, but no reply that reached the client had refused it",
         .line = 6},
        {.name = "the case permits it",
         .scenario = PERMITS,
         .tale = ASK "flush\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "the case speaks of another state",
         .scenario = SPEAKS,
         .tale = ASK "flush\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "no reply"},
        {.name = "the case excepts it",
         .scenario = EXCEPTS,
         .tale = ASK "flush\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "the case excepts it, whatever the word",
         .scenario = EXCEPTS_SHORT,
         .tale = ASK "flush\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "the case excepts it with another word",
         .scenario = EXCEPTS_PENDING,
         .tale = ASK "flush\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "no reply"},
        {.name = "permitted, but billed",
         .scenario = PERMITS,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "but 7 of the 7"},
        {.name = "refused by an error",
         .tale = ASK "flush\n request 1 acme:9:7\n error 1 400 InvalidCustomerIdentifierException\n"
                     "say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "the error was for another customer's request",
         .tale =
             ASK "flush\n request 1 globex:9:7\n error 1 400 InvalidCustomerIdentifierException\n"
                 "say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "had refused it"},
        {.name = "throttled only",
         .tale = ASK "flush\n request 1 acme:9:7\n error 1 400 ThrottlingException\n say u1 "
                     "rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "had refused it"},
        {.name = "an error of the service's own",
         .tale = ASK "flush\n request 1 acme:9:7\n error 1 500 InternalServiceErrorException\n"
                     "say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "had refused it"},
        {.name = "refused by its status",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7\n reply 1 200 "
                     "0=CustomerNotSubscribed\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "the refusal never arrived whole",
         .tale = ASK
         "flush\n request 1 acme:9:7\n commit 1 acme:9:7\n cut 1 200 0=CustomerNotSubscribed\n"
         "say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "had refused it"},
        {.name = "the refusal came later",
         .tale = ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7\n say u1 rejected\n"
                     "reply 1 200 0=CustomerNotSubscribed\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "had refused it"},
        {.name = "what is billed",
         .tale = ASK "flush\n meter 1 acme:9:7\n request 2 acme:9:7\n commit 2 acme:9:7\n"
                     "reply 2 200 0=DuplicateRecord\n say u1 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "called rejected at line 12, but 7 of the 7"},
        {.name = "the unbilled one of two",
         .tale = ASK
         "flush\n meter 1 acme:9:7\n say u1 metered\n done\n usage u2 acme 5 9\n done\n flush\n"
         "request 2 acme:9:5\n commit 2 acme:9:5\n reply 2 200 0=DuplicateRecord\n"
         "say u2 rejected\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "billed after it was rejected",
         .tale =
             ASK "flush\n request 1 acme:9:7\n error 1 400 DisabledApiException\n say u1 rejected\n"
                 "request 2 acme:9:7\n commit 2 acme:9:7+\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "7 was called rejected, yet 7 of 7 was billed (line 10)",
         .line = 10},
        {
            .name = "too many requests, by name",
            .tale = ASK "flush\n request 1 acme:9:7\n error 1 400 TooManyRequestsException\n say "
                        "u1 rejected\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "had refused it",
        },
        {
            .name = "too many requests, by another name",
            .tale = ASK "flush\n request 1 acme:9:7\n error 1 400 RequestLimitExceeded\n say u1 "
                        "rejected\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "had refused it",
        },
        {
            .name = "too many requests, by status",
            .tale = ASK "flush\n request 1 acme:9:7\n error 1 429 X\n say u1 rejected\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "had refused it",
        },
        {
            .name = "a time-out",
            .tale = ASK "flush\n request 1 acme:9:7\n error 1 408 X\n say u1 rejected\n" FINISH,
            .check = "money",
            .verdict = VERDICT_FAIL,
            .says = "had refused it",
        },
        {
            .name = "forbidden",
            .tale = ASK "flush\n request 1 acme:9:7\n error 1 403 X\n say u1 rejected\n" FINISH,
            .check = "money",
            .verdict = VERDICT_PASS,
        },
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

static void words(void)
{
    static const struct row ROWS[] = {
        {.name = "none, though told to send",
         .tale = ASK "flush\n request 1 acme:9:7\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = KEY_1 "the client never said what became of it, though it was told to send "
                       "at line 5"},
        {.name = "none, after a clock",
         .tale = ASK "clock 11\n request 1 acme:9:7\n done\n end done",
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "never said what became of it"},
        {.name = "none, and never told to send",
         .tale = ASK "request 1 acme:9:7\n end done",
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "none, told to send but killed before done",
         .tale = "start\n" ASK "flush\n request 1 acme:9:7\n restart\n end done",
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "none, but told to send only before it was asked",
         .tale = "hello\n flush\n done\n usage u1 acme 7 9\n done\n request 1 acme:9:7\n end done",
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "none, and never acknowledged",
         .tale = "hello\n usage u1 acme 7 9\n request 1 acme:9:7\n flush\n done\n end done",
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "pending",
         .tale = ASK "flush\n request 1 acme:9:7\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "pending although confirmed, after a drain",
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_FAIL,
         .says = "the reply at line 8 confirmed it, but after the drain the client still calls it "
                 "pending"},
        {.name = "unknown although confirmed, without a drain",
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 unknown\n done\n end done",
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "pending, confirmed only in part",
         .tale = ASK_TWO "flush\n meter 1 acme:9:7\n say u1 metered\n say u2 pending\n" FINISH,
         .check = "money",
         .verdict = VERDICT_PASS},
        {.name = "pending, the confirmation came after the drain",
         .tale =
             ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n say u1 pending\n done\n drain\n"
                 "done\n reply 1 200 0=Success\n end done",
         .check = "money",
         .verdict = VERDICT_PASS},
        {
            .name = "none, while only an earlier step was done",
            .tale = ASK "usage u2 globex 5 9\n done 1\n request 1 acme:9:7\n flush\n say u1 "
                        "pending\n done\n end done",
            .check = "money",
            .verdict = VERDICT_PASS,
        },
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

const struct unit_test CLAIMS_TESTS[] = {{"metered is judged when it is said", claims},
                                         {"rejected needs a refusal", rejections},
                                         {"every usage has a word", words},
                                         {NULL, NULL}};
