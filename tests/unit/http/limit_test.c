// SPDX-License-Identifier: Apache-2.0
// The default limits, each at its last allowed value and one beyond; the vectors do the same with
// small ones.
#include "tests/unit/http/http_tests.h"

#include "proxy/base/own.h"
#include "proxy/http/parser.h"

static void add_times(struct buf *b, char c, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        buf_add_char(b, c);
    }
}

// Gives the fault that a request meets, or NONE.
static enum h1_fault judge(const struct buf *request, const struct h1_limits *limits)
{
    struct h1_parser *p = h1_parser_new(H1_REQUEST, limits);
    struct span input = buf_span(request);
    struct span body = {0};
    enum h1_event event = H1_HEAD;
    while (event != H1_NEED_MORE && event != H1_ERROR) {
        event = h1_parser_next(p, &input, &body);
    }
    enum h1_fault fault = h1_parser_error(p)->fault;
    h1_parser_free(&p);
    return fault;
}

static void write_start_line(struct buf *b, size_t n)
{
    buf_add_text(b, "GET /");
    add_times(b, 'a', n - 16);
    buf_add_text(b, " HTTP/1.1\r\nHost: h\r\n\r\n");
}

static void write_field_bytes(struct buf *b, size_t n)
{
    buf_add_text(b, "GET / HTTP/1.1\r\nHost: h\r\nA: ");
    add_times(b, 'b', n - 16);
    buf_add_text(b, "\r\n\r\n");
}

static void write_fields(struct buf *b, size_t n)
{
    buf_add_text(b, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (size_t i = 1; i < n; i++) {
        buf_add_text(b, "A: b\r\n");
    }
    buf_add_text(b, "\r\n");
}

static void write_length(struct buf *b, size_t n)
{
    buf_addf(b, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", n);
}

static const char CHUNKED[] = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

static void write_chunk(struct buf *b, size_t n)
{
    buf_addf(b, "%s%zx\r\n", CHUNKED, n);
}

static void write_chunk_line(struct buf *b, size_t n)
{
    buf_addf(b, "%s1;", CHUNKED);
    add_times(b, 'a', n - 4);
    buf_add_text(b, "\r\nx\r\n0\r\n\r\n");
}

static void write_extensions(struct buf *b, size_t n)
{
    buf_add_text(b, CHUNKED);
    for (; n > 1000; n -= 1000) {
        buf_add_text(b, "1;");
        add_times(b, 'a', 999);
        buf_add_text(b, "\r\nx\r\n");
    }
    buf_add_text(b, "0;");
    add_times(b, 'a', n - 1);
    buf_add_text(b, "\r\n\r\n");
}

static void write_trailers(struct buf *b, size_t n)
{
    buf_addf(b, "%s0\r\nA: ", CHUNKED);
    add_times(b, 'b', n - 7);
    buf_add_text(b, "\r\n\r\n");
}

static void defaults(void)
{
    static const struct {
        const char *name;
        void (*write)(struct buf *b, size_t n);
        size_t limit;
        enum h1_fault beyond;
    } ROWS[] = {
        {"start line", write_start_line, 8192, H1_FAULT_TARGET_LONG},
        {"field bytes", write_field_bytes, 65536, H1_FAULT_FIELDS_LONG},
        {"fields", write_fields, 100, H1_FAULT_FIELDS_MANY},
        {"length", write_length, 16 << 20, H1_FAULT_BODY_LONG},
        {"chunk", write_chunk, 16 << 20, H1_FAULT_BODY_LONG},
        {"chunk line", write_chunk_line, 1024, H1_FAULT_CHUNK_LINE_LONG},
        {"extensions", write_extensions, 16384, H1_FAULT_CHUNK_EXTENSIONS_LONG},
        {"trailers", write_trailers, 8192, H1_FAULT_TRAILERS_LONG},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        OWN_BUF struct buf within = {0};
        OWN_BUF struct buf beyond = {0};
        unit_row(ROWS[i].name);
        ROWS[i].write(&within, ROWS[i].limit);
        ROWS[i].write(&beyond, ROWS[i].limit + 1);
        CHECK_INT(judge(&within, NULL), H1_FAULT_NONE);
        CHECK_INT(judge(&beyond, NULL), ROWS[i].beyond);
    }
    unit_row(NULL);
}

// An endless line is refused without waiting for its end.
static void endless_lines(void)
{
    static const struct {
        const char *begin;
        enum h1_fault fault;
    } ROWS[] = {
        {"G", H1_FAULT_METHOD_LONG},
        {"GET /", H1_FAULT_TARGET_LONG},
        {"GET / HTTP/1.1\r\nA", H1_FAULT_FIELDS_LONG},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0",
         H1_FAULT_CHUNK_LINE_LONG},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA",
         H1_FAULT_TRAILERS_LONG},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        OWN_BUF struct buf request = {0};
        unit_row(ROWS[i].begin);
        buf_add_text(&request, ROWS[i].begin);
        add_times(&request, '0', 70000);
        CHECK_INT(judge(&request, NULL), ROWS[i].fault);
    }
    unit_row(NULL);
}

// Where every length that can be written is within the limit, one that cannot be is not.
static void no_limit(void)
{
    static const struct h1_limits LIMITS = {.max_body = UINT64_MAX};
    static const struct {
        const char *field, *chunk;
        enum h1_fault fault;
    } ROWS[] = {
        {"Content-Length: 18446744073709551615", "", H1_FAULT_NONE},
        {"Content-Length: 18446744073709551616", "", H1_FAULT_BODY_LONG},
        {"Transfer-Encoding: chunked", "ffffffffffffffff\r\n", H1_FAULT_NONE},
        {"Transfer-Encoding: chunked", "10000000000000000\r\n", H1_FAULT_BODY_LONG},
        {"Transfer-Encoding: chunked", "1\r\nx\r\nffffffffffffffff\r\n", H1_FAULT_BODY_LONG},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        OWN_BUF struct buf request = {0};
        unit_row(ROWS[i].chunk);
        buf_addf(&request, "POST / HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n%s", ROWS[i].field,
                 ROWS[i].chunk);
        CHECK_INT(judge(&request, &LIMITS), ROWS[i].fault);
    }
    unit_row(NULL);
}

const struct unit_test LIMIT_TESTS[] = {
    {"defaults", defaults}, {"endless lines", endless_lines}, {"no limit", no_limit}, {NULL, NULL}};
