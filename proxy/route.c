// SPDX-License-Identifier: Apache-2.0
#include "proxy/route.h"

#include "proxy/destinations.h"
#include "proxy/gateway.h"
#include "proxy/lane_inside.h"
#include "proxy/record.h"
#include "proxy/tunnel.h"

#define HTTP_PORT 80
#define HTTPS_PORT 443

enum target route_target(const struct port *port, const struct h1_head *head)
{
    const struct lane_options *o = &port->lane->options;
    bool is_proxy = o->destinations != NULL || o->upstream != NULL;
    bool is_connect = is_proxy && head->form == H1_FORM_AUTHORITY;
    return is_connect && port->target == TARGET_SERVICE ? TARGET_PROXY : port->target;
}

static void refuse(struct exchange *x, const char *text)
{
    record_route(x, "refused", text);
    gateway_answer(x, UPSTREAM_DENIED, text);
    exchange_reply(x);
}

// RFC 9110 9.3.6: 2xx, without content or a length of it, and after it HTTP is over.
static void connected(struct exchange *x)
{
    buf_add_text(&x->out, "HTTP/1.1 200 Connection established\r\n\r\n");
    x->head_bytes = x->out.len;
    x->status = 200;
    x->error_name = "";
    x->origin = "proxy";
    exchange_reply(x);
}

static void on_tunnel_ready(void *arg)
{
    struct exchange *x = arg;
    x->becomes = EXCHANGE_BECOMES_TUNNEL;
    record_route(x, "tunnelled", "");
    connected(x);
}

static void on_tunnel_failed(void *arg, enum upstream_fault fault, const char *text)
{
    struct exchange *x = arg;
    record_route(x, "failed", upstream_fault_text(fault));
    tunnel_free(&x->tunnel);
    gateway_answer(x, fault, text);
    exchange_reply(x);
}

// The host ended it before the client was told that it is there, or while it was.
static void on_tunnel_over(void *arg, bool is_reset)
{
    struct exchange *x = arg;
    if (x->sent_bytes == 0) {
        x->becomes = EXCHANGE_BECOMES_NOTHING;
        buf_reset(&x->out);
        on_tunnel_failed(arg, UPSTREAM_TERMINATED, "");
        return;
    }
    struct tunnel_facts facts = tunnel_facts(x->tunnel);
    record_tunnel_end(x->lane, x->connection, &facts, is_reset);
    exchange_cut(x);
    x->over(x->over_arg);
}

static void dial(struct exchange *x, struct upstream *to)
{
    struct tunnel_handler handler = {
        .ready = on_tunnel_ready, .failed = on_tunnel_failed, .over = on_tunnel_over, .arg = x};
    x->state = EXCHANGE_UPSTREAM;
    x->tunnel = tunnel_new(to, &handler);
}

void route_connect(struct exchange *x)
{
    const struct destinations *d = x->lane->options.destinations;
    struct upstream *tunnel = NULL;
    if (d == NULL) {
        refuse(x, "CONNECT is only served with --connect");
        return;
    }
    // Its TLS has one end here, and one only.
    if (peer_tls(x->peer) != NULL) {
        refuse(x, "a connection that was opened leads nowhere else: CONNECT on a new one");
        return;
    }
    switch (destinations_find(d, x->head->authority, HTTPS_PORT, &tunnel)) {
    case WAY_REFUSED:
        refuse(x, "nobody named that host: --open or --tunnel would");
        break;
    case WAY_ANSWERED:
        x->becomes = EXCHANGE_BECOMES_TLS;
        record_route(x, "opened", "");
        connected(x);
        break;
    case WAY_TUNNELLED:
        dial(x, tunnel);
        break;
    }
}

// RFC 9110 4.2: the port of an absolute target that names none. 0: that is no scheme of HTTP.
static unsigned usual_port(struct span target)
{
    if (span_equal_nocase(span_slice(target, 0, 8), SPAN("https://"))) {
        return HTTPS_PORT;
    }
    return span_equal_nocase(span_slice(target, 0, 7), SPAN("http://")) ? HTTP_PORT : 0;
}

bool route_refuses(struct exchange *x)
{
    const struct destinations *d = x->lane->options.destinations;
    struct upstream *tunnel = NULL;
    if (d == NULL || x->target != TARGET_SERVICE || x->head->form != H1_FORM_ABSOLUTE) {
        return false;
    }
    unsigned port = usual_port(x->head->target);
    if (port == 0) {
        refuse(x, "absolute targets are http:// or https:// here");
        return true;
    }
    enum way way = destinations_find(d, x->head->authority, port, &tunnel);
    if (way != WAY_ANSWERED) {
        refuse(x, way == WAY_REFUSED ? "nobody named that host: --open would"
                                     : "that host is only tunnelled, by CONNECT");
    }
    return way != WAY_ANSWERED;
}

// What a proxy itself can do to the answer of a CONNECT. That has neither an error of AWS's nor a
// body or a date that would matter.
static bool is_of_proxy(enum action_verb verb)
{
    static const enum action_verb VERBS[] = {ACTION_RESPOND,    ACTION_DELAY,  ACTION_HANG,
                                             ACTION_FIN,        ACTION_RST,    ACTION_EMPTY_REPLY,
                                             ACTION_RATE_LIMIT, ACTION_DRIP,   ACTION_GARBAGE,
                                             ACTION_ARM,        ACTION_DISARM, ACTION_REFUSE};
    for (size_t i = 0; i < sizeof VERBS / sizeof VERBS[0]; i++) {
        if (VERBS[i] == verb) {
            return true;
        }
    }
    return false;
}

// RFC 9110 9.3.6: after any 2xx the client goes on as if it spoke to the host.
static bool opens(const struct action *action)
{
    return action->verb == ACTION_RESPOND && json_get_int(action->args, "status", 0) / 100 == 2;
}

enum rc route_supports(const struct scenario *s, const struct rule *rule, struct diag *d)
{
    if (!scenario_is_behind_proxy(s)) {
        return diag_fail_at(d, RC_UNSUPPORTED, s->file, rule->place,
                            "the rule \"%s\" never acts: a proxy is asked under the transport "
                            "proxy of \"client\" only",
                            rule->name);
    }
    if (rule->phase != PHASE_REQUEST && rule->phase != PHASE_CONNECT) {
        return diag_fail_at(d, RC_UNSUPPORTED, s->file, rule->place,
                            "the rule \"%s\" never acts: a CONNECT is looked at in the phase "
                            "request only",
                            rule->name);
    }
    if (json_get(rule->when, "attempt") != NULL) {
        return diag_fail_at(d, RC_UNSUPPORTED, s->file, rule->place,
                            "the rule \"%s\" never acts: no CONNECT says which attempt it is",
                            rule->name);
    }
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct action *a = &rule->actions[i];
        if (!is_of_proxy(a->verb)) {
            return diag_fail_at(d, RC_UNSUPPORTED, s->file, a->place,
                                "\"%s\" is nothing that can be done to the answer of a CONNECT",
                                action_name(a->verb));
        }
        if (opens(a)) {
            return diag_fail_at(d, RC_UNSUPPORTED, s->file, a->place,
                                "a 2xx opens the tunnel, which is what happens without a rule");
        }
    }
    return RC_OK;
}

void route_clear(struct exchange *x)
{
    tunnel_free(&x->tunnel);
}
