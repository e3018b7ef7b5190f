// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/recording/recording_tests.h"

#include <string.h>

#include "proxy/fault/fault.h"
#include "proxy/recording/schedule.h"

#define FRONT                                                                                      \
    "{\"scenario\":1,\"id\":\"X-1\",\"file\":\"f\",\"title\":\"t\",\"operation\":\"metering\","
#define MIDDLE                                                                                     \
    "\"metering_operation\":\"BatchMeterUsage\",\"profile\":\"saas\",\"requirement\":{\"level\":"  \
    "\"must\",\"basis\":\"derived\"},\"money\":false,\"requires\":[],\"limits\":{"                 \
    "\"deadline_s\":30,\"alone\":false},"
#define UNIFORM "{\"uniform\":[\"1s\",\"9s\"]}"

static const char *const SCENARIO = FRONT MIDDLE
    "\"steps\":["
    "{\"n\":1,\"verb\":\"usage\",\"args\":{\"id\":\"u1\"},\"await\":true,\"id\":\"u1\","
    "\"instance\":1,\"line\":3},"
    "{\"n\":2,\"verb\":\"arm\",\"args\":\"named\",\"await\":false,\"id\":\"a\",\"instance\":2}],"
    "\"rules\":["
    "{\"name\":\"slow\",\"when\":{},\"phase\":\"request\",\"match\":\"all\",\"per\":\"invocation\","
    "\"probability\":0.5,\"then\":[{\"delay\":" UNIFORM "},{\"commit\":{}}],\"armed\":true},"
    "{\"name\":\"unnamed\",\"when\":{},\"phase\":\"request\",\"match\":\"1\",\"per\":\"request\","
    "\"probability\":1,\"then\":[{\"delay\":\"1s\"}],\"armed\":true},"
    "{\"name\":\"named\",\"when\":{},\"phase\":\"request\",\"match\":\"1\",\"per\":\"request\","
    "\"probability\":1,\"then\":[{\"delay\":" UNIFORM "}],\"armed\":false},"
    "{\"name\":\"shut\",\"when\":{\"phase\":\"connect\"},\"phase\":\"connect\",\"match\":\"all\","
    "\"per\":\"request\",\"probability\":1,\"then\":[{\"refuse\":{}}],\"armed\":false}],"
    "\"expect\":["
    "{\"id\":\"e1\",\"verb\":\"alert\",\"args\":{},\"level\":\"must\",\"basis\":\"derived\","
    "\"timing\":false,\"line\":9,\"column\":5},"
    "{\"id\":\"e2\",\"verb\":\"ledger\",\"args\":{\"complete\":true},\"level\":\"should\","
    "\"basis\":\"observed\",\"timing\":true,\"within_s\":3,\"line\":9,\"column\":5}]}";

// A journal of those that the rule "slow" met, and how each match ended.
static void journal_of(struct evidence_case *c, const char *const *matches)
{
    OWN_BUF struct buf text = {0};
    const char *stamp = "\"wire\":\"2026-11-18T10:15:00Z\",\"service\":\"2026-11-18T10:15:00Z\"";
    buf_addf(&text,
             "{\"seq\":1,\"t_us\":0,%s,\"event\":\"open\",\"case\":\"X-1\","
             "\"seed\":\"18446744073709551615\"}\n",
             stamp);
    for (size_t i = 0; matches[i] != NULL; i++) {
        buf_addf(&text, "{\"seq\":%zu,\"t_us\":0,%s,\"event\":\"match\",%s}\n", i + 2, stamp,
                 matches[i]);
    }
    CHECK_INT(evidence_read_events(c, buf_span(&text), NULL), RC_OK);
}

