// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/ledger.h"

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"
#include "proxy/service/hash.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// Entries are borrowed until the end, so they live in blocks that never move; the texts of their
// keys lie in blocks beside them. `slots` is an open-addressing table of indices + 1 (0: free),
// never more than half full.
#define BLOCK_ENTRIES 128
#define TEXT_BLOCK_BYTES 8192

struct entry_block {
    struct ledger_entry entries[BLOCK_ENTRIES];
    uint64_t hashes[BLOCK_ENTRIES];
};

struct text_block {
    struct text_block *next;
    size_t used, size;
    char bytes[];
};

struct ledger {
    struct entry_block **blocks;
    size_t block_count, block_capacity;
    size_t count;
    struct text_block *texts;
    size_t *slots;
    size_t slot_count; // a power of two
};

static uint64_t hash_key(const struct ledger_key *key)
{
    uint64_t hash = hash_word(0, (uint64_t)key->hour_us);
    hash = hash_span(hash, key->payer);
    hash = hash_span(hash, key->dimension);
    hash = hash_span(hash, key->product);
    hash = hash_span(hash, key->instance);
    hash = hash_span(hash, key->token);
    return hash_span(hash, key->region);
}

static bool same_key(const struct ledger_key *a, const struct ledger_key *b)
{
    return a->hour_us == b->hour_us && span_equal(a->payer, b->payer) &&
           span_equal(a->dimension, b->dimension) && span_equal(a->product, b->product) &&
           span_equal(a->region, b->region) && span_equal(a->instance, b->instance) &&
           span_equal(a->token, b->token);
}

static struct ledger_entry *entry_at(const struct ledger *l, size_t i)
{
    return &l->blocks[i / BLOCK_ENTRIES]->entries[i % BLOCK_ENTRIES];
}

static uint64_t hash_at(const struct ledger *l, size_t i)
{
    return l->blocks[i / BLOCK_ENTRIES]->hashes[i % BLOCK_ENTRIES];
}

struct ledger *ledger_new(void)
{
    struct ledger *l = x_alloc(sizeof *l);
    l->slot_count = 64;
    l->slots = x_alloc(l->slot_count * sizeof *l->slots);
    return l;
}

void ledger_free(struct ledger **l)
{
    if (*l == NULL) {
        return;
    }
    for (size_t i = 0; i < (*l)->block_count; i++) {
        x_free((*l)->blocks[i]);
    }
    while ((*l)->texts != NULL) {
        struct text_block *next = (*l)->texts->next;
        x_free((*l)->texts);
        (*l)->texts = next;
    }
    x_free((*l)->blocks);
    x_free((*l)->slots);
    x_free(*l);
    *l = NULL;
}

const struct ledger_entry *ledger_find(const struct ledger *l, const struct ledger_key *key)
{
    uint64_t hash = hash_key(key);
    size_t mask = l->slot_count - 1;
    for (size_t slot = (size_t)hash & mask; l->slots[slot] != 0; slot = (slot + 1) & mask) {
        size_t i = l->slots[slot] - 1;
        if (hash_at(l, i) == hash && same_key(&entry_at(l, i)->key, key)) {
            return entry_at(l, i);
        }
    }
    return NULL;
}

static void take_slot(struct ledger *l, size_t i)
{
    size_t mask = l->slot_count - 1;
    size_t slot = (size_t)hash_at(l, i) & mask;
    while (l->slots[slot] != 0) {
        slot = (slot + 1) & mask;
    }
    l->slots[slot] = i + 1;
}

static void make_slots(struct ledger *l)
{
    if (l->count * 2 < l->slot_count) {
        return;
    }
    l->slot_count *= 2;
    x_free(l->slots);
    l->slots = x_alloc(l->slot_count * sizeof *l->slots);
    for (size_t i = 0; i < l->count; i++) {
        take_slot(l, i);
    }
}

// A copy that lives as long as the ledger, with a NUL behind it.
static struct span keep(struct ledger *l, struct span text)
{
    size_t need = text.len + 1;
    if (l->texts == NULL || l->texts->size - l->texts->used < need) {
        size_t size = need > TEXT_BLOCK_BYTES ? need : TEXT_BLOCK_BYTES;
        struct text_block *block = x_alloc(sizeof *block + size);
        block->size = size;
        block->next = l->texts;
        l->texts = block;
    }
    char *at = l->texts->bytes + l->texts->used;
    if (text.len > 0) {
        memcpy(at, text.at, text.len);
    }
    at[text.len] = '\0';
    l->texts->used += need;
    return (struct span){.at = at, .len = text.len};
}

