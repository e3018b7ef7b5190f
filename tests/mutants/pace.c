// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/pace.h"

#include <time.h>

#include "proxy/base/instant.h"
#include "tests/mutants/talk.h"

#define PAUSE_US 110000 // AWS takes ten calls a second
// Of the first retry; each next one doubles it. Half of it is drawn, lest all programs come at
// once.
#define BACKOFF_MS 100u
#define FIXED_MS 900u

void pace_keep(struct meter *m)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_us = now.tv_sec * US_PER_S + now.tv_nsec / 1000;
    int64_t next_us = m->last_call_us + PAUSE_US;
    if (m->last_call_us != 0 && next_us > now_us) {
        pause_ms((unsigned)((next_us - now_us) / US_PER_MS) + 1);
        now_us = next_us;
    }
    m->last_call_us = now_us;
}

void pace_back_off(const struct meter *m, unsigned pass)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    unsigned base_ms = BACKOFF_MS << pass;
    unsigned drawn_ms = base_ms / 2 + (unsigned)(now.tv_nsec / 1000) % base_ms;
    bool obeys = !m->variants->on[BUG_IGNORE_RETRY_AFTER] && m->retry_after_ms > drawn_ms;
    pause_ms(m->variants->on[BUG_FIXED_BACKOFF] ? FIXED_MS : obeys ? m->retry_after_ms : drawn_ms);
}
