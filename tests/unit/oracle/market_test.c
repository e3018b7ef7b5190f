// SPDX-License-Identifier: Apache-2.0
// Expectations about pages, notices and coverage, each violated, and beside it the legal neighbour.
#include "tests/unit/oracle/expects.h"

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
        {.name = "the token in the log before the page was asked for",
         .scenario = WITHOUT,
         .tale = "event leak {'what':'token','name':'t1','where':'stderr'}\n" ASK_PAGE PAGE(
             "200", NO_COOKIE) FINISH_PAGE,
         .verdict = VERDICT_PASS},
        {.name = "a secret of the same name in the log",
         .scenario = WITHOUT,
         .tale = ASK_PAGE "event leak {'what':'secret','name':'t1','where':'stderr'}\n" PAGE(
             "200", NO_COOKIE) FINISH_PAGE,
         .verdict = VERDICT_PASS},
        {.name = "another token in the log",
         .scenario = WITHOUT,
         .tale = ASK_PAGE "event leak {'what':'token','name':'t2','where':'stderr'}\n" PAGE(
             "200", NO_COOKIE) FINISH_PAGE,
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = NULL}};
    rows_judge(ROWS, NULL);
}

// RFC 9110 section 15: where the classes of status meet.
static void statuses(void)
{
    static const char ACCEPTED[] = EXPECTS(P1, "'verb':'page','args':{'p1':'accepted'}");
    static const char REFUSED[] = EXPECTS(P1, "'verb':'page','args':{'p1':'refused'}");
    static const char FAILED[] = EXPECTS(P1, "'verb':'page','args':{'p1':'failed'}");
    static const struct row ROWS[] = {{.name = "199",
                                       .scenario = FAILED,
                                       .tale = ASK_PAGE PAGE("199", "") FINISH_PAGE,
                                       .verdict = VERDICT_PASS},
                                      {.name = "399",
                                       .scenario = ACCEPTED,
                                       .tale = ASK_PAGE PAGE("399", "") FINISH_PAGE,
                                       .verdict = VERDICT_PASS},
                                      {.name = "400",
                                       .scenario = REFUSED,
                                       .tale = ASK_PAGE PAGE("400", "") FINISH_PAGE,
                                       .verdict = VERDICT_PASS},
                                      {.name = "499",
                                       .scenario = REFUSED,
                                       .tale = ASK_PAGE PAGE("499", "") FINISH_PAGE,
                                       .verdict = VERDICT_PASS},
                                      {.name = "500",
                                       .scenario = FAILED,
                                       .tale = ASK_PAGE PAGE("500", "") FINISH_PAGE,
                                       .verdict = VERDICT_PASS},
                                      {.name = NULL}};
    rows_judge(ROWS, NULL);
}

#define P2 "{'n':2,'verb':'page','id':'p2'}"
#define ASK_AGAIN                                                                                  \
    "event step {'n':2,'verb':'page','id':'p2','sends':'page','step':2,'instance':1}\n"            \
    "event answer {'mp':'page','instance':1,'step':2,'status':500}\n"

