// SPDX-License-Identifier: Apache-2.0
// Finds what a text stands for. Keys and values are borrowed.
#ifndef PROXY_SERVICE_INDEX_H
#define PROXY_SERVICE_INDEX_H

#include "proxy/base/span.h"

struct index_slot {
    struct span key; // at is NULL while the slot is free
    const void *value;
};

struct index {
    struct index_slot *slots;
    size_t slot_count; // 0 or a power of two
    size_t count;
};

// Releases the memory and makes the index empty; usable again afterwards.
void index_clear(struct index *index);
// False, and nothing changes, when the key is there already.
bool index_put(struct index *index, struct span key, const void *value);
// NULL when there is no such key.
const void *index_find(const struct index *index, struct span key);

#endif
