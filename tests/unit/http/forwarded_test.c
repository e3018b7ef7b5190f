// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/own.h"
#include "proxy/http/forwarded.h"
#include "proxy/http/parser.h"
#include "tests/unit/http/http_tests.h"

static struct h1_parser *parse(enum h1_kind kind, const char *text)
{
    struct h1_parser *p = h1_parser_new(kind, NULL);
    struct span input = span_of(text);
    struct span body = {0};
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    return p;
}

static void check_request(const char *text, const char *expected)
{
    struct h1_parser *p = parse(H1_REQUEST, text);
    struct buf out = {0};
    h1_forward_request(&out, h1_parser_head(p), SPAN("upstream:8080"));
    OWN(text) char *got = buf_take_text(&out);
    CHECK_TEXT(got, expected);
    h1_parser_free(&p);
}

static void requests(void)
{
    static const struct {
        const char *name, *text, *expected;
    } ROWS[] = {
        {"as it was written, in its order",
         "POST /a?b=%20c HTTP/1.1\r\nHost: Metering.Example\r\nX-Amz-Date:  20261118T101500Z \r\n"
         "x-AMZ-target: T\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nContent-Length: 0\r\n\r\n",
         "POST /a?b=%20c HTTP/1.1\r\nHost: Metering.Example\r\nX-Amz-Date: 20261118T101500Z\r\n"
         "x-AMZ-target: T\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nContent-Length: 0\r\n"
         "Via: 1.1 meterprover\r\n\r\n"},
        {"what ends here",
         "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-Own\r\nKeep-Alive: 5\r\nX-Own: "
         "1\r\nTE: trailers\r\nProxy-Connection: close\r\nUpgrade: h2c\r\nProxy-Authorization: "
         "Basic eA==\r\nExpect: 100-continue\r\n\r\n",
         "GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nVia: 1.1 meterprover\r\n\r\n"},
        {"Connection cannot take away what frames or routes",
         "POST / HTTP/1.1\r\nHost: h\r\nConnection: Content-Length, Host\r\nContent-Length: "
         "3\r\n\r\nabc",
         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nVia: 1.1 meterprover\r\n\r\n"},
        {"chunks", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nVia: 1.1 "
         "meterprover\r\n\r\n"},
        {"an absolute target", "GET http://real.example:81?x HTTP/1.1\r\nHost: other\r\n\r\n",
         "GET /?x HTTP/1.1\r\nHost: real.example:81\r\nVia: 1.1 meterprover\r\n\r\n"},
        {"an old client", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         "GET / HTTP/1.1\r\nHost: upstream:8080\r\nVia: 1.0 meterprover\r\n\r\n"},
        {"the server as a whole", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
         "OPTIONS * HTTP/1.1\r\nHost: h\r\nVia: 1.1 meterprover\r\n\r\n"},
        {"Via of another", "GET / HTTP/1.1\r\nHost: h\r\nVia: 1.1 a\r\n\r\n",
         "GET / HTTP/1.1\r\nHost: h\r\nVia: 1.1 a\r\nVia: 1.1 meterprover\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        check_request(ROWS[i].text, ROWS[i].expected);
    }
    unit_row(NULL);
}

static void responses(void)
{
    static const char CHUNKED[] =
        "HTTP/1.1 200 Fine by me\r\nDate: d\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n";
    static const struct {
        const char *name, *text;
        struct h1_passed passed;
        const char *expected;
    } ROWS[] = {
        {"as it was written",
         "HTTP/1.1 200 Fine by me\r\nDate: d\r\nContent-Length: 3\r\nx-y: Z\r\n\r\n",
         {0},
         "HTTP/1.1 200 Fine by me\r\nDate: d\r\nContent-Length: 3\r\nx-y: Z\r\n\r\n"},
        {"chunks",
         CHUNKED,
         {0},
         "HTTP/1.1 200 Fine by me\r\nDate: d\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"chunks with a length",
         CHUNKED,
         {.passing = H1_PASS_LENGTH, .length = 7},
         "HTTP/1.1 200 Fine by me\r\nDate: d\r\nX: 1\r\nContent-Length: 7\r\n\r\n"},
        {"chunks until the end",
         CHUNKED,
         {.passing = H1_PASS_CLOSE, .close = true},
         "HTTP/1.1 200 Fine by me\r\nDate: d\r\nX: 1\r\nConnection: close\r\n\r\n"},
        {"what ends here, and a date",
         "HTTP/1.0 404 \r\nConnection: close, X\r\nX: 1\r\nContent-Length: 0\r\n\r\n",
         {.date = {"now", 3}},
         "HTTP/1.1 404 \r\nContent-Length: 0\r\nDate: now\r\n\r\n"},
        {"no content, no length",
         "HTTP/1.1 204 No Content\r\nDate: d\r\nContent-Length: 0\r\n\r\n",
         {0},
         "HTTP/1.1 204 No Content\r\nDate: d\r\n\r\n"},
        {"not modified says what a GET would have",
         "HTTP/1.1 304 Not Modified\r\nDate: d\r\nContent-Length: 9\r\n\r\n",
         {0},
         "HTTP/1.1 304 Not Modified\r\nDate: d\r\nContent-Length: 9\r\n\r\n"},
        {"an interim reply has no date",
         "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
         {.date = {"now", 3}},
         "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct h1_parser *p = parse(H1_RESPONSE, ROWS[i].text);
        struct buf out = {0};
        h1_forward_response(&out, h1_parser_head(p), &ROWS[i].passed);
        OWN(text) char *got = buf_take_text(&out);
        CHECK_TEXT(got, ROWS[i].expected);
        h1_parser_free(&p);
    }
    unit_row(NULL);
}

static void idempotent(void)
{
    CHECK(h1_is_idempotent(SPAN("GET")) && h1_is_idempotent(SPAN("DELETE")));
    CHECK(!h1_is_idempotent(SPAN("POST")) && !h1_is_idempotent(SPAN("PATCH")));
    CHECK(!h1_is_idempotent(SPAN("get")) && !h1_is_idempotent(SPAN("CONNECT")));
}

const struct unit_test FORWARDED_TESTS[] = {{"requests", requests},
                                            {"responses", responses},
                                            {"idempotent methods", idempotent},
                                            {NULL, NULL}};
