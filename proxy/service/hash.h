// SPDX-License-Identifier: Apache-2.0
// A hash for tables of our own making: speed matters, defence does not, for nobody outside chooses
// how many keys there are.
#ifndef PROXY_SERVICE_HASH_H
#define PROXY_SERVICE_HASH_H

#include <string.h>

#include "proxy/base/span.h"

static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ (hash >> 32);
}

// Eight bytes at a step; the length goes in, so that ("ab","c") and ("a","bc") differ.
static inline uint64_t hash_span(uint64_t hash, struct span text)
{
    size_t at = 0;
    for (; text.len - at >= 8; at += 8) {
        uint64_t word = 0;
        memcpy(&word, text.at + at, 8);
        hash = hash_word(hash, word);
    }
    uint64_t last = (uint64_t)text.len << 56;
    for (unsigned shift = 0; at < text.len; at++, shift += 8) {
        last ^= (uint64_t)(unsigned char)text.at[at] << shift;
    }
    return hash_word(hash, last);
}

#endif
