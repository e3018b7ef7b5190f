// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/own.h"
#include "proxy/net/listener.h"
#include "proxy/net/peer.h"
#include "suites/client/visit.h"

static void reads_urls(void)
{
    static const struct {
        const char *text, *authority, *target; // NULL: refused
    } ROWS[] = {
        {"http://127.0.0.1:8080/a/b?c=d", "127.0.0.1:8080", "/a/b?c=d"},
        {"http://127.0.0.1", "127.0.0.1", "/"},
        {"http://127.0.0.1:81?x", "127.0.0.1:81", "/?x"},
        {"http://[::1]:81/x", "[::1]:81", "/x"},
        {"https://127.0.0.1/", NULL, NULL},
        {"ftp://127.0.0.1/", NULL, NULL},
        {"127.0.0.1:8080", NULL, NULL},
        {"http://", NULL, NULL},
        {"http:///path", NULL, NULL},
        {"http://me@127.0.0.1/", NULL, NULL},
        {"http://127.0.0.1:80000/", NULL, NULL},
        {"http://127.0.0.1/a#b", NULL, NULL},
        {"http://127.0.0.1/a b", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct url url;
        struct diag d = {0};
        unit_row(ROWS[i].text);
        enum rc rc = url_read(&url, ROWS[i].text, &d);
        CHECK_INT(rc, ROWS[i].authority == NULL ? RC_USAGE : RC_OK);
        CHECK_TEXT(url.authority, ROWS[i].authority);
        CHECK_TEXT(url.target, ROWS[i].target);
        CHECK_INT(d.text[0] == '\0', rc == RC_OK);
        url_clear(&url);
    }
    unit_row(NULL);
}

static void follows_within_the_origin(void)
{
    static const struct {
        const char *location, *target; // NULL: refused
        enum rc rc;
    } ROWS[] = {
        {"/c", "/c", RC_OK},
        {"c", "/a/c", RC_OK},
        {"?z", "/a/b?z", RC_OK},
        {"#top", "/a/b?q", RC_OK},
        {"../c/./d?e=1", "/c/d?e=1", RC_OK},
        {"../../../c/", "/c/", RC_OK},
        {"http://127.0.0.1:8080/c", "/c", RC_OK},
        {"http://127.0.0.1:8080", "/", RC_OK},
        {"//127.0.0.1:8080/c#d", "/c", RC_OK},
        {"http://127.0.0.1:8081/c", NULL, RC_CONFLICT},
        {"http://127.0.0.1/c", NULL, RC_CONFLICT},
        {"http://example.com/c", NULL, RC_CONFLICT},
        {"//example.com/c", NULL, RC_CONFLICT},
        {"https://127.0.0.1:8080/c", NULL, RC_CONFLICT},
        {"mailto:me", NULL, RC_CONFLICT},
        {"http://127.0.0.1:8080@example.com/", NULL, RC_SYNTAX},
        {"/a b", NULL, RC_SYNTAX},
    };
    struct url url;
    CHECK_INT(url_read(&url, "http://127.0.0.1:8080/x", NULL), RC_OK);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN(text) char *target = NULL;
        unit_row(ROWS[i].location);
        CHECK_INT(url_follow(&target, &url, "/a/b?q", span_of(ROWS[i].location)), ROWS[i].rc);
        CHECK_TEXT(target, ROWS[i].target);
    }
    unit_row(NULL);
    url_clear(&url);
}

#define MAX_HOPS 16

// A program that answers each connection with the next of its replies, and what a visit to it saw.
struct scene {
    struct loop *loop;
    struct listener *listener;
    struct peer *peers[MAX_HOPS];
    size_t count;
    const char *const *replies; // the last is repeated
    bool keeps_open;            // the program does not end the connection
    struct buf heard;           // all requests
    struct buf body;            // as it came
    struct visit *visit;
    struct url url;
    struct loop_timer guard, soon;
    enum visit_end end;
    int status;
    unsigned redirects;
    char text[256], kept[256];
    bool is_over;
};

static void on_input(void *arg, struct span *bytes)
{
    struct scene *s = arg;
    struct peer *peer = s->peers[s->count - 1];
    buf_add(&s->heard, *bytes);
    bool is_whole = span_has(*bytes, SPAN("\r\n\r\n"));
    *bytes = span_slice(*bytes, bytes->len, bytes->len);
    if (!is_whole) {
        return;
    }
    const char *reply = s->replies[0];
    s->replies += s->replies[1] == NULL ? 0 : 1;
    peer_send(peer, span_of(reply));
    if (!s->keeps_open) {
        peer_finish(peer);
    }
}

