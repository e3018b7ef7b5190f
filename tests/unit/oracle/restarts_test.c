// SPDX-License-Identifier: Apache-2.0
// A restart divides what came before the client's end from what came after it, and makes void what
// is answered too late: which end is the restart's, and whose answers are void.
#include "tests/unit/oracle/expects.h"

#define K(n, id) "{'n':" n ",'verb':'restart','id':'" id "'}"
#define RESTART(n, id) "event step {'n':" n ",'verb':'restart','id':'" id "'}\n"
#define ENDED(instance) "event exit {'instance':" instance ",'signal':'KILL','expected':true}\n"
#define FLUSH "event step {'n':2,'verb':'flush','id':'f','sends':'flush','step':2,'instance':1}\n"
#define CRASHED "event exit {'instance':1,'signal':'SEGV','expected':false}\n"
#define STARTED(instance) "event client {'what':'start','instance':" instance "}\n"

static void ends(void)
{
    static const char NONE_AFTER[] =
        EXPECTS(U1 "," K("2", "k"), "'verb':'requests','args':{'after':'k','count':{'max':0}}");
    static const char NONE_AFTER_SECOND[] =
        EXPECTS(U1 "," K("2", "k") "," K("3", "l"),
                "'verb':'requests','args':{'after':'l','count':{'max':0}}");
    static const char FIRST_STEP[] =
        EXPECTS(K("1", "k"), "'verb':'requests','args':{'after':'k','count':{'max':0}}");
    static const struct row ROWS[] = {
        {.name = "a request while the restart waits comes before it",
         .scenario = NONE_AFTER,
         .tale =
             "start\n" ASK RESTART("2", "k") "request 1 acme:9:7\n" ENDED("1") STARTED("1") FINISH,
         .verdict = VERDICT_PASS},
        {.name = "a request after the end comes after it",
         .scenario = NONE_AFTER,
         .tale =
             "start\n" ASK RESTART("2", "k") ENDED("1") STARTED("1") "request 1 acme:9:7\n" FINISH,
         .verdict = VERDICT_FAIL,
         .says = "1 request(s) of this kind, expected none."},
        {.name = "an end of its own is none of the restart's",
         .scenario = NONE_AFTER,
         .tale = "start\n" ASK RESTART("2", "k") "request 1 acme:9:7\n" CRASHED STARTED("1") FINISH,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never came about"},
        {.name = "an earlier restart is not the later one",
         .scenario = NONE_AFTER_SECOND,
         .tale = "start\n" ASK RESTART("2", "k") ENDED("1")
             STARTED("1") "request 1 acme:9:7\n" RESTART("3", "l") FINISH,
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never came about"},
        {.name = "the end of another, which is not started again",
         .scenario = NONE_AFTER,
         .tale = "start\n" STARTED("2") ASK RESTART("2", "k")
             ENDED("2") "request 1 acme:9:7\n" ENDED("1") STARTED("1") FINISH,
         .verdict = VERDICT_PASS},
        {.name = "the first step of all is a restart that never came",
         .scenario = FIRST_STEP,
         .tale = "start\n hello\n" RESTART("1", "k") "request 1 acme:9:7\n end done",
         .verdict = VERDICT_NOT_EXERCISED,
         .says = "never came about"},
        {0},
    };
    rows_judge(ROWS, NULL);
}

// The same, told of a moment that is past.
static void moments(void)
{
    static const char NONE_BETWEEN[] =
        EXPECTS(U1 "," K("2", "k") ",{'n':3,'verb':'flush','id':'f'}",
                "'verb':'requests','at':'f','args':{'after':'k','count':{'max':0}}");
    static const char DONE_BY_THEN[] = EXPECTS(
        U1 ",{'n':2,'verb':'flush','id':'f'}," K("3", "k") ",{'n':4,'verb':'flush','id':'g'}",
        "'verb':'answers','at':'g','args':{'f':'done'}");
    static const struct row ROWS[] = {
        {.name = "a request while the restart waits comes before it",
         .scenario = NONE_BETWEEN,
         .tale = "start\n" ASK RESTART("2", "k") "request 1 acme:9:7\n" ENDED("1")
             STARTED("1") "event step {'n':3,'verb':'flush','id':'f','sends':'flush','step':2,"
                          "'instance':1}\n" FINISH,
         .verdict = VERDICT_PASS},
        {.name = "answered by the process that came after",
         .scenario = DONE_BY_THEN,
         .tale = "start\n" ASK FLUSH "request 1 acme:9:7\n" RESTART("3", "k") ENDED("1")
             STARTED("1") "done 2\n event step {'n':4,'verb':'flush','id':'g','sends':'flush',"
                          "'step':3,'instance':1}\n" FINISH,
         .verdict = VERDICT_FAIL,
         .says = "f was not answered done."},
        {.name = "answered by the process that was asked",
         .scenario = DONE_BY_THEN,
         .tale = "start\n" ASK FLUSH "request 1 acme:9:7\n done 2\n" RESTART("3", "k") ENDED("1")
             STARTED("1") "event step {'n':4,'verb':'flush','id':'g','sends':'flush',"
                          "'step':3,'instance':1}\n" FINISH,
         .verdict = VERDICT_PASS},
        {0},
    };
    rows_judge(ROWS, NULL);
}

// The other process was ended before the answer came, this one after it.
static void whose(void)
{
    static const struct row ROWS[] = {
        {.name = "acknowledged, though another one was ended meanwhile",
         .scenario = EXPECTS(U1, "'verb':'ledger','args':{'complete':true}"),
         .tale = "start\n" STARTED("2") "hello\n usage u1 acme 7 9\n" ENDED(
             "2") "done\n"
                  "request 1 acme:9:7\n" ENDED("1") STARTED("1") "end done",
         .verdict = VERDICT_FAIL,
         .says = "asked 7, nothing was billed"},
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test RESTARTS_TESTS[] = {
    {"ends", ends}, {"moments", moments}, {"whose", whose}, {NULL, NULL}};
