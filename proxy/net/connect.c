// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // SOCK_NONBLOCK, SOCK_CLOEXEC; NOLINT(bugprone-reserved-identifier)
#include "proxy/net/connect.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

struct connecting {
    int fd; // below 0 once it was handed over, or when there is none
    int why;
    struct loop_watch watch;
    struct loop_timer told; // fn is never called from within connect_start
    connect_fn *fn;
    void *arg;
};

enum rc address_lookup(struct sockaddr_storage *out, socklen_t *len, struct span host,
                       unsigned port, struct diag *d)
{
    OWN(text) char *name = span_dup(host);
    char service[16];
    (void)snprintf(service, sizeof service, "%u", port);
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int why = getaddrinfo(name, service, &wanted, &found);
    if (why != 0) {
        return diag_fail(d, RC_UNKNOWN, "there is no host \"%s\": %s", name,
                         why == EAI_SYSTEM ? strerror(errno) : gai_strerror(why));
    }
    memset(out, 0, sizeof *out);
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *len = found->ai_addrlen;
    freeaddrinfo(found);
    return RC_OK;
}

static void give_up(struct connecting *c)
{
    if (c->fd >= 0) {
        loop_watch_set(&c->watch, 0);
        (void)close(c->fd);
        c->fd = -1;
    }
}

static void on_ready(void *arg, int events)
{
    (void)events;
    struct connecting *c = arg;
    int why = 0;
    socklen_t len = sizeof why;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &why, &len) != 0) {
        why = errno;
    }
    if (why != 0) {
        give_up(c);
        c->fn(c->arg, -1, why);
        return;
    }
    int fd = c->fd;
    loop_watch_set(&c->watch, 0);
    c->fd = -1;
    c->fn(c->arg, fd, 0);
}

static void on_told(void *arg)
{
    struct connecting *c = arg;
    c->fn(c->arg, -1, c->why);
}

struct connecting *connect_start(struct loop *loop, const struct sockaddr_storage *to,
                                 socklen_t len, connect_fn *fn, void *arg)
{
    struct connecting *c = x_alloc(sizeof *c);
    *c = (struct connecting){.fn = fn, .arg = arg};
    loop_timer_init(&c->told, loop, on_told, c);
    c->fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (c->fd >= 0) {
        (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        loop_watch_init(&c->watch, loop, c->fd, on_ready, c);
    }
    if (c->fd < 0 ||
        (connect(c->fd, (const struct sockaddr *)to, len) != 0 && errno != EINPROGRESS)) {
        c->why = errno;
        give_up(c);
        loop_timer_start(&c->told, 0);
    } else {
        loop_watch_set(&c->watch, LOOP_WRITE); // also when it is connected by now
    }
    return c;
}

void connect_free(struct connecting **c)
{
    if (*c != NULL) {
        loop_timer_stop(&(*c)->told);
        give_up(*c);
        x_free(*c);
        *c = NULL;
    }
}
