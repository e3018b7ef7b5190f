// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/base64.h"

static uint32_t byte_at(struct span bytes, size_t i)
{
    return i < bytes.len ? (unsigned char)bytes.at[i] : 0;
}

void base64url_add(struct buf *out, struct span bytes)
{
    static const char LETTERS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t at = 0; at < bytes.len; at += 3) {
        uint32_t three =
            byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
        size_t given = bytes.len - at < 3 ? bytes.len - at : 3;
        for (size_t letter = 0; letter <= given; letter++) {
            buf_add_char(out, LETTERS[three >> (18 - 6 * letter) & 63]);
        }
    }
}
