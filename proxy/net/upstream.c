// SPDX-License-Identifier: Apache-2.0
// A channel is dialled (each address of the host in turn), secured, used, kept, used again. Its
// user may let go of it within any of its callbacks, so that it is only freed on the loop's next
// turn.
#include "proxy/net/upstream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/net/address.h"
#include "proxy/net/connect.h"

// More than so many idle connections are not kept.
#define MAX_IDLE 64

enum channel_state { CHANNEL_DIALS, CHANNEL_SHAKES, CHANNEL_USED, CHANNEL_IDLE, CHANNEL_DEAD };

struct channel {
    struct upstream *upstream;
    struct channel *next, **link; // in the list of the idle or of the dead
    enum channel_state state;
    struct channel_handler handler;
    struct connecting *connecting;
    struct peer *peer; // NULL while it dials
    size_t tries;      // addresses tried before this one
    uint64_t number;
    bool is_reused;
    bool has_ended;
    char address[ADDRESS_TEXT];
    int64_t begun_us, connected_us, secured_us;
    struct loop_timer timer; // of connecting, or of being idle; or to tell that it is ready
};

struct upstream {
    struct origin origin;
    struct loop *loop;
    struct tls_context *tls; // NULL: plain
    int64_t connect_us, idle_us;
    struct channel *idle, *dead; // of the idle the last used comes first
    size_t idle_count;
    uint64_t channels;
    struct loop_timer reap;
};

