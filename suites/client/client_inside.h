// SPDX-License-Identifier: Apache-2.0
// What the kinds of client share; only the files of this folder include it.
#ifndef SUITES_CLIENT_CLIENT_INSIDE_H
#define SUITES_CLIENT_CLIENT_INSIDE_H

#include "suites/client/client.h"

// One kind of client: each does what client.h says of the function of that name.
struct client_ops {
    enum rc (*send)(struct client *c, struct span line);
    size_t (*unread_bytes)(struct client *c);
    void (*read_now)(struct client *c);
    enum rc (*signal)(struct client *c, int number);
    enum rc (*stop)(struct client *c, int64_t wait_us);
    void (*end)(struct client *c, int64_t grace_us);
    void (*free)(struct client *c);
    bool (*is_running)(struct client *c);
    pid_t (*pid)(struct client *c);
};

// The first member of each kind.
struct client {
    const struct client_ops *ops;
};

#endif