// Which page is meant, when it replied, and what evidence without an end still shows.
static void pages(void)
{
    static const char ACCEPTED[] = EXPECTS(P1, "'verb':'page','args':{'p1':'accepted'}");
    static const char SOON[] = EXPECTS(P1, "'verb':'page','args':{'p1':'accepted'},'within_s':2");
    static const char BOTH[] =
        EXPECTS(P1 "," P2, "'verb':'page','args':{'p1':'accepted','p2':'accepted'}");
    static const char WITHOUT[] =
        EXPECTS(P1, "'verb':'page','args':{'p1':{'state':'accepted','without':'t1'}}");
    static const char FAILED_WITHOUT[] =
        EXPECTS(P1, "'verb':'page','args':{'p1':{'state':'failed','without':'t1'}}");
    static const struct row ROWS[] = {
        {.name = "the second of two",
         .scenario = BOTH,
         .tale = ASK_PAGE PAGE("200", "") ASK_AGAIN FINISH_PAGE,
         .verdict = VERDICT_FAIL,
         .says = "p2: the page replied with status 500"},
        {.name = "the second was never asked for",
         .scenario = BOTH,
         .tale = ASK_PAGE PAGE("200", "") FINISH_PAGE,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The step \"p2\" was never reached."},
        {.name = "in time",
         .scenario = SOON,
         .tale = ASK_PAGE "at 1900\n" PAGE("200", "") FINISH_PAGE,
         .verdict = VERDICT_PASS},
        {.name = "late",
         .scenario = SOON,
         .tale = ASK_PAGE "at 2100\n" PAGE("200", "") FINISH_PAGE,
         .verdict = VERDICT_FAIL,
         .says = "at most 2 s are allowed"},
        {.name = "nothing may be a failure that bears no token",
         .scenario = FAILED_WITHOUT,
         .tale = ASK_PAGE FINISH_PAGE,
         .verdict = VERDICT_PASS},
        {.name = "another state, and no end",
         .scenario = ACCEPTED,
         .tale = ASK_PAGE PAGE("500", ""),
         .verdict = VERDICT_FAIL,
         .says = "which is failed"},
        {.name = "the token in a cookie, and no end",
         .scenario = WITHOUT,
         .tale = ASK_PAGE PAGE("200", ITS_COOKIE),
         .verdict = VERDICT_FAIL,
         .says = "a cookie of the reply"},
        {.name = "the token in the log, in the last line that there is",
         .scenario = WITHOUT,
         .tale = ASK_PAGE PAGE(
             "200", NO_COOKIE) "event leak {'what':'token','name':'t1','where':'stderr'}",
         .verdict = VERDICT_FAIL,
         .says = "the client's stderr"},
        {.name = "no reply, and no end",
         .scenario = ACCEPTED,
         .tale = ASK_PAGE,
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "the page never replied"},
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

#define N2 "{'n':2,'verb':'notice','id':'n2'}"
#define ASK_SECOND                                                                                 \
    "event step {'n':2,'verb':'notice','id':'n2','sends':'notice','step':2,'instance':1}\n"
#define FIRST_DONE "event answer {'mp':'done','instance':1,'step':1}\n"

// Which notice is meant, when it was taken, and what evidence without an end still shows.
static void notices(void)
{
    static const char TAKEN[] = EXPECTS(N1, "'verb':'notice','args':{'n1':'done'}");
    static const char SOON[] = EXPECTS(N1, "'verb':'notice','args':{'n1':'done'},'within_s':2");
    static const char SECOND[] = EXPECTS(N1 "," N2, "'verb':'notice','args':{'n2':'done'}");
    static const char BOTH[] =
        EXPECTS(N1 "," N2, "'verb':'notice','args':{'n1':'done','n2':'done'}");
    static const struct row ROWS[] = {
        {.name = "another one was taken",
         .scenario = SECOND,
         .tale = ASK_NOTICE ASK_SECOND FINISH_PAGE,
         .verdict = VERDICT_FAIL,
         .says = "n2: the client never took the notice (line 6)."},
        {.name = "the second of two was not",
         .scenario = BOTH,
         .tale = ASK_NOTICE ASK_SECOND FINISH_PAGE,
         .verdict = VERDICT_FAIL,
         .says = "n2: the client never took the notice (line 6)."},
        {.name = "the second never came",
         .scenario = BOTH,
         .tale = ASK_NOTICE FINISH_PAGE,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The step \"n2\" was never reached."},
        {.name = "sent to two, and taken by the second",
         .scenario = TAKEN,
         .tale =
             "start\n hello\n"
             "event step {'n':1,'verb':'notice','id':'n1','sends':'notice','step':1,'instance':2}\n"
             "event step {'n':1,'verb':'notice','id':'n1','sends':'notice','step':1,'instance':1}\n"
             "request 1 acme:9:7\n" FINISH_PAGE,
         .verdict = VERDICT_PASS},
        {.name = "in time",
         .scenario = SOON,
         .tale = ASK_NOTICE "at 1900\n" FINISH_PAGE,
         .verdict = VERDICT_PASS},
        {.name = "late",
         .scenario = SOON,
         .tale = ASK_NOTICE "at 2100\n" FINISH_PAGE,
         .verdict = VERDICT_FAIL,
         .says = "at most 2 s are allowed"},
        {.name = "refused, done in the last line that there is",
         .scenario = TAKEN,
         .tale = ASK_NOTICE "answer notice 1 refused\n" FIRST_DONE,
         .verdict = VERDICT_FAIL,
         .says = "n1: the client answered refused",
         .line = 6},
        {.name = "not taken, and no end",
         .scenario = TAKEN,
         .tale = ASK_NOTICE,
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "never took the notice"},
        {.name = NULL}};
    rows_judge(ROWS, NULL);
}

#define R1 "{'n':1,'verb':'resolve','id':'r1'}"
#define SEEN_BY_THE_PAGE(customer)                                                                 \
    "event answer {'mp':'resolve','instance':1,'step':1,'state':'resolved','customer':'" customer  \
    "','line':{'inferred':true}}\n"

// What a registration page alone shows of whom it registered.
static void unnamed(void)
{
    static const char ACME[] =
        EXPECTS(R1, "'verb':'resolve','args':{'r1':{'state':['resolved'],'customer':'acme'}}");
    static const char ANYBODY[] =
        EXPECTS(R1, "'verb':'resolve','args':{'r1':{'state':['resolved']}}");
    static const struct row ROWS[] = {
        {.name = "nobody is named",
         .scenario = ACME,
         .tale = "hello\n resolve r1\n" SEEN_BY_THE_PAGE("") FINISH,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "r1: the page does not tell whom it registered"},
        {.name = "he is named",
         .scenario = ACME,
         .tale = "hello\n resolve r1\n" SEEN_BY_THE_PAGE("acme") FINISH,
         .verdict = VERDICT_PASS},
        {.name = "another is named",
         .scenario = ACME,
         .tale = "hello\n resolve r1\n" SEEN_BY_THE_PAGE("globex") "request 1 acme:9:7\n" FINISH,
         .verdict = VERDICT_FAIL,
         .says = "resolved it to globex, expected customer acme"},
        {.name = "nobody need be named",
         .scenario = ANYBODY,
         .tale = "hello\n resolve r1\n" SEEN_BY_THE_PAGE("") FINISH,
         .verdict = VERDICT_PASS},
        {.name = "the step sent nothing, and an answer names no step",
         .scenario = ANYBODY,
         .tale = "hello\n event step {'n':1,'verb':'resolve','id':'r1'}\n"
                 "event answer {'mp':'resolve','instance':1,'state':'resolved'}\n"
                 "request 1 acme:9:7\n end done",
         .verdict = VERDICT_FAIL,
         .says = "r1: the client never said what came of it"},
        {.name = NULL}};
    rows_judge(ROWS, NULL);
}

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

// Who is judged, which hours, and what is said of them.
static void windows(void)
{
#define COVERS(args)                                                                               \
    EXPECTS(U1 ",{'n':9,'verb':'flush','id':'f1'}", "'verb':'coverage','args':" args)
    static const char TWO[] =
        COVERS("{'customers':['acme','globex'],'from':'start-hour-1','until':'start-hour'}");
    static const char LIST[] =
        COVERS("{'customers':['acme'],'from':'start-hour-2','until':'start-hour'}");
    static const char ALL[] = COVERS("{'from':'start-hour-1','until':'start-hour'}");
    static const struct row ROWS[] = {
        {.name = "each once, in the order of their first usage",
         .scenario = ALL,
         .tale = "hello\n usage u1 globex 7 9\n done\n usage u2 acme 7 9\n done\n"
                 "usage u3 acme 7 9\n done\n usage u4 globex 7 9\n done\n"
                 "usage u5 initech 7 9\n done\n request 1 acme:9:7\n end done",
         .verdict = VERDICT_FAIL,
         .says = "globex: 1 of 1 hours have no record that the service took: 2026-11-18T09:00Z. "
                 "acme: 1 of 1 hours have no record that the service took: 2026-11-18T09:00Z. "
                 "initech: 1 of 1 hours"},
        {.name = "six hours are missing",
         .scenario = COVERS("{'from':'start-hour-6','until':'start-hour'}"),
         .tale = ASK "request 1 acme:9:7\n end done",
         .verdict = VERDICT_FAIL,
         .says = "acme: 6 of 6 hours have no record that the service took: 2026-11-18T04:00Z, "
                 "2026-11-18T05:00Z, 2026-11-18T06:00Z, 2026-11-18T07:00Z, 2026-11-18T08:00Z, "
                 "2026-11-18T09:00Z."},
        {.name = "more are missing than are named",
         .scenario = COVERS("{'from':'start-hour-9','until':'start-hour'}"),
         .tale = ASK "request 1 acme:9:7\n end done",
         .verdict = VERDICT_FAIL,
         .says = "acme: 9 of 9 hours have no record that the service took: 2026-11-18T01:00Z, "
                 "2026-11-18T02:00Z, 2026-11-18T03:00Z, 2026-11-18T04:00Z, 2026-11-18T05:00Z, "
                 "2026-11-18T06:00Z and more."},
        {.name = "the second of a list",
         .scenario = TWO,
         .tale = ASK "flush\n meter 1 acme:9:7\n" FINISH,
         .verdict = VERDICT_FAIL,
         .says = "globex: 1 of 1 hours"},
        {.name = "usage of somebody who is not in the list",
         .scenario = LIST,
         .tale = ASK "usage u2 globex 1 9\n done\n flush\n meter 1 acme:8:0 acme:9:7\n" FINISH,
         .verdict = VERDICT_PASS},
        {.name = "in the list, without usage",
         .scenario = LIST,
         .tale = "hello\n flush\n meter 1 acme:8:0 acme:9:0\n" FINISH,
         .verdict = VERDICT_PASS},
        {.name = "nobody's usage was asked",
         .scenario = ALL,
         .tale = "hello\n flush\n" FINISH,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "No customer's usage was asked."},
        {.name = "of this dimension",
         .scenario = COVERS("{'dimension':'requests','from':'start-hour-1','until':'start-hour'}"),
         .tale = ASK "flush\n meter 1 acme:9:7\n" FINISH,
         .verdict = VERDICT_PASS},
        {.name = "moments within an hour stand for it",
         .scenario = COVERS("{'from':'now-2h','until':'now'}"),
         .tale = ASK "flush\n meter 1 acme:8:0 acme:9:7\n" FINISH,
         .verdict = VERDICT_PASS},
        {.name = "from a step that never came",
         .scenario = COVERS("{'from':'f1','until':'start-hour'}"),
         .tale = ASK "end done",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The moment \"f1\" never came"},
        {.name = "until a step that never came",
         .scenario = COVERS("{'from':'start-hour-2','until':'f1'}"),
         .tale = ASK "end done",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "The moment \"f1\" never came"},
        {.name = "hours that may still have come",
         .scenario = ALL,
         .tale = ASK "request 1 acme:9:7",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "acme: 1 of 1 hours"},
        {.name = NULL}};
    rows_judge(ROWS, NULL);
}

const struct unit_test MARKET_TESTS[] = {
    {"page", page},         {"statuses", statuses}, {"pages", pages},
    {"notice", notice},     {"notices", notices},   {"unnamed", unnamed},
    {"coverage", coverage}, {"windows", windows},   {NULL, NULL},
};
