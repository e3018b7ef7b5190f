// SPDX-License-Identifier: Apache-2.0
#include "suites/client/client_inside.h"

enum rc client_send(struct client *c, struct span line)
{
    return c->ops->send(c, line);
}

size_t client_unread_bytes(struct client *c)
{
    return c->ops->unread_bytes(c);
}

void client_read_now(struct client *c)
{
    c->ops->read_now(c);
}

enum rc client_signal(struct client *c, int number)
{
    return c->ops->signal(c, number);
}

enum rc client_stop(struct client *c, int64_t wait_us)
{
    return c->ops->stop(c, wait_us);
}

void client_end(struct client *c, int64_t grace_us)
{
    c->ops->end(c, grace_us);
}

void client_free(struct client **slot)
{
    struct client *c = *slot;
    *slot = NULL;
    if (c != NULL) {
        c->ops->free(c);
    }
}

bool client_is_running(struct client *c)
{
    return c->ops->is_running(c);
}

pid_t client_pid(struct client *c)
{
    return c->ops->pid(c);
}
