// SPDX-License-Identifier: Apache-2.0
// What was asked under each ClientToken: "Passing the same value to a later call requires that you
// also pass the same value for all other parameters" (model, MeterUsageRequest.ClientToken).
#ifndef PROXY_SERVICE_TOKEN_BOOK_H
#define PROXY_SERVICE_TOKEN_BOOK_H

#include "proxy/base/digest.h"
#include "proxy/service/index.h"
#include "proxy/service/ledger.h"

struct token_use {
    char *key;
    char asked[SHA256_HEX]; // digest of the other parameters
    const struct ledger_entry *entry;
};

// Zeroed before its first use.
struct token_book {
    struct token_use **uses;
    size_t count, capacity;
    struct index by_key;
};

// NULL when the token was not used by that account in that Region.
const struct token_use *token_book_find(const struct token_book *book, struct span region,
                                        struct span account, struct span token);
// The token must not be there yet. entry is borrowed, for as long as the book lives.
void token_book_add(struct token_book *book, struct span region, struct span account,
                    struct span token, const char asked[SHA256_HEX],
                    const struct ledger_entry *entry);
void token_book_clear(struct token_book *book);

#endif
