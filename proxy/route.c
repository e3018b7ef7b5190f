// SPDX-License-Identifier: Apache-2.0
#include "proxy/route.h"

#include "proxy/destinations.h"
#include "proxy/gateway.h"
#include "proxy/lane_inside.h"
#include "proxy/record.h"
#include "proxy/tunnel.h"

#define HTTP_PORT 80
#define CONNECT_PORT 443

bool route_is_ours(const struct exchange *x)
{
    bool is_proxy = x->lane->options.destinations != NULL || x->lane->options.upstream != NULL;
    return is_proxy && x->target == TARGET_SERVICE && x->head->form == H1_FORM_AUTHORITY;
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

// It ended before the client was told that it is there.
static void on_tunnel_over(void *arg, bool is_reset)
{
    (void)is_reset;
    on_tunnel_failed(arg, UPSTREAM_TERMINATED, "");
}

static void dial(struct exchange *x, struct upstream *to)
{
    struct tunnel_handler handler = {
        .ready = on_tunnel_ready, .failed = on_tunnel_failed, .over = on_tunnel_over, .arg = x};
    x->state = EXCHANGE_UPSTREAM;
    x->tunnel = tunnel_new(to, &handler);
}

static void connect_to(struct exchange *x)
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
    switch (destinations_find(d, x->head->authority, CONNECT_PORT, &tunnel)) {
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

bool route_take(struct exchange *x)
{
    const struct destinations *d = x->lane->options.destinations;
    struct upstream *tunnel = NULL;
    if (route_is_ours(x)) {
        connect_to(x);
        return true;
    }
    if (d == NULL || x->target != TARGET_SERVICE || x->head->form != H1_FORM_ABSOLUTE) {
        return false;
    }
    enum way way = destinations_find(d, x->head->authority, HTTP_PORT, &tunnel);
    if (way != WAY_ANSWERED) {
        refuse(x, way == WAY_REFUSED ? "nobody named that host: --open would"
                                     : "that host is only tunnelled, by CONNECT");
    }
    return way != WAY_ANSWERED;
}

void route_clear(struct exchange *x)
{
    tunnel_free(&x->tunnel);
}
