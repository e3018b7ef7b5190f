// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/wait.h"

#include "proxy/base/instant.h"
#include "tests/unit/control/control_tests.h"
#include "tests/unit/control/counter.h"

#define RULES                                                                                      \
    "[{\"name\": \"two\", \"when\": {\"operation\": \"BatchMeterUsage\"}, \"then\": "              \
    "[{\"rst\": {\"at\": \"before-response\"}}]}]"
#define REQUEST ",\"method\":\"POST\",\"operation\":\"BatchMeterUsage\""

static int begin(struct counter *c, const char *body)
{
    return counter_call(c, "POST", "/v1/wait", body);
}

static int64_t told(struct counter *c, const char *key)
{
    struct reply reply = {0};
    cJSON *tree = NULL;
    wait_tell(c->wait, &c->desk, 1500000, &reply);
    CHECK_INT(json_read(&tree, NULL, buf_span(&reply.body), NULL, NULL), RC_OK);
    const cJSON *item = json_get(tree, key);
    int64_t value = cJSON_IsBool(item) ? json_is_true(item) : json_get_int(tree, key, -1);
    if (reply.status != 200) {
        value = -reply.status;
    }
    cJSON_Delete(tree);
    reply_clear(&reply);
    return value;
}

static void for_a_rule(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_load(&c, RULES), 200);
    CHECK_INT(begin(&c, "{\"rule\":\"two\",\"fired\":2,\"within_s\":1.5}"), 0);
    CHECK_INT(wait_within_us(c.wait), 1500000);
    CHECK_INT(wait_look(c.wait, &c.desk, 1000), WAIT_QUIET);
    counter_tell(&c, EVENT_FAULT, ",\"x\":1,\"rule\":\"two\"");
    counter_tell(&c, EVENT_MATCH, ",\"x\":2,\"rule\":\"two\",\"won\":true");
    CHECK_INT(wait_look(c.wait, &c.desk, 1000), WAIT_QUIET);
    CHECK_INT(told(&c, "reached"), 0);
    CHECK_INT(told(&c, "count"), 1);
    CHECK_INT(told(&c, "waited_ms"), 1500);
    counter_tell(&c, EVENT_FAULT, ",\"x\":2,\"rule\":\"two\"");
    CHECK_INT(wait_look(c.wait, &c.desk, 1000), WAIT_OVER);
    CHECK_INT(told(&c, "reached"), 1);
    counter_close(&c);
}

static void for_requests(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    counter_tell(&c, EVENT_REQUEST, REQUEST);
    CHECK_INT(begin(&c, "{\"when\":{\"operation\":\"BatchMeterUsage\"},\"count\":3}"), 0);
    CHECK_INT(wait_within_us(c.wait), WAIT_USUAL_S * US_PER_S);
    CHECK_INT(wait_look(c.wait, &c.desk, 1 << 20), WAIT_QUIET);
    CHECK_INT(told(&c, "count"), 1);
    counter_tell(&c, EVENT_REQUEST, REQUEST);
    counter_tell(&c, EVENT_REQUEST, ",\"method\":\"POST\",\"operation\":\"MeterUsage\"");
    counter_tell(&c, EVENT_COMMIT, "");
    CHECK_INT(wait_look(c.wait, &c.desk, 1 << 20), WAIT_QUIET);
    counter_tell(&c, EVENT_REQUEST, REQUEST);
    counter_tell(&c, EVENT_REQUEST, REQUEST);
    CHECK_INT(wait_look(c.wait, &c.desk, 1 << 20), WAIT_OVER);
    CHECK_INT(told(&c, "count"), 3);
    CHECK_INT(told(&c, "complete"), 1);
    // From a line on
    CHECK_INT(begin(&c, "{\"when\":{},\"after\":6}"), 0);
    CHECK_INT(wait_look(c.wait, &c.desk, 1 << 20), WAIT_OVER);
    CHECK_INT(told(&c, "last"), 7);
    counter_close(&c);
}

// A long journal is read a little at a time.
static void in_slices(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    for (int i = 0; i < 100; i++) {
        counter_tell(&c, EVENT_REQUEST, REQUEST);
    }
    CHECK_INT(begin(&c, "{\"when\":{},\"count\":100}"), 0);
    int turns = 1;
    while (turns < 200 && wait_look(c.wait, &c.desk, 2000) == WAIT_MORE) {
        turns++;
    }
    CHECK(turns > 5 && turns < 50);
    CHECK_INT(told(&c, "reached"), 1);
    counter_close(&c);
}

static void for_what_is_forgotten(void)
{
    struct counter c;
    counter_open(&c, true, 1000);
    CHECK_INT(begin(&c, "{\"when\":{},\"count\":100}"), 0);
    for (int i = 0; i < 100; i++) {
        counter_tell(&c, EVENT_REQUEST, REQUEST);
    }
    CHECK_INT(wait_look(c.wait, &c.desk, 1 << 20), WAIT_QUIET);
    CHECK_INT(told(&c, "complete"), 0);
    CHECK_INT(told(&c, "reached"), 0);
    counter_close(&c);
}

static void ends_with_its_scenario(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_load(&c, RULES), 200);
    CHECK_INT(begin(&c, "{\"rule\":\"two\"}"), 0);
    struct wait *wait = c.wait;
    c.wait = NULL;
    CHECK_INT(counter_call(&c, "DELETE", "/v1/scenario", ""), 200);
    c.wait = wait;
    CHECK_INT(wait_look(c.wait, &c.desk, 1 << 20), WAIT_OVER);
    CHECK_INT(told(&c, "reached"), -409);
    counter_close(&c);
}

static void refuses(void)
{
    static const struct {
        const char *body;
        int status;
    } ROWS[] = {
        {"{\"rule\":\"three\"}", 404},
        {"{}", 422},
        {"{\"rule\":\"two\",\"count\":1}", 422},
        {"{\"rule\":\"two\",\"when\":{}}", 422},
        {"{\"rule\":\"two\",\"fired\":0}", 422},
        {"{\"rule\":2}", 422},
        {"{\"when\":{},\"fired\":1}", 422},
        {"{\"when\":{\"connection\":1}}", 422},
        {"{\"when\":{},\"within_s\":61}", 422},
        {"{\"when\":{},\"within_s\":-1}", 422},
        {"{\"when\":{},\"within_s\":\"5s\"}", 422},
        {"{\"when\":{},\"within_s\":60}", 0},
        {"{\"when\":{},\"within_s\":0}", 0},
    };
    struct counter c;
    counter_open(&c, true, 1 << 20);
    CHECK_INT(counter_load(&c, RULES), 200);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].body);
        CHECK_INT(begin(&c, ROWS[i].body), ROWS[i].status);
    }
    unit_row(NULL);
    counter_close(&c);
}

const struct unit_test WAIT_TESTS[] = {
    {"for a rule", for_a_rule},
    {"for requests", for_requests},
    {"in slices", in_slices},
    {"for what is forgotten", for_what_is_forgotten},
    {"ends with its scenario", ends_with_its_scenario},
    {"refusals", refuses},
    {NULL, NULL},
};
