// SPDX-License-Identifier: Apache-2.0
// Memory for many small things that die together: a pointer is moved on, and all is released at
// once.
#ifndef PROXY_BASE_ARENA_H
#define PROXY_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

// Zeroed before its first use.
struct arena {
    struct arena_block *blocks; // the newest first
    char *free;                 // the rest of the newest
    size_t left;
};

// Memory of that size, not zeroed, aligned for pointers, doubles and 64-bit integers; good until
// the arena is cleared.
void *arena_take(struct arena *a, size_t size) __attribute__((returns_nonnull));
void *arena_zeroed(struct arena *a, size_t size) __attribute__((returns_nonnull));
// Releases everything; the arena is empty and usable again.
void arena_clear(struct arena *a);

#endif
