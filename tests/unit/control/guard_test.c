// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/guard.h"

#include <stdio.h>
#include <string.h>

#include "proxy/http/parser.h"
#include "tests/unit/control/control_tests.h"

#define TOKEN "0123456789abcdef"

// The status with which a request is refused by its head; 0 when it is let in.
static int ask_with(const struct guard *g, const char *text)
{
    struct h1_parser *p = h1_parser_new(H1_REQUEST, NULL);
    struct span input = span_of(text);
    struct span body = {0};
    struct reply reply = {0};
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    const struct route *route = guard_admit(g, h1_parser_head(p), &reply);
    int status = reply.status;
    CHECK((route == NULL) == (status != 0));
    CHECK((status == 405) == (reply.allow.len > 0));
    reply_clear(&reply);
    h1_parser_free(&p);
    return status;
}

struct row {
    const char *text;
    int status;
};

static void check_rows(const struct guard *g, const struct row *rows)
{
    for (; rows->text != NULL; rows++) {
        unit_row(rows->text);
        CHECK_INT(ask_with(g, rows->text), rows->status);
    }
    unit_row(NULL);
}

#define GET(fields) "GET /v1/health HTTP/1.1\r\n" fields "\r\n"
#define POST(fields) "POST /v1/reset HTTP/1.1\r\nHost: localhost\r\n" fields "\r\n"
#define JSON "Content-Type: application/json\r\n"

