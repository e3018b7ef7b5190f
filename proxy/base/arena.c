// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/arena.h"

#include <stdint.h>
#include <string.h>

#include "proxy/base/alloc.h"

// A full BatchMeterUsage takes about 12 kB.
#define BLOCK_BYTES ((size_t)16000)
#define ALIGNMENT ((size_t)8)

struct arena_block {
    struct arena_block *next;
    uint64_t bytes[]; // for its alignment
};

static void add_block(struct arena *a, size_t need)
{
    size_t size = need > BLOCK_BYTES ? need : BLOCK_BYTES;
    struct arena_block *block = x_realloc(NULL, sizeof *block + size);
    block->next = a->blocks;
    a->blocks = block;
    a->free = (char *)block->bytes;
    a->left = size;
}

void *arena_take(struct arena *a, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (a->left < rounded) {
        add_block(a, rounded);
    }
    void *taken = a->free;
    a->free += rounded;
    a->left -= rounded;
    return taken;
}

void *arena_zeroed(struct arena *a, size_t size)
{
    return memset(arena_take(a, size), 0, size);
}

void arena_clear(struct arena *a)
{
    while (a->blocks != NULL) {
        struct arena_block *next = a->blocks->next;
        x_free(a->blocks);
        a->blocks = next;
    }
    *a = (struct arena){.blocks = NULL};
}
