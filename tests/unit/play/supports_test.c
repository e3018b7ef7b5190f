// SPDX-License-Identifier: Apache-2.0
// A case that asks for what this version does not do is refused, never played without it.
#include "tests/unit/play/stage.h"

#define USAGE                                                                                      \
    "{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", \"dimension\": \"requests\", "           \
    "\"quantity\": 7"
#define FROM(source) "\"client\": {\"credentials\": \"" source "\"},"
#define K2 "\"world\": {\"credentials\": [{\"name\": \"k2\", \"life_wire\": \"5s\"}]},"
#define NO_SESSION "\"world\": {\"credentials\": [{\"name\": \"k2\", \"session\": false}]},"
#define CHANGE(change) "\"steps\": [" USAGE "}}, {\"credentials\": {" change "}}, {\"round\": {}}],"
#define PROXY "\"client\": {\"transport\": \"proxy\"}, \"requires\": [\"tls\", \"proxy\"],"
#define STEPS "\"steps\": [" USAGE "}}, {\"round\": {}}],"

static void cases_are_refused(void)
{
    static const struct {
        const char *name, *members, *says; // NULL: it can be played
    } ROWS[] = {
        {"as usual", STEPS, NULL},
        {"static keys", "\"client\": {\"credentials\": \"static\"}," STEPS, NULL},
        {"fetched keys", FROM("imds") STEPS, NULL},
        {"served", FROM("container") K2 CHANGE("\"serve\": \"k2\""), NULL},
        {"served when static", K2 CHANGE("\"serve\": \"k2\""), "while credentials are static"},
        {"no session served", FROM("imds") NO_SESSION CHANGE("\"serve\": \"k2\""), "sessions only"},
        {"expired", FROM("container") K2 CHANGE("\"expire\": \"k2\""), NULL},
        {"static, expired", K2 CHANGE("\"expire\": \"k2\""), NULL},
        {"expired too late", FROM("container") K2 CHANGE("\"expire\": \"k1\""),
         "before the deadline"},
        {"given anew", FROM("web-identity") CHANGE("\"rotate\": \"token\""), NULL},
        {"given anew in a file", FROM("pod-identity") CHANGE("\"rotate\": \"token\""), NULL},
        {"given anew in the environment", FROM("container") CHANGE("\"rotate\": \"token\""),
         "which cannot change"},
        {"plain", "\"client\": {\"transport\": \"plain\"}," STEPS, NULL},
        {"TLS", "\"client\": {\"transport\": \"tls\"}, \"requires\": [\"tls\"]," STEPS, NULL},
        {"a proxy", PROXY STEPS, NULL},
        {"environment", "\"client\": {\"env\": {\"TZ\": \"Asia/Tokyo\"}}," STEPS, NULL},
        {"protected environment", "\"client\": {\"env\": {\"AWS_ACCESS_KEY_ID\": \"a\"}}," STEPS,
         "the variable AWS_ACCESS_KEY_ID cannot be set by a case"},
        {"instances", "\"client\": {\"instances\": 2}," STEPS, NULL},
        {"a restart at a commit of one of two",
         "\"client\": {\"instances\": 2}, \"steps\": [" USAGE
         "}}, {\"restart\": {\"signal\": \"KILL\", \"at\": \"commit\"}}, {\"round\": {}}],",
         "several instances"},
        {"start", "\"time\": {\"start\": \"now+1h\"}," STEPS, NULL},
        {"skew", "\"time\": {\"skew\": \"+20m\"}," STEPS, NULL},
        {"no quotas", "\"world\": {\"quotas\": false}," STEPS, NULL},
        {"quotas", "\"world\": {\"quotas\": true}," STEPS, NULL},
        {"quotas later",
         "\"steps\": [" USAGE "}}, {\"world\": {\"quotas\": true}}, {\"round\": {}}],", NULL},
        {"another licence", "\"steps\": [" USAGE ", \"license\": \"globex\"}}, {\"round\": {}}],",
         "`license` of `usage`"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct stage s;
        struct diag d = {0};
        unit_row(ROWS[i].name);
        stage_init(&s, ROWS[i].members);
        enum rc rc = play_supports(scenario_at(s.file, 0), &d);
        CHECK_INT(rc, ROWS[i].says == NULL ? RC_OK : RC_UNSUPPORTED);
        CHECK(ROWS[i].says == NULL || span_has(span_of(d.text), span_of(ROWS[i].says)));
        stage_clear(&s);
    }
    unit_row(NULL);
}

// In real time a case begins now and nowhere else.
static void no_other_start_in_real_time(void)
{
    struct stage s;
    stage_init(&s, "\"time\": {\"start\": \"now+1h\"}," STEPS);
    stage_play(&s, HELLO("\"usage\",\"flush\"") SERVE, false);
    const struct event *end = &s.it->events[s.it->count - 1];
    CHECK_TEXT(json_get_text(end->json, "why"), "unsupported");
    CHECK_TEXT(json_get_text(end->json, "text"), "the client does not support \"clock\"");
    stage_clear(&s);
}

static void start_in_told_time(void)
{
    struct stage s;
    stage_init(&s, "\"time\": {\"start\": \"now+1h\"}," STEPS);
    stage_play(&s, HELLO("\"usage\",\"flush\",\"clock\"") SERVE, true);
    CHECK_TEXT(json_get_text(s.it->events[s.it->count - 1].json, "why"), "done");
    stage_clear(&s);
}

// What a case puts into the environment is there when the client starts.
static void variables_of_the_case(void)
{
    struct stage s;
    stage_init(&s, "\"client\": {\"env\": {\"TZ\": \"Asia/Tokyo\"}}," STEPS);
    stage_play(&s,
               HELLO("\"usage\",\"flush\"") "echo \"{\\\"mp\\\":\\\"alert\\\",\\\"about\\\":[],"
                                            "\\\"text\\\":\\\"zone $TZ\\\"}\"; " SERVE,
               false);
    CHECK_INT(stage_count(&s, "zone Asia/Tokyo"), 1);
    stage_clear(&s);
}

const struct unit_test SUPPORTS_TESTS[] = {
    {"cases are refused", cases_are_refused},
    {"no other start in real time", no_other_start_in_real_time},
    {"start in told time", start_in_told_time},
    {"variables of the case", variables_of_the_case},
    {NULL, NULL},
};
