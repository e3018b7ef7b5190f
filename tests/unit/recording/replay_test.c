// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/recording/recording_tests.h"

#define RECORDED_US INT64_C(1794996900000000) // 2026-11-18T10:15:00Z

// A replay of exchanges that were recorded at that moment, with these bodies in turn.
static struct replay *replay_of(enum replay_times times, const char *const *bodies)
{
    OWN_BUF struct buf text = {0};
    struct recording *recording = NULL;
    buf_add_text(&text, HEAD);
    for (size_t i = 0; bodies[i] != NULL; i++) {
        buf_addf(&text,
                 "{\"n\":%zu,\"at\":\"2026-11-18T10:15:00.000Z\",\"when\":{\"operation\":"
                 "\"MeterUsage\",\"body\":%s},\"then\":[{\"respond\":{\"status\":200}}]}\n",
                 i + 1, bodies[i]);
    }
    CHECK_INT(recording_read(&recording, buf_span(&text), "f", NULL), RC_OK);
    return replay_new(recording, times);
}

// The number of the exchange that answers that body, else 0 less that of the nearest.
static int64_t answer(struct replay *r, const char *body, int64_t at_us)
{
    OWN_BUF struct buf text = {0};
    OWN(json) cJSON *asked = NULL;
    struct replay_choice choice;
    buf_addf(&text, "{\"operation\":\"MeterUsage\",\"body\":%s}", body);
    CHECK_INT(json_read(&asked, NULL, buf_span(&text), NULL, NULL), RC_OK);
    replay_choose(r, asked, at_us, &choice);
    int64_t n = choice.hit != NULL ? (int64_t)choice.hit->n
                                   : -(int64_t)(choice.nearest == NULL ? 0 : choice.nearest->n);
    CHECK(choice.hit == NULL || choice.differences.count == 0);
    CHECK(choice.hit != NULL || choice.nearest == NULL ||
          choice.is_spent == (choice.differences.count == 0));
    replay_choice_clear(&choice);
    return n;
}

void in_order(void)
{
    static const char *const BODIES[] = {"{\"a\":1}", "{\"a\":2}", "{\"a\":1}", "{\"a\":1}", NULL};
    static const struct {
        const char *body;
        int64_t n;
    } ROWS[] = {
        {"{\"a\":1}", 1}, {"{\"a\":1}", 3},  {"{\"a\":2}", 2},  {"{\"a\":2}", -2},
        {"{\"a\":1}", 4}, {"{\"a\":1}", -1}, {"{\"a\":3}", -1},
    };
    struct replay *r = replay_of(REPLAY_SHIFTED, BODIES);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        CHECK_INT(answer(r, ROWS[i].body, RECORDED_US), ROWS[i].n);
    }
    replay_free(&r);
}

void nearest(void)
{
    static const char *const BODIES[] = {"{\"a\":1,\"b\":1}", "{\"a\":1,\"b\":2}", "{\"c\":[1,2]}",
                                         NULL};
    static const char *const NONE[] = {NULL};
    struct replay *r = replay_of(REPLAY_SHIFTED, BODIES);
    CHECK_INT(answer(r, "{\"a\":3,\"b\":2}", RECORDED_US), -2);
    CHECK_INT(answer(r, "{\"c\":[1,3]}", RECORDED_US), -3);
    CHECK_INT(answer(r, "{\"a\":1,\"b\":2}", RECORDED_US), 2);
    // What is spent is only near when it asks the very same.
    CHECK_INT(answer(r, "{\"a\":3,\"b\":2}", RECORDED_US), -1);
    CHECK_INT(answer(r, "{\"a\":1,\"b\":2}", RECORDED_US), -2);
    replay_free(&r);
    r = replay_of(REPLAY_SHIFTED, NONE);
    CHECK_INT(answer(r, "{}", RECORDED_US), 0);
    replay_free(&r);
}

void client_tokens(void)
{
    static const char *const BODIES[] = {"{\"ClientToken\":\"t1\"}", "{\"ClientToken\":\"t1\"}",
                                         "{\"ClientToken\":\"t2\"}", "{}", NULL};
    struct replay *r = replay_of(REPLAY_EXACT, BODIES);
    CHECK_INT(answer(r, "{\"ClientToken\":\"s1\"}", 0), 1);
    CHECK_INT(answer(r, "{\"ClientToken\":\"s2\"}", 0), 3); // not the repetition of t1
    CHECK_INT(answer(r, "{\"ClientToken\":\"s3\"}", 0), -2);
    CHECK_INT(answer(r, "{\"ClientToken\":\"s1\"}", 0), 2);
    CHECK_INT(answer(r, "{\"ClientToken\":7}", 0), -4);
    CHECK_INT(answer(r, "{}", 0), 4);
    replay_free(&r);
}

