// SPDX-License-Identifier: Apache-2.0
// Sends what is due and draws from the replies what may be said of each usage.
#ifndef TESTS_MUTANTS_METER_H
#define TESTS_MUTANTS_METER_H

#include "tests/mutants/book.h"
#include "tests/mutants/wire.h"

struct meter {
    const struct variants *variants;
    struct book *book;
    struct wire *wire;
    int64_t now_us;       // service time, as last told
    bool is_stopped;      // this flush has met a service that takes nothing now
    int64_t last_call_us; // on the monotonic clock
    int64_t retry_at_us;  // the same: when the last reply allows another call
    bool has_resolved;    // a token, since the start
    bool is_instance;     // runs in its buyer's account: MeterUsage, one record a call
    bool is_agent;        // the same on AgentCore, where a ClientToken tells reports apart
    int64_t asked_step;   // the step that asked whether it may serve, until that is known; else 0
};

// Sends every record whose hour is over and says a word about every usage.
void meter_flush(struct meter *m);
// Only the words.
void meter_report(struct meter *m);

#endif
