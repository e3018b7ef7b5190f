// SPDX-License-Identifier: Apache-2.0
// From findings to verdicts: levels, lag, cases without checks, whole runs, the tables.
#include "tests/unit/oracle/oracle_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/scenario/scenario.h"
#include "tests/unit/oracle/tale.h"

#define LEVEL(members)                                                                             \
    SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'}],'expect':[{'id':'e','verb':'alert',"      \
             "'args':{}" members "}]," ANY_REQUEST)

// Beyond twelve sentences a person reads no further.
static void sentences(void)
{
    struct findings found = {0};
    for (unsigned i = 1; i <= 12; i++) {
        findings_add(&found, FINDING_BAD, 1 + i % 2, "%u.", i);
    }
    findings_line(&found, 0);
    OWN(text) char *twelve = findings_take_text(&found);
    CHECK_TEXT(twelve, "1. 2. 3. 4. 5. 6. 7. 8. 9. 10. 11. 12.");
    findings_add(&found, FINDING_LACK, 3, "13.");
    OWN(text) char *more = findings_take_text(&found);
    CHECK_TEXT(more, " And 1 more.");
    CHECK_INT(found.said[FINDING_LACK], 1);
    size_t count = 0;
    unsigned *lines = findings_take_lines(&found, &count);
    CHECK(count == 2 && lines[0] == 2 && lines[1] == 1);
    x_free(lines);
    findings_clear(&found);
}

