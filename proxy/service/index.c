// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/index.h"

#include "proxy/base/alloc.h"
#include "proxy/service/hash.h"

// Open addressing, never more than half full, so that a search always meets a free slot.

void index_clear(struct index *index)
{
    x_free(index->slots);
    *index = (struct index){0};
}

// The slot of that key, or the free one where it would go.
static struct index_slot *slot_for(const struct index *index, struct span key)
{
    size_t mask = index->slot_count - 1;
    size_t at = (size_t)hash_span(0, key) & mask;
    while (index->slots[at].key.at != NULL && !span_equal(index->slots[at].key, key)) {
        at = (at + 1) & mask;
    }
    return &index->slots[at];
}

static void make_room(struct index *index)
{
    if (index->count * 2 < index->slot_count) {
        return;
    }
    struct index larger = {.slot_count = index->slot_count == 0 ? 16 : index->slot_count * 2};
    larger.slots = x_alloc(larger.slot_count * sizeof *larger.slots);
    for (size_t i = 0; i < index->slot_count; i++) {
        if (index->slots[i].key.at != NULL) {
            *slot_for(&larger, index->slots[i].key) = index->slots[i];
        }
    }
    x_free(index->slots);
    index->slots = larger.slots;
    index->slot_count = larger.slot_count;
}

bool index_put(struct index *index, struct span key, const void *value)
{
    make_room(index);
    struct index_slot *slot = slot_for(index, key);
    if (slot->key.at != NULL) {
        return false;
    }
    *slot = (struct index_slot){.key = key, .value = value};
    index->count++;
    return true;
}

const void *index_find(const struct index *index, struct span key)
{
    return index->count == 0 ? NULL : slot_for(index, key)->value;
}
