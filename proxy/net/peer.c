// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/peer.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

// How often the end of a peer that is held back is looked for.
#define LOOK_US 50000
#define READ_NOW_BYTES 8192
// A record of TLS holds no more (RFC 8446 5.1).
#define RECORD_BYTES 16384

struct peer {
    int fd; // -1 once reset
    struct loop_watch watch;
    struct loop_timer *look; // for the end of a peer that is held back; else NULL
    struct peer_handler handler;
    struct buf input, output;
    size_t output_at; // bytes of output already sent
    struct tls *tls;  // NULL: plain
    bool wants_input;
    bool is_finishing; // FIN sent, or due once all is: what still comes is discarded
    bool is_stalled;   // the handshake stopped: what still comes is discarded, and no FIN is due
    bool saw_eof;
    bool was_reset; // as we sent; what came before the RST is still to be read
    bool has_failed;
};

static void on_look(void *arg);

// A timer is large, and most peers never need this one.
static void look(struct peer *p, bool is_held)
{
    if (!is_held && p->look != NULL) {
        loop_timer_stop(p->look);
        x_free(p->look);
        p->look = NULL;
    } else if (is_held && p->look == NULL) {
        p->look = x_alloc(sizeof *p->look);
        loop_timer_init(p->look, p->watch.loop, on_look, p);
    }
    if (is_held && !loop_timer_is_running(p->look)) {
        loop_timer_start(p->look, LOOK_US);
    }
}

static void watch(struct peer *p)
{
    if (p->fd < 0) {
        return; // reset: nothing is watched any more
    }
    bool reads = (p->wants_input || p->is_finishing) && !p->saw_eof && !p->has_failed;
    bool writes = peer_unsent(p) > 0 && !p->has_failed;
    loop_watch_set(&p->watch, (reads ? LOOP_READ : 0) | (writes ? LOOP_WRITE : 0));
    // Held back, its end must still be seen; no event tells of it while something is unread before
    // it.
    look(p, !reads && !p->saw_eof && !p->has_failed);
}

static void end(struct peer *p, enum peer_end how)
{
    if (how == PEER_EOF) {
        p->saw_eof = true;
    } else if (p->has_failed) {
        return;
    } else {
        p->has_failed = true;
        buf_reset(&p->output);
        p->output_at = 0;
    }
    watch(p);
    p->handler.ended(p->handler.arg, how);
}

static void decrypt(struct peer *p, struct span wire);

// The owner has found that TLS begins behind what it used.
static void begin_tls(struct peer *p, struct span rest)
{
    OWN_BUF struct buf first = {0};
    buf_add(&first, rest);
    buf_clear(&p->input);
    if (first.len > 0) {
        decrypt(p, buf_span(&first));
    }
}

// Lets the owner use what is there; only what it leaves is kept, so an idle peer holds no memory.
static void hand_over(struct peer *p, struct span bytes)
{
    bool was_plain = p->tls == NULL;
    p->handler.input(p->handler.arg, &bytes);
    if (was_plain && p->tls != NULL) {
        begin_tls(p, bytes);
        return;
    }
    if (p->is_finishing || p->fd < 0) {
        buf_clear(&p->input);
        return;
    }
    if (p->input.len == 0) {
        buf_add(&p->input, bytes);
        return;
    }
    buf_consume(&p->input, p->input.len - bytes.len);
    if (p->input.len == 0) {
        buf_clear(&p->input);
    }
}

static void take(struct peer *p, const char *bytes, size_t got)
{
    struct span fresh = {.at = bytes, .len = got};
    if (p->is_finishing) {
        return; // discarded
    }
    if (p->input.len == 0) {
        hand_over(p, fresh);
    } else {
        buf_add(&p->input, fresh);
        hand_over(p, buf_span(&p->input));
    }
}

static void send_what_waits(struct peer *p);

// An alert is out or was heard. What still comes is discarded, so that no RST overtakes our alert.
static void break_off(struct peer *p)
{
    p->is_finishing = true;
    p->handler.ended(p->handler.arg, PEER_TLS);
    if (p->fd >= 0) {
        send_what_waits(p);
        watch(p);
    }
}

// Apart from `decrypt`, so that only this needs room for a record.
static enum tls_event decrypt_next(struct peer *p)
{
    char room[RECORD_BYTES];
    size_t got = 0;
    enum tls_event event = tls_read(p->tls, room, sizeof room, &got);
    if (event == TLS_DATA) {
        take(p, room, got);
    } else if (event == TLS_HELLO) {
        p->handler.hello(p->handler.arg);
    } else if (event == TLS_READY) {
        p->handler.secured(p->handler.arg);
    }
    return event;
}

