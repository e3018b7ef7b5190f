// SPDX-License-Identifier: Apache-2.0
// The exec contract: which cases it takes, and how the client's own end ends the case.
#include "suites/play/play_inside.h"
#include "tests/unit/play/stage.h"

#define USAGE(more)                                                                                \
    "{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", \"dimension\": \"requests\", "           \
    "\"quantity\": 7" more "}}"
#define STEPS "\"steps\": [" USAGE("") ", {\"round\": {}, \"id\": \"again\"}, {\"drain\": {}}],"
#define RULE                                                                                       \
    "\"rules\": [{\"name\": \"later\", \"match\": \"1\", \"when\": {\"operation\": "               \
    "\"BatchMeterUsage\"}, \"then\": [{\"error\": \"ThrottlingException\"}]}],"
#define LEDGER "{\"id\": \"b\", \"ledger\": {\"complete\": true}}"
#define EXPECT(more) "\"expect\": [" LEDGER more "],"
#define PLAIN STEPS RULE EXPECT("")

static const struct event *play_alone(struct stage *s, const char *members, const char *script)
{
    stage_init_whole(s, members);
    s->setting.is_exec = true;
    stage_play(s, script, false);
    return &s->it->events[s->it->count - 1];
}

static void cases_are_refused(void)
{
    static const struct {
        const char *name, *members, *says; // NULL: it is played
    } ROWS[] = {
        {"made by the wire", PLAIN, NULL},
        {"usage of the last hour",
         "\"steps\": [" USAGE(", \"at\": \"hour-1\"") "]," RULE EXPECT(""), NULL},
        {"old usage", "\"steps\": [" USAGE(", \"at\": \"hour-30\"") "]," RULE EXPECT(""),
         "needs \"usage\" of a special kind"},
        {"tagged usage",
         "\"steps\": [" USAGE(", \"tags\": [{\"quantity\": 7}]") "]," RULE EXPECT(""),
         "needs \"usage\" of a special kind"},
        {"a restart",
         "\"steps\": [" USAGE("") ", {\"restart\": {\"signal\": \"KILL\"}}]," RULE EXPECT(""),
         "needs \"restart\""},
        {"no rule",
         STEPS
         "\"rules\": []," EXPECT("") "\"exercised\": {\"requests\": {\"count\": {\"min\": 1}}},",
         "what the case asks for makes its situation"},
        {"a world of its own",
         PLAIN "\"world\": {\"customers\": {\"acme\": {\"subscribed\": false}}},",
         "sets up \"customers\""},
        {"keys that are fetched", PLAIN "\"client\": {\"credentials\": \"container\"},", NULL},
        {"keys that change",
         "\"client\": {\"credentials\": \"web-identity\"}, \"steps\": [" USAGE(
             "") ", {\"credentials\": {\"rotate\": \"token\"}}]," RULE EXPECT(""),
         "needs \"credentials\""},
        {"a clock that is off", PLAIN "\"time\": {\"skew\": \"+20m\"},", NULL},
        {"a rule set", PLAIN "\"world\": {\"rule_set\": \"2021\"},", NULL},
        {"a rule about a customer",
         STEPS "\"rules\": [{\"name\": \"later\", \"when\": {\"operation\": \"BatchMeterUsage\", "
               "\"records\": {\"customer\": \"acme\"}}, \"then\": [{\"error\": "
               "\"ThrottlingException\"}]}]," EXPECT(""),
         "rule \"later\" looks for what they ask"},
        {"an action on a customer",
         STEPS "\"rules\": [{\"name\": \"later\", \"when\": {\"operation\": \"BatchMeterUsage\"}, "
               "\"then\": [{\"unprocessed\": {\"customer\": \"acme\"}}]}]," EXPECT(""),
         "rule \"later\" looks for what they ask"},
        {"an action on a usage",
         STEPS "\"rules\": [{\"name\": \"later\", \"when\": {\"operation\": \"BatchMeterUsage\"}, "
               "\"then\": [{\"unprocessed\": {\"usage\": \"u1\"}}]}]," EXPECT(""),
         NULL},
        {"a quantity",
         STEPS RULE EXPECT(", {\"id\": \"q\", \"requests\": {\"records\": {\"usage\": \"u1\"}, "
                           "\"not\": {\"records\": {\"quantity\": 7}}, \"count\": {\"max\": 0}}}"),
         "\"q\" looks for what they ask"},
        {"a usage",
         STEPS RULE EXPECT(", {\"id\": \"q\", \"requests\": {\"records\": {\"usage\": \"u1\"}, "
                           "\"count\": {\"min\": 1}}}"),
         NULL},
        {"a word that shows",
         STEPS RULE EXPECT(", {\"id\": \"s\", \"states\": {\"u1\": [\"metered\"]}}"), NULL},
        {"a word that does not show",
         STEPS RULE EXPECT(", {\"id\": \"s\", \"states\": {\"u1\": [\"pending\"]}}"),
         "does not show \"s\""},
        {"an alert", STEPS RULE EXPECT(", {\"id\": \"a\", \"alert\": {\"about\": [\"u1\"]}}"),
         "does not show \"a\""},
        {"a moment",
         STEPS RULE EXPECT(
             ", {\"id\": \"m\", \"requests\": {\"after\": \"again\", \"count\": {\"max\": 0}}}"),
         "does not show \"m\""},
        {"a moment no duty hangs on",
         STEPS RULE EXPECT(
             ", {\"id\": \"m\", \"level\": \"should\", \"requests\": {\"after\": \"again\", "
             "\"count\": {\"max\": 0}}}"),
         NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct stage s;
        unit_row(ROWS[i].name);
        const struct event *end = play_alone(&s, ROWS[i].members, "exit 0");
        CHECK_TEXT(json_get_text(end->json, "why"), ROWS[i].says == NULL ? "done" : "unsupported");
        CHECK(ROWS[i].says == NULL ||
              span_has(json_span(json_get(end->json, "text")), span_of(ROWS[i].says)));
        CHECK_INT(stage_count(&s, "\"what\":\"start\""), ROWS[i].says == NULL ? 1 : 0);
        stage_clear(&s);
    }
    unit_row(NULL);
}

// Whether it trusts the authority of a run such a client cannot say.
static void transport(void)
{
    static const struct {
        const char *name, *members, *says; // NULL: it is played
    } ROWS[] = {
        {"plain", PLAIN "\"client\": {\"transport\": \"plain\"},", NULL},
        {"TLS", PLAIN "\"client\": {\"transport\": \"tls\"}, \"requires\": [\"tls\"],",
         "the exec contract has no steps, and no hello, in which the client would say that it "
         "supports \"tls\""},
        {"a proxy",
         PLAIN "\"client\": {\"transport\": \"proxy\"}, \"requires\": [\"tls\", \"proxy\"],",
         "the exec contract has no steps, and no hello, in which the client would say that it "
         "supports \"tls\""},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct stage s;
        char text[256] = "";
        unit_row(ROWS[i].name);
        stage_init_whole(&s, ROWS[i].members);
        struct play p = {.scenario = scenario_at(s.file, 0)};
        CHECK_INT(step_needs_script(&p, text, sizeof text), ROWS[i].says != NULL);
        CHECK_TEXT(text, ROWS[i].says == NULL ? "" : ROWS[i].says);
        stage_clear(&s);
    }
    unit_row(NULL);
}

static void its_end_ends_the_case(void)
{
    static const struct {
        const char *name, *script, *why, *text;
    } ROWS[] = {
        {"in order", "exit 0", "done", "the client did its work and ended"},
        {"in disorder", "exit 3", "exit", "the client exited with code 3 before it was asked to"},
        {"unsupported", "exit 89", "unsupported",
         "the client exited with code 89: it does not support this"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct stage s;
        unit_row(ROWS[i].name);
        const struct event *end = play_alone(&s, PLAIN, ROWS[i].script);
        CHECK_TEXT(json_get_text(end->json, "why"), ROWS[i].why);
        CHECK_TEXT(json_get_text(end->json, "text"), ROWS[i].text);
        stage_clear(&s);
    }
    unit_row(NULL);
}

const struct unit_test ALONE_TESTS[] = {
    {"cases are refused", cases_are_refused},
    {"transport", transport},
    {"its end ends the case", its_end_ends_the_case},
    {NULL, NULL},
};