static void levels(void)
{
    static const char TALE[] = ASK "request 1 acme:9:7\n end done";
    static const struct row ROWS[] = {
        {.name = "must",
         .scenario = LEVEL(",'level':'must'"),
         .tale = TALE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "told 0"},
        {.name = "the requirement's",
         .scenario = LEVEL(""),
         .tale = TALE,
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "told 0"},
        {.name = "should",
         .scenario = LEVEL(",'level':'should'"),
         .tale = TALE,
         .check = "e",
         .verdict = VERDICT_WARN,
         .says = "told 0"},
        {.name = "may",
         .scenario = LEVEL(",'level':'may'"),
         .tale = TALE,
         .check = "e",
         .verdict = VERDICT_INFO,
         .says = "told 0"},
        {.name = "should, held",
         .scenario = LEVEL(",'level':'should'"),
         .tale = ASK "request 1 acme:9:7\n alert u1\n end done",
         .check = "e",
         .verdict = VERDICT_PASS},
        {.name = "an oracle that there is not",
         .scenario =
             SCENARIO("'steps':[],'expect':[{'id':'e','verb':'wonders','args':{}}]," ANY_REQUEST),
         .tale = TALE,
         .check = "e",
         .verdict = VERDICT_HARNESS_ERROR,
         .says = "This judge has no oracle \"wonders\"."},
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void lag(void)
{
#define LAG(us) "event end {'why':'done','lag_us':" us "}"
#define CLAIM                                                                                      \
    SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'}],'expect':[{'id':'e','verb':'states',"     \
             "'args':{'u1':['metered']},'timing':true}]," ANY_REQUEST)
#define TIMED(expectation)                                                                         \
    SCENARIO("'steps':[{'n':1,'verb':'usage','id':'u1'}],'expect':[{'id':'e'," expectation         \
             ",'timing':true}]," ANY_REQUEST)

    static const struct row ROWS[] = {
        {.name = "above the tolerance",
         .scenario = LEVEL(",'timing':true"),
         .tale = ASK "request 1 acme:9:7\n" LAG("20001"),
         .check = "e",
         .verdict = VERDICT_INCONCLUSIVE,
         .says = "Our own lag was 20001 us, above the tolerance of 20000 us."},
        {.name = "within the tolerance",
         .scenario = LEVEL(",'timing':true"),
         .tale = ASK "request 1 acme:9:7\n" LAG("20000"),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "told 0"},
        {.name = "above, where time does not matter",
         .scenario = LEVEL(""),
         .tale = ASK "request 1 acme:9:7\n" LAG("20001"),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "told 0"},
        {.name = "above, of a check of money",
         .scenario = CLAIM,
         .tale = ASK "request 1 acme:9:7\n say u1 pending\n" LAG("20001"),
         .check = "e",
         .verdict = VERDICT_FAIL,
         .says = "calls it pending"},
        {
            .name = "above, of what must be billed",
            .scenario = TIMED("'verb':'ledger','args':{'complete':true}"),
            .tale = ASK "request 1 acme:9:7\n" LAG("20001"),
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "nothing was billed",
        },
        {
            .name = "above, of what must be sent again",
            .scenario = TIMED("'verb':'resubmits','args':{'usages':['u1']}"),
            .tale = ASK "request 1 acme:9:7\n" LAG("20001"),
            .check = "e",
            .verdict = VERDICT_FAIL,
            .says = "sent 1 time(s)",
        },
        {0},
    };
    rows_judge(ROWS, NULL);
}

struct judged {
    struct evidence_case evidence;
    struct result_run *run;
    struct result_case *result;
};

static void judge(struct judged *j, const char *scenario, const char *tale,
                  const struct judge_options *options)
{
    tale_read(&j->evidence, scenario, tale);
    j->run = result_run_new();
    j->result = result_add_case(j->run);
    CHECK_INT(judge_case(j->result, &j->evidence, options), RC_OK);
}

static void forget(struct judged *j)
{
    result_run_free(&j->run);
    tale_clear(&j->evidence);
}

static void cases_without_checks(void)
{
    static const struct {
        const char *name, *tale;
        enum verdict verdict;
        bool has_checks;
        const char *why;
    } ROWS[] = {
        {"the harness failed", "meter 1 acme:9:7\n event end {'why':'harness','text':'disk full'}",
         VERDICT_HARNESS_ERROR, false, "disk full"},
        {"unsupported", "hello\n event end {'why':'unsupported','text':'no clock'}",
         VERDICT_UNSUPPORTED, false, "no clock"},
        {"unsupported after the first usage", ASK "end unsupported", VERDICT_FAIL, true, NULL},
        {"done", ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH, VERDICT_PASS, true,
         NULL},
    };
    static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct judged j;
        judge(&j, PLAIN, ROWS[i].tale, NULL);
        CHECK_TEXT(verdict_name(j.result->verdict), verdict_name(ROWS[i].verdict));
        CHECK(judge_has_checks(&j.evidence) == ROWS[i].has_checks);
        CHECK_INT(j.result->check_count,
                  ROWS[i].has_checks ? judge_declared(j.evidence.scenario) : 0);
        if (ROWS[i].why != NULL) {
            CHECK_TEXT(j.result->why, ROWS[i].why);
        }
        forget(&j);
    }
    unit_row(NULL);
}

static void without_a_scenario(void)
{
    struct evidence_case evidence = {.id = x_strdup("T-01"), .integrity = INTEGRITY_CUT};
    struct result_run *run = result_run_new();
    CHECK_INT(judge_case(result_add_case(run), &evidence, NULL), RC_MISSING);
    CHECK_TEXT(verdict_name(run->cases[0].verdict), "INCONCLUSIVE");
    CHECK_TEXT(run->cases[0].why, "scenario.json is missing");
    (void)snprintf(evidence.problem, sizeof evidence.problem, "%s", "it was cut");
    evidence.integrity = INTEGRITY_WHOLE;
    CHECK_INT(judge_case(result_add_case(run), &evidence, NULL), RC_MISSING);
    CHECK_TEXT(verdict_name(run->cases[1].verdict), "HARNESS ERROR");
    CHECK_TEXT(run->cases[1].why, "it was cut");
    struct evidence_case both[2] = {evidence, evidence};
    struct evidence_run two = {.cases = both, .count = 2};
    struct result_run *judged = result_run_new();
    CHECK_INT(judge_run(judged, &two), RC_OK);
    CHECK_INT(judged->count, 2);
    result_run_free(&judged);
    CHECK(!judge_has_checks(&evidence));
    result_run_free(&run);
    x_free(evidence.id);
}

static void describes(void)
{
    struct judged j;
    judge(&j,
          "{'id':'X-99','file':'scenarios/time/T-01.json','title':'T','operation':'MeterUsage',"
          "'requirement':{'text':'R','level':'should','basis':'derived','money':true,"
          "'sources':['a','b']},'steps':[],'rules':[],'exercised':{'requests':{}},"
          "'expect':[{'id':'e','verb':'alert','args':{},'line':7,'column':3}]}",
          ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH, NULL);
    const struct result_case *c = j.result;
    CHECK_TEXT(c->id, "T-01"); // as its directory is called
    CHECK_TEXT(c->suite, "time");
    CHECK_TEXT(c->title, "T");
    CHECK_TEXT(c->requirement, "R");
    CHECK_TEXT(c->operation, "MeterUsage");
    CHECK(c->money && c->source_count == 2);
    CHECK_TEXT(c->sources[1], "b");
    CHECK_TEXT(c->checks[0].file, "scenarios/time/T-01.json");
    CHECK_INT(c->checks[0].line, 7);
    CHECK_INT(c->checks[0].column, 3);
    CHECK_TEXT(c->checks[0].level, "should");
    CHECK_TEXT(c->checks[0].basis, "derived");
    CHECK_TEXT(verdict_name(c->verdict), "WARN");
    CHECK(c->checks[0].line_count == 1 && !c->checks[0].is_invariant);
    for (size_t i = 1; i < c->check_count; i++) {
        CHECK(c->checks[i].is_invariant);
        bool is_money =
            strcmp(c->checks[i].id, "money") == 0 || strcmp(c->checks[i].id, "final-words") == 0;
        CHECK(c->checks[i].money == is_money);
    }
    const struct result_check *last = &c->checks[c->check_count - 1];
    CHECK_TEXT(last->id, "exercised");
    CHECK_TEXT(last->basis, "derived");
    CHECK_TEXT(last->level, "must");
    CHECK_INT(c->duration_us, 14000); // of 14 events, a millisecond apart
    forget(&j);
}

// What our side contributed to an open question stands in the text, and only then.
static void explains(void)
{
    static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);
    static const char GOOD[] = ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH;
    static const struct {
        const char *name, *scenario, *tale;
        enum integrity integrity;
        const char *problem, *text;
    } ROWS[] = {
        {"altered", PLAIN, GOOD, INTEGRITY_BROKEN, "journal.jsonl:7: a byte was changed",
         "The evidence is not what was written: journal.jsonl:7: a byte was changed."},
        {"cut", PLAIN, GOOD, INTEGRITY_CUT, "the run was killed",
         "The evidence is cut: the run was killed."},
        {"cut, no more is known", PLAIN, GOOD, INTEGRITY_CUT, "",
         "The evidence does not reach to the end."},
        {"no lag", LEVEL(",'timing':true"), ASK "request 1 acme:9:7\n end done", INTEGRITY_WHOLE,
         "", "An operator was told 0 time(s), expected at least 1."},
        {"lag, where time does not matter", LEVEL(""), ASK "request 1 acme:9:7\n" LAG("20001"),
         INTEGRITY_WHOLE, "", "An operator was told 0 time(s), expected at least 1."},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct judged j;
        tale_read(&j.evidence, ROWS[i].scenario, ROWS[i].tale);
        j.evidence.integrity = ROWS[i].integrity;
        (void)snprintf(j.evidence.problem, sizeof j.evidence.problem, "%s", ROWS[i].problem);
        j.run = result_run_new();
        CHECK_INT(judge_case(result_add_case(j.run), &j.evidence, NULL), RC_OK);
        CHECK_TEXT(j.run->cases[0].checks[0].text, ROWS[i].text);
        forget(&j);
    }
    unit_row(NULL);
}

