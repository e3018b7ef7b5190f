// SPDX-License-Identifier: Apache-2.0
// Seeded draws: a pure function of (seed, case, rule, match index), so that no other traffic can
// shift a decision, and the same seed plays the same faults.
#ifndef PROXY_BASE_DRAW_H
#define PROXY_BASE_DRAW_H

#include <stdint.h>

#include "proxy/base/span.h"

struct draw {
    uint64_t seed;
    struct span case_id;
    struct span rule; // the rule's name, or another word for what is drawn
    uint64_t index;   // the rule's match index, from 1
};

// 64 evenly distributed bits; salt separates several draws for one match.
uint64_t draw_u64(const struct draw *d, uint64_t salt);
// In [0, 1).
double draw_unit(const struct draw *d, uint64_t salt);

#endif