static bool goes_on(const struct peer *p, enum tls_event event)
{
    return p->fd >= 0 && !p->has_failed && !p->is_stalled &&
           (event == TLS_HELLO || event == TLS_READY || event == TLS_DATA);
}

static void decrypt(struct peer *p, struct span wire)
{
    enum tls_event event = TLS_READY;
    if (p->is_finishing || p->is_stalled) {
        return; // discarded
    }
    tls_feed(p->tls, wire);
    while (goes_on(p, event)) {
        event = decrypt_next(p);
    }
    tls_feed(p->tls, (struct span){0}); // it was borrowed
    if (p->fd < 0 || p->has_failed) {
        return;
    }
    if (event == TLS_BROKEN && !p->is_finishing) {
        break_off(p);
        return;
    }
    send_what_waits(p); // of the handshake, say
    if (event == TLS_CLOSED && !p->is_finishing && !p->saw_eof) {
        end(p, PEER_EOF);
    }
}

static enum peer_end end_of(int why)
{
    return why == ECONNRESET || why == EPIPE ? PEER_RESET : PEER_FAILED;
}

// Whether bytes came.
static bool receive(struct peer *p, char *room, size_t size)
{
    ssize_t got = recv(p->fd, room, size, 0);
    if (got > 0 && p->tls != NULL) {
        decrypt(p, (struct span){.at = room, .len = (size_t)got});
    } else if (got > 0) {
        take(p, room, (size_t)got);
    } else if (got == 0) {
        end(p, p->was_reset ? PEER_RESET : PEER_EOF);
    } else if (errno != EAGAIN && errno != EINTR) {
        end(p, end_of(errno));
    }
    return got > 0;
}

// Gives what the kernel did not take, and why (0: it took all).
static struct span put(const struct peer *p, struct span bytes, int *why)
{
    *why = 0;
    while (bytes.len > 0) {
        ssize_t done = send(p->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (done > 0) {
            bytes = span_slice(bytes, (size_t)done, bytes.len);
        } else if (errno != EINTR) {
            *why = errno;
            break;
        }
    }
    return bytes;
}

// Who refuses a request early may reset the connection behind the refusal, and we hear of that as
// we send on. The refusal can still be read, and the end is told behind it.
static void end_sending(struct peer *p, int why)
{
    if (end_of(why) != PEER_RESET || !p->wants_input || p->saw_eof) {
        end(p, end_of(why));
        return;
    }
    p->was_reset = true;
    buf_reset(&p->output);
    p->output_at = 0;
    watch(p);
}

// After the kernel was given what there was.
static void settle(struct peer *p, int why)
{
    if (why == EAGAIN) {
        watch(p);
        return;
    }
    if (why != 0) {
        end_sending(p, why);
        return;
    }
    buf_clear(&p->output);
    p->output_at = 0;
    watch(p);
    if (p->is_finishing) {
        (void)shutdown(p->fd, SHUT_WR);
    } else {
        p->handler.sent(p->handler.arg);
    }
}

static void transmit(struct peer *p)
{
    int why = 0;
    struct span rest = put(p, span_slice(buf_span(&p->output), p->output_at, p->output.len), &why);
    p->output_at = p->output.len - rest.len;
    settle(p, why);
}

static void send_what_waits(struct peer *p)
{
    if (peer_unsent(p) > 0) {
        transmit(p);
    } else if (p->is_finishing) {
        (void)shutdown(p->fd, SHUT_WR);
    }
}

static int tcp_state(const struct peer *p)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    bool good = p->fd >= 0 && getsockopt(p->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0;
    return good ? info.tcpi_state : TCP_CLOSE;
}

static void on_look(void *arg)
{
    struct peer *p = arg;
    int state = tcp_state(p);
    if (state == TCP_CLOSE) {
        end(p, PEER_RESET);
    } else if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING) {
        p->wants_input = true; // its FIN is behind what is queued, and no more can come: read on
        watch(p);
    } else {
        watch(p);
    }
}

static void on_ready(void *arg, int events)
{
    struct peer *p = arg;
    if ((events & LOOP_READ) != 0) {
        (void)receive(p, loop_scratch(p->watch.loop), LOOP_SCRATCH);
    }
    if ((events & LOOP_WRITE) != 0 && p->fd >= 0 && !p->has_failed) {
        transmit(p);
    }
}

