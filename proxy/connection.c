// SPDX-License-Identifier: Apache-2.0
// A connection is one client's socket: its bytes become exchanges, one at a time, in order
// (pipelined requests wait in the peer's buffer). It is freed at the end of the turn in which it
// ended.
#include "proxy/exchange.h"
#include "proxy/lane_inside.h"

#include <assert.h>

#include "proxy/base/alloc.h"
#include "proxy/handshake.h"
#include "proxy/record.h"
#include "proxy/tunnel.h"

#define CONNECTION_MAGIC 0x434f4e4eu
// What a client may send ahead while its request is being answered, before TCP holds it back.
#define MAX_AHEAD 262144
// How long after our FIN the client may take to close its side.
#define LINGER_US (2 * US_PER_S)

struct connection {
    unsigned magic;
    struct connection *next, *previous;
    struct lane *lane;
    struct port *port;
    struct peer *peer;
    struct h1_parser *parser;
    uint64_t number;
    uint64_t nth; // of those to the same target
    struct handshake handshake;
    // owned; NULL between two requests, so that an idle connection is small
    struct exchange *exchange;
    struct tunnel *tunnel; // owned; NULL unless bytes are passed on unseen
    bool awaits_hello;     // of a client whose CONNECT was opened
    bool saw_eof;
    bool has_spoken;    // a byte of HTTP came
    bool owes_continue; // the client waits for a 100 before it sends its body
    bool is_held;       // a rule reads the request late or slowly
    bool is_finishing;  // our FIN is out; only the client's is awaited
    bool is_dead;
    bool is_close_told;
    struct loop_timer timer;  // idle, or after our FIN
    const struct rule *idler; // closes the connection when it was idle for idle_us; NULL: none does
    int64_t idle_us;
    uint64_t idle_after; // the exchange that met the rule
    size_t idle_bytes;   // of its reply
};

static struct connection *connection_from(void *arg)
{
    struct connection *c = arg;
    assert(c->magic == CONNECTION_MAGIC);
    return c;
}

static void tell_close(struct connection *c, const char *by, const char *how)
{
    if (c->is_close_told) {
        return;
    }
    c->is_close_told = true;
    struct journal *j = c->lane->journal;
    (void)journal_begin(j, EVENT_CLOSE);
    journal_int(j, "conn", (int64_t)c->number);
    journal_text(j, "by", span_of(by));
    journal_text(j, "how", span_of(how));
    journal_int(j, "x", c->exchange != NULL ? (int64_t)c->exchange->number : 0);
    (void)journal_end(j);
}

void connection_drop(struct connection *c)
{
    if (c->is_dead) {
        return;
    }
    c->is_dead = true;
    tell_close(c, "us", "fin");
    loop_timer_stop(&c->timer);
    if (c->previous != NULL) {
        c->previous->next = c->next;
    } else {
        c->lane->live = c->next;
    }
    if (c->next != NULL) {
        c->next->previous = c->previous;
    }
    c->previous = NULL;
    c->next = c->lane->dead;
    c->lane->dead = c;
    peer_read(c->peer, false);
    loop_timer_start(&c->lane->reap, 0);
}

void connection_reap(struct lane *lane)
{
    while (lane->dead != NULL) {
        struct connection *c = lane->dead;
        lane->dead = c->next;
        if (c->exchange != NULL) {
            exchange_clear(c->exchange);
            x_free(c->exchange);
        }
        tunnel_free(&c->tunnel);
        peer_free(&c->peer);
        h1_parser_free(&c->parser);
        c->magic = 0;
        x_free(c);
    }
}

static void finish(struct connection *c)
{
    c->is_finishing = true;
    peer_finish(c->peer);
}

static void note_idler(struct connection *c)
{
    int64_t idle_us = fault_plan_idle_us(&c->exchange->plan);
    if (idle_us >= 0) {
        c->idler = c->exchange->rule;
        c->idle_us = idle_us;
        c->idle_after = c->exchange->number;
        c->idle_bytes = c->exchange->sent_bytes;
    }
}

static void await_request(struct connection *c)
{
    h1_parser_rest(c->parser);
    if (c->idler != NULL) {
        loop_timer_start(&c->timer, c->idle_us);
    }
}

static void close_idle(struct connection *c)
{
    finish(c);
    record_rule_fault(c->lane, c->idler, c->idle_after, "response", c->idle_bytes);
    tell_close(c, "us", "fin");
    loop_timer_start(&c->timer, LINGER_US);
}

