// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // accept4; NOLINT(bugprone-reserved-identifier)
#include "proxy/net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/net/address.h"

// So many connections are taken before the other descriptors of the loop get their turn.
#define ACCEPTS_PER_TURN 64
// How long to wait when no descriptor is left; without this the loop would spin (libevent reports
// the pending connection over and over).
#define PAUSE_US (INT64_C(50) * 1000)

#define BACKLOG 1024
// The kernel answers a connection on this machine at once; this is only for a day when it does not.
#define PROBE_MS 100

struct listener {
    int fd; // -1 when the port was lost
    struct sockaddr_storage at;
    socklen_t at_len;
    struct loop *loop;
    struct loop_watch watch;
    struct loop_timer pause;
    listener_accept_fn *fn;
    void *arg;
    char address[ADDRESS_TEXT];
};

static bool is_shortage(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

static void on_ready(void *arg, int events)
{
    (void)events;
    struct listener *l = arg;
    for (int i = 0; i < ACCEPTS_PER_TURN && l->watch.events != 0; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            int on = 1;
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            l->fn(l->arg, fd);
        } else if (is_shortage(errno)) {
            loop_watch_set(&l->watch, 0);
            loop_timer_start(&l->pause, PAUSE_US);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void on_pause_over(void *arg)
{
    struct listener *l = arg;
    loop_watch_set(&l->watch, LOOP_READ);
}

static int open_socket(const struct sockaddr_storage *at)
{
    int fd = socket(at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    return fd;
}

static enum rc fail(struct diag *d, int fd, const char *what, const char *address)
{
    int why = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return diag_fail(d, RC_IO, "cannot %s %s: %s", what, address, strerror(why));
}

enum rc listener_open(struct listener **out, struct loop *loop, const char *address,
                      listener_accept_fn *fn, void *arg, struct diag *d)
{
    struct sockaddr_storage at;
    socklen_t len = 0;
    enum rc rc = address_parse(&at, &len, address, d);
    if (rc != RC_OK) {
        return rc;
    }
    int fd = open_socket(&at);
    if (fd < 0) {
        return fail(d, fd, "open a socket for", address);
    }
    if (bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        return fail(d, fd, "listen on", address);
    }
    struct listener *l = x_alloc(sizeof *l);
    *l = (struct listener){.fd = fd, .at = at, .at_len = len, .loop = loop, .fn = fn, .arg = arg};
    address_format(l->address, &at);
    loop_timer_init(&l->pause, loop, on_pause_over, l);
    loop_watch_init(&l->watch, loop, fd, on_ready, l);
    loop_watch_set(&l->watch, LOOP_READ);
    *out = l;
    return RC_OK;
}

const char *listener_address(const struct listener *l)
{
    return l->address;
}

// A listening socket cannot stop listening and keep a port that the system chose; and a second one
// cannot be bound while the first listens. So it is closed, and another takes its port.
enum rc listener_hold(struct listener *l)
{
    loop_timer_stop(&l->pause);
    loop_watch_set(&l->watch, 0);
    if (l->fd >= 0) {
        (void)close(l->fd);
    }
    l->fd = open_socket(&l->at);
    if (l->fd >= 0 && bind(l->fd, (const struct sockaddr *)&l->at, l->at_len) != 0) {
        (void)close(l->fd);
        l->fd = -1;
    }
    return l->fd >= 0 ? RC_OK : RC_IO;
}

enum rc listener_resume(struct listener *l)
{
    if (l->fd < 0 || listen(l->fd, BACKLOG) != 0) {
        return RC_IO;
    }
    loop_watch_init(&l->watch, l->loop, l->fd, on_ready, l);
    loop_watch_set(&l->watch, LOOP_READ);
    return RC_OK;
}

bool listener_is_refused(const struct listener *l)
{
    int fd = open_socket(&l->at);
    if (fd < 0) {
        return false;
    }
    int why = 0;
    socklen_t len = sizeof why;
    if (connect(fd, (const struct sockaddr *)&l->at, l->at_len) != 0) {
        why = errno;
    }
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (why == EINPROGRESS &&
        (poll(&ready, 1, PROBE_MS) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) != 0)) {
        why = ETIMEDOUT;
    }
    (void)close(fd);
    return why == ECONNREFUSED;
}

void listener_free(struct listener **l)
{
    if (*l != NULL) {
        loop_timer_stop(&(*l)->pause);
        loop_watch_set(&(*l)->watch, 0);
        if ((*l)->fd >= 0) {
            (void)close((*l)->fd);
        }
        x_free(*l);
        *l = NULL;
    }
}
