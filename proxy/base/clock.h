// SPDX-License-Identifier: Apache-2.0
// The only source of time. Three times matter: monotonic (delays, deadlines), wire (signatures,
// Date, credential life) and service (hours, windows, tokens); service time is wire time plus an
// offset that `clock` steps move.
#ifndef PROXY_BASE_CLOCK_H
#define PROXY_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*monotonic_us)(void *arg);
    int64_t (*wall_us)(void *arg);
    void *arg;
};

// CLOCK_MONOTONIC and CLOCK_REALTIME of this machine.
struct clock clock_system(void);

int64_t clock_monotonic_us(const struct clock *c);
int64_t clock_wall_us(const struct clock *c);

// A clock that tests advance by hand.
struct manual_time {
    int64_t monotonic_us;
    int64_t wall_us;
};
// time is borrowed and must outlive the clock.
struct clock clock_manual(struct manual_time *time);

#endif