static void hosts(void)
{
    static const struct row ROWS[] = {
        {GET("Host: localhost\r\n"), 0},
        {GET("Host: LOCALHOST:8474\r\n"), 0},
        {GET("Host: 127.0.0.1:8474\r\n"), 0},
        {GET("Host: 127.9.8.7\r\n"), 0},
        {GET("Host: [::1]\r\n"), 0},
        {GET("Host: [::1]:80\r\n"), 0},
        {GET("Host: example.com\r\n"), 421},
        {GET("Host: localhost.example.com\r\n"), 421},
        {GET("Host: 127.0.0.1.example.com\r\n"), 421},
        {GET("Host: 10.0.0.1\r\n"), 421},
        {GET("Host: 2130706433\r\n"), 421},
        {GET("Host: localhost.\r\n"), 421},
        {GET("Host: [::ffff:10.0.0.1]\r\n"), 421},
        {GET("Host: \r\n"), 421},
        {"GET /v1/health HTTP/1.0\r\n\r\n", 421},
        {"GET http://example.com/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
        {"GET http://localhost/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 0},
        {NULL, 0},
    };
    check_rows(&(struct guard){.has_token = false}, ROWS);
}

static void browsers(void)
{
    static const struct row ROWS[] = {
        {GET("Host: localhost\r\nOrigin: http://localhost\r\n"), 403},
        {GET("Host: localhost\r\nOrigin: null\r\n"), 403},
        {GET("Host: localhost\r\nSec-Fetch-Site: none\r\n"), 403},
        {POST(JSON "Content-Length: 2\r\norigin: x\r\n"), 403},
        {NULL, 0},
    };
    check_rows(&(struct guard){.has_token = false}, ROWS);
}

static void routes(void)
{
    static const struct row ROWS[] = {
        {"HEAD /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 0},
        {"GET /v1/ledger?after=3 HTTP/1.1\r\nHost: localhost\r\n\r\n", 0},
        {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
        {"GET /v1/health/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
        {"GET /v1/%68ealth HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
        {"GET /v1/../v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
        {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
        {"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n", 404},
        {"OPTIONS /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
        {"get /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
        {"POST /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
        {"GET /v1/reset HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
        {"HEAD /v1/reset HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
        {NULL, 0},
    };
    check_rows(&(struct guard){.has_token = false}, ROWS);
}

static void bodies(void)
{
    static const struct row ROWS[] = {
        {POST(JSON "Content-Length: 2\r\n"), 0},
        {POST(JSON "Transfer-Encoding: chunked\r\n"), 0},
        {POST("Content-Type: Application/JSON ; charset=UTF-8\r\nContent-Length: 2\r\n"), 0},
        {POST("Content-Length: 2\r\n"), 415},
        {POST(""), 415},
        {POST("Content-Type: text/plain\r\nContent-Length: 2\r\n"), 415},
        {POST("Content-Type: application/jsonx\r\nContent-Length: 2\r\n"), 415},
        {POST("Content-Type: application/json; charset=latin1\r\nContent-Length: 2\r\n"), 415},
        {POST("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n"), 415},
        {POST(JSON "Content-Encoding: gzip\r\nContent-Length: 2\r\n"), 415},
        {POST(JSON "Content-Length: 1024\r\n"), 0},
        {POST(JSON "Content-Length: 1025\r\n"), 413},
        {POST(JSON "Content-Length: 16000000\r\n"), 413},
        {GET("Host: localhost\r\nContent-Length: 0\r\n"), 0},
        {GET("Host: localhost\r\nContent-Length: 1\r\n"), 413},
        {GET("Host: localhost\r\nTransfer-Encoding: chunked\r\n"), 413},
        {NULL, 0},
    };
    check_rows(&(struct guard){.has_token = false}, ROWS);
}

// With a token a name in Host does no harm, and nothing is told before it was shown.
static void tokens(void)
{
    static const struct row ROWS[] = {
        {GET("Host: mp.example\r\nAuthorization: Bearer " TOKEN "\r\n"), 0},
        {GET("Host: mp.example\r\nAuthorization: bearer  " TOKEN "\r\n"), 0},
        {GET("Host: localhost\r\n"), 401},
        {GET("Host: localhost\r\nAuthorization: Bearer\r\n"), 401},
        {GET("Host: localhost\r\nAuthorization: Bearer " TOKEN "0\r\n"), 401},
        {GET("Host: localhost\r\nAuthorization: Bearer 0123456789abcde\r\n"), 401},
        {GET("Host: localhost\r\nAuthorization: Basic " TOKEN "\r\n"), 401},
        {GET("Host: localhost\r\nAuthorization: " TOKEN "\r\n"), 401},
        {GET("Host: localhost\r\nAuthorization: Bearer " TOKEN "\r\nOrigin: x\r\n"), 403},
        {"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 401},
        {NULL, 0},
    };
    struct guard g = {.has_token = false};
    CHECK_INT(guard_set_token(&g, SPAN(" " TOKEN "\r\n"), NULL), RC_OK);
    check_rows(&g, ROWS);
}

// Another token whose digest begins as the right one's does is still another.
static void other_tokens(void)
{
    unsigned char right[SHA256_BYTES];
    unsigned char other[SHA256_BYTES] = {0};
    char text[120];
    char token[32];
    struct guard g = {.has_token = false};
    CHECK_INT(guard_set_token(&g, SPAN(TOKEN), NULL), RC_OK);
    sha256(right, SPAN(TOKEN));
    for (unsigned i = 0; i < 100000 && (other[0] != right[0] || i == 0); i++) {
        (void)snprintf(token, sizeof token, "another-token-%u", i);
        sha256(other, span_of(token));
    }
    CHECK_INT(other[0], right[0]);
    (void)snprintf(text, sizeof text, GET("Host: localhost\r\nAuthorization: Bearer %s\r\n"),
                   token);
    CHECK_INT(ask_with(&g, text), 401);
}

static void token_files(void)
{
    static const char *const BAD[] = {"",
                                      "short",
                                      "0123456789abcde",
                                      TOKEN " " TOKEN,
                                      "0123456789abcde\xc3\xa9",
                                      TOKEN "\n" TOKEN,
                                      NULL};
    for (size_t i = 0; BAD[i] != NULL; i++) {
        struct guard g = {.has_token = false};
        struct diag d = {0};
        unit_row(BAD[i]);
        CHECK_INT(guard_set_token(&g, span_of(BAD[i]), &d), RC_USAGE);
        CHECK(!g.has_token && d.text[0] != '\0');
    }
    unit_row(NULL);
}

// What the table says of itself: every path once for each method, and a help for each.
static void table(void)
{
    size_t count = 0;
    for (const struct route *a = route_rows(); a->method != NULL; a++, count++) {
        struct reply reply = {0};
        CHECK(a->path[0] == '/' && a->help[0] != '\0' && a->handler != NULL);
        CHECK(route_find(span_of(a->method), span_of(a->path), &reply) == a);
        bool has_body = strcmp(a->method, "POST") == 0 || strcmp(a->method, "PUT") == 0;
        CHECK(has_body == (a->max_body > 0));
        reply_clear(&reply);
    }
    CHECK(count > 10);
}

const struct unit_test GUARD_TESTS[] = {
    {"hosts", hosts},
    {"browsers", browsers},
    {"routes", routes},
    {"bodies", bodies},
    {"tokens", tokens},
    {"other tokens", other_tokens},
    {"token files", token_files},
    {"table", table},
    {NULL, NULL},
};
