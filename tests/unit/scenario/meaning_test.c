// SPDX-License-Identifier: Apache-2.0
// The legal neighbours of what tests/scenarios/must-fail shows to be refused, and what is computed
// about rules when they are read.
#include "tests/unit/scenario/scenario_tests.h"

#include <string.h>

#include "proxy/base/own.h"
#include "proxy/scenario/vocabulary.h"

#define RULE(name, more, then) "{\"name\": \"" name "\", " more ", \"then\": [" then "]}"
#define USAGE(id, customer, more)                                                                  \
    "{\"usage\": {\"id\": \"" id "\", \"customer\": \"" customer                                   \
    "\", \"dimension\": \"requests\", \"quantity\": 1" more "}}"

static void neighbours_are_accepted(void)
{
    static const struct case_parts ROWS[] = {
        {.name = "a rule of another match stands before",
         .rules = "[" RULE("a", "\"when\": {}, \"match\": \"1\"",
                           "{\"error\": "
                           "\"ThrottlingException\"}") ", " RULE("b", "\"when\": {}",
                                                                 "{\"delay\": \"1s\"}") "]"},
        {.name = "a rule that is disarmed stands before",
         .steps = "[" USAGE("u1", "acme", "") ", {\"disarm\": \"a\"}]",
         .rules = "[" RULE("a", "\"when\": {}", "{\"delay\": \"1s\"}") ", " RULE(
             "b", "\"when\": {}", "{\"delay\": \"2s\"}") "]"},
        {.name = "a narrower rule stands before",
         .rules = "[" RULE("a", "\"when\": {\"records\": {\"customer\": \"acme\"}}",
                           "{\"delay\": \"1s\"}") ", " RULE("b", "\"when\": {}",
                                                            "{\"delay\": \"2s\"}") "]"},
        {.name = "a rule of another phase stands before",
         .rules = "[" RULE("a", "\"when\": {\"phase\": \"head\"}", "{\"delay\": \"1s\"}") ", " RULE(
             "b", "\"when\": {}", "{\"delay\": \"2s\"}") "]"},
        {.name = "armed by another rule",
         .rules = "[" RULE("a", "\"when\": {}, \"match\": \"1\"", "{\"arm\": \"b\"}") ", " RULE(
             "b", "\"when\": {}, \"armed\": false", "{\"delay\": \"2s\"}") "]"},
        {.name = "an unmodelled error that says so",
         .rules = "[" RULE("a", "\"when\": {}",
                           "{\"error\": {\"name\": \"SomethingNew\", "
                           "\"unmodelled\": true}}") "]"},
        {.name = "an error of another target",
         .rules =
             "[" RULE("a", "\"when\": {\"target\": \"sts\"}", "{\"error\": \"AccessDenied\"}") "]"},
        {.name = "two reports of an hour where they are added up",
         .operation = "MeterUsage",
         .profiles = "[\"agentcore\"]",
         .steps = "[" USAGE("u1", "acme", "") ", {\"round\": {}}, " USAGE("u2", "acme", "") "]"},
        {.name = "the buyer of the credential",
         .operation = "MeterUsage",
         .profiles = "[\"ami\"]",
         .steps = "[" USAGE("u1", "globex", "") "]",
         .more = "\"world\": {\"credentials\": [{\"name\": \"k1\", \"customer\": "
                 "\"globex\"}]},"},
        {.name = "an operation in the head",
         .rules = "[" RULE("a",
                           "\"when\": {\"phase\": \"head\", \"operation\": "
                           "\"BatchMeterUsage\"}",
                           "{\"rst\": {\"at\": \"before-request\"}}") "]"},
        {.name = "records in the request",
         .rules = "[" RULE("a",
                           "\"when\": {\"phase\": \"request\", \"records\": {\"usage\": "
                           "\"u1\"}}",
                           "{\"unprocessed\": {\"usage\": \"u1\"}}") "]"},
        {.name = "certainty",
         .rules = "[" RULE("a", "\"when\": {}, \"probability\": 1", "{\"delay\": \"1s\"}") "]"},
        {.name = "no rules, but exercised",
         .rules = "[]",
         .more = "\"exercised\": {\"requests\": {\"count\": {\"min\": 1}}},"},
        {.name = "no rules, but answers",
         .rules = "[]",
         .more = "\"exercised\": {\"answers\": {\"u1\": \"done\"}},"},
        {.name = "two usages of one key at once",
         .steps = "[" USAGE("u1", "acme", "") ", " USAGE("u2", "acme", "") ", {\"flush\": {}}]"},
        {.name = "two customers apart",
         .steps = "[" USAGE("u1", "acme", "") ", {\"flush\": {}}, " USAGE("u2", "globex", "") "]"},
        {.name = "two products apart",
         .steps = "[" USAGE("u1", "acme", ", \"product\": \"gadget\"") ", {\"flush\": {}}, " USAGE(
             "u2", "acme", "") "]",
         .more = "\"world\": {\"products\": {\"gadget\": {\"code\": \"g1\"}}},"},
        {.name = "exactly one record a request",
         .expect =
             "[{\"id\": \"a\", \"requests\": {\"records\": {\"min\": 1, \"max\": 1}, \"count\": "
             "{\"min\": 1}}}]"},
        {.name = "two hours apart",
         .steps = "[" USAGE("u1", "acme", ", \"at\": \"hour\"") ", {\"clock\": \"+1h\"}, " USAGE(
             "u2", "acme", ", \"at\": \"hour\"") "]",
         .more = "\"requires\": [\"clock\"],"},
        {.name = "one key apart, but excepted",
         .steps = "[" USAGE("u1", "acme", "") ", {\"flush\": {}}, " USAGE("u2", "acme", "") "]",
         .expect = "[{\"id\": \"b\", \"ledger\": {\"complete\": true, \"except\": {\"u2\": "
                   "[\"rejected\"]}}}]"},
        {.name = "one key apart, but only one is spoken of",
         .steps = "[" USAGE("u1", "acme", "") ", {\"flush\": {}}, " USAGE("u2", "acme", "") "]",
         .expect = "[{\"id\": \"b\", \"ledger\": {\"complete\": true, \"usages\": [\"u1\"]}}]"},
        {.name = "a moment from a step before",
         .steps = "[" USAGE("u1", "acme", ", \"at\": \"hour\"") ", " USAGE(
             "u2", "acme", ", \"at\": \"u1+1h\"") "]"},
        {.name = "the second instance",
         .steps = "[{\"start\": {}, \"instance\": 2}, {\"flush\": {}, \"instance\": 2}]",
         .more = "\"requires\": [\"instances\"], \"client\": {\"instances\": 2},"},
        {.name = "a world of its own",
         .steps = "[" USAGE("u1", "wayne", ", \"product\": \"gadget\"") "]",
         .more = "\"world\": {\"products\": {\"gadget\": {\"code\": \"g1\", \"dimensions\": "
                 "{\"seats\": \"seats\"}}}, \"customers\": {\"wayne\": {\"account\": "
                 "\"000000000001\", \"identifier\": null}}},"},
        {.name = "a waived invariant with its reason",
         .more = "\"waive\": {\"signature\": \"the clock is wrong on purpose\"},"},
        {.name = "a token nobody issued",
         .operation = "ResolveCustomer",
         .more = "\"requires\": [\"resolve\"],",
         .steps = "[{\"resolve\": {\"id\": \"r1\", \"token\": \"no such token\"}}]",
         .expect = "[{\"id\": \"x\", \"resolve\": {\"r1\": {\"state\": [\"refused\"]}}}]"},
        {.name = "the signature of a registration",
         .operation = "RegisterUsage",
         .profiles = "[\"container-hourly\"]",
         .rules = "[" RULE("a", "\"when\": {}", "{\"jwt\": {\"forge\": \"alg-none\"}}") "]"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        OWN(text) char *wrong = case_sentences(&ROWS[i]);
        CHECK_TEXT(wrong, "");
    }
    unit_row(NULL);
}

static void knows_what_executes(void)
{
    static const struct {
        const char *then;
        bool executes;
        enum fault_kind kind;
        const char *phase;
    } ROWS[] = {
        {"{\"error\": \"ThrottlingException\"}", false, FAULT_ANSWER, "request"},
        {"{\"respond\": {\"status\": 200}}", false, FAULT_ANSWER, "request"},
        {"{\"redirect\": {}}", false, FAULT_ANSWER, "request"},
        {"{\"commit\": {}}, {\"error\": \"ThrottlingException\"}", true, FAULT_ANSWER, "request"},
        {"{\"unprocessed\": {}}", true, FAULT_ANSWER, "request"},
        {"{\"omit_result\": {}}", true, FAULT_ANSWER, "request"},
        {"{\"delay\": \"1s\"}", true, FAULT_SILENCE, "request"},
        {"{\"delay\": \"1s\"}, {\"error\": \"ThrottlingException\"}", false, FAULT_SILENCE,
         "request"},
        {"{\"hang\": {\"at\": \"before-request\"}}", false, FAULT_SILENCE, "head"},
        {"{\"slow_read\": {\"bytes_per_s\": 9}}", true, FAULT_SILENCE, "head"},
        {"{\"delay\": \"1s\"}", true, FAULT_SILENCE, "head"},
        {"{\"respond\": {\"status\": 503}}", false, FAULT_ANSWER, "head"},
        {"{\"error\": {\"name\": \"ThrottlingException\", \"status\": 429}}, {\"rst\": {\"at\": "
         "\"after-response\"}}",
         false, FAULT_BROKEN, "head"},
        {"{\"fin\": {\"at\": \"after-response\"}}", true, FAULT_BROKEN, "request"},
        {"{\"hang\": {\"at\": \"after-response\"}}", true, FAULT_SILENCE, "request"},
        {"{\"fin\": {\"at\": \"before-response\"}}", false, FAULT_BROKEN, "request"},
        {"{\"rst\": {\"at\": \"response\", \"after_bytes\": 9}}", true, FAULT_BROKEN, "request"},
        {"{\"commit\": {}}, {\"rst\": {\"at\": \"before-response\"}}", true, FAULT_BROKEN,
         "request"},
        {"{\"error\": \"ThrottlingException\"}, {\"fin\": {\"at\": \"response\", "
         "\"after_bytes\": 9}}",
         false, FAULT_BROKEN, "request"},
        {"{\"truncate\": {\"after_bytes\": 9}}", true, FAULT_BROKEN, "request"},
        {"{\"wrong_length\": {\"by\": 5}}", true, FAULT_BROKEN, "request"},
        {"{\"empty_reply\": {}}", false, FAULT_BROKEN, "request"},
        {"{\"commit\": {}}, {\"empty_reply\": {}}", true, FAULT_BROKEN, "request"},
        {"{\"garbage\": {}}", false, FAULT_BROKEN, "request"},
        {"{\"refuse\": {}}", false, FAULT_REFUSE, "connect"},
        {"{\"untrusted\": {}}", false, FAULT_TLS, "tls"},
        {"{\"no_close_notify\": {}}", true, FAULT_TLS, "request"},
        {"{\"clock\": \"+1h\"}", true, FAULT_STATE, "request"},
        {"{\"clock\": \"+1h\"}, {\"unprocessed\": {}}", true, FAULT_ANSWER, "request"},
        {"{\"rst\": {\"at\": \"before-response\"}}, {\"clock\": \"+1h\"}", false, FAULT_BROKEN,
         "request"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].then);
        char rules[400];
        (void)snprintf(rules, sizeof rules,
                       "[{\"name\": \"r\", \"when\": {\"phase\": \"%s\"}, \"then\": [%s]}]",
                       ROWS[i].phase, ROWS[i].then);
        struct scenario_file *file = case_file(&(struct case_parts){
            .rules = rules,
            .more = "\"client\": {\"transport\": \"tls\"}, \"requires\": [\"tls\"],"});
        if (file != NULL) {
            CHECK(scenario_at(file, 0)->rules[0].executes == ROWS[i].executes);
            CHECK_TEXT(fault_kind_name(scenario_at(file, 0)->rules[0].kind),
                       fault_kind_name(ROWS[i].kind));
        }
        scenario_file_free(&file);
    }
    unit_row(NULL);
}