static void on_sent(void *arg)
{
    (void)arg;
}

static void on_ended(void *arg, enum peer_end how)
{
    (void)arg;
    (void)how;
}

static void on_accept(void *arg, int fd)
{
    struct scene *s = arg;
    if (s->count == MAX_HOPS) {
        (void)close(fd);
        return;
    }
    s->peers[s->count++] = peer_new(
        s->loop, fd,
        &(struct peer_handler){.input = on_input, .sent = on_sent, .ended = on_ended, .arg = s});
}

static void on_guard(void *arg)
{
    struct scene *s = arg;
    CHECK(false); // the visit did not end in time
    loop_stop(s->loop);
}

static void on_body(void *arg, int status, struct span bytes)
{
    struct scene *s = arg;
    CHECK(status >= 200);
    buf_add(&s->body, bytes);
}

static void on_over(void *arg, const struct visit_result *result)
{
    struct scene *s = arg;
    CHECK(!s->is_over);
    s->is_over = true;
    s->end = result->end;
    s->status = result->status;
    s->redirects = result->redirects;
    (void)snprintf(s->text, sizeof s->text, "%s", result->text == NULL ? "" : result->text);
    (void)snprintf(s->kept, sizeof s->kept, "%.*s", (int)result->body.len,
                   result->body.len == 0 ? "" : result->body.at);
    visit_free(&s->visit);
    loop_stop(s->loop);
}

static void set_up(struct scene *s, const char *const *replies)
{
    *s = (struct scene){.loop = loop_new(), .replies = replies};
    CHECK_INT(listener_open(&s->listener, s->loop, "127.0.0.1:0", on_accept, s, NULL), RC_OK);
    char text[96];
    (void)snprintf(text, sizeof text, "http://%s/register", listener_address(s->listener));
    CHECK_INT(url_read(&s->url, text, NULL), RC_OK);
    loop_timer_init(&s->guard, s->loop, on_guard, s);
    loop_timer_start(&s->guard, INT64_C(10) * 1000000);
}

static void start(struct scene *s)
{
    struct visit_request request = {.url = &s->url,
                                    .method = SPAN("POST"),
                                    .type = SPAN("application/x-www-form-urlencoded"),
                                    .body = SPAN("token=a%2Bb")};
    struct visit_handler handler = {.body = on_body, .over = on_over, .arg = s};
    CHECK_INT(visit_start(&s->visit, s->loop, &request, &handler), RC_OK);
}

static void tear_down(struct scene *s)
{
    loop_timer_stop(&s->guard);
    loop_timer_stop(&s->soon);
    visit_free(&s->visit);
    for (size_t i = 0; i < s->count; i++) {
        peer_free(&s->peers[i]);
    }
    listener_free(&s->listener);
    loop_free(&s->loop);
    url_clear(&s->url);
    buf_clear(&s->heard);
    buf_clear(&s->body);
}

static void run(struct scene *s)
{
    start(s);
    CHECK_INT(loop_run(s->loop), RC_OK);
}

static void posts_and_reads(void)
{
    static const char *const REPLIES[] = {
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello",
        NULL};
    struct scene s;
    set_up(&s, REPLIES);
    s.keeps_open = true;
    run(&s);
    CHECK_INT(s.end, VISIT_ANSWERED);
    CHECK_INT(s.status, 201);
    CHECK_TEXT(s.kept, "hello");
    CHECK(span_is(buf_span(&s.body), "hello"));
    CHECK(span_starts(buf_span(&s.heard), SPAN("POST /register HTTP/1.1\r\nHost: 127.0.0.1:")));
    CHECK(span_has(buf_span(&s.heard), SPAN("Content-Length: 11\r\n")));
    CHECK(span_has(buf_span(&s.heard), SPAN("\r\n\r\ntoken=a%2Bb")));
    tear_down(&s);
}

