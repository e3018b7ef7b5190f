// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "tests/unit/control/control_tests.h"
#include "tests/unit/control/counter.h"

#define RULES                                                                                      \
    "[{\"name\": \"one\", \"when\": {\"operation\": \"BatchMeterUsage\"}, \"armed\": false, "      \
    "\"then\": [{\"error\": \"ThrottlingException\"}]}, {\"name\": \"two\", \"when\": "            \
    "{\"operation\": \"BatchMeterUsage\"}, \"then\": [{\"rst\": {\"at\": \"before-response\"}}]}]"

static const cJSON *rule(struct counter *c, const char *name)
{
    const cJSON *item = NULL;
    CHECK_INT(counter_call(c, "GET", "/v1/rules", ""), 200);
    cJSON_ArrayForEach(item, json_get(c->reply, "rules"))
    {
        if (strcmp(json_get_text(item, "name"), name) == 0) {
            return item;
        }
    }
    return NULL;
}

static void says_what_it_is(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_call(&c, "GET", "/v1/health", ""), 200);
    CHECK_TEXT(json_get_text(c.reply, "status"), "ok");
    CHECK_INT(counter_call(&c, "GET", "/v1/lanes", ""), 200);
    const cJSON *lane = cJSON_GetArrayItem(json_get(c.reply, "lanes"), 0);
    CHECK_TEXT(json_get_text(json_get(lane, "urls"), "service"), lane_endpoint(c.lane));
    CHECK_INT(counter_call(&c, "GET", "/v1/lanes?x=1", ""), 422);
    CHECK_INT(counter_call(&c, "GET", "/v1/scenario", ""), 200);
    CHECK(cJSON_IsNull(json_get(c.reply, "scenario")));
    CHECK_INT(counter_call(&c, "GET", "/v1/rules", ""), 200);
    counter_close(&c);
}

static void loads(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_load(&c, RULES), 200);
    CHECK_INT(json_get_int(c.reply, "rules", 0), 2);
    CHECK_INT(counter_call(&c, "GET", "/v1/scenario", ""), 200);
    CHECK_TEXT(json_get_text(json_get(c.reply, "scenario"), "id"), "C-1");
    // One always wins before the other, but may be disarmed; `check` would refuse it.
    CHECK_INT(counter_load(&c, "[{\"name\": \"a\", \"when\": {}, \"then\": [{\"delay\": \"1s\"}]}, "
                               "{\"name\": \"b\", \"when\": {}, \"then\": [{\"delay\": \"2s\"}]}]"),
              200);
    CHECK_INT(counter_load(&c, RULES), 200);
    // What is wrong is told, each with its place; what was played is played on.
    CHECK_INT(counter_load(&c, "[{\"name\": \"r\", \"when\": {}, \"then\": [{\"rsst\": {}}]}]"),
              422);
    CHECK_TEXT(counter_error(&c), "bad_scenario");
    const cJSON *problems = json_get(json_get(c.reply, "error"), "problems");
    CHECK(cJSON_GetArraySize(problems) > 0);
    CHECK(strncmp(json_text(problems->child), "scenario.json:1:", 16) == 0);
    CHECK(rule(&c, "two") != NULL);
    CHECK_INT(counter_call(&c, "PUT", "/v1/scenario", "{"), 422);
    CHECK_INT(counter_call(&c, "PUT", "/v1/scenario", ""), 422);
    CHECK_INT(counter_call(&c, "PUT", "/v1/scenario?name=x", "{}"), 422);
    CHECK_INT(counter_call(&c, "DELETE", "/v1/scenario", ""), 200);
    CHECK(rule(&c, "two") == NULL);
    counter_close(&c);
}

// Sound by itself, but not here.
static void refuses_what_it_cannot_play(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_load(&c, "[{\"name\": \"r\", \"when\": {\"phase\": \"tls\"}, \"then\": "
                               "[{\"wrong_host\": {}}]}]"),
              422);
    CHECK_TEXT(counter_error(&c), "bad_scenario");
    CHECK_INT(
        counter_load(&c, "[{\"name\": \"r\", \"when\": {}, \"then\": [{\"clock\": \"+1h\"}]}]"),
        422);
    counter_close(&c);
}

static void arms(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_call(&c, "POST", "/v1/rules/arm", "{\"rule\":\"one\"}"), 404);
    CHECK_INT(counter_load(&c, RULES), 200);
    CHECK(!json_is_true(json_get(rule(&c, "one"), "armed")));
    CHECK_INT(counter_call(&c, "POST", "/v1/rules/arm", "{\"rule\":\"one\"}"), 200);
    CHECK(json_is_true(json_get(rule(&c, "one"), "armed")));
    CHECK_INT(counter_call(&c, "POST", "/v1/rules/disarm", "{\"rule\":\"two\"}"), 200);
    CHECK(!json_is_true(json_get(rule(&c, "two"), "armed")));
    CHECK_INT(counter_call(&c, "POST", "/v1/reset", "{}"), 200);
    CHECK(!json_is_true(json_get(rule(&c, "one"), "armed")));
    CHECK(json_is_true(json_get(rule(&c, "two"), "armed")));
    static const char *const BAD[] = {"{\"rule\":\"three\"}", "{\"rule\":1}", "{}", NULL};
    for (size_t i = 0; BAD[i] != NULL; i++) {
        unit_row(BAD[i]);
        CHECK_INT(counter_call(&c, "POST", "/v1/rules/arm", BAD[i]), 404);
    }
    unit_row(NULL);
    CHECK_INT(counter_call(&c, "POST", "/v1/rules/arm", "{\"rule\":\"one\",\"x\":1}"), 422);
    counter_close(&c);
}

