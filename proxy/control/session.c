// SPDX-License-Identifier: Apache-2.0
// Requests are read and answered one at a time, in order; what a client sends ahead waits in the
// peer's buffer. A session is freed at the end of the turn in which it ended.
#include "proxy/control/session.h"

#include <assert.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/control/wait.h"
#include "proxy/http/date.h"
#include "proxy/http/emit.h"
#include "proxy/http/parser.h"
#include "proxy/net/address.h"
#include "proxy/net/peer.h"

#define SESSION_MAGIC 0x53455353u
#define SESSIONS_MAX 32
#define WAITING_MAX 16
// What a client may send ahead while it is answered, before TCP holds it back.
#define MAX_AHEAD 16384
#define IDLE_US (60 * US_PER_S)    // between two requests
#define READING_US (10 * US_PER_S) // from a request's first byte to its last
#define SENDING_US (10 * US_PER_S) // until the kernel has taken the answer
#define LINGER_US (2 * US_PER_S)   // after our FIN
// How much of the journal all waiting sessions read in one turn.
#define WAIT_WORK 524288

// What is awaited.
enum session_state {
    SESSION_IDLE,    // a request's first byte
    SESSION_READING, // its last
    SESSION_WAITING, // what its wait is about
    SESSION_SENDING, // the kernel to take the answer
    SESSION_ENDING   // the client's FIN
};

struct session {
    unsigned magic;
    struct session *next, *previous;
    struct sessions *all;
    enum session_state state;
    struct peer *peer;
    struct h1_parser *parser;
    struct loop_timer timer;
    char from[ADDRESS_TEXT];
    const struct route *route;
    struct buf body;
    struct wait *wait;
    int64_t wait_began_us;
    bool is_head_request, is_last, saw_eof, is_dead;
    bool is_inside_send, is_inside_input;
    bool is_pausing; // what it sent ahead waits for the next turn of the loop
};

static struct session *session_from(void *arg)
{
    struct session *s = arg;
    assert(s->magic == SESSION_MAGIC);
    return s;
}

static void drop(struct session *s)
{
    if (s->is_dead) {
        return;
    }
    struct sessions *all = s->all;
    s->is_dead = true;
    loop_timer_stop(&s->timer);
    all->waiting -= s->state == SESSION_WAITING ? 1 : 0;
    all->count--;
    if (s->previous != NULL) {
        s->previous->next = s->next;
    } else {
        all->live = s->next;
    }
    if (s->next != NULL) {
        s->next->previous = s->previous;
    }
    s->previous = NULL;
    s->next = all->dead;
    all->dead = s;
    peer_read(s->peer, false);
    loop_timer_start(&all->reap, 0);
}

static void reap(struct sessions *all)
{
    while (all->dead != NULL) {
        struct session *s = all->dead;
        all->dead = s->next;
        wait_free(&s->wait);
        buf_clear(&s->body);
        peer_free(&s->peer);
        h1_parser_free(&s->parser);
        s->magic = 0;
        x_free(s);
    }
}

static void enter(struct session *s, enum session_state state, int64_t within_us)
{
    s->all->waiting -= s->state == SESSION_WAITING ? 1 : 0;
    s->all->waiting += state == SESSION_WAITING ? 1 : 0;
    s->state = state;
    loop_timer_start(&s->timer, within_us);
}

static bool is_reading(const struct session *s)
{
    return !s->is_dead && !s->is_pausing &&
           (s->state == SESSION_IDLE || s->state == SESSION_READING);
}

static void resume(struct session *s)
{
    s->is_pausing = false;
    enter(s, SESSION_IDLE, IDLE_US);
    peer_read(s->peer, !s->saw_eof);
    peer_pump(s->peer);
    if (s->saw_eof && is_reading(s)) {
        drop(s);
    }
}

// The kernel has the whole answer. One request of one client is answered in one turn, however many
// it sent at once.
static void answered(struct session *s)
{
    if (s->is_last) {
        peer_finish(s->peer);
        enter(s, SESSION_ENDING, LINGER_US);
        if (s->saw_eof) {
            drop(s);
        }
        return;
    }
    h1_parser_rest(s->parser);
    buf_clear(&s->body);
    if (s->is_inside_input) {
        s->is_pausing = true;
        enter(s, SESSION_IDLE, 0);
    } else {
        resume(s);
    }
}