// Section 7: a documented must and money fail a certificate; the rest is advice.
static void advice(void)
{
#define CERTIFIES(basis, money)                                                                    \
    "{'id':'T-01','file':'s/x/T-01.json','requirement':{'text':'','level':'must','basis':'" basis  \
    "','money':" money "},'steps':[],'rules':[],'exercised':{'requests':{}},"                      \
    "'expect':[{'id':'e','verb':'alert','args':{}}]}"
    static const struct {
        const char *name, *scenario, *tale;
        bool advice;
    } ROWS[] = {
        {"documented", CERTIFIES("documented", "false"), ASK "request 1 acme:9:7\n end done",
         false},
        {"derived", CERTIFIES("derived", "false"), ASK "request 1 acme:9:7\n end done", true},
        {"derived, of money", CERTIFIES("derived", "true"), ASK "request 1 acme:9:7\n end done",
         false},
        {"held", CERTIFIES("derived", "false"), ASK "request 1 acme:9:7\n alert u1\n end done",
         false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct judged j;
        judge(&j, ROWS[i].scenario, ROWS[i].tale, NULL);
        CHECK(j.result->checks[0].advice == ROWS[i].advice);
        forget(&j);
    }
    unit_row(NULL);
}

// A failure of money stands above everything that leaves a case open.
static void worst(void)
{
    static const char NEVER[] = SCENARIO("'steps':[],'rules':[{'name':'r'}],'expect':[]");
    static const char CLAIMED[] = "hello\n usage u1 acme 7 9\n done\n flush\n say u1 metered\n";
    struct judged j;
    judge(&j, NEVER, ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH, NULL);
    CHECK_TEXT(verdict_name(j.result->verdict), "NOT EXERCISED");
    CHECK(j.result->why != NULL && strstr(j.result->why, "never delivered") != NULL);
    forget(&j);
    judge(&j, NEVER, CLAIMED, NULL); // no end: cut
    CHECK_TEXT(verdict_name(j.result->verdict), "FAIL");
    forget(&j);
}

// Nothing is asked and nothing said: usage and words are read off the wire.
static void exec_contract(void)
{
    static const char CASE[] = SCENARIO(
        "'steps':[{'n':1,'verb':'usage','id':'u1'},{'n':2,'verb':'usage','id':'u2'},"
        "{'n':3,'verb':'round','id':'again'}],'expect':["
        "{'id':'l','verb':'ledger','args':{'complete':true}},"
        "{'id':'r','verb':'resubmits','args':{'usages':['u2'],'unchanged':['quantity','hour']}},"
        "{'id':'s','verb':'states','args':{'u1':['metered'],'u2':['metered']}},"
        "{'id':'n','verb':'requests','level':'should','args':{'after':'again','count':{'max':0}}}"
        "]," ANY_REQUEST);
#define LEFT "request 1 u1=acme:9:7 u2=globex:9:2\n commit 1 acme:9:7+\n reply 1 200 0=Success\n"
#define OVER "exit 0\n end done"
    static const struct {
        const char *name, *tale;
        enum verdict money, ledger, resubmits, states;
    } ROWS[] = {
        {"sent again", LEFT "meter 2 u2=globex:9:2\n" OVER, VERDICT_PASS, VERDICT_PASS,
         VERDICT_PASS, VERDICT_PASS},
        {"sent again, with more", LEFT "meter 2 u2=globex:9:3\n" OVER, VERDICT_FAIL, VERDICT_FAIL,
         VERDICT_FAIL, VERDICT_PASS},
        {"left out", LEFT OVER, VERDICT_PASS, VERDICT_FAIL, VERDICT_FAIL, VERDICT_FAIL},
        {"confirmed, but the reply was cut",
         LEFT "request 2 u2=globex:9:2\n commit 2 globex:9:2+\n cut 2 200 0=Success\n" OVER,
         VERDICT_PASS, VERDICT_PASS, VERDICT_PASS, VERDICT_FAIL},
        {"billed under both models",
         LEFT "meter 2 u2=globex:9:2\n meter 3 license:globex:9:2\n" OVER, VERDICT_FAIL,
         VERDICT_FAIL, VERDICT_PASS, VERDICT_PASS},
        {"more usage than the case needs", LEFT "meter 2 u2=globex:9:2\n meter 3 hooli:8:4\n" OVER,
         VERDICT_PASS, VERDICT_PASS, VERDICT_PASS, VERDICT_PASS},
        {"of it some is never billed", LEFT "meter 2 u2=globex:9:2\n request 3 hooli:8:4\n" OVER,
         VERDICT_PASS, VERDICT_FAIL, VERDICT_PASS, VERDICT_PASS},
        {"less usage than the case needs", "meter 1 u1=acme:9:7\n" OVER, VERDICT_PASS,
         VERDICT_NOT_EXERCISED, VERDICT_NOT_EXERCISED, VERDICT_NOT_EXERCISED},
        {"nothing submitted", "event request {'x':1,'operation':'ResolveCustomer'}\n" OVER,
         VERDICT_PASS, VERDICT_NOT_EXERCISED, VERDICT_NOT_EXERCISED, VERDICT_NOT_EXERCISED},
    };
#undef LEFT
#undef OVER
    OWN(json) cJSON *head = NULL;
    CHECK_INT(json_read(&head, NULL, SPAN("{\"contract\":\"exec\"}"), NULL, NULL), RC_OK);
    struct judge_options options = judge_options_of(&(struct evidence_run){.run = head});
    CHECK(options.wire_only && !judge_options_of(&(struct evidence_run){0}).wire_only);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct judged j;
        judge(&j, CASE, ROWS[i].tale, &options);
        const struct result_check *checks = j.result->checks;
        CHECK_TEXT(verdict_name(checks[0].verdict), verdict_name(ROWS[i].ledger));
        CHECK_TEXT(verdict_name(checks[1].verdict), verdict_name(ROWS[i].resubmits));
        CHECK_TEXT(verdict_name(checks[2].verdict), verdict_name(ROWS[i].states));
        // A moment that only a step can mark: told where no duty hangs on it.
        CHECK_TEXT(verdict_name(checks[3].verdict), "INFO");
        for (size_t k = 0; k < j.result->check_count; k++) {
            if (strcmp(checks[k].id, "money") == 0) {
                CHECK_TEXT(verdict_name(checks[k].verdict), verdict_name(ROWS[i].money));
            }
        }
        forget(&j);
    }
    unit_row(NULL);
}