// What others counted before the scenario began is not counted; refused connections have no
// number.
static void counts(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_load(&c, RULES), 200);
    counter_tell(&c, EVENT_MATCH, ",\"x\":1,\"rule\":\"two\",\"index\":1,\"won\":true");
    counter_tell(&c, EVENT_MATCH, ",\"x\":2,\"rule\":\"two\",\"index\":2,\"won\":false");
    counter_tell(&c, EVENT_FAULT, ",\"x\":1,\"rule\":\"two\"");
    counter_tell(&c, EVENT_FAULT, ",\"x\":0,\"rule\":\"two\"");
    counter_tell(&c, EVENT_FAULT, ",\"x\":1,\"rule\":\"unheard of\"");
    const cJSON *two = rule(&c, "two");
    CHECK_INT(json_get_int(two, "met", -1), 2);
    CHECK_INT(json_get_int(two, "won", -1), 1);
    CHECK_INT(json_get_int(two, "fired", -1), 2);
    CHECK_INT(counter_call(&c, "POST", "/v1/reset", "{}"), 200);
    CHECK_INT(json_get_int(rule(&c, "two"), "met", -1), 0);
    struct tally tally = {0};
    tally_begin(&tally, NULL, 5);
    tally_line(&tally, EVENT_FAULT, SPAN("{\"x\":9,\"rule\":\"two\"}"));
    struct lane_facts facts;
    lane_facts(c.lane, &facts);
    tally_begin(&tally, facts.scenario, 5);
    tally_line(&tally, EVENT_FAULT, SPAN("{\"x\":5,\"rule\":\"two\"}"));
    CHECK_INT(tally_of(&tally, SPAN("two"))->fired, 0);
    tally_line(&tally, EVENT_FAULT, SPAN("{\"x\":6,\"rule\":\"two\"}"));
    CHECK_INT(tally_of(&tally, SPAN("two"))->fired, 1);
    tally_clear(&tally);
    counter_close(&c);
}

static void moves_told_time(void)
{
    static const struct {
        const char *body;
        int status;
    } ROWS[] = {
        {"{\"to\":\"+1h\"}", 200},
        {"{\"to\":\"2026-11-18T12:00:00Z\"}", 200},
        {"{\"to\":\"2026-11-18T11:00:00Z\"}", 409},
        {"{\"to\":\"-1h\"}", 409},
        {"{\"to\":\"u1+1h\"}", 422},
        {"{\"to\":\"\"}", 422},
        {"{\"to\":7}", 422},
        {"{}", 422},
        {"{\"to\":\"+1h\",\"too\":1}", 422},
        {"[]", 422},
        {"{\"to\":\"+1h\",}", 400},
        {"", 400},
    };
    struct counter c;
    counter_open(&c, true, 1 << 20);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].body);
        CHECK_INT(counter_call(&c, "POST", "/v1/clock", ROWS[i].body), ROWS[i].status);
    }
    unit_row(NULL);
    CHECK_INT(counter_call(&c, "GET", "/v1/clock", ""), 200);
    CHECK(strncmp(json_get_text(c.reply, "service"), "2026-11-18T12:00:", 17) == 0);
    CHECK_INT(counter_call(&c, "POST", "/v1/reset", "{}"), 200);
    CHECK_INT(counter_call(&c, "GET", "/v1/clock", ""), 200);
    CHECK(strncmp(json_get_text(c.reply, "service"), "2026-11-18T10:15:", 17) == 0);
    counter_close(&c);
    counter_open(&c, false, 1 << 20);
    CHECK_INT(counter_call(&c, "POST", "/v1/clock", "{\"to\":\"+1h\"}"), 409);
    CHECK_TEXT(counter_error(&c), "real_time");
    counter_close(&c);
}

static void pages_the_ledger(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_call(&c, "GET", "/v1/ledger", ""), 200);
    CHECK_INT(json_get_int(c.reply, "count", -1), 0);
    static const char *const BAD[] = {"/v1/ledger?after=x", "/v1/ledger?limit=1001",
                                      "/v1/ledger?limit=-1", "/v1/ledger?offset=1", NULL};
    for (size_t i = 0; BAD[i] != NULL; i++) {
        unit_row(BAD[i]);
        CHECK_INT(counter_call(&c, "GET", BAD[i], ""), 422);
    }
    unit_row(NULL);
    CHECK_INT(counter_call(&c, "GET", "/v1/ledger?after=4000000000&limit=3", ""), 200);
    counter_close(&c);
}

const struct unit_test DESK_TESTS[] = {
    {"what it is", says_what_it_is},
    {"scenarios", loads},
    {"scenarios for others", refuses_what_it_cannot_play},
    {"arm and disarm", arms},
    {"counts of rules", counts},
    {"told time", moves_told_time},
    {"the ledger's pages", pages_the_ledger},
    {NULL, NULL},
};