// RFC 9110 6.6.1: a server with a clock sends Date.
static void add_head(const struct session *s, const struct reply *r, struct buf *out)
{
    char date[H1_DATE];
    h1_date(date, clock_wall_us(loop_clock(s->all->loop)));
    struct h1_field fields[6] = {{SPAN("Date"), span_of(date)},
                                 {SPAN("Content-Type"), SPAN("application/json")},
                                 {SPAN("Cache-Control"), SPAN("no-store")},
                                 {SPAN("X-Content-Type-Options"), SPAN("nosniff")}};
    size_t count = 4;
    if (r->status == 405) {
        fields[count++] = (struct h1_field){SPAN("Allow"), buf_span(&r->allow)};
    }
    if (r->status == 401) {
        fields[count++] = (struct h1_field){SPAN("WWW-Authenticate"), SPAN("Bearer")};
    }
    struct h1_response_head head = {.status = r->status,
                                    .fields = {.at = fields,
                                               .count = count,
                                               .framing = H1_FRAME_LENGTH,
                                               .content_length = r->body.len + 1,
                                               .close = s->is_last}};
    enum rc rc = h1_emit_response(out, &head);
    assert(rc == RC_OK); // every field is ours
}

static void send_reply(struct session *s, struct reply *r)
{
    OWN_BUF struct buf out = {0};
    add_head(s, r, &out);
    if (!s->is_head_request) {
        buf_add(&out, buf_span(&r->body));
        buf_add_char(&out, '\n');
    }
    reply_clear(r);
    enter(s, SESSION_SENDING, SENDING_US);
    s->is_inside_send = true; // `sent` and `ended` may come within
    peer_send(s->peer, buf_span(&out));
    s->is_inside_send = false;
    if (!s->is_dead && s->state == SESSION_SENDING && peer_unsent(s->peer) == 0) {
        answered(s);
    }
}

// What follows on this connection is not read any more.
static void refuse(struct session *s, struct reply *r)
{
    s->is_last = true;
    send_reply(s, r);
}

static void end_wait(struct session *s)
{
    struct reply reply = {0};
    wait_tell(s->wait, s->all->desk, loop_now_us(s->all->loop) - s->wait_began_us, &reply);
    wait_free(&s->wait);
    send_reply(s, &reply);
}

static void look(struct session *s, size_t work)
{
    enum wait_state state = wait_look(s->wait, s->all->desk, work);
    if (state == WAIT_OVER) {
        end_wait(s);
    } else if (state == WAIT_MORE) {
        loop_timer_start(&s->all->wake, 0);
    }
}

// What was in the journal in time counts, even if it was not read in time.
static void on_wait_late(struct session *s)
{
    if (wait_look(s->wait, s->all->desk, WAIT_WORK / WAITING_MAX) == WAIT_MORE) {
        loop_timer_start(&s->timer, 0);
    } else {
        end_wait(s);
    }
}

static void begin_wait(struct session *s, struct wait *wait)
{
    struct reply reply = {0};
    s->wait = wait;
    s->wait_began_us = loop_now_us(s->all->loop);
    if (s->all->waiting >= WAITING_MAX) {
        wait_free(&s->wait);
        reply_fail(&reply, 503, "too_many", "%d calls wait already", WAITING_MAX);
        send_reply(s, &reply);
        return;
    }
    enter(s, SESSION_WAITING, wait_within_us(wait));
    look(s, WAIT_WORK / WAITING_MAX);
}

static void answer(struct session *s)
{
    const struct h1_head *head = h1_parser_head(s->parser);
    struct span query = head->path;
    (void)span_cut(&query, '?');
    struct call call = {.route = s->route,
                        .query = query,
                        .body = buf_span(&s->body),
                        .from = s->from,
                        .agent = h1_value(head, "User-Agent")};
    struct reply reply = {0};
    s->is_last = !head->keep_alive;
    desk_answer(s->all->desk, &call, &reply);
    if (call.wait != NULL) {
        begin_wait(s, call.wait);
    } else {
        send_reply(s, &reply);
    }
}

static void on_head(struct session *s)
{
    const struct h1_head *head = h1_parser_head(s->parser);
    struct reply reply = {0};
    s->is_head_request = span_is(head->method, "HEAD");
    s->route = guard_admit(s->all->guard, head, &reply);
    if (s->route == NULL) {
        refuse(s, &reply);
    } else if (head->expects_continue) {
        peer_send(s->peer, SPAN("HTTP/1.1 100 Continue\r\n\r\n"));
    }
}

static void on_body(struct session *s, struct span bytes)
{
    struct reply reply = {0};
    if (s->body.len + bytes.len > s->route->max_body) {
        reply_fail(&reply, 413, "too_large", "%s %s takes at most %zu bytes", s->route->method,
                   s->route->path, s->route->max_body);
        refuse(s, &reply);
    } else {
        buf_add(&s->body, bytes);
    }
}

static void on_error(struct session *s)
{
    const struct h1_error *error = h1_parser_error(s->parser);
    struct reply reply = {0};
    reply_fail(&reply, error->status, "no_http", "%s", error->text);
    refuse(s, &reply);
}

