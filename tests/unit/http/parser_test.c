// SPDX-License-Identifier: Apache-2.0
// What the vectors cannot say: what stays the caller's, what lives how long, what the defaults are.
#include "tests/unit/http/http_tests.h"

#include "proxy/http/parser.h"

static const char TWO[] = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                          "GET /b HTTP/1.1\r\nHost: i\r\n\r\n";

static void leaves_the_next_message(void)
{
    struct h1_parser *p = h1_parser_new(H1_REQUEST, NULL);
    struct span input = span_of(TWO);
    struct span body = {0};
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    CHECK(span_starts(input, SPAN("abcGET")));
    CHECK_INT(h1_parser_next(p, &input, &body), H1_BODY);
    CHECK(span_is(body, "abc") && body.at + 3 == input.at);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_END);
    CHECK(span_starts(input, SPAN("GET /b")));
    // The head lives until the next message begins.
    const struct h1_head *head = h1_parser_head(p);
    CHECK(span_is(head->target, "/a") && span_is(h1_value(head, "host"), "h"));
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    CHECK(span_is(head->target, "/b") && span_is(h1_value(head, "host"), "i"));
    CHECK_INT(h1_parser_next(p, &input, &body), H1_END);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_NEED_MORE);
    CHECK_INT(h1_parser_finish(p), H1_CLOSED);
    h1_parser_free(&p);
    CHECK(p == NULL);
    h1_parser_free(&p);
}

static void head_survives_its_body_and_trailers(void)
{
    struct h1_parser *p = h1_parser_new(H1_REQUEST, NULL);
    struct span input = span_of("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n");
    struct span body = {0};
    size_t count = 1;
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    (void)h1_parser_trailers(p, &count);
    CHECK_INT(count, 0);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_BODY);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_END);
    const struct h1_field *trailers = h1_parser_trailers(p, &count);
    if (CHECK_INT(count, 2)) {
        CHECK(span_is(trailers[0].name, "X-One") && span_is(trailers[1].value, "2"));
    }
    CHECK(span_is(h1_value(h1_parser_head(p), "Host"), "h"));
    h1_parser_free(&p);
}

// The message up to the cut is fed, then is_inside is asked.
static void inside(void)
{
    static const struct {
        size_t cut;
        bool is_inside;
    } ROWS[] = {{0, false}, {1, true}, {20, true}, {48, true}, {50, true}, {51, false}, {52, true}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct h1_parser *p = h1_parser_new(H1_REQUEST, NULL);
        struct span input = span_slice(span_of(TWO), 0, ROWS[i].cut);
        struct span body = {0};
        while (h1_parser_next(p, &input, &body) != H1_NEED_MORE) {
        }
        CHECK_INT(h1_parser_is_inside(p), ROWS[i].is_inside);
        CHECK_INT(h1_parser_finish(p), ROWS[i].is_inside ? H1_ERROR : H1_CLOSED);
        h1_parser_free(&p);
    }
}

static void rests_between_messages(void)
{
    struct h1_parser *p = h1_parser_new(H1_REQUEST, NULL);
    struct span input = span_of(TWO);
    struct span body = {0};
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    h1_parser_rest(p); // inside: without effect
    CHECK(span_is(h1_value(h1_parser_head(p), "host"), "h"));
    CHECK_INT(h1_parser_next(p, &input, &body), H1_BODY);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_END);
    h1_parser_rest(p);
    CHECK_INT(h1_parser_head(p)->field_count, 0);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    CHECK(span_is(h1_value(h1_parser_head(p), "host"), "i"));
    h1_parser_free(&p);
}

static void refusal_is_final(void)
{
    struct h1_parser *p = h1_parser_new(H1_REQUEST, NULL);
    struct span body = {0};
    CHECK_INT(h1_parser_error(p)->fault, H1_FAULT_NONE);
    struct span input = span_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n");
    CHECK_INT(h1_parser_next(p, &input, &body), H1_ERROR);
    struct span good = span_of("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_INT(h1_parser_next(p, &good, &body), H1_ERROR);
    CHECK(span_starts(good, SPAN("GET / HTTP/1.1")));
    CHECK_INT(h1_parser_finish(p), H1_ERROR);
    CHECK_INT(h1_parser_error(p)->fault, H1_FAULT_VERSION_MAJOR);
    CHECK_INT(h1_parser_error(p)->status, 505);
    CHECK_TEXT(h1_parser_error(p)->name, "VERSION_MAJOR");
    CHECK_INT(h1_parser_is_inside(p), false);
    h1_parser_free(&p);
}

// The method counts for one final response, and can be said anew for each.
static void answers_one_response(void)
{
    static const char HEADS[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    struct h1_parser *p = h1_parser_new(H1_RESPONSE, NULL);
    struct span input = span_of(HEADS);
    struct span body = {0};
    for (int i = 0; i < 2; i++) {
        h1_parser_answers(p, span_of("HEAD"));
        CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
        CHECK_INT(h1_parser_head(p)->content_length, 5);
        CHECK_INT(h1_parser_next(p, &input, &body), H1_END);
    }
    h1_parser_answers(p, span_of("HEAD"));
    h1_parser_answers(p, span_of("head")); // RFC 9110 9.1: methods are case-sensitive
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_BODY);
    h1_parser_free(&p);
}

// RFC 9112 6.3: EOF may be told before the last H1_END was pulled, or end a body.
static void finish_ends_a_body(void)
{
    struct h1_parser *p = h1_parser_new(H1_RESPONSE, NULL);
    struct span body = {0};
    struct span input = span_of("HTTP/1.1 200 OK\r\n\r\nabc");
    CHECK_INT(h1_parser_next(p, &input, &body), H1_HEAD);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_BODY);
    CHECK_INT(h1_parser_next(p, &input, &body), H1_NEED_MORE);
    CHECK(h1_parser_is_inside(p));
    CHECK_INT(h1_parser_finish(p), H1_END);
    CHECK(!h1_parser_is_inside(p));
    CHECK_INT(h1_parser_finish(p), H1_CLOSED);
    h1_parser_free(&p);
}

const struct unit_test PARSER_TESTS[] = {
    {"leaves the next message", leaves_the_next_message},
    {"head survives its body and trailers", head_survives_its_body_and_trailers},
    {"inside", inside},
    {"rests between messages", rests_between_messages},
    {"refusal is final", refusal_is_final},
    {"answers one response", answers_one_response},
    {"finish ends a body", finish_ends_a_body},
    {NULL, NULL}};
