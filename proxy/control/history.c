// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/history.h"

#include "proxy/base/alloc.h"

struct kept {
    char *text;
    size_t len;
    enum event_kind kind;
};

// A ring: line n stands at n % capacity.
struct history {
    struct kept *ring;
    size_t capacity, count;
    size_t bytes, max_bytes;
    uint64_t last;
};

struct history *history_new(size_t max_bytes)
{
    struct history *h = x_alloc(sizeof *h);
    h->max_bytes = max_bytes;
    return h;
}

static struct kept *slot(const struct history *h, uint64_t n)
{
    return &h->ring[n % h->capacity];
}

static void drop_oldest(struct history *h)
{
    struct kept *k = slot(h, history_first(h));
    h->bytes -= k->len + sizeof *k;
    x_free(k->text);
    k->text = NULL;
    h->count--;
}

void history_free(struct history **slot_of)
{
    struct history *h = *slot_of;
    if (h == NULL) {
        return;
    }
    while (h->count > 0) {
        drop_oldest(h);
    }
    x_free(h->ring);
    x_free(h);
    *slot_of = NULL;
}

static void grow(struct history *h)
{
    struct history old = *h;
    h->capacity = old.capacity == 0 ? 64 : old.capacity * 2;
    h->ring = x_alloc(h->capacity * sizeof *h->ring);
    for (uint64_t n = history_first(&old); n <= old.last; n++) {
        *slot(h, n) = *slot(&old, n);
    }
    x_free(old.ring);
}

void history_add(struct history *h, enum event_kind kind, struct span line)
{
    size_t cost = line.len + sizeof(struct kept);
    while (h->count > 0 && h->bytes + cost > h->max_bytes) {
        drop_oldest(h);
    }
    if (h->count == h->capacity) {
        grow(h);
    }
    h->last++;
    h->count++;
    h->bytes += cost;
    *slot(h, h->last) = (struct kept){.text = span_dup(line), .len = line.len, .kind = kind};
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
    uint64_t next = n + 1 > first ? n + 1 : first;
    if (n >= h->last || next > h->last) {
        return false;
    }
    const struct kept *k = slot(h, next);
    *out =
        (struct history_line){.n = next, .kind = k->kind, .text = {.at = k->text, .len = k->len}};
    return true;
}
