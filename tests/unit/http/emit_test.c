// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/http_tests.h"

#include "proxy/base/own.h"
#include "proxy/http/emit.h"
#include "proxy/http/parser.h"
#include "tests/unit/http/event_log.h"

#define FIELD(n, v)                                                                                \
    {                                                                                              \
        .name = {"" n, sizeof(n) - 1}, .value = { "" v, sizeof(v) - 1 }                            \
    }

static const struct h1_field SOME[] = {FIELD("Host", "h"), FIELD("X-Empty", ""),
                                       FIELD("X-Obs", "caf\xe9 \t x")};

static void check_bytes(const struct buf *b, const char *expected)
{
    struct buf copy = {0};
    buf_add(&copy, buf_span(b));
    OWN(text) char *text = buf_take_text(&copy);
    CHECK_TEXT(text, expected);
}

static void responses(void)
{
    OWN_BUF struct buf out = {0};
    struct h1_response_head head = {.status = 503,
                                    .fields = {.at = SOME,
                                               .count = 3,
                                               .framing = H1_FRAME_LENGTH,
                                               .content_length = UINT64_MAX,
                                               .close = true}};
    CHECK_INT(h1_emit_response(&out, &head), RC_OK);
    check_bytes(&out, "HTTP/1.1 503 Service Unavailable\r\nHost: h\r\nX-Empty: \r\n"
                      "X-Obs: caf\xe9 \t x\r\nContent-Length: 18446744073709551615\r\n"
                      "Connection: close\r\n\r\n");
    buf_reset(&out);
    head = (struct h1_response_head){.status = 299, .is_http10 = true, .reason = span_of("")};
    CHECK_INT(h1_emit_response(&out, &head), RC_OK);
    check_bytes(&out, "HTTP/1.0 299 \r\n\r\n");
    buf_reset(&out);
    head = (struct h1_response_head){
        .status = 200, .reason = span_of("Fine"), .fields.framing = H1_FRAME_CHUNKED};
    CHECK_INT(h1_emit_response(&out, &head), RC_OK);
    check_bytes(&out, "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void response_refusals(void)
{
    OWN_BUF struct buf out = {0};
    static const struct {
        const char *name;
        struct h1_response_head head;
        enum rc rc;
    } ROWS[] = {
        {"99", {.status = 99}, RC_RANGE},
        {"100", {.status = 100}, RC_OK},
        {"599", {.status = 599}, RC_OK},
        {"600", {.status = 600}, RC_RANGE},
        {"reason CR", {.status = 200, .reason = {"a\rb", 3}}, RC_SYNTAX},
        {"reason LF", {.status = 200, .reason = {"a\nb", 3}}, RC_SYNTAX},
        {"reason", {.status = 200, .reason = {"a b", 3}}, RC_OK},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        unit_row(ROWS[i].name);
        buf_reset(&out);
        CHECK_INT(h1_emit_response(&out, &ROWS[i].head), ROWS[i].rc);
        CHECK_INT(out.len > 0, ROWS[i].rc == RC_OK);
    }
    unit_row(NULL);
}

static void requests(void)
{
    static const struct {
        const char *method;
        struct span target;
        enum rc rc;
    } ROWS[] = {
        {"GET", {"/a?b=%20", 8}, RC_OK},    {"CONNECT", {"h:443", 5}, RC_OK},
        {"GET", {"/a b", 4}, RC_SYNTAX},    {"GET", {"/\r\nX: y", 7}, RC_SYNTAX},
        {"GET", {"/\0", 2}, RC_SYNTAX},     {"GET", {"", 0}, RC_SYNTAX},
        {"", {"/", 1}, RC_SYNTAX},          {"G T", {"/", 1}, RC_SYNTAX},
        {"GET\r\nX:", {"/", 1}, RC_SYNTAX},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        OWN_BUF struct buf out = {0};
        struct h1_request_head head = {.method = span_of(ROWS[i].method),
                                       .target = ROWS[i].target,
                                       .fields = {.at = SOME, .count = 1}};
        unit_row(ROWS[i].method);
        CHECK_INT(h1_emit_request(&out, &head), ROWS[i].rc);
        CHECK_INT(out.len > 0, ROWS[i].rc == RC_OK);
    }
    unit_row(NULL);
}

static const struct {
    const char *name;
    struct h1_field field;
    enum rc rc;
} FIELDS[] = {
    {"plain", FIELD("A-b", "c d"), RC_OK},        {"tab", FIELD("A", "c\td"), RC_OK},
    {"value CR", FIELD("A", "b\rc"), RC_SYNTAX},  {"value LF", FIELD("A", "b\nC: d"), RC_SYNTAX},
    {"value NUL", FIELD("A", "b\0c"), RC_SYNTAX}, {"value DEL", FIELD("A", "\x7f"), RC_SYNTAX},
    {"name empty", FIELD("", "b"), RC_SYNTAX},    {"name CR", FIELD("A\r", "b"), RC_SYNTAX},
    {"name LF", FIELD("A\n", "b"), RC_SYNTAX},    {"name NUL", FIELD("A\0", "b"), RC_SYNTAX},
    {"name colon", FIELD("A:", "b"), RC_SYNTAX},  {"name space", FIELD("A ", "b"), RC_SYNTAX},
};

static void fields(void)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        OWN_BUF struct buf out = {0};
        struct h1_fields section = {.at = &FIELDS[i].field, .count = 1};
        struct h1_response_head response = {.status = 200, .fields = section};
        struct h1_request_head request = {
            .method = span_of("GET"), .target = span_of("/"), .fields = section};
        unit_row(FIELDS[i].name);
        CHECK_INT(h1_emit_response(&out, &response), FIELDS[i].rc);
        CHECK_INT(h1_emit_request(&out, &request), FIELDS[i].rc);
        CHECK_INT(h1_emit_last_chunk(&out, &FIELDS[i].field, 1), FIELDS[i].rc);
        CHECK_INT(out.len > 0, FIELDS[i].rc == RC_OK);
    }
    unit_row(NULL);
}