static const struct {
    const char *name, *text;
    int status;
} FAULTS[] = {
#define UPSTREAM_FAULT(id, word, code, sentence)                                                   \
    [UPSTREAM_##id] = {.name = (word), .text = (sentence), .status = (code)},
#include "proxy/net/upstream_fault.def"
};

const char *upstream_fault_name(enum upstream_fault fault)
{
    return FAULTS[fault].name;
}

const char *upstream_fault_text(enum upstream_fault fault)
{
    return FAULTS[fault].text;
}

int upstream_fault_status(enum upstream_fault fault)
{
    return FAULTS[fault].status;
}

static void enlist(struct channel *c, struct channel **list)
{
    c->next = *list;
    c->link = list;
    if (c->next != NULL) {
        c->next->link = &c->next;
    }
    *list = c;
}

static void unlist(struct channel *c)
{
    if (c->link != NULL) {
        *c->link = c->next;
        if (c->next != NULL) {
            c->next->link = c->link;
        }
        c->link = NULL;
        c->upstream->idle_count -= c->state == CHANNEL_IDLE ? 1 : 0;
    }
}

static void destroy(struct channel *c)
{
    unlist(c);
    loop_timer_stop(&c->timer);
    connect_free(&c->connecting);
    peer_free(&c->peer);
    x_free(c);
}

static void on_reap(void *arg)
{
    struct upstream *u = arg;
    while (u->dead != NULL) {
        destroy(u->dead);
    }
}

void channel_free(struct channel **slot)
{
    struct channel *c = *slot;
    *slot = NULL;
    if (c == NULL || c->state == CHANNEL_DEAD) {
        return;
    }
    unlist(c);
    c->state = CHANNEL_DEAD;
    loop_timer_stop(&c->timer);
    connect_free(&c->connecting);
    if (c->peer != NULL) {
        peer_read(c->peer, false);
    }
    enlist(c, &c->upstream->dead);
    loop_timer_start(&c->upstream->reap, 0);
}

static void fail(struct channel *c, enum upstream_fault fault, const char *text)
{
    struct channel_handler handler = c->handler;
    loop_timer_stop(&c->timer);
    handler.failed(handler.arg, fault, text); // the user frees it
}

static void dial(struct channel *c);

// Of the address that was tried: the next one, else this is what is told.
static void fail_address(struct channel *c, enum upstream_fault fault, const char *text)
{
    if (c->tries + 1 < c->upstream->origin.count) {
        c->tries++;
        connect_free(&c->connecting);
        dial(c);
    } else {
        fail(c, fault, text);
    }
}

static void become_ready(struct channel *c)
{
    c->state = CHANNEL_USED;
    loop_timer_stop(&c->timer);
    c->handler.ready(c->handler.arg);
}

static void on_peer_input(void *arg, struct span *bytes)
{
    struct channel *c = arg;
    if (c->state == CHANNEL_USED) {
        c->handler.input(c->handler.arg, bytes);
    } else {
        *bytes = (struct span){0};
        if (c->state == CHANNEL_IDLE) {
            channel_free(&(struct channel *){c}); // bytes that nobody asked for
        }
    }
}

static void on_peer_sent(void *arg)
{
    struct channel *c = arg;
    if (c->state == CHANNEL_USED) {
        c->handler.sent(c->handler.arg);
    }
}

// RFC 9112 9.8: a close that was not notified may be the work of somebody on the way.
static enum peer_end end_of(const struct channel *c, enum peer_end how)
{
    const struct tls_facts *tls = peer_tls(c->peer);
    return how == PEER_EOF && tls != NULL && !tls->was_notified ? PEER_RESET : how;
}

static void fail_handshake(struct channel *c)
{
    const struct tls_facts *tls = peer_tls(c->peer);
    char text[256];
    bool is_alert = tls->is_broken && !tls->alert_is_ours && *tls->alert != '\0';
    (void)snprintf(text, sizeof text, "%s", is_alert ? tls->alert : tls->why);
    if (tls->is_distrusted) {
        fail(c, UPSTREAM_TLS_CERTIFICATE, text);
    } else if (is_alert) {
        fail(c, UPSTREAM_TLS_ALERT, text);
    } else {
        fail(c, UPSTREAM_TLS_PROTOCOL, tls->is_broken ? text : "it ended the connection");
    }
}

static void on_peer_ended(void *arg, enum peer_end how)
{
    struct channel *c = arg;
    c->has_ended = true;
    if (c->state == CHANNEL_SHAKES) {
        fail_handshake(c);
    } else if (c->state == CHANNEL_USED) {
        c->handler.ended(c->handler.arg, end_of(c, how));
    } else if (c->state == CHANNEL_IDLE) {
        channel_free(&(struct channel *){c});
    }
}

static void on_peer_secured(void *arg)
{
    struct channel *c = arg;
    c->secured_us = loop_now_us(c->upstream->loop) - c->begun_us - c->connected_us;
    if (c->state == CHANNEL_SHAKES) {
        become_ready(c);
    }
}

static void on_connected(void *arg, int fd, int why)
{
    struct channel *c = arg;
    if (fd < 0) {
        fail_address(c, why == ECONNREFUSED ? UPSTREAM_REFUSED : UPSTREAM_UNROUTABLE,
                     strerror(why));
        return;
    }
    struct upstream *u = c->upstream;
    c->connected_us = loop_now_us(u->loop) - c->begun_us;
    struct peer_handler handler = {.input = on_peer_input,
                                   .sent = on_peer_sent,
                                   .ended = on_peer_ended,
                                   .secured = on_peer_secured,
                                   .arg = c};
    c->peer = peer_new(u->loop, fd, &handler);
    if (u->tls == NULL) {
        become_ready(c);
    } else {
        c->state = CHANNEL_SHAKES;
        peer_secure_towards(c->peer, u->tls, u->origin.host);
    }
}

static void dial(struct channel *c)
{
    struct upstream *u = c->upstream;
    c->begun_us = loop_now_us(u->loop);
    address_format(c->address, &u->origin.addresses[c->tries].at);
    c->connecting = connect_start(u->loop, &u->origin.addresses[c->tries].at,
                                  u->origin.addresses[c->tries].len, on_connected, c);
    loop_timer_start(&c->timer, u->connect_us);
}

static void on_time(void *arg)
{
    struct channel *c = arg;
    if (c->state == CHANNEL_DIALS) {
        fail_address(c, UPSTREAM_CONNECT_TIMEOUT, "");
    } else if (c->state == CHANNEL_SHAKES) {
        fail(c, UPSTREAM_CONNECT_TIMEOUT, "within the TLS handshake");
    } else if (c->state == CHANNEL_USED) {
        c->handler.ready(c->handler.arg); // it was kept
    } else {
        channel_free(&(struct channel *){c});
    }
}

// The kernel may know of an end of which the loop has not told yet.
static struct channel *take_idle(struct upstream *u)
{
    while (u->idle != NULL) {
        struct channel *c = u->idle;
        peer_read_now(c->peer); // an end, or bytes that nobody asked for, free it
        if (c->state == CHANNEL_IDLE) {
            unlist(c);
            return c;
        }
    }
    return NULL;
}

struct channel *channel_take(struct upstream *u, bool is_fresh,
                             const struct channel_handler *handler)
{
    struct channel *c = is_fresh ? NULL : take_idle(u);
    if (c != NULL) {
        c->handler = *handler;
        c->is_reused = true;
        c->state = CHANNEL_USED;
        loop_timer_fire(&c->timer); // `ready` is never called from within this call
        return c;
    }
    c = x_alloc(sizeof *c);
    *c = (struct channel){.upstream = u, .handler = *handler, .number = ++u->channels};
    loop_timer_init(&c->timer, u->loop, on_time, c);
    dial(c);
    return c;
}

void channel_give_back(struct channel **slot)
{
    struct channel *c = *slot;
    struct upstream *u = c->upstream;
    if (c->state != CHANNEL_USED || c->has_ended || !peer_is_open(c->peer) ||
        peer_unsent(c->peer) > 0 || u->idle_count >= MAX_IDLE) {
        channel_free(slot);
        return;
    }
    *slot = NULL;
    c->state = CHANNEL_IDLE;
    peer_read(c->peer, true);
    enlist(c, &u->idle);
    u->idle_count++;
    loop_timer_start(&c->timer, u->idle_us);
}

void channel_send(struct channel *c, struct span bytes)
{
    peer_send(c->peer, bytes);
}

size_t channel_unsent(const struct channel *c)
{
    return c->peer == NULL ? 0 : peer_unsent(c->peer);
}

void channel_read(struct channel *c, bool wanted)
{
    if (c->peer != NULL && c->state == CHANNEL_USED) {
        peer_read(c->peer, wanted);
    }
}

void channel_pump(struct channel *c)
{
    if (c->peer != NULL && c->state == CHANNEL_USED) {
        peer_pump(c->peer);
    }
}

void channel_shut(struct channel *c)
{
    if (c->peer != NULL && c->state == CHANNEL_USED) {
        peer_shut(c->peer);
    }
}

void channel_reset(struct channel **slot)
{
    struct channel *c = *slot;
    if (c != NULL && c->peer != NULL && c->state == CHANNEL_USED) {
        peer_reset(c->peer);
    }
    channel_free(slot);
}

struct channel_facts channel_facts(const struct channel *c)
{
    const struct tls_facts *tls = c->peer == NULL ? NULL : peer_tls(c->peer);
    return (struct channel_facts){.number = c->number,
                                  .is_reused = c->is_reused,
                                  .address = c->address,
                                  .connected_us = c->is_reused ? 0 : c->connected_us,
                                  .secured_us = c->is_reused ? 0 : c->secured_us,
                                  .tls = tls == NULL ? "" : tls->version};
}

enum rc upstream_new(struct upstream **out, const struct upstream_options *options, struct diag *d)
{
    struct upstream *u = x_alloc(sizeof *u);
    *u = (struct upstream){
        .loop = options->loop, .connect_us = options->connect_us, .idle_us = options->idle_us};
    loop_timer_init(&u->reap, u->loop, on_reap, u);
    enum rc rc = origin_read(&u->origin, options->url, d);
    if (rc == RC_OK) {
        rc = origin_find(&u->origin, d);
    }
    if (rc == RC_OK && u->origin.is_secure) {
        rc = tls_client_context_new(&u->tls, options->ca_file, d);
    }
    if (rc != RC_OK) {
        upstream_free(&u);
        return rc;
    }
    *out = u;
    return RC_OK;
}

void upstream_free(struct upstream **slot)
{
    struct upstream *u = *slot;
    if (u == NULL) {
        return;
    }
    while (u->idle != NULL) {
        destroy(u->idle);
    }
    on_reap(u);
    loop_timer_stop(&u->reap);
    tls_context_free(&u->tls);
    origin_clear(&u->origin);
    x_free(u);
    *slot = NULL;
}

const struct origin *upstream_origin(const struct upstream *u)
{
    return &u->origin;
}