// As a browser: the form is posted once, the page after it is got with the cookie it was given.
static void redirects_to_the_next_page(void)
{
    static const char *const REPLIES[] = {
        "HTTP/1.1 303 See Other\r\nLocation: /welcome\r\nSet-Cookie: s=1; Path=/\r\n"
        "Content-Length: 4\r\n\r\ngone",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", NULL};
    struct scene s;
    set_up(&s, REPLIES);
    run(&s);
    CHECK_INT(s.end, VISIT_ANSWERED);
    CHECK_INT(s.status, 200);
    CHECK_INT(s.redirects, 1);
    CHECK_TEXT(s.kept, "hi");
    CHECK(span_is(buf_span(&s.body), "hi"));
    CHECK(span_has(buf_span(&s.heard), SPAN("GET /welcome HTTP/1.1\r\n")));
    CHECK(span_has(buf_span(&s.heard), SPAN("Cookie: s=1\r\n")));
    tear_down(&s);
}

static void ends_badly(void)
{
    static const struct {
        const char *name, *replies[3], *says;
        enum visit_end end;
    } ROWS[] = {
        {"nowhere",
         {"HTTP/1.1 302 Found\r\nLocation: http://\r\nContent-Length: 0\r\n\r\n"},
         "no address",
         VISIT_STRAYED},
        {"for ever",
         {"HTTP/1.1 307 Temporary Redirect\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"},
         "on and on",
         VISIT_STRAYED},
        {"half", {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, "whole", VISIT_CUT},
        {"nothing", {""}, "whole", VISIT_CUT},
        {"garbage", {"SSH-2.0-OpenSSH\r\n\r\n"}, "not HTTP", VISIT_GARBLED},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct scene s;
        unit_row(ROWS[i].name);
        set_up(&s, ROWS[i].replies);
        run(&s);
        CHECK_INT(s.end, ROWS[i].end);
        CHECK(strstr(s.text, ROWS[i].says) != NULL);
        tear_down(&s);
    }
    unit_row(NULL);
}

// Nobody has named that host: it is never asked, and the buyer's way there is the answer.
static void stays_within_the_origin(void)
{
    static const char *const REPLIES[] = {
        "HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n", NULL};
    struct scene s;
    set_up(&s, REPLIES);
    run(&s);
    CHECK_INT(s.end, VISIT_ANSWERED);
    CHECK_INT(s.status, 302);
    CHECK_INT(s.count, 1);
    tear_down(&s);
}

static void finds_nobody(void)
{
    struct scene s;
    static const char *const REPLIES[] = {"", NULL};
    set_up(&s, REPLIES);
    CHECK_INT(listener_hold(s.listener), RC_OK);
    run(&s);
    CHECK_INT(s.end, VISIT_UNREACHABLE);
    CHECK_INT(s.status, 0);
    CHECK(strstr(s.text, "Connection refused") != NULL);
    tear_down(&s);
}

// What was said is known as soon as it is asked for, though the loop has not turned.
static void on_soon(void *arg)
{
    struct scene *s = arg;
    peer_send(s->peers[0], SPAN("late"));
    (void)usleep(1000);
    CHECK(!span_has(buf_span(&s->body), SPAN("late")));
    visit_read_now(s->visit);
    CHECK(span_is(buf_span(&s->body), "earlylate"));
    CHECK(!s->is_over);
    peer_finish(s->peers[0]);
}

static void reads_now(void)
{
    static const char *const REPLIES[] = {"HTTP/1.1 200 OK\r\n\r\nearly", NULL};
    struct scene s;
    set_up(&s, REPLIES);
    s.keeps_open = true;
    loop_timer_init(&s.soon, s.loop, on_soon, &s);
    loop_timer_start(&s.soon, 100000);
    run(&s);
    CHECK_INT(s.end, VISIT_ANSWERED);
    CHECK_TEXT(s.kept, "earlylate");
    tear_down(&s);
}

static void refuses_what_breaks_out(void)
{
    struct scene s;
    static const char *const REPLIES[] = {"", NULL};
    set_up(&s, REPLIES);
    struct h1_field bad = {SPAN("X-A"), SPAN("b\r\nX-C: d")};
    struct visit_request request = {
        .url = &s.url, .method = SPAN("GET"), .extra = &bad, .extra_count = 1};
    struct visit_handler handler = {.over = on_over, .arg = &s};
    CHECK_INT(visit_start(&s.visit, s.loop, &request, &handler), RC_SYNTAX);
    CHECK(s.visit == NULL);
    tear_down(&s);
}

const struct unit_test VISIT_TESTS[] = {
    {"reads URLs", reads_urls},
    {"follows within the origin", follows_within_the_origin},
    {"posts and reads", posts_and_reads},
    {"redirects to the next page", redirects_to_the_next_page},
    {"ends badly", ends_badly},
    {"stays within the origin", stays_within_the_origin},
    {"finds nobody", finds_nobody},
    {"reads now", reads_now},
    {"refuses what breaks out", refuses_what_breaks_out},
    {NULL, NULL},
};