void later_hours(void)
{
    // 09:00, of the hour before that of the recording; replayed at 14:15.
    static const char *const BODIES[] = {"{\"Timestamp\":1794992400}", NULL};
    static const struct {
        const char *name, *body;
        int64_t hours_later;
        enum replay_times times;
        int64_t n;
    } ROWS[] = {
        {"the same, at once", "{\"Timestamp\":1794992400}", 0, REPLAY_EXACT, 1},
        {"a clock that stands still", "{\"Timestamp\":1794992400.0}", 4, REPLAY_SHIFTED, 1},
        {"and so exactly", "{\"Timestamp\":1794992400}", 4, REPLAY_EXACT, 1},
        {"the hour before", "{\"Timestamp\":1795006800}", 4, REPLAY_SHIFTED, 1},
        {"a day later", "{\"Timestamp\":1795078800}", 24, REPLAY_SHIFTED, 1},
        {"not exactly", "{\"Timestamp\":1795006800}", 4, REPLAY_EXACT, -1},
        {"late in the hour before", "{\"Timestamp\":1795010399.5}", 4, REPLAY_SHIFTED, 1},
        {"this hour", "{\"Timestamp\":1795010400}", 4, REPLAY_SHIFTED, -1},
        {"two hours before", "{\"Timestamp\":1795006799}", 4, REPLAY_SHIFTED, -1},
        {"another member's time", "{\"Timestamp\":{\"Timestamp\":1795006800}}", 4, REPLAY_SHIFTED,
         -1},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct replay *r = replay_of(ROWS[i].times, BODIES);
        int64_t at_us = RECORDED_US + ROWS[i].hours_later * US_PER_HOUR;
        CHECK_INT(answer(r, ROWS[i].body, at_us), ROWS[i].n);
        replay_free(&r);
    }
    unit_row(NULL);
}

#define RECORDS(list) "{\"body\":{\"UsageRecords\":[" list "]}}"