static void defaults_are_filled_in(void)
{
    struct scenario_file *file = case_file(&(struct case_parts){
        .expect = "[{\"id\": \"a\", \"ledger\": {\"complete\": true}}, {\"id\": \"b\", \"level\": "
                  "\"may\", \"basis\": \"observed\", \"timing\": true, \"alert\": {\"count\": "
                  "{\"min\": 1}}}]"});
    if (file == NULL) {
        return;
    }
    const struct scenario *s = scenario_at(file, 0);
    CHECK_INT(s->deadline_s, 30);
    CHECK(!s->alone && !s->money);
    CHECK(s->steps[0].await);
    CHECK_INT(s->steps[0].instance, 1);
    CHECK(s->rules[0].armed && s->rules[0].probability >= 1);
    CHECK_INT(s->rules[0].phase, PHASE_REQUEST);
    CHECK_INT(s->rules[0].match, MATCH_ALL);
    CHECK_TEXT(s->expects[0].level, "must");
    CHECK_TEXT(s->expects[0].basis, "derived");
    CHECK(!s->expects[0].timing && s->expects[1].timing);
    CHECK_TEXT(s->expects[1].level, "may");
    CHECK_TEXT(s->expects[1].basis, "observed");
    CHECK(scenario_in_profile(s, "saas") && !scenario_in_profile(s, "ami"));
    scenario_file_free(&file);
}

