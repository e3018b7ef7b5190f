// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/pace.h"

#include <time.h>

#include "proxy/base/instant.h"
#include "tests/mutants/talk.h"

#define PAUSE_US 110000 // AWS takes ten calls a second
// Of the first retry; each next one doubles it. Half of it is drawn, lest all programs come at
// once.
#define BACKOFF_MS 100u
#define FIXED_MS 1500u // long beside what the machine adds, shorter than NET-17 asks for

static int64_t monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

void pace_keep(struct meter *m)
{
    int64_t now_us = monotonic_us();
    int64_t next_us = m->last_call_us + PAUSE_US;
    if (m->last_call_us != 0 && next_us > now_us) {
        pause_ms((unsigned)((next_us - now_us) / US_PER_MS) + 1);
        now_us = next_us;
    }
    m->last_call_us = now_us;
}

void pace_heed(struct meter *m, unsigned retry_after_ms)
{
    bool heeds = !m->variants->on[BUG_IGNORE_RETRY_AFTER] && !m->variants->on[BUG_FIXED_BACKOFF];
    m->retry_at_us = heeds && retry_after_ms > 0 ? monotonic_us() + retry_after_ms * US_PER_MS : 0;
}

bool pace_must_wait(const struct meter *m)
{
    return monotonic_us() < m->retry_at_us;
}

void pace_back_off(const struct meter *m, unsigned pass)
{
    int64_t now_us = monotonic_us();
    unsigned base_ms = BACKOFF_MS << pass;
    unsigned drawn_ms = base_ms / 2 + (unsigned)(now_us % base_ms);
    int64_t asked_ms = (m->retry_at_us - now_us) / US_PER_MS + 1;
    unsigned wait_ms = asked_ms > drawn_ms ? (unsigned)asked_ms : drawn_ms;
    pause_ms(m->variants->on[BUG_FIXED_BACKOFF] ? FIXED_MS : wait_ms);
}
