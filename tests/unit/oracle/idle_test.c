// SPDX-License-Identifier: Apache-2.0
// No client that sends nothing may pass anything; a scenario that lets one pass is found.
#include "tests/unit/oracle/oracle_tests.h"

#include "proxy/base/own.h"
#include "proxy/scenario/files.h"
#include "proxy/scenario/scenario.h"
#include "tests/unit/oracle/tale.h"

#define USAGE                                                                                      \
    "{'n':1,'verb':'usage','id':'u1','args':{'id':'u1','customer':'acme','dimension':"             \
    "'requests','quantity':7,'at':'hour-1'}}"
#define STEPS                                                                                      \
    "'steps':[" USAGE ",{'n':2,'verb':'round','args':{}},{'n':3,'verb':'drain','args':{}}]"

#define PAGE_STEP "'steps':[{'n':1,'verb':'page','id':'p','args':{'id':'p','token':'t'}}]"

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
        {"an alert about that usage is its positive control",
         SCENARIO(STEPS ",'expect':[],'rules':[],'exercised':{'alert':{'about':['u1']}}"), true},
        {"a denial is its positive control",
         SCENARIO("'steps':[{'n':1,'verb':'register','id':'r1','args':{'id':'r1'}}],'expect':[],"
                  "'rules':[],'exercised':{'register':{'r1':['denied']}}"),
         true},
        {"that it ends is its positive control",
         SCENARIO(STEPS ",'expect':[{'id':'x','verb':'exit','args':{'code':0}}],'rules':[],"
                        "'exercised':{'exit':{'code':0}}"),
         true},
        {"an answer is its positive control",
         SCENARIO(STEPS ",'expect':[],'rules':[],'exercised':{'answers':{'u1':'done'}}"), true},
        {"an answer to every kind of step is its positive control",
         SCENARIO(
             "'steps':[{'n':1,'verb':'flush','id':'f'},{'n':2,'verb':'clock','id':'c','args':"
             "'+1h'},{'n':3,'verb':'round','id':'o'},{'n':4,'verb':'drain','id':'d'},{'n':5,"
             "'verb':'page','id':'p'},{'n':6,'verb':'notice','id':'s'}],'expect':[],'rules':[],"
             "'exercised':{'answers':{'f':'done','c':'done','o':'done','d':'done','p':'done',"
             "'s':'done'}}"),
         true},
        {"a word at a flush is its positive control",
         SCENARIO("'steps':[" USAGE ",{'n':2,'verb':'flush'}],'expect':[],'rules':[],"
                  "'exercised':{'states':{'u1':['pending']}}"),
         true},
        {"a word at a clock is its positive control",
         SCENARIO("'steps':[" USAGE ",{'n':2,'verb':'clock','args':'+1h'}],'expect':[],"
                  "'rules':[],'exercised':{'states':{'u1':['pending']}}"),
         true},
        {"a word at a round is its positive control",
         SCENARIO("'steps':[" USAGE ",{'n':2,'verb':'round'}],'expect':[],'rules':[],"
                  "'exercised':{'states':{'u1':['pending']}}"),
         true},
        {"words about two usages are its positive control",
         SCENARIO("'steps':[" USAGE ",{'n':2,'verb':'usage','id':'u2','args':{'customer':'globex',"
                  "'dimension':'requests','quantity':1}},{'n':3,'verb':'flush'}],'expect':[],"
                  "'rules':[],'exercised':{'states':{'u1':['pending'],'u2':['pending']}}"),
         true},
        {"a resolved token is its positive control",
         SCENARIO("'steps':[{'n':1,'verb':'resolve','id':'r1','args':{'id':'r1','token':'t'}}],"
                  "'expect':[],'rules':[],'exercised':{'resolve':{'r1':{'state':['resolved']}}}"),
         true},
        {"a registration is its positive control",
         SCENARIO("'steps':[{'n':1,'verb':'register','id':'r1','args':{'id':'r1'}}],'expect':[],"
                  "'rules':[],'exercised':{'register':{'r1':['registered']}}"),
         true},
        {"a failure to resolve is its positive control",
         SCENARIO("'steps':[{'n':1,'verb':'resolve','id':'r1','args':{'id':'r1','token':'t'}}],"
                  "'expect':[],'rules':[],'exercised':{'resolve':{'r1':{'state':['failed']}}}"),
         true},
        {"that nothing is answered, and nobody told, is its positive control",
         SCENARIO(STEPS ",'expect':[{'id':'a','verb':'alert','args':{'count':{'max':0}}}],"
                        "'rules':[],'exercised':{'requests':{'count':{'max':0}}}"),
         true},
        {"what was done before a restart stays its positive control",
         SCENARIO("'steps':[" USAGE ",{'n':2,'verb':'restart','id':'k','args':{'signal':'KILL'}},"
                  "{'n':3,'verb':'flush','id':'f'}],'expect':[],'rules':[],'exercised':{"
                  "'requests':{'after':'k','count':{'max':0}},'answers':{'f':'done'}}"),
         true},
        {"an accepted page is its positive control",
         SCENARIO(PAGE_STEP ",'expect':[],'rules':[],'exercised':{'page':{'p':'accepted'}}"), true},
        {"a refused page is its positive control",
         SCENARIO(PAGE_STEP ",'expect':[],'rules':[],'exercised':{'page':{'p':'refused'}}"), true},
        {"a page without cookies is its positive control",
         SCENARIO(PAGE_STEP ",'expect':[],'rules':[],'exercised':{'page':{'p':{'state':'accepted',"
                            "'without':'t'}}}"),
         true},
        {"a token resolved by a page is its positive control",
         SCENARIO(PAGE_STEP
                  ",'expect':[],'rules':[],'exercised':{'resolve':{'p':{'state':['resolved']}}}"),
         true},
        {"a refused notice is its positive control",
         SCENARIO("'steps':[{'n':1,'verb':'notice','id':'s'}],'expect':[],'rules':[],'exercised':{"
                  "'notice':{'s':'refused'}}"),
         true},
        {"an alert when it is told to send, none before, is its positive control",
         SCENARIO("'steps':[" USAGE ",{'n':2,'verb':'flush','id':'f'}],'expect':[{'id':'a','verb':"
                  "'alert','at':'f','args':{'count':{'max':0}}}],'rules':[],'exercised':{'alert':"
                  "{}}"),
         true},
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