static void metering_is_what_the_profile_has(void)
{
    CHECK_INT(scenario_metering("saas"), OPERATION_BATCH_METER_USAGE);
    CHECK_INT(scenario_metering("saas-agreements"), OPERATION_BATCH_METER_USAGE);
    CHECK_INT(scenario_metering("ami"), OPERATION_METER_USAGE);
    CHECK_INT(scenario_metering("agentcore"), OPERATION_METER_USAGE);
}

// The first problem of the text goes into the diagnostic, all of them into the buffer.
static void tells_all_in_order(void)
{
    static const struct case_parts BROKEN = {
        .steps = "[{\"flsh\": {}},\n{\"usage\": {\"id\": \"u 1\"}}]", .expect = "[]"};
    OWN(text) char *text = case_text(&BROKEN);
    OWN(text) char *all = case_sentences(&BROKEN);
    struct scenario_file *file = NULL;
    struct diag d = {0};
    CHECK_INT(scenario_read(&file, span_of(text), "t.json", NULL, &d), RC_UNKNOWN);
    CHECK_INT(d.place.line, 4);
    CHECK_TEXT(d.text, "there is no step \"flsh\"; did you mean \"flush\"?");
    CHECK_TEXT(
        all, "t.json:4:20: there is no step \"flsh\"; did you mean \"flush\"?\n"
             "t.json:5:11: the key \"customer\" is missing here\n"
             "t.json:5:11: the key \"dimension\" is missing here\n"
             "t.json:5:11: the key \"quantity\" is missing here\n"
             "t.json:5:18: \"id\" must be an id of letters, digits and underscores that begins "
             "with a letter, not \"u 1\"\n"
             "t.json:7:11: \"expect\" must be a list of at least one expectation, but it has 0\n");
}

// A mistake in a generated file must not fill the screen.
static void tells_no_more_than_two_hundred(void)
{
    OWN_BUF struct buf steps = {0};
    buf_add_char(&steps, '[');
    for (int i = 0; i < 300; i++) {
        buf_add_text(&steps, i == 0 ? "{\"flsh\": {}}" : ",\n{\"flsh\": {}}");
    }
    buf_add_text(&steps, "]");
    buf_add_char(&steps, '\0');
    OWN(text) char *all = case_sentences(&(struct case_parts){.steps = steps.data});
    size_t lines = 0;
    for (const char *p = all; *p != '\0'; p++) {
        lines += *p == '\n' ? 1 : 0;
    }
    CHECK_INT(lines, 200);
}

const struct unit_test MEANING_TESTS[] = {
    {"neighbours are accepted", neighbours_are_accepted},
    {"knows what executes", knows_what_executes},
    {"defaults are filled in", defaults_are_filled_in},
    {"metering is what the profile has", metering_is_what_the_profile_has},
    {"tells all in order", tells_all_in_order},
    {"tells no more than two hundred", tells_no_more_than_two_hundred},
    {NULL, NULL},
};
