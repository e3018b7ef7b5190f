// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t system_monotonic_us(void *arg)
{
    (void)arg;
    return read_us(CLOCK_MONOTONIC);
}

static int64_t system_wall_us(void *arg)
{
    (void)arg;
    return read_us(CLOCK_REALTIME);
}

static int64_t manual_monotonic_us(void *arg)
{
    const struct manual_time *time = arg;
    return time->monotonic_us;
}

static int64_t manual_wall_us(void *arg)
{
    const struct manual_time *time = arg;
    return time->wall_us;
}

struct clock clock_system(void)
{
    return (struct clock){.monotonic_us = system_monotonic_us, .wall_us = system_wall_us};
}

struct clock clock_manual(struct manual_time *time)
{
    return (struct clock){
        .monotonic_us = manual_monotonic_us, .wall_us = manual_wall_us, .arg = time};
}

int64_t clock_monotonic_us(const struct clock *c)
{
    return c->monotonic_us(c->arg);
}

int64_t clock_wall_us(const struct clock *c)
{
    return c->wall_us(c->arg);
}