// The same evidence under the script contract: what nobody asked for was billed.
static void script_contract(void)
{
    static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);
    struct judge_options script = {.wire_only = false};
    OWN(json) cJSON *others = NULL;
    CHECK_INT(json_read(&others, NULL, SPAN("[\"X-01\"]"), NULL, NULL), RC_OK);
    struct judge_options exec = {.wire_only = true, .mandatory = others};
    struct judged j;
    judge(&j, PLAIN, "meter 1 acme:9:7\n exit 0 expected\n end done", &script);
    CHECK_TEXT(verdict_name(j.result->verdict), "FAIL");
    forget(&j);
    judge(&j, PLAIN, "meter 1 acme:9:7\n exit 0 expected\n end done", &exec);
    CHECK_TEXT(verdict_name(j.result->verdict), "PASS");
    forget(&j);
    judge(&j, PLAIN, "meter 1 acme:9:7\n exit 0\n end done", &exec);
    CHECK_TEXT(verdict_name(j.result->verdict), "PASS"); // it ends when its work is done
    CHECK(!j.result->mandatory);
    forget(&j);
    // Nobody says hello there, nor asks for anything.
    judge(&j, PLAIN, "meter 1 acme:9:7\n end deadline", &exec);
    CHECK_TEXT(verdict_name(j.result->verdict), "NOT EXERCISED");
    forget(&j);
}