static bool take(struct session *s, struct span *bytes)
{
    struct span body = {0};
    enum h1_event event = h1_parser_next(s->parser, bytes, &body);
    if (s->state == SESSION_IDLE && h1_parser_is_inside(s->parser)) {
        enter(s, SESSION_READING, READING_US);
    }
    if (event == H1_HEAD) {
        on_head(s);
    } else if (event == H1_BODY) {
        on_body(s, body);
    } else if (event == H1_END) {
        answer(s);
    } else if (event == H1_ERROR) {
        on_error(s);
    }
    return event != H1_NEED_MORE;
}

static void on_input(void *arg, struct span *bytes)
{
    struct session *s = session_from(arg);
    s->is_inside_input = true;
    while (is_reading(s) && take(s, bytes)) {
    }
    s->is_inside_input = false;
    if (!s->is_dead && bytes->len > MAX_AHEAD) {
        peer_read(s->peer, false);
    }
}

static void on_sent(void *arg)
{
    struct session *s = session_from(arg);
    if (!s->is_dead && !s->is_inside_send && s->state == SESSION_SENDING) {
        answered(s);
    }
}

static void on_ended(void *arg, enum peer_end how)
{
    struct session *s = session_from(arg);
    s->saw_eof = true;
    // After a mere FIN what was asked is still answered: the client may have closed its half.
    bool answers = s->is_pausing || s->state == SESSION_WAITING || s->state == SESSION_SENDING;
    if (how != PEER_EOF || !answers) {
        drop(s);
    }
}

static void on_time(void *arg)
{
    struct session *s = session_from(arg);
    struct reply reply = {0};
    if (s->is_pausing) {
        resume(s);
    } else if (s->state == SESSION_IDLE) {
        peer_finish(s->peer);
        enter(s, SESSION_ENDING, LINGER_US);
    } else if (s->state == SESSION_READING) {
        reply_fail(&reply, 408, "too_slow", "a request must be whole within %d seconds",
                   (int)(READING_US / US_PER_S));
        refuse(s, &reply);
    } else if (s->state == SESSION_WAITING) {
        on_wait_late(s);
    } else {
        if (s->state == SESSION_SENDING) {
            peer_reset(s->peer);
        }
        drop(s);
    }
}

// Makes room by ending one that asks for nothing, the one that is so for longest.
static void make_room(struct sessions *all)
{
    struct session *oldest = NULL;
    for (struct session *s = all->live; s != NULL; s = s->next) {
        if ((s->state == SESSION_IDLE && !s->is_pausing) || s->state == SESSION_ENDING) {
            oldest = s; // the newest stands first
        }
    }
    if (oldest != NULL) {
        drop(oldest);
    }
}

static struct session *new_session(struct sessions *all, int fd)
{
    static const struct h1_limits LIMITS = {
        .max_field_bytes = 16384, .max_body = 262144, .max_chunk_extensions = 1024};
    struct session *s = x_alloc(sizeof *s);
    *s = (struct session){.magic = SESSION_MAGIC, .all = all, .next = all->live};
    address_of_peer(s->from, fd);
    s->parser = h1_parser_new(H1_REQUEST, &LIMITS);
    loop_timer_init(&s->timer, all->loop, on_time, s);
    struct peer_handler handler = {.input = on_input, .sent = on_sent, .ended = on_ended, .arg = s};
    s->peer = peer_new(all->loop, fd, &handler);
    return s;
}

void session_open(struct sessions *all, int fd)
{
    if (all->count >= SESSIONS_MAX) {
        make_room(all);
    }
    struct session *s = new_session(all, fd);
    if (all->live != NULL) {
        all->live->previous = s;
    }
    all->live = s;
    all->count++;
    enter(s, SESSION_IDLE, IDLE_US);
    if (all->count > SESSIONS_MAX) {
        drop(s);
    }
}

static void on_wake(void *arg)
{
    struct sessions *all = arg;
    struct session *next = NULL;
    size_t work = WAIT_WORK / (all->waiting + 1);
    for (struct session *s = all->live; s != NULL; s = next) {
        next = s->next;
        if (s->state == SESSION_WAITING) {
            look(s, work);
        }
    }
}

void sessions_line(struct sessions *all)
{
    if (all->waiting > 0) {
        loop_timer_start(&all->wake, 0);
    }
}

static void on_reap_due(void *arg)
{
    (void)arg; // only to let the turn end: on_turn_end does the work
}

static void on_turn_end(void *arg)
{
    reap(arg);
}

void sessions_init(struct sessions *all, struct loop *loop, struct desk *desk,
                   const struct guard *guard)
{
    *all = (struct sessions){.loop = loop, .desk = desk, .guard = guard};
    loop_timer_init(&all->reap, loop, on_reap_due, all);
    loop_timer_init(&all->wake, loop, on_wake, all);
    loop_turn_start(&all->turn, loop, on_turn_end, all);
}

void sessions_clear(struct sessions *all)
{
    while (all->live != NULL) {
        drop(all->live);
    }
    reap(all);
    loop_timer_stop(&all->reap);
    loop_timer_stop(&all->wake);
    loop_turn_stop(&all->turn);
}
