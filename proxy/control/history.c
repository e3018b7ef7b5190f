// SPDX-License-Identifier: Apache-2.0
// The lines stand one behind the other in a block of the allowed size, each in one piece; what no
// longer fits at its end begins at its front again, where the oldest give way. So a line costs a
// copy, and no memory but what the block was given.
#include "proxy/control/history.h"

#include "proxy/base/alloc.h"

struct kept {
    size_t at, len; // in the block
    enum event_kind kind;
};

struct history {
    char *block;
    size_t size, end;  // end: where the next line goes
    struct kept *ring; // line n stands at n % capacity
    size_t capacity, count;
    uint64_t last;
};

struct history *history_new(size_t max_bytes)
{
    struct history *h = x_alloc(sizeof *h);
    h->size = max_bytes;
    h->block = x_alloc(max_bytes);
    h->capacity = 64;
    h->ring = x_alloc(h->capacity * sizeof *h->ring);
    return h;
}

void history_free(struct history **slot_of)
{
    struct history *h = *slot_of;
    if (h != NULL) {
        x_free(h->ring);
        x_free(h->block);
        x_free(h);
        *slot_of = NULL;
    }
}

static struct kept *slot(const struct history *h, uint64_t n)
{
    return &h->ring[n % h->capacity];
}

static void grow(struct history *h)
{
    struct history old = *h;
    h->capacity = old.capacity * 2;
    h->ring = x_alloc(h->capacity * sizeof *h->ring);
    for (uint64_t n = history_first(&old); n <= old.last; n++) {
        *slot(h, n) = *slot(&old, n);
    }
    x_free(old.ring);
}

// Forgets the oldest as long as they stand between those two places.
static void clear_between(struct history *h, size_t from, size_t to)
{
    while (h->count > 0) {
        const struct kept *oldest = slot(h, history_first(h));
        if (oldest->at >= to || oldest->at + oldest->len <= from) {
            return;
        }
        h->count--;
    }
}

// Where a line of that length goes.
static size_t make_room(struct history *h, size_t len)
{
    if (len > h->size) { // it is kept all the same, alone
        x_free(h->block);
        h->block = x_alloc(len);
        h->size = len;
        h->count = 0;
        h->end = 0;
    }
    if (h->size - h->end < len) {
        clear_between(h, h->end, h->size);
        h->end = 0;
    }
    clear_between(h, h->end, h->end + len);
    return h->end;
}

void history_add(struct history *h, enum event_kind kind, struct span line)
{
    size_t at = make_room(h, line.len);
    if (h->count == h->capacity) {
        grow(h);
    }
    h->last++;
    h->count++;
    memcpy(h->block + at, line.at, line.len);
    h->end = at + line.len;
    *slot(h, h->last) = (struct kept){.at = at, .len = line.len, .kind = kind};
}

uint64_t history_last(const struct history *h)
{
    return h->last;
}

uint64_t history_first(const struct history *h)
{
    return h->last - h->count + 1;
}

bool history_after(const struct history *h, uint64_t n, struct history_line *out)
{
    uint64_t first = history_first(h);
    if (n >= h->last || h->count == 0) {
        return false;
    }
    uint64_t next = n + 1 > first ? n + 1 : first;
    const struct kept *k = slot(h, next);
    *out = (struct history_line){
        .n = next, .kind = k->kind, .text = {.at = h->block + k->at, .len = k->len}};
    return true;
}
