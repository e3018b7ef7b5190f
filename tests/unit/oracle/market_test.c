// SPDX-License-Identifier: Apache-2.0
// Expectations about pages, notices and coverage, each violated, and beside it the legal neighbour.
#include "tests/unit/oracle/oracle_tests.h"

#define EXPECTS(steps, expectation)                                                                \
    SCENARIO("'steps':[" steps "],'expect':[{'id':'e'," expectation "}]," ANY_REQUEST)

#define P1 "{'n':1,'verb':'page','id':'p1'}"
#define ASK_PAGE                                                                                   \
    "start\n hello\n event step {'n':1,'verb':'page','id':'p1','sends':'page','step':1,"           \
    "'instance':1}\n request 1 acme:9:7\n"
#define PAGE(status, more)                                                                         \
    "event answer {'mp':'page','instance':1,'step':1,'status':" status more "}\n"
#define NO_COOKIE ",'cookie_tokens':[]"
#define ITS_COOKIE ",'cookie_tokens':['t2','t1']"
#define OTHER_COOKIE ",'cookie_tokens':['t2']"
#define FINISH_PAGE "event answer {'mp':'done','instance':1,'step':1}\n end done"

static void page(void)
{
    static const char ACCEPTED[] = EXPECTS(P1, "'verb':'page','args':{'p1':'accepted'}");
    static const char REFUSED[] = EXPECTS(P1, "'verb':'page','args':{'p1':'refused'}");
    static const char ANSWERED[] = EXPECTS(P1, "'verb':'page','args':{'p1':'answered'}");
    static const char FAILED[] = EXPECTS(P1, "'verb':'page','args':{'p1':'failed'}");
    static const char WITHOUT[] =
        EXPECTS(P1, "'verb':'page','args':{'p1':{'state':'accepted','without':'t1'}}");
    static const struct row ROWS[] = {
        {.name = "200",
         .scenario = ACCEPTED,
         .tale = ASK_PAGE PAGE("200", "") FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "303",
         .scenario = ACCEPTED,
         .tale = ASK_PAGE PAGE("303", "") FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "400 where 200 was due",
         .scenario = ACCEPTED,
         .tale = ASK_PAGE PAGE("400", "") FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "p1: the page replied with status 400, which is refused, expected accepted."},
        {.name = "no reply",
         .scenario = ACCEPTED,
         .tale = ASK_PAGE FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "p1: the page never replied"},
        {.name = "404",
         .scenario = REFUSED,
         .tale = ASK_PAGE PAGE("404", "") FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "500 is no refusal",
         .scenario = REFUSED,
         .tale = ASK_PAGE PAGE("500", "") FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "which is failed"},
        {.name = "any answer",
         .scenario = ANSWERED,
         .tale = ASK_PAGE PAGE("500", "") FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "no answer at all",
         .scenario = ANSWERED,
         .tale = ASK_PAGE FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "the page never replied"},
        {.name = "nothing may be a failure",
         .scenario = FAILED,
         .tale = ASK_PAGE FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "200 is no failure",
         .scenario = FAILED,
         .tale = ASK_PAGE PAGE("200", "") FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "which is accepted, expected failed"},
        {.name = "no cookie",
         .scenario = WITHOUT,
         .tale = ASK_PAGE PAGE("200", NO_COOKIE) FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "another token",
         .scenario = WITHOUT,
         .tale = ASK_PAGE PAGE("200", OTHER_COOKIE) FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "the token in a cookie",
         .scenario = WITHOUT,
         .tale = ASK_PAGE PAGE("200", ITS_COOKIE) FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "p1: a cookie of the reply bears the registration token t1."},
        {.name = "headers that nobody told",
         .scenario = WITHOUT,
         .tale = ASK_PAGE PAGE("200", "") FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "did not tell the headers"},
        {.name = "the token in the log",
         .scenario = WITHOUT,
         .tale = ASK_PAGE "event leak {'what':'token','name':'t1','where':'stderr'}\n" PAGE(
             "200", NO_COOKIE) FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "p1: the client's stderr bears the registration token t1."},
        {.name = "another token in the log",
         .scenario = WITHOUT,
         .tale = ASK_PAGE "event leak {'what':'token','name':'t2','where':'stderr'}\n" PAGE(
             "200", NO_COOKIE) FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = NULL}};
    rows_judge(ROWS, NULL);
}

