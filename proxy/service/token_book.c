// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/token_book.h"

#include <assert.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

// Neither Regions nor accounts hold a blank, so the three parts cannot run into each other.
static char *key_of(struct span region, struct span account, struct span token)
{
    struct buf key = {0};
    buf_add(&key, region);
    buf_add_char(&key, ' ');
    buf_add(&key, account);
    buf_add_char(&key, ' ');
    buf_add(&key, token);
    return buf_take_text(&key);
}

const struct token_use *token_book_find(const struct token_book *book, struct span region,
                                        struct span account, struct span token)
{
    OWN(text) char *key = key_of(region, account, token);
    return index_find(&book->by_key, span_of(key));
}

void token_book_add(struct token_book *book, struct span region, struct span account,
                    struct span token, const char asked[SHA256_HEX],
                    const struct ledger_entry *entry)
{
    struct token_use *use = x_alloc(sizeof *use);
    use->key = key_of(region, account, token);
    use->entry = entry;
    memcpy(use->asked, asked, sizeof use->asked);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    X_GROW(book->uses, book->count, book->capacity);
    book->uses[book->count++] = use;
    bool fresh = index_put(&book->by_key, span_of(use->key), use);
    assert(fresh);
    (void)fresh;
}

void token_book_clear(struct token_book *book)
{
    for (size_t i = 0; i < book->count; i++) {
        x_free(book->uses[i]->key);
        x_free(book->uses[i]);
    }
    x_free(book->uses);
    index_clear(&book->by_key);
    *book = (struct token_book){0};
}
