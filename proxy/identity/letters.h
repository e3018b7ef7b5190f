// SPDX-License-Identifier: Apache-2.0
// Made-up identifiers and secrets: letters drawn from a seed.
#ifndef PROXY_IDENTITY_LETTERS_H
#define PROXY_IDENTITY_LETTERS_H

#include "proxy/base/buf.h"

#define LETTERS_DIGITS "0123456789"
#define LETTERS_HEX "0123456789abcdef"
#define LETTERS_BASE32 "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define LETTERS_BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

struct letters {
    uint64_t seed;
    struct span case_id; // borrowed
};

// Appends so many letters of the alphabet; what and turn tell draws apart.
void letters_add(const struct letters *l, struct buf *out, const char *what, uint64_t turn,
                 const char *alphabet, size_t count);
// The same as an owned text, behind a beginning.
char *letters_text(const struct letters *l, const char *begin, const char *what,
                   const char *alphabet, size_t count);

#endif
