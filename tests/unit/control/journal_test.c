// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "tests/unit/control/control_tests.h"
#include "tests/unit/control/counter.h"

#define REQUEST(x, customer, quantity, more)                                                       \
    ",\"x\":" x ",\"method\":\"POST\",\"operation\":\"BatchMeterUsage\",\"signature\":{"           \
    "\"credential\":\"k1\",\"region\":\"us-east-1\"},\"sdk\":{\"invocation\":\"a\","               \
    "\"attempt\":2},\"records\":[{\"i\":0,\"product\":\"widget\",\"customer\":\"" customer         \
    "\",\"dimension\":\"requests\",\"hour\":\"2026-11-18T09:00:00Z\",\"quantity\":" quantity       \
    "}]" more

static int64_t ask(struct counter *c, const char *body)
{
    int status = counter_call(c, "POST", "/v1/journal/query", body);
    return status == 200 ? cJSON_GetArraySize(json_get(c->reply, "events")) : -status;
}

static void asks_as_rules_do(void)
{
    static const struct {
        const char *when;
        int count;
    } ROWS[] = {
        {"{}", 3},
        {"{\"operation\":\"BatchMeterUsage\"}", 3},
        {"{\"operation\":\"metering\"}", 3},
        {"{\"operation\":\"MeterUsage\"}", 0},
        {"{\"target\":\"imds\"}", 1},
        {"{\"records\":{\"customer\":\"acme\"}}", 2},
        {"{\"records\":{\"customer\":\"globex\"}}", 1},
        {"{\"records\":{\"customer\":\"acme\",\"quantity\":9}}", 1},
        {"{\"records\":{\"quantity\":\"7+\"}}", 2},
        {"{\"records\":{\"hour\":\"hour-1\"}}", 3},
        {"{\"records\":{\"hour\":\"hour\"}}", 0},
        {"{\"records\":{\"customer\":\"acme\",\"count\":\"2+\"}}", 0},
        {"{\"region\":\"us-east-1\",\"credential\":\"k1\",\"attempt\":2}", 3},
        {"{\"attempt\":1}", 0},
        {"{\"dry_run\":true}", 1},
        {"{\"time\":{\"from\":\"now\",\"until\":\"+1h\"}}", 3},
        {"{\"time\":{\"from\":\"+1h\"}}", 0},
        // What cannot be asked
        {"{\"records\":{\"customer\":\"acmee\"}}", -422},
        {"{\"records\":{\"dimension\":\"acme\"}}", -422},
        {"{\"records\":{\"usage\":\"u1\"}}", -422},
        {"{\"records\":{\"hour\":\"u1+1h\"}}", -422},
        {"{\"credential\":\"k9\"}", -422},
        {"{\"invocation\":\"1\"}", -422},
        {"{\"connection\":\"1\"}", -422},
        {"{\"phase\":\"head\"}", -422},
        {"{\"phase\":\"request\"}", 3},
        {"{\"url\":\"/\"}", -422},
        {"7", -422},
    };
    struct counter c;
    counter_open(&c, true, 1 << 20);
    counter_tell(&c, EVENT_REQUEST, REQUEST("1", "acme", "5", ""));
    counter_tell(&c, EVENT_REQUEST, REQUEST("2", "acme", "9", ",\"dry_run\":true"));
    counter_tell(&c, EVENT_REQUEST, REQUEST("3", "globex", "7", ""));
    counter_tell(&c, EVENT_REQUEST, ",\"x\":4,\"problem\":{\"where\":\"HTTP\"}"); // no HTTP
    counter_tell(&c, EVENT_REQUEST,
                 ",\"x\":5,\"method\":\"GET\",\"operation\":\"\",\"to\":\"imds\"");
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN_BUF struct buf body = {0};
        buf_addf(&body, "{\"when\":%s}%c", ROWS[i].when, '\0');
        unit_row(ROWS[i].when);
        CHECK_INT(ask(&c, body.data), ROWS[i].count);
    }
    unit_row(NULL);
    counter_close(&c);
}