static void judge_file(const char *path, size_t *judged)
{
    struct scenario_file *file = NULL;
    struct diag d = {0};
    if (!CHECK_INT(scenario_read_file(&file, path, NULL, &d), RC_OK)) {
        return;
    }
    for (size_t i = 0; i < scenario_count(file); i++) {
        const struct scenario *s = scenario_at(file, i);
        const char *profile = json_text(s->profiles->child);
        OWN_BUF struct buf text = {0};
        OWN(json) cJSON *scenario = NULL;
        scenario_render(s, profile, &text);
        CHECK_INT(json_read(&scenario, NULL, buf_span(&text), path, &d), RC_OK);
        unit_row(s->id);
        CHECK(!counts_as_passed(judge_idle(scenario)));
        (*judged)++;
    }
    scenario_file_free(&file);
}

// The cases of the product: none can be passed without a request.
static void cases(void)
{
    struct scenario_path *paths = NULL;
    size_t count = 0;
    size_t judged = 0;
    struct diag d = {0};
    CHECK_INT(scenario_find(&paths, &count, METERPROVER_SOURCE_DIR "/scenarios", &d), RC_OK);
    for (size_t i = 0; i < count; i++) {
        judge_file(paths[i].path, &judged);
    }
    unit_row(NULL);
    CHECK(count > 0 && judged >= count);
    scenario_paths_free(&paths, count);
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
    {"every case is failed by clients without requests", cases},
    {"liars fail", liars},
    {NULL, NULL}};