struct peer *peer_new(struct loop *loop, int fd, const struct peer_handler *handler)
{
    struct peer *p = x_alloc(sizeof *p);
    *p = (struct peer){.fd = fd, .handler = *handler, .wants_input = true};
    loop_watch_init(&p->watch, loop, fd, on_ready, p);
    watch(p);
    return p;
}

void peer_secure(struct peer *p, struct tls_context *context)
{
    p->tls = tls_new(context, &p->output);
}

void peer_secure_towards(struct peer *p, struct tls_context *context, const char *host)
{
    p->tls = tls_client_new(context, &p->output, host);
    decrypt(p, (struct span){0}); // makes our hello, and sends it
}

const struct tls_facts *peer_tls(const struct peer *p)
{
    return p->tls == NULL ? NULL : tls_facts(p->tls);
}

void peer_show(struct peer *p, enum leaf_kind kind)
{
    tls_show(p->tls, kind);
}

void peer_stall(struct peer *p, struct span raw)
{
    p->is_stalled = true;
    buf_add(&p->output, raw);
    p->is_finishing = raw.len > 0; // sent, with FIN, when `hello` returns
}

void peer_leave_silently(struct peer *p)
{
    tls_leave_silently(p->tls);
}

// RFC 8446 6.1: before a side closes it says so. What the kernel does not take now is lost.
static void notify(struct peer *p)
{
    if (p->tls != NULL && p->fd >= 0 && !p->has_failed && !p->is_finishing && peer_unsent(p) == 0) {
        tls_close(p->tls);
        (void)!send(p->fd, p->output.data, p->output.len, MSG_NOSIGNAL);
    }
}

void peer_free(struct peer **p)
{
    if (*p == NULL) {
        return;
    }
    notify(*p);
    loop_watch_set(&(*p)->watch, 0);
    look(*p, false);
    if ((*p)->fd >= 0) {
        (void)close((*p)->fd);
    }
    tls_free(&(*p)->tls);
    buf_clear(&(*p)->input);
    buf_clear(&(*p)->output);
    x_free(*p);
    *p = NULL;
}

void peer_pump(struct peer *p)
{
    if (p->input.len > 0) {
        hand_over(p, buf_span(&p->input));
    }
}

void peer_read_now(struct peer *p)
{
    char room[READ_NOW_BYTES]; // the loop's scratch is in use: we are inside another callback
    while (p->fd >= 0 && (p->watch.events & LOOP_READ) != 0 && receive(p, room, sizeof room)) {
    }
}

bool peer_has_input(const struct peer *p)
{
    return p->input.len > 0;
}

void peer_read(struct peer *p, bool wanted)
{
    p->wants_input = wanted;
    watch(p);
}

void peer_send(struct peer *p, struct span bytes)
{
    if (p->fd < 0 || p->has_failed || p->was_reset) {
        return;
    }
    bool was_idle = peer_unsent(p) == 0;
    if (p->tls != NULL) {
        tls_write(p->tls, bytes);
        if (was_idle) {
            transmit(p);
        }
    } else if (was_idle) {
        int why = 0;
        buf_add(&p->output, put(p, bytes, &why)); // mostly nothing is left to be kept
        settle(p, why);
    } else {
        buf_add(&p->output, bytes);
    }
}

size_t peer_unsent(const struct peer *p)
{
    return p->output.len - p->output_at;
}

bool peer_is_acknowledged(const struct peer *p)
{
    int queued = 0;
    return p->fd >= 0 && !p->was_reset && ioctl(p->fd, SIOCOUTQ, &queued) == 0 && queued == 0;
}

bool peer_is_gone(const struct peer *p)
{
    return tcp_state(p) == TCP_CLOSE;
}

void peer_finish(struct peer *p)
{
    assert(peer_unsent(p) == 0);
    if (p->fd < 0 || p->has_failed || p->is_finishing) {
        return;
    }
    p->is_finishing = true; // what is kept of the input is dropped with the next bytes or the peer
    if (p->tls != NULL) {
        tls_close(p->tls);
    }
    send_what_waits(p);
    watch(p);
}

void peer_shut(struct peer *p)
{
    assert(peer_unsent(p) == 0 && p->tls == NULL);
    if (p->fd >= 0 && !p->has_failed) {
        (void)shutdown(p->fd, SHUT_WR);
    }
}

void peer_reset(struct peer *p)
{
    if (p->fd < 0) {
        return;
    }
    loop_watch_set(&p->watch, 0);
    look(p, false);
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(p->fd);
    p->fd = -1;
}

bool peer_is_open(const struct peer *p)
{
    return p->fd >= 0 && !p->has_failed && (p->tls == NULL || !tls_facts(p->tls)->is_broken);
}
