// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/base/instant.h"
#include "proxy/net/address.h"
#include "proxy/net/listener.h"
#include "proxy/net/peer.h"
#include "tests/unit/net/net_tests.h"

// One listener, one accepted peer that echoes, one client socket.
struct fixture {
    struct loop *loop;
    struct listener *listener;
    struct peer *peer;
    struct loop_timer timeout;
    int client;
    char heard[64];
    size_t heard_len;
    enum peer_end end;
    bool has_ended, is_late;
};

static void on_input(void *arg, struct span *bytes)
{
    struct fixture *f = arg;
    memcpy(f->heard + f->heard_len, bytes->at, bytes->len);
    f->heard_len += bytes->len;
    *bytes = span_slice(*bytes, bytes->len, bytes->len);
    loop_stop(f->loop);
}

static void on_sent(void *arg)
{
    (void)arg;
}

static void on_ended(void *arg, enum peer_end how)
{
    struct fixture *f = arg;
    f->has_ended = true;
    f->end = how;
    loop_stop(f->loop);
}

static void on_accept(void *arg, int fd)
{
    struct fixture *f = arg;
    struct peer_handler handler = {.input = on_input, .sent = on_sent, .ended = on_ended, .arg = f};
    f->peer = peer_new(f->loop, fd, &handler);
    loop_stop(f->loop);
}

static void on_late(void *arg)
{
    struct fixture *f = arg;
    f->is_late = true;
    loop_stop(f->loop);
}

static void run(struct fixture *f)
{
    loop_timer_start(&f->timeout, 5 * US_PER_S);
    CHECK_INT(loop_run(f->loop), RC_OK);
    loop_timer_stop(&f->timeout);
    CHECK(!f->is_late);
}

static void set_up(struct fixture *f)
{
    struct sockaddr_storage at;
    socklen_t len = 0;
    *f = (struct fixture){.loop = loop_new()};
    loop_timer_init(&f->timeout, f->loop, on_late, f);
    CHECK_INT(listener_open(&f->listener, f->loop, "127.0.0.1:0", on_accept, f, NULL), RC_OK);
    CHECK_INT(address_parse(&at, &len, listener_address(f->listener), NULL), RC_OK);
    f->client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(f->client, (struct sockaddr *)&at, len), 0);
    run(f);
}

static void tear_down(struct fixture *f)
{
    peer_free(&f->peer);
    listener_free(&f->listener);
    if (f->client >= 0) {
        (void)close(f->client);
    }
    loop_free(&f->loop);
}

static void talks(void)
{
    struct fixture f;
    set_up(&f);
    CHECK_INT(send(f.client, "hello", 5, 0), 5);
    run(&f);
    CHECK(span_is((struct span){f.heard, f.heard_len}, "hello"));
    peer_send(f.peer, SPAN("back"));
    char back[8];
    CHECK_INT(recv(f.client, back, sizeof back, 0), 4);
    CHECK(peer_is_acknowledged(f.peer));
    tear_down(&f);
}

static void sees_fin(void)
{
    struct fixture f;
    set_up(&f);
    (void)shutdown(f.client, SHUT_WR);
    run(&f);
    CHECK(f.has_ended && f.end == PEER_EOF);
    peer_send(f.peer, SPAN("still")); // the client's other half is open
    char back[8];
    CHECK_INT(recv(f.client, back, sizeof back, 0), 5);
    tear_down(&f);
}

static void sees_rst(void)
{
    struct fixture f;
    set_up(&f);
    struct linger now = {.l_onoff = 1};
    (void)setsockopt(f.client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(f.client);
    f.client = -1;
    run(&f);
    CHECK(f.has_ended && f.end == PEER_RESET);
    CHECK(!peer_is_open(f.peer));
    tear_down(&f);
}

// FIN, even though the client's bytes were never read: an early close would make it a reset.
static void sends_fin(void)
{
    struct fixture f;
    set_up(&f);
    peer_read(f.peer, false);
    CHECK_INT(send(f.client, "unread", 6, 0), 6);
    peer_finish(f.peer);
    char back[8];
    CHECK_INT(recv(f.client, back, sizeof back, 0), 0);
    (void)shutdown(f.client, SHUT_WR);
    run(&f);
    CHECK(f.end == PEER_EOF && f.heard_len == 0);
    tear_down(&f);
}

static void sends_rst(void)
{
    struct fixture f;
    set_up(&f);
    peer_send(f.peer, SPAN("part"));
    peer_reset(f.peer);
    char back[8];
    CHECK_INT(recv(f.client, back, sizeof back, 0), 4);
    CHECK_INT(recv(f.client, back, sizeof back, 0), -1);
    CHECK_INT(errno, ECONNRESET);
    tear_down(&f);
}

static void on_tick(void *arg)
{
    loop_stop(arg);
}

// A client that does not read: what the kernel does not take waits, and nothing is lost.
static void holds_back(void)
{
    static char block[1 << 20];
    struct fixture f;
    set_up(&f);
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 16; i++) {
        peer_send(f.peer, (struct span){block, sizeof block});
    }
    CHECK(peer_unsent(f.peer) > 0);
    size_t got = 0;
    (void)fcntl(f.client, F_SETFL, O_NONBLOCK);
    struct loop_timer tick;
    loop_timer_init(&tick, f.loop, on_tick, f.loop);
    for (int turns = 0; got < 16 * sizeof block && turns < 100000; turns++) {
        ssize_t n = recv(f.client, block, sizeof block, 0);
        got += n > 0 ? (size_t)n : 0;
        loop_timer_start(&tick, 0);
        (void)!loop_run(f.loop);
    }
    loop_timer_stop(&tick);
    CHECK_INT(got, 16 * sizeof block);
    CHECK_INT(peer_unsent(f.peer), 0);
    tear_down(&f);
}

