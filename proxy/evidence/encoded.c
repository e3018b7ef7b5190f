// SPDX-License-Identifier: Apache-2.0
// A secret within a longer text that is encoded in base64 begins at one of three places of a group
// of three bytes (RFC 4648 4). For each of them there are characters that it alone decides; what
// the text around it decides with it is left out.
#include "proxy/evidence/encoded.h"

#include <string.h>

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL_SAFE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The bits from there on, as a number; bits past the end are none of the secret's.
static unsigned six_bits(struct span value, size_t from)
{
    unsigned bits = 0;
    for (size_t i = from; i < from + 6; i++) {
        unsigned byte = (unsigned char)value.at[i / 8];
        bits = bits << 1 | (byte >> (7 - i % 8) & 1u);
    }
    return bits;
}

static void add_form(struct secrets *s, const char *name, struct span value, size_t before,
                     const char *alphabet)
{
    // The first character that the secret alone decides begins at the first multiple of six bits.
    size_t skipped = (6 - before * 8 % 6) % 6;
    struct buf text = {0};
    for (size_t from = skipped; from + 6 <= value.len * 8; from += 6) {
        buf_add_char(&text, alphabet[six_bits(value, from)]);
    }
    secrets_add(s, name, buf_span(&text));
    buf_clear(&text);
}

void secrets_add_encoded(struct secrets *s, const char *name, struct span value)
{
    for (size_t before = 0; before < 3 && value.len >= SECRET_MIN_BYTES; before++) {
        add_form(s, name, value, before, STANDARD);
        add_form(s, name, value, before, URL_SAFE); // ignored where it is the same
    }
}
