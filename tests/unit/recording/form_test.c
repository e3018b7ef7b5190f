// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/recording/recording_tests.h"

#include <string.h>

#define AT "\"at\":\"2026-11-18T10:15:00.000Z\""
#define FRONT "{\"n\":1," AT ",\"when\":{},"

#define BEFORE(when) "{\"n\":1," AT ",\"when\":{" when "},\"then\":"
#define OF_TLS "\"phase\":\"tls\",\"nth\":2"
#define OF_HEAD "\"phase\":\"head\",\"operation\":\"other\",\"nth\":2"

void written_and_read(void)
{
    const struct h1_field fields[] = {
        {SPAN("Content-Type"), SPAN("application/x-amz-json-1.1")},
        {SPAN("Date"), SPAN("Wed, 18 Nov 2026 10:15:00 GMT")},
        {SPAN("X-A"), SPAN("1")},
        {SPAN("content-length"), SPAN("2")},
        {SPAN("x-a"), SPAN("2")},
        {SPAN("Set-Cookie"), SPAN("secret")},
    };
    OWN_BUF struct buf text = {0};
    OWN(json) cJSON *when = NULL;
    struct recording *recording = NULL;
    CHECK_INT(json_read(&when, NULL, SPAN("{\"operation\":\"MeterUsage\"}"), NULL, NULL), RC_OK);
    struct told told = {.n = 3,
                        .at_us = INT64_C(1794996903120000),
                        .when = when,
                        .is_answered = true,
                        .status = 503,
                        .fields = fields,
                        .field_count = sizeof fields / sizeof fields[0],
                        .body = SPAN("{}"),
                        .actions = SPAN(",{\"delay\":\"3ms\"}")};
    recording_write_head(&text, "p", INT64_C(1794996900000000));
    recording_write(&text, &told);
    told.is_answered = false;
    told.actions = SPAN(",{\"garbage\":{}}");
    recording_write(&text, &told);
    told.is_answered = true;
    told.body = SPAN("\xff");
    recording_write(&text, &told);
    told.left_out = "it is too long";
    recording_write(&text, &told);
    OWN(text) char *written = span_dup(buf_span(&text));
    CHECK(strncmp(written, HEAD, strlen(HEAD)) == 0);
    CHECK(recording_is(buf_span(&text)));
    CHECK(strstr(written, "{\"n\":3,\"at\":\"2026-11-18T10:15:03.120Z\",\"when\":{\"operation\":"
                          "\"MeterUsage\"},\"then\":[{\"respond\":{\"status\":503,\"headers\":{"
                          "\"Content-Type\":\"application/x-amz-json-1.1\",\"X-A\":\"1, 2\"},"
                          "\"body\":\"{}\"}},{\"delay\":\"3ms\"}]}\n") != NULL);
    CHECK(strstr(written, "\"then\":[{\"garbage\":{}}]}\n") != NULL);
    if (!CHECK_INT(recording_read(&recording, buf_span(&text), "f", NULL), RC_OK)) {
        return;
    }
    CHECK_INT(recording->count, 4);
    CHECK(!recording->is_cut);
    CHECK_INT(recording->items[0].n, 3);
    CHECK_INT(recording->items[0].at_us, told.at_us);
    CHECK_INT(recording->items[0].action_count, 2);
    CHECK_INT(recording->items[0].actions[1].verb, ACTION_DELAY);
    CHECK_INT(recording->items[1].action_count, 1);
    CHECK_TEXT(recording->items[2].left_out, "the reply is no UTF-8 text");
    CHECK_TEXT(recording->items[3].left_out, "it is too long");
    recording_free(&recording);
}

