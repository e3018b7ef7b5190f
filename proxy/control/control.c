// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/control.h"

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/control/session.h"
#include "proxy/net/address.h"
#include "proxy/net/listener.h"

struct control {
    struct listener *listener;
    struct guard guard;
    char *token; // until the journal knows that it is secret
    struct desk desk;
    struct sessions sessions;
};

static void on_accept(void *arg, int fd)
{
    struct control *c = arg;
    session_open(&c->sessions, fd);
}

static enum rc check_address(const struct control_options *o, struct diag *d)
{
    struct sockaddr_storage at;
    socklen_t len = 0;
    enum rc rc = address_parse(&at, &len, o->listen, d);
    if (rc == RC_OK && o->token_file == NULL && !address_is_loopback(&at)) {
        return diag_fail(d, RC_USAGE,
                         "--control %s can be reached from other machines: give "
                         "--control-token-file, or an address of the loopback",
                         o->listen);
    }
    return rc;
}

static enum rc read_token(struct control *c, const char *path, struct diag *d)
{
    OWN_BUF struct buf text = {0};
    enum rc rc = path == NULL ? RC_OK : file_read(&text, path, d);
    if (path == NULL || rc != RC_OK) {
        return rc;
    }
    rc = guard_set_token(&c->guard, buf_span(&text), d);
    c->token = rc == RC_OK ? span_dup(guard_trim(buf_span(&text))) : NULL;
    return rc;
}

enum rc control_open(struct control **out, const struct control_options *options, struct diag *d)
{
    struct control *c = x_alloc(sizeof *c);
    desk_init(&c->desk, options->history_bytes, options->told_start_us);
    sessions_init(&c->sessions, options->loop, &c->desk, &c->guard);
    enum rc rc = check_address(options, d);
    rc = rc == RC_OK ? read_token(c, options->token_file, d) : rc;
    if (rc == RC_OK) {
        rc = listener_open(&c->listener, options->loop, options->listen, on_accept, c, d);
    }
    if (rc != RC_OK) {
        control_free(&c);
        return rc;
    }
    *out = c;
    return RC_OK;
}

void control_line(void *arg, enum event_kind kind, struct span line)
{
    struct control *c = arg;
    desk_line(&c->desk, kind, line);
    sessions_line(&c->sessions);
}

void control_serve(struct control *c, struct lane *lane)
{
    if (c->token != NULL) {
        lane_secret(lane, "control", span_of(c->token));
    }
    desk_open(&c->desk, lane);
}

const char *control_address(const struct control *c)
{
    return listener_address(c->listener);
}

void control_free(struct control **slot)
{
    struct control *c = *slot;
    if (c == NULL) {
        return;
    }
    listener_free(&c->listener);
    sessions_clear(&c->sessions);
    desk_clear(&c->desk);
    x_free(c->token);
    x_free(c);
    *slot = NULL;
}

void control_help(struct buf *out)
{
    for (const struct route *r = route_rows(); r->method != NULL; r++) {
        buf_addf(out, "  %-6s %-18s %s\n", r->method, r->path, r->help);
    }
}
