// SPDX-License-Identifier: Apache-2.0
// The request is kept until its first byte of a reply, as long as it may have to be sent again: a
// connection that was kept from an earlier request can be closed by the upstream at any moment, and
// the request then may or may not have been executed. RFC 9110 9.2.2 and RFC 9112 9.3.1: a proxy
// must not send a request again that is not idempotent; of others we send again, once, on a new
// connection, what got lost so.
#include "proxy/forward.h"

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/http/emit.h"
#include "proxy/http/forwarded.h"
#include "proxy/http/parser.h"

// So much of the request may wait for the upstream before the client is held back.
#define REQUEST_ROOM 262144
// Besides the body; most heads and chunks' framing fit.
#define HEAD_BYTES 1024
#define NO_LIMIT (UINT64_C(1) << 60)

struct forward {
    struct loop *loop;
    struct upstream *upstream;
    const struct h1_head *request;
    struct forward_handler handler;
    struct channel *channel; // NULL when it is over
    struct h1_parser *parser;
    struct buf waiting; // of the request: for the channel, or to be sent again
    struct loop_timer timer;
    int64_t reply_us, begun_us;
    unsigned depth; // of callbacks and calls in which it must stay in memory
    bool is_dead;   // freed by the user
    bool is_ready;
    bool is_whole;    // the request
    bool may_repeat;  // the request is in `waiting`, whole
    bool has_begun;   // a byte of a reply came
    bool has_head;    // the final one
    bool is_held;     // the user does not read
    bool waits_whole; // the reply, for the end of the request: its head is still to be told
    bool is_cut;      // the request: the reply says that nobody needs the rest
    bool was_full;    // the user waits for `drained`
    struct forward_facts facts;
};

static void enter(struct forward *f)
{
    f->depth++;
}

static void leave(struct forward *f)
{
    f->depth--;
    if (f->depth == 0 && f->is_dead) {
        h1_parser_free(&f->parser);
        buf_clear(&f->waiting);
        x_free(f);
    }
}

static int64_t since(const struct forward *f)
{
    return loop_now_us(f->loop) - f->begun_us;
}

// The timer runs while it is the upstream's turn: to take bytes, or to send some.
static void watch_silence(struct forward *f)
{
    bool is_its_turn = f->is_ready && !f->is_held && f->channel != NULL &&
                       (f->is_whole || f->is_cut || channel_unsent(f->channel) > 0);
    if (is_its_turn) {
        loop_timer_start(&f->timer, f->reply_us);
    } else {
        loop_timer_stop(&f->timer);
    }
}

static void apply_read(struct forward *f)
{
    if (f->channel != NULL && f->is_ready) {
        channel_read(f->channel, !f->is_held && !f->waits_whole);
    }
}

static void note_channel(struct forward *f)
{
    f->facts.channel = channel_facts(f->channel);
}

static void let_go(struct forward *f)
{
    loop_timer_stop(&f->timer);
    if (f->channel != NULL) {
        note_channel(f);
        channel_free(&f->channel);
    }
}

static void fail(struct forward *f, enum upstream_fault fault, const char *text, bool is_reset)
{
    let_go(f);
    if (!f->is_dead) {
        f->handler.failed(f->handler.arg, fault, text, is_reset);
    }
}

static void send_on(struct forward *f, struct span bytes)
{
    f->facts.sent_bytes += bytes.len;
    channel_send(f->channel, bytes);
}

static void tell_drained(struct forward *f)
{
    if (f->was_full && f->channel != NULL && !forward_is_full(f)) {
        f->was_full = false;
        f->handler.drained(f->handler.arg);
    }
}

static void on_ready(void *arg)
{
    struct forward *f = arg;
    enter(f);
    f->is_ready = true;
    send_on(f, buf_span(&f->waiting));
    if (f->channel != NULL) {
        if (!f->may_repeat) {
            buf_clear(&f->waiting);
        }
        apply_read(f);
        watch_silence(f);
        tell_drained(f);
    }
    leave(f);
}

static void on_sent(void *arg)
{
    struct forward *f = arg;
    enter(f);
    watch_silence(f);
    tell_drained(f);
    leave(f);
}

