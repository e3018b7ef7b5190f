// SPDX-License-Identifier: Apache-2.0
// Every hop has a connection of its own, which ends with it. What ends a hop is only noted; the
// next one, and the last word, come from a timer, so that no peer is freed inside its own callback.
#include "suites/client/visit.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/http/emit.h"
#include "proxy/http/parser.h"
#include "proxy/net/connect.h"
#include "proxy/net/peer.h"

#define MAX_REDIRECTS 10
#define MAX_BODY (16u << 20)
#define KEPT_BODY (64u << 10)
#define MAX_FIELDS 64

struct pair {
    char *name, *value;
};

struct pairs {
    struct pair *at;
    size_t count, capacity;
};

struct visit {
    struct loop *loop;
    const struct url *url;
    struct visit_handler handler;
    char *method, *target, *type;
    struct pairs extra;
    struct buf body;
    struct pairs cookies;
    struct buf set_cookies;
    const char *wanted;
    char *wanted_value;
    struct connecting *connecting;
    struct peer *peer;
    struct h1_parser *parser;
    struct loop_timer next; // the next hop, or the last word
    bool hop_is_over;
    bool is_strayed;
    int status;
    char *location; // of the answer under way, when it redirects
    char *answer_type;
    struct buf kept;
    struct visit_result result;
    char text[256];
};

static struct pair *find_pair(const struct pairs *list, struct span name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (span_equal_nocase(name, span_of(list->at[i].name))) {
            return &list->at[i];
        }
    }
    return NULL;
}

static void add_pair(struct pairs *list, struct span name, struct span value)
{
    X_GROW(list->at, list->count, list->capacity);
    list->at[list->count++] = (struct pair){.name = span_dup(name), .value = span_dup(value)};
}

static void clear_pairs(struct pairs *list)
{
    for (size_t i = 0; i < list->count; i++) {
        x_free(list->at[i].name);
        x_free(list->at[i].value);
    }
    x_free(list->at);
    *list = (struct pairs){0};
}

static void finish_hop(struct visit *v)
{
    if (!v->hop_is_over) {
        v->hop_is_over = true;
        loop_timer_start(&v->next, 0);
    }
}

static void fail(struct visit *v, enum visit_end end, const char *what, const char *why)
{
    v->result.end = end;
    (void)snprintf(v->text, sizeof v->text, "%s %s%s%s", v->url->text, what,
                   *why == '\0' ? "" : ": ", why);
    v->result.text = v->text;
    finish_hop(v);
}

// What is read