void refused(void)
{
    static const struct {
        const char *name, *text, *expected;
    } ROWS[] = {
        {"nothing", "", "f: this is no recording"},
        {"no line", "x", "f:1:1: this is no recording"},
        {"something else", "{}\n", "f:1:1: this is no recording of version 1"},
        {"a later version", "{\"recording\":2}\n", "f:1:1: this is no recording of version 1"},
        {"no JSON", HEAD "{\n", "f:2:2: a key in double quotes is expected here"},
        {"no number", HEAD "{" AT ",\"when\":{}}\n",
         "f:2:1: \"n\", the exchange's number, is missing"},
        {"no moment", HEAD "{\"n\":1,\"when\":{}}\n",
         "f:2:1: \"at\" is no moment such as 2026-11-18T10:15:00.123Z"},
        {"no request", HEAD "{\"n\":1," AT "}\n", "f:2:1: \"when\", what was asked, is missing"},
        {"nothing became of it", HEAD FRONT "\"x\":1}\n", "f:2:1: \"then\" is missing"},
        {"no reply", HEAD FRONT "\"then\":[{\"delay\":\"3ms\"}]}\n",
         "f:2:1: there is neither a reply nor what lets none come"},
        {"two replies",
         HEAD FRONT "\"then\":[{\"respond\":{\"status\":200}},{\"respond\":{\"status\":200}}]}\n",
         "f:2:1: an exchange has only one reply"},
        {"a service's", HEAD FRONT "\"then\":[{\"error\":\"ThrottlingException\"}]}\n",
         "f:2:1: \"error\" is for the stand-in service: a recording cannot do it"},
        {"no phase", HEAD BEFORE("\"phase\":\"request\"") "[]}\n",
         "f:2:1: \"phase\" is \"connect\", \"tls\" or \"head\""},
        {"no operation", HEAD BEFORE("\"phase\":\"head\",\"nth\":1") "[]}\n",
         "f:2:1: \"operation\" is one of the service's, or \"other\""},
        {"which one", HEAD BEFORE("\"phase\":\"tls\"") "[{\"handshake_rst\":{}}]}\n",
         "f:2:1: \"nth\", which one it was from 1, is missing"},
        {"one that is none", HEAD BEFORE("\"phase\":\"tls\",\"nth\":0") "[]}\n",
         "f:2:1: \"nth\", which one it was from 1, is missing"},
        {"an action of elsewhere",
         HEAD BEFORE(OF_TLS) "[{\"fin\":{\"at\":\"before-response\"}}]}\n",
         "f:2:1: \"fin\" cannot be done there"},
        {"a reply to a handshake", HEAD BEFORE(OF_TLS) "[{\"respond\":{\"status\":500}}]}\n",
         "f:2:1: \"respond\" cannot be done there"},
        {"two handshakes", HEAD BEFORE(OF_TLS) "[{\"untrusted\":{}},{\"wrong_host\":{}}]}\n",
         "f:2:1: one action is done there, alone"},
        {"a cut after the head", HEAD BEFORE(OF_HEAD) "[{\"rst\":{\"at\":\"before-response\"}}]}\n",
         "f:2:1: there is neither a reply nor what lets none come"},
        {"nothing was drawn from",
         HEAD "{\"n\":1," AT ",\"drawn\":{\"seed\":7},\"when\":{},\"then\":[{\"garbage\":{}}]}\n",
         "f:2:1: \"drawn\" is what was drawn from: a seed as text, a case, a rule, and its index "
         "from 1"},
        {"two rewritings", HEAD FRONT "\"then\":[{\"garbage\":{}},{\"malformed_chunk\":{}}]}\n",
         "f:2:1: a reply can be broken in one way only"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct recording *recording = NULL;
        struct diag d = {0};
        char shown[900];
        CHECK(recording_read(&recording, span_of(ROWS[i].text), "f", &d) != RC_OK);
        diag_print(&d, shown, sizeof shown);
        CHECK_TEXT(shown, ROWS[i].expected);
    }
    unit_row(NULL);
    CHECK(!recording_is(SPAN("{\"scenario\":1}")));
}

// Whoever wrote it was killed within a line: what stands before is good.
void cut_short(void)
{
    const struct span whole = SPAN(HEAD FRONT "\"then\":[{\"respond\":{\"status\":200}}]}\n" FRONT
                                              "\"then\":[{\"respond\":{\"status\":200}}]}\n");
    const size_t second =
        whole.len - sizeof(FRONT "\"then\":[{\"respond\":{\"status\":200}}]}\n") + 1;
    for (size_t len = second; len <= whole.len; len++) {
        struct recording *recording = NULL;
        CHECK_INT(recording_read(&recording, span_slice(whole, 0, len), "f", NULL), RC_OK);
        CHECK_INT(recording->count, len == whole.len ? 2 : 1);
        CHECK_INT(recording->is_cut, len > second && len < whole.len);
        recording_free(&recording);
    }
}

// As it is written, so it is read: what was done to heads, handshakes and the port.
void before_requests(void)
{
    static const struct {
        enum phase phase;
        enum operation operation;
        uint64_t nth, ends;
        const char *actions;
    } ROWS[] = {
        {PHASE_HEAD, OPERATION_NONE, 3, 0, ",{\"rst\":{\"at\":\"before-request\"}}"},
        {PHASE_HEAD, OPERATION_METER_USAGE, 1, 0,
         ",{\"delay\":\"3ms\"},{\"slow_read\":{"
         "\"bytes_per_s\":9}}"},
        {PHASE_TLS, OPERATION_NONE, 2, 0, ",{\"tls_garbage\":{}}"},
        {PHASE_CONNECT, OPERATION_NONE, 0, 0, ",{\"refuse\":{}}"},
        {PHASE_CONNECT, OPERATION_NONE, 0, 4, ""},
    };
    const struct draw drawn = {
        .seed = UINT64_MAX, .case_id = SPAN("X-1"), .rule = SPAN("a \"rule\""), .index = 7};
    const size_t count = sizeof ROWS / sizeof ROWS[0];
    OWN_BUF struct buf text = {0};
    struct recording *recording = NULL;
    recording_write_head(&text, "p", INT64_C(1794996900000000));
    for (size_t i = 0; i < count; i++) {
        OWN(json) cJSON *when = recording_when(ROWS[i].phase, ROWS[i].operation, ROWS[i].nth);
        struct told told = {.n = i + 1,
                            .at_us = INT64_C(1794996903120000),
                            .when = when,
                            .actions = span_of(ROWS[i].actions),
                            .drawn = ROWS[i].phase == PHASE_TLS ? &drawn : NULL,
                            .ends = ROWS[i].ends};
        recording_write(&text, &told);
    }
    if (!CHECK_INT(recording_read(&recording, buf_span(&text), "f", NULL), RC_OK)) {
        return;
    }
    CHECK_INT(recording->count, count);
    CHECK_INT(recording->exchanges, 0);
    CHECK_INT(recording->at_us, INT64_C(1794996900000000));
    for (size_t i = 0; i < count; i++) {
        const struct recorded *e = &recording->items[i];
        CHECK_INT(e->phase, ROWS[i].phase);
        CHECK_INT(e->operation, ROWS[i].operation);
        CHECK_INT(e->nth, ROWS[i].nth);
        CHECK_INT(e->ends, ROWS[i].ends);
        CHECK_INT(e->action_count, ROWS[i].ends > 0 ? 0 : i == 1 ? 2 : 1);
        CHECK_INT(e->is_drawn, ROWS[i].phase == PHASE_TLS);
        CHECK(!e->is_drawn || (draw_u64(&e->drawn, 1) == draw_u64(&drawn, 1)));
    }
    recording_free(&recording);
}
