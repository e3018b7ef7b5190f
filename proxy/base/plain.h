// SPDX-License-Identifier: Apache-2.0
// Which bytes stand in a JSON string as they are, asked of eight at a time: nearly all do.
#ifndef PROXY_BASE_PLAIN_H
#define PROXY_BASE_PLAIN_H

#include <string.h>

#include "proxy/base/span.h"

// Whether the first of eight bytes is the lowest of their word.
#define PLAIN_LOWEST_FIRST (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define PLAIN_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

// High bits where one of eight bytes is a control character, a quote, a backslash, DEL or beyond
// ASCII (and perhaps in bytes above such a one, by a carry). The high bit of a difference is set
// where that is below nought; that of the sum from DEL to 0xfe, and 0xff is left to a difference.
static inline uint64_t plain_others(uint64_t word)
{
    uint64_t quote = word ^ PLAIN_EACH_BYTE('"');
    uint64_t backslash = word ^ PLAIN_EACH_BYTE('\\');
    uint64_t high = (word + PLAIN_EACH_BYTE(1)) | (word - PLAIN_EACH_BYTE(0x20)) |
                    (quote - PLAIN_EACH_BYTE(1)) | (backslash - PLAIN_EACH_BYTE(1));
    return high & PLAIN_EACH_BYTE(0x80);
}

static inline bool plain_is_word(uint64_t word)
{
    return plain_others(word) == 0;
}

static inline bool plain_is_byte(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

// How many bytes at the beginning of a text are plain.
static inline size_t plain_run(struct span text)
{
    size_t run = 0;
    for (uint64_t word = 0; text.len - run >= sizeof word; run += sizeof word) {
        memcpy(&word, text.at + run, sizeof word);
        uint64_t others = plain_others(word);
        if (others != 0 && PLAIN_LOWEST_FIRST) {
            return run + (size_t)__builtin_ctzll(others) / 8;
        }
        if (others != 0) {
            break;
        }
    }
    while (run < text.len && plain_is_byte(text.at[run])) {
        run++;
    }
    return run;
}

#endif