void echoes(void)
{
    static const struct {
        const char *name, *body, *recorded, *seen, *expected;
    } ROWS[] = {
        {"each its own",
         "{\"Results\":[{\"UsageRecord\":{\"Timestamp\":10,\"D\":\"b\"},\"Status\":\"Success\"}],"
         "\"UnprocessedRecords\":[{\"Timestamp\":10,\"D\":\"a\",\"more\":1}]}",
         RECORDS("{\"Timestamp\":10,\"D\":\"a\"},{\"D\":\"b\",\"Timestamp\":10}"),
         RECORDS("{\"Timestamp\":21,\"D\":\"a\"},{\"D\":\"b\",\"Timestamp\":22}"),
         "{\"Results\":[{\"UsageRecord\":{\"Timestamp\":22,\"D\":\"b\"},\"Status\":\"Success\"}],"
         "\"UnprocessedRecords\":[{\"Timestamp\":21,\"D\":\"a\",\"more\":1}]}"},
        {"twins", "{\"UnprocessedRecords\":[{\"Timestamp\":10},{\"Timestamp\":10}]}",
         RECORDS("{\"Timestamp\":10},{\"Timestamp\":10}"),
         RECORDS("{\"Timestamp\":21},{\"Timestamp\":22}"),
         "{\"UnprocessedRecords\":[{\"Timestamp\":21},{\"Timestamp\":22}]}"},
        {"of nobody", "{\"Results\":[{\"UsageRecord\":{\"Timestamp\":11}}]}",
         RECORDS("{\"Timestamp\":10}"), RECORDS("{\"Timestamp\":21}"), NULL},
        {"no records", "{\"Results\":[{\"UsageRecord\":{\"Timestamp\":10}}]}", "{\"body\":{}}",
         "{\"body\":{}}", NULL},
        {"no JSON", "{", RECORDS("{\"Timestamp\":10}"), RECORDS("{\"Timestamp\":21}"), NULL},
        {"results that are none", "{\"Results\":[7,{\"UsageRecord\":[]}]}",
         RECORDS("{\"Timestamp\":10}"), RECORDS("{\"Timestamp\":21}"), NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        OWN_BUF struct buf out = {0};
        OWN(json) cJSON *recorded = NULL;
        OWN(json) cJSON *seen = NULL;
        CHECK_INT(json_read(&recorded, NULL, span_of(ROWS[i].recorded), NULL, NULL), RC_OK);
        CHECK_INT(json_read(&seen, NULL, span_of(ROWS[i].seen), NULL, NULL), RC_OK);
        bool has_changed = replay_echo_times(&out, span_of(ROWS[i].body), recorded, seen);
        CHECK_INT(has_changed, ROWS[i].expected != NULL);
        OWN(text) char *text = buf_take_text(&out);
        CHECK_TEXT(text, ROWS[i].expected == NULL ? "" : ROWS[i].expected);
    }
    unit_row(NULL);
}

#define LINE(n, s, rest) "{\"n\":" #n ",\"at\":\"2026-11-18T10:15:" #s ".000Z\"," rest "}\n"
#define EXCHANGE "\"when\":{},\"then\":[{\"respond\":{\"status\":200}}]"
#define SHUT "\"when\":{\"phase\":\"connect\"},\"then\":[{\"refuse\":{}}]"
#define OPEN(n) "\"when\":{\"phase\":\"connect\"},\"ends\":" #n
#define CUT(operation, nth)                                                                        \
    "\"when\":{\"phase\":\"head\",\"operation\":\"" operation "\",\"nth\":" #nth                   \
    "},\"then\":[{\"rst\":{\"at\":\"before-request\"}}]"
#define SHAKEN(nth)                                                                                \
    "\"when\":{\"phase\":\"tls\",\"nth\":" #nth "},\"then\":[{\"handshake_rst\":{}}]"

static struct replay *replay_lines(const char *lines)
{
    OWN_BUF struct buf text = {0};
    struct recording *recording = NULL;
    struct diag d = {0};
    buf_add_text(&text, HEAD);
    buf_add_text(&text, lines);
    CHECK_INT(recording_read(&recording, buf_span(&text), "f", &d), RC_OK);
    return replay_new(recording, REPLAY_EXACT);
}

// The line's number, or 0.
static uint64_t nth(struct replay *r, enum phase phase, enum operation operation, uint64_t n)
{
    const struct recorded *e = replay_take_nth(r, phase, operation, n, RECORDED_US);
    return e == NULL ? 0 : e->n;
}

static void counted(void)
{
    struct replay *r = replay_lines(LINE(1, 01, CUT("MeterUsage", 2)) LINE(2, 02, SHAKEN(2)) LINE(
        3, 03, CUT("other", 2)) LINE(4, 04, CUT("MeterUsage", 1)));
    CHECK_INT(nth(r, PHASE_HEAD, OPERATION_METER_USAGE, 1), 4);
    CHECK_INT(nth(r, PHASE_HEAD, OPERATION_METER_USAGE, 2), 1);
    CHECK_INT(nth(r, PHASE_HEAD, OPERATION_METER_USAGE, 3), 0);
    CHECK_INT(nth(r, PHASE_HEAD, OPERATION_BATCH_METER_USAGE, 1), 0);
    CHECK_INT(nth(r, PHASE_HEAD, OPERATION_NONE, 2), 3);
    CHECK_INT(nth(r, PHASE_TLS, OPERATION_NONE, 1), 0);
    CHECK_INT(nth(r, PHASE_TLS, OPERATION_NONE, 2), 2);
    CHECK_INT(answer(r, "{}", RECORDED_US), 0); // none of them answers, or is near
    replay_free(&r);
}

static void check_window(const struct replay *r, int64_t open_s, int64_t close_s)
{
    struct replay_window window;
    CHECK(replay_next_window(r, &window));
    CHECK_INT(window.open_us, RECORDED_US + open_s * US_PER_S);
    CHECK_INT(window.close_us, close_s == 0 ? INT64_MAX : RECORDED_US + close_s * US_PER_S);
}

void windows(void)
{
    struct replay_window window;
    counted();
    struct replay *r = replay_lines(LINE(1, 02, SHUT) LINE(2, 05, OPEN(1)) LINE(3, 07, SHUT) LINE(
        4, 08, OPEN(3)) LINE(5, 10, EXCHANGE) LINE(6, 11, SHAKEN(1)) LINE(7, 13, SHUT));
    replay_begin(r, RECORDED_US + 100 * US_PER_S);
    check_window(r, 102, 105);
    replay_end_window(r);
    check_window(r, 107, 108);
    replay_end_window(r);
    CHECK(!replay_next_window(r, &window)); // it comes after the handshake
    CHECK_INT((int64_t)nth(r, PHASE_TLS, OPERATION_NONE, 1), 6);
    check_window(r, 2, 0);
    replay_end_window(r);
    CHECK(!replay_next_window(r, &window));
    replay_free(&r);
    // Of a recording that does not say when it began.
    struct recording *recording = NULL;
    CHECK_INT(recording_read(&recording, SPAN("{\"recording\":1}\n" LINE(1, 30, SHUT)), "f", NULL),
              RC_OK);
    r = replay_new(recording, REPLAY_EXACT);
    replay_begin(r, RECORDED_US);
    check_window(r, 0, 0);
    replay_free(&r);
}
