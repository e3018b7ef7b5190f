// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/route.h"

#include <string.h>

#include "proxy/control/desk.h"

static const struct route ROUTES[] = {
#define ROUTE(method, path, handler, max_body, help) {method, path, handler, max_body, help},
#include "proxy/control/route.def"
    {NULL, NULL, NULL, 0, NULL},
};

const struct route *route_rows(void)
{
    return ROUTES;
}

// RFC 9110 10.2.1: every method that the path takes; "" when there is no such path.
static void list_methods(struct span path, struct buf *out)
{
    for (const struct route *r = ROUTES; r->method != NULL; r++) {
        if (span_is(path, r->path)) {
            buf_add_text(out, out->len > 0 ? ", " : "");
            buf_add_text(out, strcmp(r->method, "GET") == 0 ? "GET, HEAD" : r->method);
        }
    }
}

const struct route *route_find(struct span method, struct span path, struct reply *reply)
{
    struct span wanted = span_is(method, "HEAD") ? SPAN("GET") : method;
    for (const struct route *r = ROUTES; r->method != NULL; r++) {
        if (span_is(path, r->path) && span_is(wanted, r->method)) {
            return r;
        }
    }
    list_methods(path, &reply->allow);
    struct span allow = buf_span(&reply->allow);
    if (allow.len == 0) {
        reply_fail(reply, 404, "no_such_route", "there is no %.*s; see meterprover-proxy --help",
                   (int)(path.len < 200 ? path.len : 200), path.at);
    } else {
        reply_fail(reply, 405, "method_not_allowed", "%.*s takes %.*s", (int)path.len, path.at,
                   (int)allow.len, allow.at);
    }
    return NULL;
}
