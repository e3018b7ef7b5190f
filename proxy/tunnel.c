// SPDX-License-Identifier: Apache-2.0
#include "proxy/tunnel.h"

#include "proxy/base/alloc.h"
#include "proxy/net/address.h"

// So much may wait for one side before the other is held back.
#define ROOM 262144

struct tunnel {
    struct tunnel_handler handler;
    struct channel *channel; // NULL when it is over
    struct peer *client;     // NULL until it is joined
    bool is_client_held, is_host_held;
    bool has_client_ended, has_host_ended; // by FIN
    char address[ADDRESS_TEXT];
    uint64_t sent, received;
};

static void note_address(struct tunnel *t)
{
    const char *from = channel_facts(t->channel).address;
    for (size_t i = 0; i + 1 < sizeof t->address && from[i] != '\0'; i++) {
        t->address[i] = from[i];
    }
}

static void end(struct tunnel *t, bool is_reset)
{
    if (is_reset) {
        channel_reset(&t->channel);
    } else {
        channel_free(&t->channel);
    }
    t->handler.over(t->handler.arg, is_reset);
}

// Passes a FIN on when what came before it has gone. Gives false when the tunnel is over.
static bool pass_ends(struct tunnel *t)
{
    bool is_out = t->has_client_ended && channel_unsent(t->channel) == 0;
    bool is_back = t->has_host_ended && peer_unsent(t->client) == 0;
    if (is_out && is_back) {
        end(t, false);
        return false;
    }
    if (is_out) {
        channel_shut(t->channel);
    }
    if (is_back) {
        peer_shut(t->client);
    }
    return true;
}

static void on_ready(void *arg)
{
    struct tunnel *t = arg;
    note_address(t);
    channel_read(t->channel, false); // until it is joined
    t->handler.ready(t->handler.arg);
}

static void on_input(void *arg, struct span *bytes)
{
    struct tunnel *t = arg;
    if (t->client == NULL) {
        return; // kept
    }
    struct span all = *bytes;
    *bytes = (struct span){0};
    t->received += all.len;
    peer_send(t->client, all); // its end, too, may be told here
    if (t->channel != NULL && peer_unsent(t->client) > ROOM) {
        t->is_host_held = true;
        channel_read(t->channel, false);
    }
}

static void on_sent(void *arg)
{
    struct tunnel *t = arg;
    if (t->client == NULL || t->channel == NULL || !pass_ends(t)) {
        return;
    }
    if (t->is_client_held) {
        t->is_client_held = false;
        peer_read(t->client, true);
    }
}

static void on_ended(void *arg, enum peer_end how)
{
    struct tunnel *t = arg;
    if (how != PEER_EOF) {
        end(t, true);
        return;
    }
    t->has_host_ended = true;
    if (t->client != NULL) {
        (void)pass_ends(t);
    }
}

static void on_failed(void *arg, enum upstream_fault fault, const char *text)
{
    struct tunnel *t = arg;
    note_address(t);
    channel_free(&t->channel);
    t->handler.failed(t->handler.arg, fault, text);
}

struct tunnel *tunnel_new(struct upstream *to, const struct tunnel_handler *handler)
{
    struct tunnel *t = x_alloc(sizeof *t);
    struct channel_handler of_channel = {.ready = on_ready,
                                         .input = on_input,
                                         .sent = on_sent,
                                         .ended = on_ended,
                                         .failed = on_failed,
                                         .arg = t};
    t->handler = *handler;
    t->channel = channel_take(to, true, &of_channel);
    return t;
}

void tunnel_free(struct tunnel **slot)
{
    if (*slot != NULL) {
        channel_free(&(*slot)->channel);
        x_free(*slot);
        *slot = NULL;
    }
}

void tunnel_join(struct tunnel *t, struct peer *client, void (*over)(void *arg, bool is_reset),
                 void *arg)
{
    t->client = client;
    t->handler = (struct tunnel_handler){.over = over, .arg = arg};
    channel_read(t->channel, true);
    channel_pump(t->channel);
    if (t->channel != NULL && t->has_host_ended) {
        (void)pass_ends(t);
    }
}

void tunnel_take(struct tunnel *t, struct span *bytes)
{
    struct span all = *bytes;
    *bytes = (struct span){0};
    if (t->channel == NULL) {
        return;
    }
    t->sent += all.len;
    channel_send(t->channel, all);
    if (t->channel != NULL && channel_unsent(t->channel) > ROOM) {
        t->is_client_held = true;
        peer_read(t->client, false);
    }
}

void tunnel_client_sent(struct tunnel *t)
{
    if (t->channel == NULL || !pass_ends(t)) {
        return;
    }
    if (t->is_host_held) {
        t->is_host_held = false;
        channel_read(t->channel, true);
    }
}

void tunnel_client_ended(struct tunnel *t, enum peer_end how)
{
    if (t->channel == NULL) {
        return;
    }
    if (how != PEER_EOF) {
        end(t, true);
        return;
    }
    t->has_client_ended = true;
    (void)pass_ends(t);
}

struct tunnel_facts tunnel_facts(const struct tunnel *t)
{
    return (struct tunnel_facts){.address = t->address, .sent = t->sent, .received = t->received};
}