static void runs(void)
{
    struct evidence_case cases[2];
    static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);
    tale_read(&cases[0], PLAIN, ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH);
    tale_read(&cases[1], PLAIN, "hello\n event end {'why':'unsupported','text':'no clock'}");
    static const char HEAD[] =
        "{\"client\":[\"java\",\"-jar\"],\"contract\":\"script\",\"profile\":\"saas\",\"rule_set\":"
        "\"2021\",\"seed\":"
        "\"18446744073709551615\",\"version\":\"9\",\"mandatory\":[\"T-01\"],\"closing\":"
        "{\"interrupted\":true}}";
    OWN(json) cJSON *head = NULL;
    CHECK_INT(json_read(&head, NULL, span_of(HEAD), NULL, NULL), RC_OK);
    struct evidence_run evidence = {.run = head, .cases = cases, .count = 2};
    struct result_run *run = result_run_new();
    CHECK_INT(judge_run(run, &evidence), RC_OK);
    CHECK_TEXT(run->client, "java -jar");
    CHECK_TEXT(run->contract, "script");
    CHECK_TEXT(run->profile, "saas");
    CHECK_TEXT(run->rule_set, "2021");
    CHECK(run->seed == UINT64_MAX && run->interrupted);
    CHECK_TEXT(run->harness, "9");
    CHECK_INT(strlen(run->judge), 64);
    CHECK(run->problem == NULL && run->count == 2);
    CHECK_TEXT(verdict_name(run->cases[0].verdict), "PASS");
    CHECK_TEXT(verdict_name(run->cases[1].verdict), "UNSUPPORTED");
    CHECK(run->cases[0].mandatory && run->cases[1].mandatory);
    result_run_free(&run);
    evidence.integrity = INTEGRITY_BROKEN;
    (void)snprintf(evidence.problem, sizeof evidence.problem, "%s", "run.json: a byte was changed");
    run = result_run_new();
    CHECK_INT(judge_run(run, &evidence), RC_OK);
    CHECK_TEXT(run->problem, "the evidence is not what was written: run.json: a byte was changed");
    CHECK_INT(result_exit_code(run), 2);
    result_run_free(&run);
    tale_clear(&cases[0]);
    tale_clear(&cases[1]);
}