static void on_tunnel_over(void *arg, bool is_reset)
{
    struct connection *c = connection_from(arg);
    struct tunnel_facts facts = tunnel_facts(c->tunnel);
    record_tunnel_end(c->lane, c->number, &facts, is_reset);
    if (is_reset) {
        peer_reset(c->peer);
    }
    tell_close(c, "us", is_reset ? "rst" : "fin");
    connection_drop(c);
}

// CONNECT was answered: what follows is no HTTP, or HTTP within TLS.
static void change_over(struct connection *c)
{
    enum exchange_becomes becomes = c->exchange->becomes;
    c->tunnel = c->exchange->tunnel;
    c->exchange->tunnel = NULL;
    exchange_clear(c->exchange);
    x_free(c->exchange);
    c->exchange = NULL;
    h1_parser_rest(c->parser);
    if (becomes == EXCHANGE_BECOMES_TLS) {
        c->awaits_hello = true;
        c->has_spoken = false;
        peer_secure(c->peer, c->lane->options.opening);
    } else {
        tunnel_join(c->tunnel, c->peer, on_tunnel_over, c);
    }
    if (c->tunnel != NULL && c->saw_eof && !c->is_dead) {
        tunnel_client_ended(c->tunnel, PEER_EOF);
    }
}

static void end_exchange(struct connection *c)
{
    if (c->exchange->becomes != EXCHANGE_BECOMES_NOTHING && c->exchange->next <= NEXT_FIN &&
        peer_is_open(c->peer)) {
        change_over(c);
        return;
    }
    enum exchange_next next = c->exchange->next;
    bool is_kept = c->exchange->head->keep_alive;
    if (next == NEXT_REQUEST && is_kept && refusal_is_on(&c->lane->refusal, c->port->target)) {
        next = NEXT_RST;
    }
    note_idler(c);
    if (fault_plan_omits_notice(&c->exchange->plan)) {
        peer_leave_silently(c->peer);
    }
    if (next == NEXT_GONE) {
        tell_close(c, "client", "rst");
    }
    if (next == NEXT_RST) {
        peer_reset(c->peer);
        tell_close(c, "us", "rst");
    }
    exchange_clear(c->exchange);
    x_free(c->exchange);
    c->exchange = NULL;
    if (next == NEXT_RST || next == NEXT_GONE || !peer_is_open(c->peer)) {
        connection_drop(c);
    } else if (next == NEXT_FIN || !is_kept || (c->saw_eof && !peer_has_input(c->peer))) {
        tell_close(c, "us", "fin");
        finish(c);
        if (c->saw_eof) {
            connection_drop(c);
        } else {
            loop_timer_start(&c->timer, LINGER_US);
        }
    } else {
        await_request(c);
    }
}

static void settle(struct connection *c)
{
    if (c->exchange != NULL && exchange_is_over(c->exchange)) {
        end_exchange(c);
    }
}

// Whether the connection can take bytes now.
static bool is_ready(const struct connection *c)
{
    return !c->is_dead && !c->is_finishing && !c->awaits_hello && c->tunnel == NULL &&
           peer_is_open(c->peer) &&
           (c->exchange == NULL ||
            (c->exchange->state == EXCHANGE_BODY && !exchange_is_full(c->exchange)));
}

static void on_input(void *arg, struct span *bytes);

static void read_more(struct connection *c)
{
    peer_read(c->peer, !c->saw_eof);
    if (peer_has_input(c->peer)) {
        peer_pump(c->peer);
    } else {
        struct span none = {0};
        on_input(c, &none); // a request may be complete without another byte
    }
}

static void on_exchange_over(void *arg)
{
    struct connection *c = connection_from(arg);
    if (c->is_dead) {
        return;
    }
    settle(c);
    if (!c->is_dead && !c->is_finishing) {
        read_more(c);
    }
    // What the client had sent before its FIN is used up, and no whole request is left.
    if (c->saw_eof && !c->is_dead && is_ready(c) && !c->is_held) {
        if (c->exchange != NULL) {
            exchange_abandoned_by_client(c->exchange, PEER_EOF);
        }
        connection_drop(c);
    }
}

static void begin_exchange(struct connection *c)
{
    c->exchange = x_alloc(sizeof *c->exchange);
    exchange_init(c->exchange, c->port, c->peer, h1_parser_head(c->parser), c->number,
                  on_exchange_over, c);
    c->exchange->has_half_closed = c->saw_eof;
    c->exchange->nth_connection = c->nth;
    loop_timer_stop(&c->timer); // it is not idle any more
}

