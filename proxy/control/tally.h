// SPDX-License-Identifier: Apache-2.0
// How often each rule was met, won, and was delivered since the scenario began, as the journal's
// lines say. Pure.
#ifndef PROXY_CONTROL_TALLY_H
#define PROXY_CONTROL_TALLY_H

#include "proxy/evidence/journal.h"
#include "proxy/scenario/scenario.h"

struct tally_row {
    uint64_t met, won, fired;
};

// Zeroed before its first use.
struct tally {
    const struct scenario *scenario; // borrowed; NULL: no rules
    struct tally_row *rows;          // owned; one per rule
    uint64_t after_exchange;         // earlier ones began under another scenario
    struct tally_win *early;         // owned; of those, what this one's rules won
    size_t early_count, early_capacity;
};

// Counts anew, for the rules of that scenario.
void tally_begin(struct tally *t, const struct scenario *s, uint64_t after_exchange);
void tally_clear(struct tally *t);
// A line of the journal; others than matches and faults are passed by.
void tally_line(struct tally *t, enum event_kind kind, struct span line);
// NULL when there is no such rule.
const struct tally_row *tally_of(const struct tally *t, struct span rule);

#endif