#define N1 "{'n':1,'verb':'notice','id':'n1'}"
#define ASK_NOTICE                                                                                 \
    "start\n hello\n event step {'n':1,'verb':'notice','id':'n1','sends':'notice','step':1,"       \
    "'instance':1}\n request 1 acme:9:7\n"

static void notice(void)
{
    static const char TAKEN[] = EXPECTS(N1, "'verb':'notice','args':{'n1':'done'}");
    static const char REFUSED[] = EXPECTS(N1, "'verb':'notice','args':{'n1':'refused'}");
    static const struct row ROWS[] = {
        {.name = "done",
         .scenario = TAKEN,
         .tale = ASK_NOTICE FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "said to be done",
         .scenario = TAKEN,
         .tale = ASK_NOTICE "answer notice 1 done\n" FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "refused",
         .scenario = TAKEN,
         .tale = ASK_NOTICE "answer notice 1 refused\n" FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "n1: the client answered refused to the notice, expected done."},
        {.name = "never done",
         .scenario = TAKEN,
         .tale = ASK_NOTICE "end deadline",
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "n1: the client never took the notice"},
        {.name = "refused as it should be",
         .scenario = REFUSED,
         .tale = ASK_NOTICE "answer notice 1 refused\n" FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "taken where it should be refused",
         .scenario = REFUSED,
         .tale = ASK_NOTICE FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "answered done"},
        {.name = NULL}};
    rows_judge(ROWS, NULL);
}

#define U1 "{'n':1,'verb':'usage','id':'u1'}"

// The tale begins at 10:15: start-hour is 10:00.
static void coverage(void)
{
    static const char ACME[] =
        EXPECTS(U1, "'verb':'coverage','args':{'customers':['acme'],'from':'start-hour-2',"
                    "'until':'start-hour'}");
    static const char ALL[] =
        EXPECTS(U1, "'verb':'coverage','args':{'from':'start-hour-2','until':'start-hour'}");
    static const char STORAGE[] =
        EXPECTS(U1, "'verb':'coverage','args':{'customers':['acme'],'dimension':'storage',"
                    "'from':'start-hour-1','until':'start-hour'}");
    static const char EMPTY[] =
        EXPECTS(U1, "'verb':'coverage','args':{'customers':['acme'],'from':'start-hour',"
                    "'until':'start-hour'}");
    static const struct row ROWS[] = {
        {.name = "each hour has one",
         .scenario = ACME,
         .tale = ASK "flush\n meter 1 acme:8:0 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "each hour of whoever used something",
         .scenario = ALL,
         .tale = ASK "flush\n meter 1 acme:8:0 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "an hour is missing",
         .scenario = ACME,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "acme: 1 of 2 hours have no record that the service took: 2026-11-18T08:00Z."},
        {.name = "an hour of somebody else",
         .scenario = ACME,
         .tale = ASK "flush\n meter 1 globex:8:0 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "2026-11-18T08:00Z"},
        {.name = "sent, and not taken",
         .scenario = ACME,
         .tale = ASK "flush\n request 1 acme:8:0\n error 1 500 InternalServiceErrorException\n"
                     " meter 2 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "2026-11-18T08:00Z"},
        {.name = "another dimension",
         .scenario = STORAGE,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "acme: 1 of 1 hours"},
        {.name = "a window without an hour",
         .scenario = EMPTY,
         .tale = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH,
         .check = "e",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "holds no hour"},
        {.name = NULL}};
    rows_judge(ROWS, NULL);
}

const struct unit_test MARKET_TESTS[] = {
    {"page", page},
    {"notice", notice},
    {"coverage", coverage},
    {NULL, NULL},
};