static void asks_by_kind(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    counter_tell(&c, EVENT_REQUEST, REQUEST("1", "acme", "5", ""));
    counter_tell(&c, EVENT_MATCH, ",\"x\":1,\"rule\":\"two\"");
    counter_tell(&c, EVENT_FAULT, ",\"x\":1,\"rule\":\"two\"");
    counter_tell(&c, EVENT_FAULT, ",\"x\":2,\"rule\":\"one\"");
    CHECK_INT(ask(&c, "{}"), 5);
    CHECK_INT(ask(&c, "{\"events\":[\"open\"]}"), 1);
    CHECK_INT(ask(&c, "{\"events\":[\"match\",\"fault\"]}"), 3);
    CHECK_INT(ask(&c, "{\"events\":[\"fault\"],\"rule\":\"two\"}"), 1);
    CHECK_INT(ask(&c, "{\"x\":1}"), 3);
    CHECK_INT(ask(&c, "{\"after\":3,\"x\":1}"), 1);
    static const char *const BAD[] = {"{\"events\":[]}",
                                      "{\"events\":[\"fire\"]}",
                                      "{\"events\":\"fault\"}",
                                      "{\"events\":[\"fault\"],\"when\":{}}",
                                      "{\"rule\":\"\"}",
                                      "{\"rule\":3}",
                                      "{\"x\":0}",
                                      "{\"x\":1.5}",
                                      "{\"limit\":0}",
                                      "{\"limit\":1001}",
                                      "{\"after\":-1}",
                                      "{\"count\":1}",
                                      NULL};
    for (size_t i = 0; BAD[i] != NULL; i++) {
        unit_row(BAD[i]);
        CHECK_INT(ask(&c, BAD[i]), -422);
    }
    unit_row(NULL);
    counter_close(&c);
}

// Page by page everything comes once, in order, whatever the filter leaves out.
static void pages(void)
{
    struct counter c;
    counter_open(&c, true, 1 << 20);
    for (int i = 0; i < 50; i++) {
        counter_tell(&c, i % 2 == 0 ? EVENT_FAULT : EVENT_MATCH, ",\"x\":1,\"rule\":\"r\"");
    }
    int64_t next = 0;
    int64_t seen = 0;
    bool has_more = true;
    for (int turns = 0; has_more && turns < 20; turns++) {
        char body[80];
        (void)snprintf(body, sizeof body, "{\"events\":[\"fault\"],\"limit\":7,\"after\":%d}",
                       (int)next);
        seen += ask(&c, body);
        next = json_get_int(c.reply, "next", -1);
        has_more = json_is_true(json_get(c.reply, "more"));
        CHECK(json_is_true(json_get(c.reply, "complete")));
    }
    CHECK_INT(seen, 25);
    CHECK_INT(next, 51);
    CHECK_INT(json_get_int(c.reply, "last", -1), 51);
    counter_close(&c);
}

static void tells_what_was_forgotten(void)
{
    struct counter c;
    counter_open(&c, true, 1000);
    for (int i = 0; i < 100; i++) {
        counter_tell(&c, EVENT_FAULT, ",\"x\":1,\"rule\":\"r\"");
    }
    CHECK(ask(&c, "{}") > 0);
    CHECK(!json_is_true(json_get(c.reply, "complete")));
    int64_t first = json_get_int(c.reply, "first", 0);
    CHECK(first > 50);
    char body[40];
    (void)snprintf(body, sizeof body, "{\"after\":%d}", (int)first - 1);
    CHECK_INT(ask(&c, body), 101 - first + 1);
    CHECK(json_is_true(json_get(c.reply, "complete")));
    counter_close(&c);
}

// However long the journal, one answer is of bounded size and costs a bounded time.
static void bounds_an_answer(void)
{
    struct counter c;
    OWN_BUF struct buf line = {0};
    counter_open(&c, true, 1 << 24);
    buf_add_text(&line, ",\"x\":1,\"rule\":\"r\",\"text\":\"");
    for (int i = 0; i < 100000; i++) {
        buf_add_char(&line, 'x');
    }
    buf_add(&line, SPAN("\"\0"));
    for (int i = 0; i < 40; i++) {
        counter_tell(&c, EVENT_FAULT, line.data);
    }
    CHECK_INT(ask(&c, "{\"limit\":1000}"), 12);
    CHECK(json_is_true(json_get(c.reply, "more")));
    CHECK_INT(ask(&c, "{\"limit\":1000,\"rule\":\"none\"}"), 0);
    CHECK(json_is_true(json_get(c.reply, "more")));
    CHECK(json_get_int(c.reply, "next", 0) < 20);
    counter_close(&c);
}

const struct unit_test JOURNAL_TESTS[] = {
    {"requests, as rules see them", asks_as_rules_do},
    {"kinds, rules, exchanges", asks_by_kind},
    {"pages", pages},
    {"what was forgotten", tells_what_was_forgotten},
    {"bounded answers", bounds_an_answer},
    {NULL, NULL},
};