static void keep_cookie(struct visit *v, struct span field)
{
    struct span value = span_cut(&field, ';');
    struct span name = span_trim(span_cut(&value, '='));
    if (value.at == NULL || name.len == 0) {
        return;
    }
    struct pair *known = find_pair(&v->cookies, name);
    if (known == NULL) {
        add_pair(&v->cookies, name, span_trim(value));
    } else {
        x_free(known->value);
        known->value = span_dup(span_trim(value));
    }
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void take_head(struct visit *v, const struct h1_head *head)
{
    v->status = head->status;
    for (size_t i = 0; i < head->field_count; i++) {
        if (span_equal_nocase(head->fields[i].name, SPAN("set-cookie"))) {
            buf_add_text(&v->set_cookies, v->set_cookies.len == 0 ? "" : ",");
            buf_add_json_string(&v->set_cookies, head->fields[i].value);
            keep_cookie(v, head->fields[i].value);
        }
    }
    struct span wanted = {0};
    if (v->wanted != NULL) {
        wanted = h1_value(head, v->wanted);
    }
    if (wanted.at != NULL) {
        x_free(v->wanted_value);
        v->wanted_value = span_dup(wanted);
    }
    x_free(v->location);
    x_free(v->answer_type);
    struct span location = h1_value(head, "location");
    bool leads_on = is_redirect(head->status) && location.at != NULL;
    v->location = leads_on ? span_dup(location) : NULL;
    v->answer_type = span_dup(h1_value(head, "content-type"));
}

static void take_body(struct visit *v, struct span bytes)
{
    if (v->location != NULL) {
        return; // nobody sees what a redirecting page holds
    }
    size_t room = KEPT_BODY - v->kept.len;
    buf_add(&v->kept, span_slice(bytes, 0, room));
    if (v->handler.body != NULL) {
        v->handler.body(v->handler.arg, v->status, bytes);
    }
}

static void take_event(struct visit *v, enum h1_event event, struct span body)
{
    if (event == H1_HEAD) {
        take_head(v, h1_parser_head(v->parser));
    } else if (event == H1_BODY) {
        take_body(v, body);
    } else if (event == H1_ERROR) {
        fail(v, VISIT_GARBLED, "answered what is not HTTP/1.1", h1_parser_error(v->parser)->text);
    } else if (event == H1_END && v->status >= 200) {
        finish_hop(v); // 1xx are not the answer
    }
}

static void on_input(void *arg, struct span *bytes)
{
    struct visit *v = arg;
    enum h1_event event = H1_HEAD;
    while (!v->hop_is_over && event != H1_NEED_MORE) {
        struct span body = {0};
        event = h1_parser_next(v->parser, bytes, &body);
        take_event(v, event, body);
    }
    *bytes = span_slice(*bytes, bytes->len, bytes->len);
}

static void on_sent(void *arg)
{
    (void)arg;
}

static void on_ended(void *arg, enum peer_end how)
{
    struct visit *v = arg;
    if (v->hop_is_over) {
        return;
    }
    enum h1_event event = how == PEER_EOF ? h1_parser_finish(v->parser) : H1_CLOSED;
    if (event == H1_END) {
        finish_hop(v);
    } else {
        fail(v, VISIT_CUT, "ended the connection before its answer was whole", "");
    }
}

// What is sent

struct header {
    struct h1_field at[MAX_FIELDS];
    size_t count;
};

static void add_header(struct header *h, const char *name, struct span value)
{
    if (h->count < MAX_FIELDS) {
        h->at[h->count++] = (struct h1_field){span_of(name), value};
    }
}

// A header of ours, unless the request brings its own.
static void add_default(const struct visit *v, struct header *h, const char *name,
                        struct span value)
{
    if (find_pair(&v->extra, span_of(name)) == NULL) {
        add_header(h, name, value);
    }
}

static void add_cookies(const struct visit *v, struct buf *out)
{
    for (size_t i = 0; i < v->cookies.count; i++) {
        buf_addf(out, "%s%s=%s", i == 0 ? "" : "; ", v->cookies.at[i].name, v->cookies.at[i].value);
    }
}

static enum rc render(const struct visit *v, struct buf *out)
{
    struct header h = {.count = 0};
    OWN_BUF struct buf cookies = {0};
    add_cookies(v, &cookies);
    add_default(v, &h, "Host", span_of(v->url->authority));
    add_default(v, &h, "User-Agent", SPAN("meterprover/" METERPROVER_VERSION));
    add_default(v, &h, "Accept", SPAN("*/*"));
    if (cookies.len > 0) {
        add_header(&h, "Cookie", buf_span(&cookies));
    }
    if (v->type != NULL) {
        add_header(&h, "Content-Type", span_of(v->type));
    }
    for (size_t i = 0; i < v->extra.count; i++) {
        add_header(&h, v->extra.at[i].name, span_of(v->extra.at[i].value));
    }
    bool has_length = v->body.len > 0 || strcmp(v->method, "GET") != 0;
    struct h1_request_head head = {
        .method = span_of(v->method),
        .target = span_of(v->target),
        .fields = {.at = h.at,
                   .count = h.count,
                   .framing = has_length ? H1_FRAME_LENGTH : H1_FRAME_AS_GIVEN,
                   .content_length = v->body.len,
                   .close = true}};
    enum rc rc = h1_emit_request(out, &head);
    if (rc == RC_OK) {
        buf_add(out, buf_span(&v->body));
    }
    return rc;
}

static void on_connected(void *arg, int fd, int why)
{
    struct visit *v = arg;
    if (fd < 0) {
        fail(v, VISIT_UNREACHABLE, "cannot be reached", strerror(why));
        return;
    }
    static const struct h1_limits LIMITS = {.max_body = MAX_BODY};
    v->parser = h1_parser_new(H1_RESPONSE, &LIMITS);
    h1_parser_answers(v->parser, span_of(v->method));
    v->peer = peer_new(
        v->loop, fd,
        &(struct peer_handler){.input = on_input, .sent = on_sent, .ended = on_ended, .arg = v});
    OWN_BUF struct buf bytes = {0};
    if (render(v, &bytes) == RC_OK) {
        peer_send(v->peer, buf_span(&bytes));
    } else {
        fail(v, VISIT_STRAYED, "sent us on to what cannot be asked for", "");
    }
}

static void begin_hop(struct visit *v)
{
    v->hop_is_over = false;
    v->connecting = connect_start(v->loop, &v->url->address, v->url->address_len, on_connected, v);
}

static void end_hop(struct visit *v)
{
    connect_free(&v->connecting);
    peer_free(&v->peer);
    h1_parser_free(&v->parser);
}

// RFC 9110 15.4: 303 makes it a GET; so do browsers of a POST with 301 and 302.
static void turn_to_get(struct visit *v)
{
    bool keeps = v->status == 307 || v->status == 308;
    if (keeps || strcmp(v->method, "GET") == 0 || strcmp(v->method, "HEAD") == 0) {
        return;
    }
    x_free(v->method);
    x_free(v->type);
    v->method = x_strdup("GET");
    v->type = NULL;
    buf_clear(&v->body);
}

// Whether another hop follows.
static bool follow(struct visit *v)
{
    if (v->result.text != NULL || v->location == NULL) {
        return false;
    }
    char *target = NULL;
    enum rc rc = url_follow(&target, v->url, v->target, span_of(v->location));
    if (rc == RC_CONFLICT) {
        return false; // another origin, which nobody has named
    }
    if (rc != RC_OK || v->result.redirects == MAX_REDIRECTS) {
        fail(v, VISIT_STRAYED,
             rc != RC_OK ? "redirects to what is no address" : "redirects on and on", v->location);
        x_free(target);
        return false;
    }
    v->result.redirects++;
    x_free(v->target);
    v->target = target;
    turn_to_get(v);
    return true;
}

static void on_next(void *arg)
{
    struct visit *v = arg;
    end_hop(v);
    if (follow(v)) {
        begin_hop(v);
        return;
    }
    loop_timer_stop(&v->next); // a stray one was noted once more
    v->result.status = v->result.end == VISIT_UNREACHABLE ? 0 : v->status;
    v->result.body = buf_span(&v->kept);
    v->result.type = span_of(v->answer_type);
    v->result.cookies = buf_span(&v->set_cookies);
    v->result.wanted = span_of(v->wanted_value);
    v->handler.over(v->handler.arg, &v->result);
}

static char *join_query(const struct url *u, struct span query)
{
    struct buf out = {0};
    buf_add_text(&out, u->target);
    if (query.len > 0) {
        buf_add_char(&out, strchr(u->target, '?') == NULL ? '?' : '&');
        buf_add(&out, query);
    }
    return buf_take_text(&out);
}

enum rc visit_start(struct visit **out, struct loop *loop, const struct visit_request *request,
                    const struct visit_handler *handler)
{
    struct visit *v = x_alloc(sizeof *v);
    *v = (struct visit){.loop = loop,
                        .url = request->url,
                        .handler = *handler,
                        .method = span_dup(request->method),
                        .wanted = request->wanted,
                        .target = join_query(request->url, request->query),
                        .type = request->type.len > 0 ? span_dup(request->type) : NULL};
    for (size_t i = 0; i < request->extra_count; i++) {
        add_pair(&v->extra, request->extra[i].name, request->extra[i].value);
    }
    buf_add(&v->body, request->body);
    loop_timer_init(&v->next, loop, on_next, v);
    OWN_BUF struct buf trial = {0};
    enum rc rc = render(v, &trial);
    *out = v;
    if (rc != RC_OK) {
        visit_free(out);
        return RC_SYNTAX;
    }
    begin_hop(v);
    return RC_OK;
}

void visit_read_now(struct visit *v)
{
    if (v->peer != NULL && !v->hop_is_over) {
        peer_read_now(v->peer);
    }
}

void visit_free(struct visit **slot)
{
    struct visit *v = *slot;
    if (v == NULL) {
        return;
    }
    loop_timer_stop(&v->next);
    end_hop(v);
    clear_pairs(&v->extra);
    clear_pairs(&v->cookies);
    x_free(v->method);
    x_free(v->target);
    x_free(v->type);
    x_free(v->location);
    x_free(v->answer_type);
    x_free(v->wanted_value);
    buf_clear(&v->body);
    buf_clear(&v->kept);
    buf_clear(&v->set_cookies);
    x_free(v);
    *slot = NULL;
}