static void end_reply(struct forward *f, bool has_rest)
{
    bool is_kept = h1_parser_head(f->parser)->keep_alive && f->is_whole && !has_rest;
    f->facts.whole_us = since(f);
    loop_timer_stop(&f->timer);
    note_channel(f);
    if (is_kept) {
        channel_give_back(&f->channel);
    } else {
        channel_free(&f->channel);
    }
    if (!f->is_dead) {
        f->handler.ended(f->handler.arg);
    }
}

// Gives false when the forward went away, or waits.
static bool take_head(struct forward *f)
{
    const struct h1_head *head = h1_parser_head(f->parser);
    if (head->opens_tunnel) {
        fail(f, UPSTREAM_REPLY_PROTOCOL, "it switches to a protocol that nobody asked for", true);
        return false;
    }
    // A reply that comes while the request is under way is passed on when that is whole, unless it
    // says that there is no need for the rest.
    f->has_head = head->status >= 200;
    f->waits_whole = f->has_head && !f->is_whole && head->status < 400;
    f->is_cut = f->has_head && !f->is_whole && head->status >= 400;
    // RFC 9110 15.2: interim replies are passed on, but for the one that we have given already.
    if (!f->waits_whole && head->status != 100) {
        f->handler.head(f->handler.arg, head);
    }
    return !f->waits_whole && f->channel != NULL;
}

// Gives false when that was all for now.
static bool take_event(struct forward *f, struct span *bytes)
{
    struct span before = *bytes;
    struct span body = {0};
    bool had_head = f->has_head;
    enum h1_event event = h1_parser_next(f->parser, bytes, &body);
    struct span raw = span_slice(before, 0, before.len - bytes->len);
    if (event == H1_ERROR) {
        fail(f, UPSTREAM_REPLY_PROTOCOL, h1_parser_error(f->parser)->text, true);
        return false;
    }
    if (event == H1_HEAD && !take_head(f)) {
        return false;
    }
    if (had_head && raw.len > 0) {
        f->facts.reply_bytes += raw.len;
        f->handler.bytes(f->handler.arg, raw, body);
    }
    if (event == H1_END && f->has_head && f->channel != NULL) {
        end_reply(f, bytes->len > 0);
        return false;
    }
    return event != H1_NEED_MORE && f->channel != NULL;
}

static void take_reply(struct forward *f, struct span *bytes)
{
    while (!f->waits_whole && take_event(f, bytes)) {
    }
    apply_read(f);
    watch_silence(f);
    if (f->channel != NULL) {
        f->handler.paused(f->handler.arg);
    }
}

static void connect_to(struct forward *f, bool is_fresh);

// The request got lost with a connection that was kept, and nothing is done twice when it is sent
// again: nothing of it was sent, or it is idempotent.
static bool repeats(struct forward *f)
{
    bool was_lost = !f->is_ready || (f->may_repeat && channel_facts(f->channel).is_reused);
    if (was_lost && !f->has_begun) {
        let_go(f);
        connect_to(f, true);
        return true;
    }
    return false;
}

static void on_input(void *arg, struct span *bytes)
{
    struct forward *f = arg;
    if (!f->is_ready && repeats(f)) {
        *bytes = (struct span){0}; // nobody asked for these
        return;
    }
    enter(f);
    if (!f->has_begun) {
        f->has_begun = true;
        f->may_repeat = false;
        buf_clear(&f->waiting);
        f->facts.first_us = since(f);
    }
    watch_silence(f);
    take_reply(f, bytes);
    leave(f);
}

// Goes on with a reply that had to wait for the end of the request.
static void resume(struct forward *f)
{
    struct span none = {0};
    if (!f->waits_whole || f->channel == NULL) {
        return;
    }
    f->waits_whole = false;
    f->handler.head(f->handler.arg, h1_parser_head(f->parser));
    take_reply(f, &none); // it may be without a body
    if (f->channel != NULL) {
        channel_pump(f->channel);
    }
}

static void on_ended(void *arg, enum peer_end how)
{
    struct forward *f = arg;
    bool is_eof = how == PEER_EOF;
    const char *text = is_eof ? "by FIN" : "by RST";
    if (!f->has_begun && repeats(f)) {
        return;
    }
    enter(f);
    resume(f); // the upstream takes no more of the request
    if (f->channel == NULL) {
        // It was all there.
    } else if (!f->has_begun) {
        fail(f, UPSTREAM_TERMINATED, text, !is_eof);
    } else if (is_eof && f->has_head && h1_parser_finish(f->parser) == H1_END) {
        end_reply(f, true);
    } else {
        fail(f, UPSTREAM_REPLY_INCOMPLETE, text, !is_eof);
    }
    leave(f);
}

