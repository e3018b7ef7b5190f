// SPDX-License-Identifier: Apache-2.0
#include "suites/play/tripwire.h"

#include "proxy/base/alloc.h"
#include "proxy/http/parser.h"
#include "proxy/net/listener.h"
#include "proxy/net/peer.h"

struct caught {
    struct caught *next;
    struct tripwire *owner;
    struct peer *peer;
    struct h1_parser *parser;
    bool is_over;
};

struct tripwire {
    struct listener *listener;
    struct loop *loop;
    tripwire_fn *fn;
    void *arg;
    struct caught *caught;
    struct loop_turn turn;
};

// model: endpoint rule set: metering.marketplace[-fips].REGION.SUFFIX,
// metering-marketplace.REGION….
bool tripwire_is_metering(struct span host)
{
    static const char *const STARTS[] = {"metering.marketplace", "metering-marketplace"};
    for (size_t i = 0; i < sizeof STARTS / sizeof STARTS[0]; i++) {
        struct span start = span_of(STARTS[i]);
        if (host.len > start.len && span_equal_nocase(span_slice(host, 0, start.len), start)) {
            return true;
        }
    }
    return false;
}

// A client that goes where it is redirected but brings neither has told nobody anything.
static bool is_carried(const struct h1_head *head)
{
    bool is_signed =
        span_has(h1_value(head, "Authorization"), SPAN("/aws-marketplace/aws4_request"));
    bool is_call = span_starts(h1_value(head, "X-Amz-Target"), SPAN("AWSMPMeteringService."));
    return is_signed || (is_call && head->has_body);
}

static void catch_one(struct caught *c)
{
    const struct h1_head *head = h1_parser_head(c->parser);
    c->owner->fn(c->owner->arg, span_slice(head->authority, 0, 255), is_carried(head));
    peer_send(c->peer, SPAN("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n"
                            "Content-Length: 64\r\nConnection: close\r\n\r\n"
                            "meterprover: the client tried to leave the endpoint it was given"));
    c->is_over = true;
    if (peer_is_open(c->peer) && peer_unsent(c->peer) == 0) {
        peer_finish(c->peer);
    }
}

static void on_input(void *arg, struct span *bytes)
{
    struct caught *c = arg;
    struct span body = {0};
    while (!c->is_over) {
        enum h1_event event = h1_parser_next(c->parser, bytes, &body);
        if (event == H1_HEAD) {
            catch_one(c);
        } else if (event == H1_ERROR) {
            c->is_over = true;
            peer_reset(c->peer);
        } else if (event == H1_NEED_MORE) {
            return;
        }
    }
    *bytes = span_slice(*bytes, bytes->len, bytes->len);
}

static void on_sent(void *arg)
{
    (void)arg;
}

static void on_ended(void *arg, enum peer_end how)
{
    (void)how;
    struct caught *c = arg;
    c->is_over = true;
    peer_reset(c->peer);
}

static void release(struct caught *c)
{
    peer_free(&c->peer);
    h1_parser_free(&c->parser);
    x_free(c);
}

static void on_turn_end(void *arg)
{
    struct tripwire *t = arg;
    for (struct caught **at = &t->caught; *at != NULL;) {
        struct caught *c = *at;
        if (c->is_over && !peer_is_open(c->peer)) {
            *at = c->next;
            release(c);
        } else {
            at = &c->next;
        }
    }
}

static void on_accept(void *arg, int fd)
{
    struct tripwire *t = arg;
    struct caught *c = x_alloc(sizeof *c);
    *c = (struct caught){.next = t->caught, .owner = t};
    t->caught = c;
    c->parser = h1_parser_new(H1_REQUEST, NULL);
    struct peer_handler handler = {.input = on_input, .sent = on_sent, .ended = on_ended, .arg = c};
    c->peer = peer_new(t->loop, fd, &handler);
}

enum rc tripwire_open(struct tripwire **out, struct loop *loop, tripwire_fn *fn, void *arg,
                      struct diag *d)
{
    struct tripwire *t = x_alloc(sizeof *t);
    *t = (struct tripwire){.loop = loop, .fn = fn, .arg = arg};
    enum rc rc = listener_open(&t->listener, loop, "127.0.0.1:0", on_accept, t, d);
    if (rc != RC_OK) {
        x_free(t);
        return rc;
    }
    loop_turn_start(&t->turn, loop, on_turn_end, t);
    *out = t;
    return RC_OK;
}

const char *tripwire_address(const struct tripwire *t)
{
    return listener_address(t->listener);
}

void tripwire_free(struct tripwire **t)
{
    if (*t == NULL) {
        return;
    }
    listener_free(&(*t)->listener);
    loop_turn_stop(&(*t)->turn);
    while ((*t)->caught != NULL) {
        struct caught *c = (*t)->caught;
        (*t)->caught = c->next;
        release(c);
    }
    x_free(*t);
    *t = NULL;
}
