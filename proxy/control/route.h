// SPDX-License-Identifier: Apache-2.0
// Which handler a method and a path lead to.
#ifndef PROXY_CONTROL_ROUTE_H
#define PROXY_CONTROL_ROUTE_H

#include "proxy/control/reply.h"

struct desk;
struct call;

// Answers one call: fills the reply, or begins the call's wait.
typedef void route_fn(struct desk *desk, struct call *call, struct reply *reply);

struct route {
    const char *method, *path;
    route_fn *handler;
    size_t max_body; // 0: it takes none
    const char *help;
};

// The routes, in the order of the table; the last is followed by one without method.
const struct route *route_rows(void);
// method HEAD is GET. NULL: there is no such path (404), or it is not for that method (405); the
// reply says so.
const struct route *route_find(struct span method, struct span path, struct reply *reply);

#endif