static void on_head(struct connection *c)
{
    begin_exchange(c);
    exchange_run_head(c->exchange);
    c->owes_continue = c->exchange->head->expects_continue && !c->exchange->is_early;
    if (c->exchange->state == EXCHANGE_CLIENT) {
        peer_read(c->peer, false); // a hang: nothing more of the request is read
    }
}

// Whether the request can be read on, and how many of *count bytes of it.
static bool may_read(struct connection *c, size_t *count)
{
    if (c->exchange == NULL) {
        return true;
    }
    bool may = exchange_may_read(c->exchange, count);
    // RFC 9110 10.1.1: the client waits for this before it sends its body.
    if (may && c->owes_continue) {
        c->owes_continue = false;
        peer_send(c->peer, SPAN("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    return may;
}

// The next event of what may be read of the bytes; those that it took are cut off.
static enum h1_event next_event(struct connection *c, struct span *bytes, size_t count,
                                struct span *body)
{
    struct span part = span_slice(*bytes, 0, count);
    enum h1_event event = h1_parser_next(c->parser, &part, body);
    size_t used = count - part.len;
    *bytes = span_slice(*bytes, used, bytes->len);
    if (c->exchange != NULL) {
        exchange_note_read(c->exchange, used);
    }
    return event;
}

static void on_error(struct connection *c)
{
    if (c->exchange == NULL) {
        begin_exchange(c);
    }
    exchange_refuse(c->exchange, h1_parser_error(c->parser));
}

static void on_input(void *arg, struct span *bytes)
{
    struct connection *c = connection_from(arg);
    if (c->tunnel != NULL) {
        tunnel_take(c->tunnel, bytes);
        return;
    }
    c->has_spoken = c->has_spoken || bytes->len > 0;
    if (c->idler != NULL && !c->is_finishing && bytes->len > 0) {
        loop_timer_stop(&c->timer); // half a request is not idle either
    }
    c->is_held = false;
    while (is_ready(c)) {
        struct span body = {0};
        size_t count = bytes->len;
        c->is_held = !may_read(c, &count);
        enum h1_event event = c->is_held ? H1_NEED_MORE : next_event(c, bytes, count, &body);
        if (event == H1_NEED_MORE) {
            break;
        }
        if (event == H1_HEAD) {
            on_head(c);
        } else if (event == H1_BODY) {
            exchange_add_body(c->exchange, body);
        } else if (event == H1_END) {
            exchange_run(c->exchange);
        } else {
            on_error(c);
        }
        settle(c);
    }
    if (c->tunnel != NULL && !c->is_dead) {
        tunnel_take(c->tunnel, bytes); // the client did not wait for the answer
        return;
    }
    // Bytes that stay behind although the connection can take some are held back by a rule; else
    // the upstream may take no more of them.
    c->is_held = is_ready(c) && (c->is_held || bytes->len > 0);
    bool is_full = c->exchange != NULL && exchange_is_full(c->exchange);
    if (c->is_held || is_full || bytes->len > MAX_AHEAD) {
        peer_read(c->peer, false);
    }
}

static void on_sent(void *arg)
{
    struct connection *c = connection_from(arg);
    if (c->tunnel != NULL && !c->is_dead) {
        tunnel_client_sent(c->tunnel);
    }
    if (c->exchange != NULL && !c->is_dead) {
        exchange_sent(c->exchange);
    }
}

static void on_hello(void *arg)
{
    struct connection *c = connection_from(arg);
    c->awaits_hello = false;
    const char *how = handshake_begin(&c->handshake, c->port, c->peer, c->nth);
    if (*how == '\0') {
        return;
    }
    tell_close(c, "us", how);
    if (peer_is_open(c->peer)) {
        c->is_finishing = true;
        loop_timer_start(&c->timer, LINGER_US);
    } else {
        connection_drop(c);
    }
}

static void on_secured(void *arg)
{
    struct connection *c = connection_from(arg);
    handshake_seen(&c->handshake, c->lane);
    record_secured(c->lane, c->number, peer_tls(c->peer));
}

// Why a client does not want us: it says so by an alert, or closes before it asks for anything.
static void tell_refusal(struct connection *c, const char *how)
{
    const struct tls_facts *tls = peer_tls(c->peer);
    if (tls != NULL && !c->is_close_told && (tls->is_broken || !tls->is_ready || !c->has_spoken)) {
        record_unsecured(c->lane, c->number, tls, how);
    }
}

// What we have to say of it must reach the client: an early close would make a reset of it.
static bool sends_alert(const struct connection *c, enum peer_end how)
{
    const struct tls_facts *tls = peer_tls(c->peer);
    return how == PEER_TLS && (tls->alert_is_ours || *tls->alert == '\0');
}

static void on_ended(void *arg, enum peer_end how)
{
    struct connection *c = connection_from(arg);
    if (c->is_dead) {
        return;
    }
    if (c->tunnel != NULL) {
        tell_close(c, "client", how == PEER_EOF ? "fin" : "rst");
        tunnel_client_ended(c->tunnel, how);
        return;
    }
    if (!sends_alert(c, how)) {
        handshake_seen(&c->handshake, c->lane);
    }
    const char *end = how == PEER_EOF || how == PEER_TLS ? "fin" : "rst";
    tell_refusal(c, end);
    c->saw_eof = true;
    tell_close(c, sends_alert(c, how) ? "us" : "client", end);
    bool waits = c->exchange != NULL && !exchange_is_over(c->exchange);
    if (waits && how == PEER_EOF && (c->is_held || exchange_is_full(c->exchange))) {
        c->exchange->has_half_closed = true;
        return; // what it sent before its FIN is still to be read
    }
    if (waits) {
        exchange_abandoned_by_client(c->exchange, how);
    }
    // After a mere FIN a complete request is still answered: the client may have closed its half.
    bool answers = waits && how == PEER_EOF && c->exchange->state != EXCHANGE_BODY &&
                   c->exchange->state != EXCHANGE_CLIENT && !exchange_is_over(c->exchange);
    if (sends_alert(c, how)) {
        c->is_finishing = true;
        loop_timer_start(&c->timer, LINGER_US);
    } else if (!answers) {
        connection_drop(c);
    }
}

static void on_time(void *arg)
{
    struct connection *c = connection_from(arg);
    if (c->is_finishing) {
        connection_drop(c);
    } else {
        close_idle(c);
    }
}

void connection_reset_all(struct port *port)
{
    struct connection *next = NULL;
    for (struct connection *c = port->lane->live; c != NULL; c = next) {
        next = c->next;
        bool is_replying = c->exchange != NULL &&
                           (c->exchange->state != EXCHANGE_BODY || c->exchange->is_inside_call);
        if (c->port == port && !is_replying && !c->is_finishing && peer_is_open(c->peer)) {
            peer_reset(c->peer);
            tell_close(c, "us", "rst");
            connection_drop(c);
        }
    }
}

void connection_open(struct port *port, int fd)
{
    struct lane *lane = port->lane;
    struct connection *c = x_alloc(sizeof *c);
    *c = (struct connection){.magic = CONNECTION_MAGIC,
                             .lane = lane,
                             .port = port,
                             .number = ++lane->connections,
                             .nth = ++port->connections,
                             .next = lane->live};
    if (lane->live != NULL) {
        lane->live->previous = c;
    }
    lane->live = c;
    // What is passed on as it comes need not have an end in sight.
    struct h1_limits limits = {.max_body = lane->options.upstream == NULL ? 0 : UINT64_MAX / 2};
    c->parser = h1_parser_new(H1_REQUEST, &limits);
    loop_timer_init(&c->timer, lane->loop, on_time, c);
    struct peer_handler handler = {.input = on_input,
                                   .sent = on_sent,
                                   .ended = on_ended,
                                   .hello = on_hello,
                                   .secured = on_secured,
                                   .arg = c};
    c->peer = peer_new(lane->loop, fd, &handler);
    if (port->tls != NULL) {
        peer_secure(c->peer, port->tls);
    }
    (void)journal_begin(lane->journal, EVENT_CONNECT);
    journal_int(lane->journal, "conn", (int64_t)c->number);
    if (port->target != TARGET_SERVICE) {
        journal_text(lane->journal, "to", span_of(target_name(port->target)));
    }
    (void)journal_end(lane->journal);
}

struct exchange *connection_exchange(struct lane *lane, uint64_t number)
{
    for (struct connection *c = lane->live; c != NULL; c = c->next) {
        if (c->exchange != NULL && c->exchange->number == number) {
            return c->exchange;
        }
    }
    return NULL;
}
