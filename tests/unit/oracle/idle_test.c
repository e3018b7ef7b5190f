// SPDX-License-Identifier: Apache-2.0
// No client that sends nothing may pass anything; a scenario that lets one pass is found.
#include "tests/unit/oracle/oracle_tests.h"

#include <string.h>

#include "proxy/base/own.h"
#include "tests/unit/oracle/tale.h"

#define USAGE                                                                                      \
    "{'n':1,'verb':'usage','id':'u1','args':{'id':'u1','customer':'acme','dimension':"             \
    "'requests','quantity':7,'at':'hour-1'}}"
#define STEPS                                                                                      \
    "'steps':[" USAGE ",{'n':2,'verb':'round','args':{}},{'n':3,'verb':'drain','args':{}}]"

static bool counts_as_passed(enum verdict verdict)
{
    return verdict == VERDICT_PASS || verdict == VERDICT_INFO || verdict == VERDICT_WARN ||
           verdict == VERDICT_AVOIDED;
}

static void scenarios(void)
{
    static const struct {
        const char *name, *scenario;
        bool passes; // the scenario proves nothing
    } ROWS[] = {
        {"billed once",
         SCENARIO(STEPS
                  ",'expect':[{'id':'l','verb':'ledger','args':{'complete':true}}]," ANY_REQUEST),
         false},
        {"nothing is demanded, but a request is its positive control",
         SCENARIO(STEPS ",'expect':[]," ANY_REQUEST), false},
        {"nothing is demanded, but a fault is delivered",
         SCENARIO(STEPS ",'expect':[],'rules':[{'name':'r'}]"), false},
        {"no request may come, and that is its own positive control",
         SCENARIO(STEPS ",'expect':[],'rules':[],'exercised':{'requests':{'count':{'max':0}}}"),
         true},
        {"an alert is its positive control",
         SCENARIO(STEPS ",'expect':[{'id':'a','verb':'alert','args':{}}],'rules':[],"
                        "'exercised':{'alert':{}}"),
         true},
        {"that nobody is alerted is its positive control",
         SCENARIO(STEPS ",'expect':[],'rules':[],'exercised':{'alert':{'count':{'max':0}}}"), true},
        {"pending is its positive control",
         SCENARIO(STEPS ",'expect':[],'rules':[],'exercised':{'states':{'u1':['pending']}}"), true},
        {"rejected is its positive control",
         SCENARIO(STEPS ",'expect':[{'id':'s','verb':'states','args':{'u1':['rejected']}}],"
                        "'rules':[],'exercised':{'states':{'u1':['rejected']}}"),
         true},
        {"metered can be no positive control for it",
         SCENARIO(STEPS ",'expect':[],'rules':[],'exercised':{'states':{'u1':['metered']}}"),
         false},
        {"a refusal is its positive control",
         SCENARIO("'steps':[{'n':1,'verb':'resolve','id':'r1','args':{'id':'r1','token':'t'}}],"
                  "'expect':[{'id':'a','verb':'resolve','args':{'r1':{'state':['refused']}}}],"
                  "'rules':[],'exercised':{'resolve':{'r1':{'state':['refused']}}}"),
         true},
        {"a refusal beside a request",
         SCENARIO("'steps':[{'n':1,'verb':'resolve','id':'r1','args':{'id':'r1','token':'t'}}],"
                  "'expect':[{'id':'a','verb':'resolve','args':{'r1':{'state':['refused']}}}]"
                  "," ANY_REQUEST),
         false},
        {"pending after a restart is its positive control",
         SCENARIO("'steps':[" USAGE ",{'n':2,'verb':'restart','args':{'signal':'KILL'}},"
                  "{'n':3,'verb':'clock','args':'+2h'},{'n':4,'verb':'flush','args':{}}],"
                  "'expect':[],'rules':[],'exercised':{'states':{'u1':['pending']}}"),
         true},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct evidence_case only_scenario;
        tale_read(&only_scenario, ROWS[i].scenario, "");
        enum verdict best = judge_idle(only_scenario.scenario);
        CHECK(counts_as_passed(best) == ROWS[i].passes);
        tale_clear(&only_scenario);
    }
    unit_row(NULL);
}

// As tales, the liars of the client contract, and the one that is simply dead.
static void liars(void)
{
    static const char PLAIN[] = SCENARIO(
        "'steps':[{'n':1,'verb':'usage','id':'u1'}],'expect':[{'id':'l','verb':'ledger','args':"
        "{'complete':true}},{'id':'s','verb':'states','args':{'u1':['metered']}}],"
        "'rules':[{'name':'r'}]");
    static const struct {
        const char *name, *tale;
    } ROWS[] = {
        {"mute", "start\n usage u1 acme 7 9\n exit KILL expected\n end deadline"},
        {"exits at once", "start\n exit 0\n end exit"},
        {"exits at the first usage", "start\n hello\n usage u1 acme 7 9\n exit 0\n end exit"},
        {"claims everything", ASK "flush\n say u1 metered\n" FINISH},
        {"is always unsupported", "hello\n usage u1 acme 7 9\n answer unsupported 1 -\n exit 0 "
                                  "expected\n end unsupported"},
        {"rejects everything", ASK "flush\n say u1 rejected\n" FINISH},
        {"rejects everything, with an alert", ASK "flush\n alert u1\n say u1 rejected\n" FINISH},
        {"only promises", ASK "flush\n say u1 pending\n" FINISH},
        {"only says done", ASK "flush\n" FINISH},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct evidence_case evidence;
        tale_read(&evidence, PLAIN, ROWS[i].tale);
        struct result_run *run = result_run_new();
        CHECK_INT(judge_case(result_add_case(run), &evidence, NULL), RC_OK);
        CHECK_TEXT(verdict_name(run->cases[0].verdict), "FAIL");
        result_run_free(&run);
        tale_clear(&evidence);
    }
    unit_row(NULL);
}

const struct unit_test IDLE_TESTS[] = {
    {"scenarios that a client without requests passes are found", scenarios},
    {"liars fail", liars},
    {NULL, NULL}};