// What was drawn for that match of "slow": "1234567us".
static void add_drawn(struct buf *out, uint64_t index)
{
    OWN(json) cJSON *args = NULL;
    OWN_BUF struct buf text = {0};
    CHECK_INT(json_read(&args, NULL, SPAN(UNIFORM), NULL, NULL), RC_OK);
    struct action action = {.verb = ACTION_DELAY, .args = args};
    struct draw draw = {
        .seed = UINT64_MAX, .case_id = SPAN("X-1"), .rule = SPAN("slow"), .index = index};
    fault_resolve(&text, &action, &draw);
    struct span resolved = buf_span(&text);
    buf_addf(out, "\"%llu\":", (unsigned long long)index);
    buf_add(out, span_slice(resolved, strlen("{\"delay\":"), resolved.len - 1));
}

#define WON(rule, index) "\"rule\":\"" rule "\",\"index\":" #index ",\"won\":true"
#define LOST(rule, index) "\"rule\":\"" rule "\",\"index\":" #index ",\"won\":false"

void schedules(void)
{
    static const char *const MATCHES[] = {WON("slow", 2),  LOST("slow", 1), WON("slow", 2),
                                          WON("slow", 10), WON("slow", 3),  LOST("unnamed", 1),
                                          WON("slow", 9),  LOST("slow", 4), NULL};
    struct evidence_case c;
    OWN(json) cJSON *scenario = NULL;
    OWN_BUF struct buf out = {0};
    OWN_BUF struct buf drawn = {0};
    journal_of(&c, MATCHES);
    CHECK_INT(json_read(&scenario, NULL, span_of(SCENARIO), NULL, NULL), RC_OK);
    CHECK_INT(schedule_write(&out, scenario, c.events, c.count, NULL), RC_OK);
    static const uint64_t INDEXES[] = {2, 3, 9, 10};
    for (size_t i = 0; i < 4; i++) {
        buf_add_text(&drawn, i == 0 ? "" : ",");
        add_drawn(&drawn, INDEXES[i]);
    }
    OWN(text) char *delays = buf_take_text(&drawn);
    struct buf expected = {0};
    buf_addf(
        &expected,
        "{\n"
        "  \"scenario\": 1,\n"
        "  \"id\": \"X-1\",\n"
        "  \"title\": \"t\",\n"
        "  \"operation\": \"metering\",\n"
        "  \"profiles\": [\"saas\"],\n"
        "  \"requirement\": {\"level\":\"must\",\"basis\":\"derived\"},\n"
        "  \"seed\": \"18446744073709551615\",\n"
        "  \"limits\": {\"deadline_s\":30},\n"
        "  \"steps\": [\n"
        "    {\"usage\":{\"id\":\"u1\"}},\n"
        "    {\"arm\":\"named\",\"id\":\"a\",\"await\":false,\"instance\":2}\n"
        "  ],\n"
        "  \"rules\": [\n"
        "    {\"name\":\"slow\",\"when\":{},\"match\":\"2-3,9-10\",\"per\":\"invocation\","
        "\"then\":[{\"delay\":{\"by_match\":{%s}}},{\"commit\":{}}]},\n"
        "    {\"name\":\"named\",\"when\":{},\"match\":\"none\",\"armed\":false,"
        "\"then\":[{\"delay\":" UNIFORM "}]},\n"
        "    {\"name\":\"shut\",\"when\":{\"phase\":\"connect\"},\"armed\":false,"
        "\"then\":[{\"refuse\":{}}]}\n"
        "  ],\n"
        "  \"expect\": [\n"
        "    {\"alert\":{},\"id\":\"e1\"},\n"
        "    {\"ledger\":{\"complete\":true},\"id\":\"e2\",\"within_s\":3,\"level\":\"should\","
        "\"basis\":\"observed\",\"timing\":true}\n"
        "  ]\n"
        "}\n",
        delays);
    OWN(text) char *got = buf_take_text(&out);
    OWN(text) char *wanted = buf_take_text(&expected);
    CHECK_TEXT(got, wanted);
    CHECK_INT(schedule_write(&out, scenario, c.events + 1, c.count - 1, NULL), RC_MISSING);
    evidence_case_clear(&c);
}