static void on_failed(void *arg, enum upstream_fault fault, const char *text)
{
    struct forward *f = arg;
    enter(f);
    fail(f, fault, text, true);
    leave(f);
}

static void on_silence(void *arg)
{
    struct forward *f = arg;
    enter(f);
    fail(f, f->has_head ? UPSTREAM_REPLY_INCOMPLETE : UPSTREAM_REPLY_TIMEOUT,
         f->has_head ? "it fell silent" : "", true);
    leave(f);
}

static void connect_to(struct forward *f, bool is_fresh)
{
    struct channel_handler handler = {.ready = on_ready,
                                      .input = on_input,
                                      .sent = on_sent,
                                      .ended = on_ended,
                                      .failed = on_failed,
                                      .arg = f};
    f->is_ready = false;
    f->facts.tries++;
    f->channel = channel_take(f->upstream, is_fresh, &handler);
}

static void add_body(struct forward *f, struct buf *out, struct span body)
{
    if (f->request->is_chunked) {
        h1_emit_chunk(out, body);
    } else {
        buf_add(out, body);
    }
}

static void add_end(const struct forward *f, struct buf *out)
{
    if (f->request->is_chunked) {
        buf_add(out, SPAN("0\r\n\r\n"));
    }
}

struct forward *forward_begin(struct loop *loop, struct upstream *upstream, int64_t reply_us,
                              const struct h1_head *head, struct span body, bool is_whole,
                              const struct forward_handler *handler)
{
    struct forward *f = x_alloc(sizeof *f);
    *f = (struct forward){.loop = loop,
                          .upstream = upstream,
                          .request = head,
                          .handler = *handler,
                          .reply_us = reply_us,
                          .begun_us = loop_now_us(loop),
                          .is_whole = is_whole,
                          .may_repeat = is_whole && h1_is_idempotent(head->method),
                          .facts = {.first_us = -1, .whole_us = -1}};
    struct h1_limits limits = {.max_body = NO_LIMIT};
    f->parser = h1_parser_new(H1_RESPONSE, &limits);
    h1_parser_answers(f->parser, head->method);
    loop_timer_init(&f->timer, loop, on_silence, f);
    // An authority is what follows the scheme.
    struct span server = span_of(upstream_origin(upstream)->text);
    server = span_slice(server, upstream_origin(upstream)->is_secure ? 8 : 7, server.len);
    (void)buf_room(&f->waiting, body.len + HEAD_BYTES);
    h1_forward_request(&f->waiting, head, server);
    add_body(f, &f->waiting, body);
    if (is_whole) {
        add_end(f, &f->waiting);
    }
    connect_to(f, false);
    f->was_full = !is_whole && forward_is_full(f);
    return f;
}

static void give(struct forward *f, struct span body, bool is_end)
{
    OWN_BUF struct buf framed = {0};
    struct buf *out = f->is_ready ? &framed : &f->waiting;
    add_body(f, out, body);
    if (is_end) {
        add_end(f, out);
    }
    if (f->is_ready && f->channel != NULL) {
        send_on(f, buf_span(&framed));
    }
}

void forward_add(struct forward *f, struct span body)
{
    enter(f);
    give(f, body, false);
    f->was_full = forward_is_full(f);
    watch_silence(f);
    leave(f);
}

void forward_end(struct forward *f)
{
    enter(f);
    give(f, (struct span){0}, true);
    f->is_whole = true;
    watch_silence(f);
    resume(f);
    leave(f);
}

bool forward_is_full(const struct forward *f)
{
    return f->channel != NULL && channel_unsent(f->channel) + f->waiting.len > REQUEST_ROOM;
}

void forward_read(struct forward *f, bool wanted)
{
    if (f->is_held == wanted && f->channel != NULL) {
        f->is_held = !wanted;
        apply_read(f);
        watch_silence(f);
    }
}

void forward_free(struct forward **slot)
{
    struct forward *f = *slot;
    *slot = NULL;
    if (f != NULL) {
        enter(f);
        f->is_dead = true;
        let_go(f);
        leave(f);
    }
}

struct forward_facts forward_facts(const struct forward *f)
{
    struct forward_facts facts = f->facts;
    if (f->channel != NULL) {
        facts.channel = channel_facts(f->channel);
    }
    return facts;
}
