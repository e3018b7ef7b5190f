// SPDX-License-Identifier: Apache-2.0
#include "suites/play/attached.h"
#include "suites/play/play_inside.h"

#include "proxy/base/instant.h"
#include "tests/unit/play/stage.h"
#include "tests/unit/unit.h"

// Told time goes on from case to case, and every case finds the middle of an hour, of a month, and
// a month of 30 days.
static void begins_where_cases_may(void)
{
    static const struct {
        const char *floor, *start;
    } ROWS[] = {
        {"1970-01-01T00:00:00Z", "2026-11-18T10:15:00Z"},
        {"2026-11-18T10:15:00Z", "2026-11-18T10:15:00Z"},
        {"2026-11-18T10:15:01Z", "2026-11-18T11:15:00Z"},
        {"2026-11-18T11:00:00Z", "2026-11-18T11:15:00Z"},
        {"2026-11-24T23:15:00Z", "2026-11-24T23:15:00Z"},
        {"2026-11-24T23:15:01Z", "2027-04-10T00:15:00Z"},
        {"2026-12-01T02:40:00Z", "2027-04-10T03:15:00Z"},
        {"2027-04-10T03:15:01Z", "2027-04-10T04:15:00Z"},
        {"2027-04-30T23:59:59Z", "2027-06-10T00:15:00Z"},
        {"2027-06-02T07:00:00Z", "2027-06-10T07:15:00Z"},
        {"2027-09-26T07:00:00Z", "2027-11-10T07:15:00Z"},
        {"2027-12-31T23:40:00Z", "2028-04-10T00:15:00Z"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        int64_t floor_us = 0;
        char start[INSTANT_TEXT];
        unit_row(ROWS[i].floor);
        CHECK_INT(instant_parse(&floor_us, span_of(ROWS[i].floor)), RC_OK);
        int64_t start_us = attached_told_start(floor_us);
        instant_format_s(start, start_us);
        CHECK_TEXT(start, ROWS[i].start);
        CHECK(start_us >= floor_us);
    }
    unit_row(NULL);
}

#define STEPS                                                                                      \
    "\"steps\": [{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", \"dimension\": "             \
    "\"requests\", \"quantity\": 7}}, {\"round\": {}}],"

// What a program that runs already has been given once for all, or would take into the next case.
static void refuses_what_is_fixed(void)
{
    static const struct {
        const char *name, *members, *says; // NULL: it is played
    } ROWS[] = {
        {"as usual", STEPS, NULL},
        {"static keys", "\"client\": {\"credentials\": \"static\"}," STEPS, NULL},
        {"fetched keys", "\"client\": {\"credentials\": \"imds\"}," STEPS, "sets \"credentials\""},
        {"other keys",
         "\"world\": {\"credentials\": [{\"name\": \"k1\", \"session\": true}]}," STEPS,
         "sets \"credentials\""},
        {"a variable", "\"client\": {\"env\": {\"TZ\": \"Asia/Tokyo\"}}," STEPS, "sets \"env\""},
        {"another endpoint", "\"client\": {\"transport\": \"tls\"}, \"requires\": [\"tls\"]," STEPS,
         "needs an endpoint of https"},
        {"a proxy",
         "\"client\": {\"transport\": \"proxy\"}, \"requires\": [\"tls\", \"proxy\"]," STEPS,
         "needs an endpoint of https"},
        {"a clock that is off", "\"time\": {\"skew\": \"+20m\"}," STEPS, "spoils the next case"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct stage s;
        char text[256] = "";
        unit_row(ROWS[i].name);
        stage_init(&s, ROWS[i].members);
        struct play p = {.scenario = scenario_at(s.file, 0)};
        CHECK_INT(attached_lacks(&p, text, sizeof text), ROWS[i].says != NULL);
        CHECK(ROWS[i].says == NULL || span_has(span_of(text), span_of(ROWS[i].says)));
        stage_clear(&s);
    }
    unit_row(NULL);
}

const struct unit_test ATTACHED_TESTS[] = {{"begins where cases may", begins_where_cases_may},
                                           {"refuses what is fixed", refuses_what_is_fixed},
                                           {NULL, NULL}};