static struct ledger_entry *next_entry(struct ledger *l)
{
    if (l->count == l->block_count * BLOCK_ENTRIES) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
        X_GROW(l->blocks, l->block_count, l->block_capacity);
        l->blocks[l->block_count++] = x_alloc(sizeof **l->blocks);
    }
    return entry_at(l, l->count);
}

const struct ledger_entry *ledger_add(struct ledger *l, const struct ledger_key *key,
                                      int64_t quantity, int64_t now_us, const char *record_id)
{
    assert(ledger_find(l, key) == NULL);
    struct ledger_entry *entry = next_entry(l);
    entry->key = (struct ledger_key){
        .region = keep(l, key->region),
        .product = keep(l, key->product),
        .payer = keep(l, key->payer),
        .dimension = keep(l, key->dimension),
        .hour_us = key->hour_us,
        .instance = keep(l, key->instance),
        .token = keep(l, key->token),
    };
    entry->quantity = quantity;
    entry->committed_us = now_us;
    (void)snprintf(entry->record_id, sizeof entry->record_id, "%s", record_id);
    l->blocks[l->count / BLOCK_ENTRIES]->hashes[l->count % BLOCK_ENTRIES] = hash_key(key);
    l->count++;
    make_slots(l);
    take_slot(l, l->count - 1);
    return entry;
}

// The ledger's own, writable view of an entry that a caller borrowed; mostly the newest.
static struct ledger_entry *own_entry(struct ledger *l, const struct ledger_entry *entry)
{
    size_t i = l->count;
    while (i > 0 && entry_at(l, i - 1) != entry) {
        i--;
    }
    assert(i > 0);
    return entry_at(l, i - 1);
}

void ledger_set_allocations(struct ledger *l, const struct ledger_entry *entry,
                            const char *allocations)
{
    own_entry(l, entry)->allocations = keep(l, span_of(allocations)).at;
}

void ledger_set_fraction(struct ledger *l, const struct ledger_entry *entry, int64_t micros)
{
    own_entry(l, entry)->fraction_micros = micros;
}

void ledger_set_preloaded(struct ledger *l, const struct ledger_entry *entry)
{
    own_entry(l, entry)->preloaded = true;
}

size_t ledger_count(const struct ledger *l)
{
    return l->count;
}

const struct ledger_entry *ledger_at(const struct ledger *l, size_t i)
{
    assert(i < l->count);
    return entry_at(l, i);
}

static void render_text(struct buf *out, const char *name, struct span value)
{
    buf_add_text(out, name);
    buf_add_json_string(out, value);
}

// Six digits after the point, without zeros at the end.
static void render_quantity(const struct ledger_entry *entry, struct buf *out)
{
    buf_add_i64(out, entry->quantity);
    int64_t rest = entry->fraction_micros;
    if (rest != 0) {
        buf_add_char(out, '.');
    }
    for (int64_t unit = 100000; rest != 0; unit /= 10) {
        buf_add_i64(out, rest / unit);
        rest %= unit;
    }
}

void ledger_render_entry(const struct ledger_entry *entry, struct buf *out)
{
    char hour[INSTANT_TEXT];
    char committed[INSTANT_TEXT];
    instant_format_s(hour, entry->key.hour_us);
    instant_format(committed, entry->committed_us);
    render_text(out, "{\"region\":", entry->key.region);
    render_text(out, ",\"product\":", entry->key.product);
    render_text(out, ",\"payer\":", entry->key.payer);
    render_text(out, ",\"dimension\":", entry->key.dimension);
    render_text(out, ",\"hour\":", span_of(hour));
    buf_add_text(out, ",\"quantity\":");
    render_quantity(entry, out);
    render_text(out, ",\"record\":", span_of(entry->record_id));
    render_text(out, ",\"committed\":", span_of(committed));
    if (entry->key.instance.len > 0) {
        render_text(out, ",\"instance\":", entry->key.instance);
    }
    if (entry->key.token.len > 0) {
        render_text(out, ",\"token\":", entry->key.token);
    }
    buf_add_text(out, entry->preloaded ? ",\"preloaded\":true}" : "}");
}

void ledger_render(const struct ledger *l, struct buf *out)
{
    buf_add_text(out, "{\"entries\":[");
    for (size_t i = 0; i < l->count; i++) {
        if (i > 0) {
            buf_add_char(out, ',');
        }
        ledger_render_entry(entry_at(l, i), out);
    }
    buf_add_text(out, "]}");
}
