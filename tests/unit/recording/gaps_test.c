// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/recording/recording_tests.h"

#include "proxy/recording/gaps.h"

#define CONTROL(what, rule) "\"control\",\"what\":\"" what "\",\"rule\":\"" rule "\""
#define WINDOW(edge) "\"refuse\",\"rule\":\"b\",\"edge\":\"" edge "\""
#define CONNECTED "\"connect\",\"conn\":1"
#define REQUEST "\"request\",\"x\":1"
#define WIN "\"match\",\"rule\":\"a\",\"index\":1,\"won\":true"

void gaps(void)
{
    static const struct {
        const char *name;
        const char *events[9];
        size_t played;
        const char *expected;
    } ROWS[] = {
        {"nothing from outside", {CONNECTED, REQUEST, WIN}, 4, ""},
        {"armed before anybody came", {CONTROL("arm", "a"), CONNECTED, REQUEST}, 4, ""},
        {"armed and disarmed later",
         {CONNECTED, REQUEST, CONTROL("arm", "a"), REQUEST, CONTROL("disarm", "a")},
         6,
         "line 4: the control interface armed the rule \"a\" after 1 requests: do that again at "
         "the "
         "same place\n"
         "line 6: the control interface disarmed the rule \"a\" after 2 requests: do that again at "
         "the same place\n"},
        {"a window that was over before anybody came through",
         {CONTROL("arm", "b"), WINDOW("begin"), CONTROL("disarm", "b"), WINDOW("end"),
          CONTROL("arm", "b"), CONTROL("arm", "a"), CONNECTED},
         8,
         "line 4: the control interface disarmed the rule \"b\" after 0 requests: do that again at "
         "the same place\n"
         "line 6: the control interface armed the rule \"b\" after 0 requests: do that again at "
         "the "
         "same place\n"},
        {"what went wrong",
         {CONNECTED, CONTROL("failed", "")},
         3,
         "line 3: a call of the control interface was not done whole\n"},
        {"the clock",
         {"\"control\",\"what\":\"clock\",\"to\":\"T\""},
         2,
         "line 2: the control interface moved service time to T after 0 requests: do that again at "
         "the same place\n"},
        {"anew",
         {WIN, CONTROL("reset", ""), WIN, WINDOW("begin"), WINDOW("end"), CONTROL("arm", "a")},
         2,
         "line 3: the control interface began the scenario anew: what was played from there on, 2 "
         "faults, is not in this file\n"},
        {"another",
         {CONTROL("load", "")},
         1,
         "line 2: the control interface loaded another scenario: what was played from there on, 0 "
         "faults, is not in this file\n"},
        {"an upstream",
         {"\"upstream\",\"error\":\"\",\"whole\":false",
          "\"upstream\",\"error\":\"connection_refused\""},
         3,
         "line 3: the upstream failed, and no rule: connection_refused\n"},
        {"a recording",
         {"\"replay\",\"x\":1", "\"replay\",\"x\":2"},
         3,
         "line 2: a recording answered, 2 times, and no rule: replay that beside this file\n"},
    };
    const char *stamp = "\"wire\":\"2026-11-18T10:15:00Z\",\"service\":\"2026-11-18T10:15:00Z\"";
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        OWN_BUF struct buf text = {0};
        struct buf told = {0};
        struct evidence_case c;
        buf_addf(&text, "{\"seq\":1,\"t_us\":0,%s,\"event\":\"open\"}\n", stamp);
        for (size_t k = 0; ROWS[i].events[k] != NULL; k++) {
            buf_addf(&text, "{\"seq\":%zu,\"t_us\":0,%s,\"event\":%s}\n", k + 2, stamp,
                     ROWS[i].events[k]);
        }
        CHECK_INT(evidence_read_events(&c, buf_span(&text), NULL), RC_OK);
        CHECK_INT(gaps_first_played(c.events, c.count), ROWS[i].played);
        gaps_tell(&told, c.events, c.count);
        OWN(text) char *got = buf_take_text(&told);
        CHECK_TEXT(got, ROWS[i].expected);
        evidence_case_clear(&c);
    }
    unit_row(NULL);
}
