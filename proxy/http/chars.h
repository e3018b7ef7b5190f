// SPDX-License-Identifier: Apache-2.0
// The character sets of HTTP and URIs, as one table of bits.
#ifndef PROXY_HTTP_CHARS_H
#define PROXY_HTTP_CHARS_H

#include "proxy/base/span.h"

enum h1_chars {
    H1_TOKEN = 1,  // RFC 9110 5.6.2
    H1_TARGET = 2, // all that a URI has but # (RFC 3986 2)
    H1_HOST = 4,   // reg-name (RFC 3986 3.2.2), % included
    H1_VALUE = 8,  // a field value or reason: HTAB, SP, VCHAR and obs-text (RFC 9110 5.5)
    H1_DIGIT = 16,
    H1_HEX = 32,
};

extern const unsigned char H1_CHARS[256];

static inline bool h1_is(char c, enum h1_chars kind)
{
    return (H1_CHARS[(unsigned char)c] & (unsigned)kind) != 0;
}

// True when every character is of that kind; so also for no characters.
bool h1_all(struct span text, enum h1_chars kind);
bool h1_is_token(struct span text);

#endif