// A case of the product as it is written into evidence, and clients of which it speaks.
static void case_of_the_product(void)
{
#define SENT                                                                                       \
    "start\n hello\n usage u1 acme 7 9\n done\n usage u2 globex 2 9\n done\n clock 10\n done\n"    \
    "flush\n request 1 acme:9:7 globex:9:2\n commit 1 acme:9:7+ globex:9:2\n"                      \
    "reply 1 200 0=Success\n"                                                                      \
    "event fault {'x':1,'rule':'globex unprocessed "                                               \
    "once','kind':'answer','action':'unprocessed'}\n"
    static const struct {
        const char *name, *tale;
        enum verdict verdict;
    } ROWS[] = {
        {"sends the unprocessed one again",
         SENT
         "say u1 metered\n say u2 pending\n done\n drain\n meter 2 globex:9:2\n say u2 metered\n"
         "done\n exit 0 expected\n end done",
         VERDICT_PASS},
        {"sends both again",
         SENT "say u1 metered\n say u2 unknown\n done\n drain\n request 2 acme:9:7 globex:9:2\n"
              "commit 2 acme:9:7 globex:9:2+\n reply 2 200 0=Success 1=Success\n say u2 metered\n"
              "done\n exit 0 expected\n end done",
         VERDICT_PASS},
        {"takes 200 for success",
         SENT "say u1 metered\n say u2 metered\n done\n drain\n done\n exit 0 expected\n end done",
         VERDICT_FAIL},
        {"keeps it for ever",
         SENT "say u1 metered\n say u2 pending\n done\n drain\n done\n exit 0 expected\n end done",
         VERDICT_FAIL},
        {"stamps it anew",
         SENT "say u1 metered\n say u2 pending\n done\n drain\n meter 2 globex:10:2\n"
              "say u2 metered\n done\n exit 0 expected\n end done",
         VERDICT_FAIL},
    };
    struct scenario_file *file = NULL;
    OWN_BUF struct buf text = {0};
    CHECK_INT(scenario_read_file(&file,
                                 METERPROVER_SOURCE_DIR "/scenarios/batch-meter-usage/BMU-R02.json",
                                 NULL, NULL),
              RC_OK);
    scenario_render(scenario_at(file, 0), "saas", &text);
    buf_add_char(&text, '\0');
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct judged j;
        judge(&j, text.data, ROWS[i].tale, NULL);
        CHECK_TEXT(verdict_name(j.result->verdict), verdict_name(ROWS[i].verdict));
        CHECK_TEXT(j.result->suite, "batch-meter-usage");
        forget(&j);
    }
    unit_row(NULL);
    scenario_file_free(&file);
}

static void tables(void)
{
    size_t count = 0;
    const struct oracle *oracles = oracle_all(&count);
    CHECK(count > 0);
    for (size_t i = 0; i < count; i++) {
        CHECK(oracle_find(oracles[i].verb) == &oracles[i]); // no name twice
        CHECK(oracles[i].judge != NULL);
    }
    CHECK(oracle_exists("ledger") && !oracle_exists("wonders") && !oracle_exists(NULL));
    const struct invariant *invariants = invariant_all(&count);
    for (size_t i = 0; i < count; i++) {
        CHECK(invariants[i].judge != NULL && *invariants[i].help != '\0');
        for (size_t k = 0; k < i; k++) {
            CHECK(strcmp(invariants[k].id, invariants[i].id) != 0);
        }
    }
}

const struct unit_test VERDICT_TESTS[] = {{"sentences", sentences},
                                          {"levels", levels},
                                          {"lag excuses what is about time, never money", lag},
                                          {"cases without checks", cases_without_checks},
                                          {"without a scenario", without_a_scenario},
                                          {"describes the case", describes},
                                          {"explains what is open", explains},
                                          {"what is advice", advice},
                                          {"money stands above what is open", worst},
                                          {"exec contract", exec_contract},
                                          {"script contract", script_contract},
                                          {"the script contract", script_contract},
                                          {"whole runs", runs},
                                          {"a case of the product", case_of_the_product},
                                          {"tables", tables},
                                          {NULL, NULL}};
