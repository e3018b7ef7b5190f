// SPDX-License-Identifier: Apache-2.0
// What can be done to the bytes of a reply and to its connection. Pure: a plan rewrites the reply
// once, then is asked, again and again, how far it may go at this moment, when to ask next, and how
// the connection ends; no socket, no clock of its own. Stages compose: the strictest one decides.
#ifndef PROXY_FAULT_FAULT_H
#define PROXY_FAULT_FAULT_H

#include "proxy/base/buf.h"
#include "proxy/base/draw.h"
#include "proxy/scenario/scenario.h"

// Where in an exchange a cut is made.
enum fault_at {
    FAULT_BEFORE_REQUEST,
    FAULT_BEFORE_RESPONSE,
    FAULT_IN_RESPONSE,
    FAULT_AFTER_RESPONSE
};

enum fault_end {
    FAULT_GO_ON, // the reply is complete, or more of it may follow later
    FAULT_HANG,  // nothing more is sent, the connection stays open
    FAULT_FIN,
    FAULT_RST
};

// A reply before any of it is sent.
struct fault_reply {
    struct buf *bytes; // borrowed
    size_t head_bytes; // how many of them are its head; the rest is its body
    // Its body is all there although its framing promises more: a client may take it or leave it.
    bool promises_more;
};

// What the stages see of a reply.
struct fault_view {
    int64_t elapsed_us; // since the reply was ready
    int64_t delay_us;   // how much of that the plan's delays take; for the stages, not the asker
    size_t head_bytes;  // of the reply
    size_t total_bytes; // head and body
    size_t sent_bytes;
};

// What a plan says.
struct fault_say {
    size_t limit;       // bytes of the reply that may be on the wire by now
    int64_t wake_us;    // elapsed time at which more may be allowed; 0: never
    enum fault_end end; // what happens once sent_bytes has reached limit
};

// How much of a request's body may be read by now.
struct fault_intake {
    bool is_held;    // not even that there is nothing more of it may be noticed
    size_t limit;    // bytes of it, those before included
    int64_t wake_us; // elapsed time at which more may be read
};

struct fault_stage;

struct fault_plan {
    struct fault_stage *stages; // owned
    size_t count;
};

// Whether this version can do that action on the wire.
bool fault_exists(enum action_verb verb);
// The names of `at` as scenario files write them; FAULT_IN_RESPONSE for "response".
enum fault_at fault_at_find(const char *name);
const char *fault_at_name(enum fault_at at);

// Makes the plan of a rule's wire actions (the others are passed over). draw decides what is random
// in them. The actions are borrowed for the call only. A plan without stages lets everything pass.
MUST_USE enum rc fault_plan_init(struct fault_plan *plan, const struct action *actions,
                                 size_t count, const struct draw *draw, struct diag *d);
void fault_plan_clear(struct fault_plan *plan);

// Changes the bytes of the reply as the plan's stages say, before any of them is sent. Gives false
// when nothing of the reply was left, so that what is sent is no HTTP.
bool fault_plan_rewrite(const struct fault_plan *plan, struct fault_reply *reply);
// Whether it changes any.
bool fault_plan_rewrites(const struct fault_plan *plan);
// Whether it ends the connection, or all that is sent on it.
bool fault_plan_ends(const struct fault_plan *plan);
struct fault_say fault_plan_ask(const struct fault_plan *plan, const struct fault_view *view);
// Of a plan that lets the request be read late or slowly; elapsed_us: since its head was there.
struct fault_intake fault_plan_intake(const struct fault_plan *plan, int64_t elapsed_us);
// How long its delays take, as they were drawn; 0 when it has none.
int64_t fault_plan_delay_us(const struct fault_plan *plan);
// The plan's cut, if any: where it is made. FAULT_IN_RESPONSE when it has none.
enum fault_at fault_plan_cut_at(const struct fault_plan *plan);
// True when the plan has a stage that acts at all.
bool fault_plan_is_active(const struct fault_plan *plan);
// Whether the FIN comes without close_notify, under TLS.
bool fault_plan_omits_notice(const struct fault_plan *plan);
// How long the connection may be idle after this exchange before it is closed by FIN; -1: for ever.
int64_t fault_plan_idle_us(const struct fault_plan *plan);

#endif
