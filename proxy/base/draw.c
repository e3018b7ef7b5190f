// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/draw.h"

// splitmix64's finaliser (Steele, Lea, Flood 2014): every input bit reaches every output bit.
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t absorb(uint64_t state, uint64_t value)
{
    return mix(state + UINT64_C(0x9e3779b97f4a7c15) + value);
}

// The length goes in first, so that ("ab","c") and ("a","bc") differ.
static uint64_t absorb_text(uint64_t state, struct span text)
{
    state = absorb(state, text.len);
    for (size_t i = 0; i < text.len; i++) {
        state = absorb(state, (unsigned char)text.at[i]);
    }
    return state;
}

uint64_t draw_u64(const struct draw *d, uint64_t salt)
{
    uint64_t state = absorb(0, d->seed);
    state = absorb_text(state, d->case_id);
    state = absorb_text(state, d->rule);
    state = absorb(state, d->index);
    return absorb(state, salt);
}

double draw_unit(const struct draw *d, uint64_t salt)
{
    return (double)(draw_u64(d, salt) >> 11) / 9007199254740992.0; // 2^53
}