static void addresses(void)
{
    static const struct {
        const char *text;
        bool is_good, is_loopback;
    } ROWS[] = {
        {"127.0.0.1:80", true, true},   {"127.9.9.9:0", true, true},
        {"[::1]:443", true, true},      {"0.0.0.0:80", true, false},
        {"10.0.0.1:80", true, false},   {"[::]:1", true, false},
        {"localhost:80", false, false}, {"127.0.0.1", false, false},
        {"127.0.0.1:", false, false},   {"127.0.0.1:65536", false, false},
        {"[::1]", false, false},        {"::1:80", false, false},
        {":80", false, false},          {"", false, false},
        {"1.2.3:4", false, false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].text);
        struct sockaddr_storage at;
        socklen_t len = 0;
        struct diag d = {0};
        CHECK_INT(address_parse(&at, &len, ROWS[i].text, &d) == RC_OK, ROWS[i].is_good);
        if (ROWS[i].is_good) {
            char back[ADDRESS_TEXT];
            address_format(back, &at);
            CHECK_TEXT(back, ROWS[i].text);
            CHECK_INT(address_is_loopback(&at), ROWS[i].is_loopback);
        } else {
            CHECK(d.text[0] != '\0');
        }
    }
    unit_row(NULL);
}

static void note_time(void *arg)
{
    struct fixture *f = arg;
    f->heard_len++;
    if (f->heard_len == 3) {
        loop_stop(f->loop);
    }
}

static void timers_and_turns(void)
{
    struct fixture f = {.loop = loop_new()};
    struct loop_timer a;
    struct loop_timer b;
    struct loop_turn turn;
    loop_timer_init(&a, f.loop, note_time, &f);
    loop_timer_init(&b, f.loop, note_time, &f);
    loop_turn_start(&turn, f.loop, note_time, &f);
    loop_timer_start(&a, 1000);
    loop_timer_start(&b, 0);
    CHECK(loop_timer_is_running(&a));
    CHECK_INT(loop_run(f.loop), RC_OK); // b, its turn, a
    CHECK(f.heard_len >= 3);            // on a slow machine both timers fire in one turn
    CHECK(loop_take_lag_us(f.loop) >= 0 && loop_take_lag_us(f.loop) == 0);
    struct loop_timer never = {.loop = NULL};
    loop_timer_stop(&never);
    loop_turn_stop(&turn);
    loop_free(&f.loop);
}

static int try_connect(int *fd, const char *address)
{
    struct sockaddr_storage at;
    socklen_t len = 0;
    CHECK_INT(address_parse(&at, &len, address, NULL), RC_OK);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(*fd, (struct sockaddr *)&at, len) == 0 ? 0 : errno;
}

// Held, the port answers nobody and is nobody else's; resumed, it is the same port again, whatever
// connections it had.
static void holds_port(void)
{
    struct fixture f;
    set_up(&f); // with one connection that stays open
    char address[ADDRESS_TEXT];
    (void)snprintf(address, sizeof address, "%s", listener_address(f.listener));
    CHECK(!listener_is_refused(f.listener));
    for (int turn = 0; turn < 2; turn++) {
        int fd = -1;
        struct listener *other = NULL;
        CHECK_INT(listener_hold(f.listener), RC_OK);
        CHECK(listener_is_refused(f.listener));
        CHECK_INT(try_connect(&fd, address), ECONNREFUSED);
        (void)close(fd);
        fd = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_storage at;
        socklen_t len = 0;
        CHECK_INT(address_parse(&at, &len, address, NULL), RC_OK);
        CHECK_INT(bind(fd, (struct sockaddr *)&at, len), -1);
        CHECK_INT(errno, EADDRINUSE);
        (void)close(fd);
        CHECK_INT(listener_resume(f.listener), RC_OK);
        CHECK(listener_open(&other, f.loop, address, on_accept, &f, NULL) != RC_OK);
        peer_free(&f.peer);
        CHECK_INT(try_connect(&fd, address), 0);
        while (f.peer == NULL && !f.is_late) {
            run(&f); // also accepts the tries above
        }
        CHECK_TEXT(listener_address(f.listener), address);
        (void)close(fd);
    }
    CHECK_INT(listener_hold(f.listener), RC_OK); // freed while it is held
    tear_down(&f);
}

int main(void)
{
    static const struct unit_test TESTS[] = {
        {"bytes both ways", talks},
        {"the client's FIN", sees_fin},
        {"the client's RST", sees_rst},
        {"our FIN is FIN", sends_fin},
        {"our RST is RST", sends_rst},
        {"backpressure", holds_back},
        {"addresses", addresses},
        {"timers and turns", timers_and_turns},
        {"a port that is held", holds_port},
        {NULL, NULL},
    };
    static const struct unit_suite SUITES[] = {
        {"net", TESTS},           {"authority", AUTHORITY_TESTS},
        {"tls", TLS_TESTS},       {"tls client", TLS_CLIENT_TESTS},
        {"origin", ORIGIN_TESTS}, {NULL, NULL}};
    return unit_run(SUITES);
}
