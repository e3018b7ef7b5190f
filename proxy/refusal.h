// SPDX-License-Identifier: Apache-2.0
// While a rule with `refuse` is armed, nobody listens on its target's port: connections are
// refused.
#ifndef PROXY_REFUSAL_H
#define PROXY_REFUSAL_H

#include "proxy/identity/target.h"
#include "proxy/scenario/scenario.h"

struct lane;
struct port;
struct refusal_window;

struct refusal {
    struct refusal_window *windows; // owned; one per rule of the scenario
    size_t open[TARGET_COUNT];      // how many of them are, by target
};

// Whether this version can do that action to the port.
bool refusal_exists(enum action_verb verb);
// Whether it can do it as the rule says; else RC_UNSUPPORTED, and d says what cannot be.
MUST_USE enum rc refusal_supports(const struct scenario *s, const struct rule *rule,
                                  struct diag *d);

// Opens and closes windows, as rules are armed now; RC_IO when the port could not be held, or be
// listened on again. Not within a callback of the lane's listener.
MUST_USE enum rc refusal_follow(struct lane *lane);
// Closes the windows that are open, and forgets them; RC_IO when a port could not be listened on
// again.
MUST_USE enum rc refusal_end(struct lane *lane);
// For another reason as well: nobody listens there while there is any. RC_IO when the port was
// lost. Not within a callback of its listener.
MUST_USE enum rc refusal_hold(struct port *port);
MUST_USE enum rc refusal_release(struct port *port);
bool refusal_is_on(const struct refusal *r, enum target target);

#endif
