// SPDX-License-Identifier: Apache-2.0
#include "proxy/handshake.h"

#include "proxy/base/draw.h"
#include "proxy/lane_inside.h"
#include "proxy/record.h"
#include "proxy/recorder.h"
#include "proxy/recording/recording.h"

#define GARBAGE_BYTES 64

enum manner { BY_CERTIFICATE, BY_STALL, BY_RST, BY_GARBAGE };

struct handshake_row {
    enum action_verb verb;
    enum manner manner;
    enum leaf_kind leaf;
};

static const struct handshake_row ROWS[] = {
    {ACTION_EXPIRED_CERTIFICATE, BY_CERTIFICATE, LEAF_EXPIRED},
    {ACTION_WRONG_HOST, BY_CERTIFICATE, LEAF_WRONG_HOST},
    {ACTION_UNTRUSTED, BY_CERTIFICATE, LEAF_UNTRUSTED},
    {ACTION_HANDSHAKE_STALL, BY_STALL, LEAF_GOOD},
    {ACTION_HANDSHAKE_RST, BY_RST, LEAF_GOOD},
    {ACTION_TLS_GARBAGE, BY_GARBAGE, LEAF_GOOD},
};

static const struct handshake_row *find(enum action_verb verb)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (ROWS[i].verb == verb) {
            return &ROWS[i];
        }
    }
    return NULL;
}

bool handshake_exists(enum action_verb verb)
{
    return find(verb) != NULL;
}

enum rc handshake_supports(const struct scenario *s, const struct rule *rule, struct diag *d)
{
    if (rule->action_count == 1 && handshake_exists(rule->actions[0].verb)) {
        return RC_OK;
    }
    return diag_fail_at(d, RC_UNSUPPORTED, s->file, rule->place,
                        "the rule \"%s\" acts on a handshake: this version plays one action there, "
                        "alone in `then`",
                        rule->name);
}

static void tell(struct handshake *h, struct lane *lane)
{
    if (h->rule != NULL && !h->is_told) {
        h->is_told = true;
        record_rule_fault(lane, h->rule, 0, "", 0);
    }
}

static void on_met(void *arg, const struct rule *rule, uint64_t index, double drew, bool won)
{
    record_rule_match(arg, 0, rule, index, drew, won);
}

static uint64_t choose(struct handshake *h, const struct port *port, uint64_t nth)
{
    struct lane *lane = port->lane;
    uint64_t index = 0;
    struct subject subject = {.phase = PHASE_TLS,
                              .target = span_of(target_name(port->target)),
                              .connection = nth,
                              .service_us = lane_service_us(lane)};
    if (lane->rules != NULL) {
        h->rule = rules_choose(lane->rules, &subject, on_met, lane, &index);
    }
    return index;
}

// Seeded bytes, of which the first is no type of a record (RFC 8446 5.1: 20 to 24).
static void send_garbage(struct peer *peer, const struct draw *draw)
{
    char bytes[GARBAGE_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(unsigned char)(draw_u64(draw, i / 8) >> i % 8 * 8);
    }
    bytes[0] = (char)((unsigned char)bytes[0] | 0x80);
    peer_stall(peer, (struct span){.at = bytes, .len = sizeof bytes});
}

// Chooses what is done, and what is drawn from in doing it.
static struct draw decide(struct handshake *h, const struct port *port, uint64_t nth)
{
    struct lane *lane = port->lane;
    uint64_t index = choose(h, port, nth);
    bool is_service = port->target == TARGET_SERVICE;
    const struct recorded *e = is_service ? rerun_handshake(lane, nth, h->rule != NULL) : NULL;
    if (e != NULL) {
        h->act = find(e->actions[0].verb);
        return rerun_draw(lane, e);
    }
    if (h->rule != NULL) {
        h->act = find(h->rule->actions[0].verb);
        if (is_service) {
            recorder_tell_handshake(lane, h->rule, index, nth);
        }
    }
    return lane_draw(lane, span_of(h->rule == NULL ? NULL : h->rule->name), index);
}

const char *handshake_begin(struct handshake *h, const struct port *port, struct peer *peer,
                            uint64_t nth)
{
    struct draw draw = decide(h, port, nth);
    if (h->act == NULL) {
        return "";
    }
    switch (h->act->manner) {
    case BY_CERTIFICATE:
        peer_show(peer, h->act->leaf);
        return "";
    case BY_STALL:
        peer_stall(peer, (struct span){0});
        tell(h, port->lane);
        return "";
    case BY_GARBAGE:
        send_garbage(peer, &draw);
        tell(h, port->lane);
        return "fin";
    case BY_RST:
        break;
    }
    peer_reset(peer);
    tell(h, port->lane);
    return "rst";
}

void handshake_seen(struct handshake *h, struct lane *lane)
{
    if (h->act != NULL && h->act->manner == BY_CERTIFICATE) {
        tell(h, lane);
    }
}
