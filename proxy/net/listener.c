// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // accept4; NOLINT(bugprone-reserved-identifier)
#include "proxy/net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/net/address.h"

// So many connections are taken before the other descriptors of the loop get their turn.
#define ACCEPTS_PER_TURN 64
// How long to wait when no descriptor is left; without this the loop would spin (libevent reports
// the pending connection over and over).
#define PAUSE_US (INT64_C(50) * 1000)

struct listener {
    int fd;
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
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return fail(d, fd, "open a socket for", address);
    }
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        return fail(d, fd, "listen on", address);
    }
    struct listener *l = x_alloc(sizeof *l);
    *l = (struct listener){.fd = fd, .loop = loop, .fn = fn, .arg = arg};
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

void listener_free(struct listener **l)
{
    if (*l != NULL) {
        loop_timer_stop(&(*l)->pause);
        loop_watch_set(&(*l)->watch, 0);
        (void)close((*l)->fd);
        x_free(*l);
        *l = NULL;
    }
}
