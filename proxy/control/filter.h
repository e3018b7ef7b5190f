// SPDX-License-Identifier: Apache-2.0
// Which lines of the journal a call asks for. Pure.
#ifndef PROXY_CONTROL_FILTER_H
#define PROXY_CONTROL_FILTER_H

#include "proxy/control/desk.h"

struct filter {
    uint32_t kinds;    // a bit per enum event_kind
    const cJSON *when; // requests that a rule with it would meet; NULL: whatever was asked
    struct span rule;  // lines about that rule; empty: about any, or none
    int64_t exchange;  // lines of that one; 0: of any, or none
};

// The keys of a body that filter_read reads.
#define FILTER_KEYS "events|when|rule|x"

// Reads them; the filter borrows from the call's tree. False, and 422 with every problem of its
// `when`, if that cannot be asked.
bool filter_read(struct filter *f, const struct desk *desk, const struct call *call,
                 struct reply *reply);
bool filter_holds(const struct filter *f, const struct rules *matcher,
                  const struct history_line *line);
// What that takes, in bytes that are read: lines of another kind are hardly looked at.
size_t filter_cost(const struct filter *f, const struct history_line *line);

#endif