static void framing_is_not_doubled(void)
{
    static const struct h1_field GIVEN[] = {FIELD("content-LENGTH", "3"),
                                            FIELD("Transfer-encoding", "chunked")};
    static const enum h1_framing ASKED[] = {H1_FRAME_AS_GIVEN, H1_FRAME_LENGTH, H1_FRAME_CHUNKED};
    for (size_t i = 0; i < 6; i++) {
        OWN_BUF struct buf out = {0};
        struct h1_response_head head = {
            .status = 200, .fields = {.at = &GIVEN[i / 3], .count = 1, .framing = ASKED[i % 3]}};
        enum rc expected = ASKED[i % 3] == H1_FRAME_AS_GIVEN ? RC_OK : RC_CONFLICT;
        CHECK_INT(h1_emit_response(&out, &head), expected);
        CHECK_INT(out.len > 0, expected == RC_OK);
    }
}

static void chunks(void)
{
    OWN_BUF struct buf out = {0};
    h1_emit_chunk(&out, span_of(""));
    CHECK_INT(out.len, 0);
    h1_emit_chunk(&out, span_of("0123456789abcdef!"));
    h1_emit_chunk_start(&out, 1);
    buf_add_char(&out, 'x');
    h1_emit_chunk_end(&out);
    CHECK_INT(h1_emit_last_chunk(&out, NULL, 0), RC_OK);
    check_bytes(&out, "11\r\n0123456789abcdef!\r\n1\r\nx\r\n0\r\n\r\n");
    buf_reset(&out);
    h1_emit_chunk_start(&out, UINT64_MAX);
    check_bytes(&out, "ffffffffffffffff\r\n");
}

static void check_log(const struct h1_setup *setup, const struct buf *bytes, const char *expected)
{
    struct event_log log;
    event_log_init(&log, setup);
    event_log_feed(&log, buf_span(bytes));
    event_log_finish(&log);
    check_bytes(&log.text, expected);
    CHECK(log.is_sound);
    event_log_clear(&log);
}

// What is emitted is what our own parser understands.
static void parsed_back(void)
{
    OWN_BUF struct buf out = {0};
    struct h1_request_head request = {
        .method = span_of("POST"),
        .target = span_of("/x"),
        .fields = {.at = SOME, .count = 3, .framing = H1_FRAME_CHUNKED, .close = true}};
    CHECK_INT(h1_emit_request(&out, &request), RC_OK);
    h1_emit_chunk(&out, span_of("hello "));
    h1_emit_chunk(&out, span_of("world"));
    CHECK_INT(h1_emit_last_chunk(&out, &SOME[2], 1), RC_OK);
    check_log(&(struct h1_setup){.kind = H1_REQUEST}, &out,
              "head\n  HTTP/1.1 form origin\n  method \"POST\"\n  target \"/x\"\n"
              "  authority \"h\"\n  path \"/x\"\n  field \"Host\" \"h\"\n"
              "  field \"X-Empty\" \"\"\n  field \"X-Obs\" \"caf\\xe9 \\x09 x\"\n"
              "  field \"Transfer-Encoding\" \"chunked\"\n  field \"Connection\" \"close\"\n"
              "  framing chunked body close\nbody \"hello world\"\nend\n"
              "  trailer \"X-Obs\" \"caf\\xe9 \\x09 x\"\nclosed\n");
    buf_reset(&out);
    struct h1_response_head response = {
        .status = 200, .fields = {.framing = H1_FRAME_LENGTH, .content_length = 2}};
    CHECK_INT(h1_emit_response(&out, &response), RC_OK);
    buf_add_text(&out, "{}");
    check_log(&(struct h1_setup){.kind = H1_RESPONSE}, &out,
              "head\n  HTTP/1.1 status 200 reason \"OK\"\n  field \"Content-Length\" \"2\"\n"
              "  framing length=2 body keep-alive\nbody \"{}\"\nend\nclosed\n");
}

static void reasons(void)
{
    static const int CODES[] = {
#define H1_STATUS(code, phrase) code,
#include "proxy/http/status.def"
    };
    size_t known = 0;
    for (int status = -1; status <= 1000; status++) {
        known += h1_reason(status).len > 0 ? 1 : 0;
    }
    // Each row is found and no row overwrote another.
    CHECK_INT(known, sizeof CODES / sizeof *CODES);
    CHECK(span_is(h1_reason(200), "OK") && span_is(h1_reason(429), "Too Many Requests"));
    CHECK(span_is(h1_reason(599), "") && span_is(h1_reason(102), ""));
}

const struct unit_test EMIT_TESTS[] = {{"responses", responses},
                                       {"response refusals", response_refusals},
                                       {"requests", requests},
                                       {"fields", fields},
                                       {"framing is not doubled", framing_is_not_doubled},
                                       {"chunks", chunks},
                                       {"parsed back", parsed_back},
                                       {"reasons", reasons},
                                       {NULL, NULL}};
