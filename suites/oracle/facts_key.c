// SPDX-License-Identifier: Apache-2.0
// Keys: what usages, records and bills have to do with each other.
//
// A usage with `at` has one hour. One without may belong to several, so hours that such usages join
// become one key; most keys are one hour. What nobody asked for gets a key of its own, asked 0.
#include "suites/oracle/facts.h"

#include <string.h>

#include "proxy/base/instant.h"

static size_t key_for(const struct facts *f, const struct account *account, int64_t first_us,
                      int64_t last_us)
{
    for (size_t i = 0; i < f->keys_count; i++) {
        const struct key_fact *k = &f->keys[i];
        if (k->first_us <= last_us && k->last_us >= first_us &&
            account_equal(&k->account, account)) {
            return i;
        }
    }
    return NOWHERE;
}

// Keys that a wider one has come to touch are joined to it.
static void join_keys(struct facts *f, size_t at)
{
    for (size_t i = 0; i < f->keys_count; i++) {
        struct key_fact *wide = &f->keys[at];
        const struct key_fact *k = &f->keys[i];
        if (i == at || k->first_us > wide->last_us || k->last_us < wide->first_us ||
            !account_equal(&k->account, &wide->account)) {
            continue;
        }
        wide->first_us = k->first_us < wide->first_us ? k->first_us : wide->first_us;
        wide->last_us = k->last_us > wide->last_us ? k->last_us : wide->last_us;
        f->keys[i] = f->keys[--f->keys_count];
        at = at == f->keys_count ? i : at;
        i = NOWHERE; // from the start: the wider key may touch others now
    }
}

static void add_key(struct facts *f, const struct account *account, int64_t first_us,
                    int64_t last_us)
{
    size_t at = key_for(f, account, first_us, last_us);
    if (at == NOWHERE) {
        FACTS_ADD(f, keys,
                  (struct key_fact){.account = *account, .first_us = first_us, .last_us = last_us});
        return;
    }
    struct key_fact *k = &f->keys[at];
    if (first_us < k->first_us || last_us > k->last_us) {
        k->first_us = first_us < k->first_us ? first_us : k->first_us;
        k->last_us = last_us > k->last_us ? last_us : k->last_us;
        join_keys(f, at);
    }
}

// Several entries may have one key: an hour of each instance, or on AgentCore of each ClientToken.
static bool is_record_of(const cJSON *entry, const struct billed_fact *b)
{
    const char *record = fact_text(entry, "record");
    return *record == '\0' || *b->record == '\0' || strcmp(record, b->record) == 0;
}

bool billed_as(const struct billed_fact *b, const cJSON *entry)
{
    int64_t at_us = 0;
    return is_record_of(entry, b) &&
           instant_parse(&at_us, json_span(json_get(entry, "hour"))) == RC_OK &&
           instant_hour(at_us) == b->hour_us &&
           strcmp(fact_text(entry, "region"), b->region) == 0 &&
           strcmp(fact_text(entry, "payer"), b->payer) == 0 &&
           strcmp(fact_text(entry, "product"), b->account.product) == 0 &&
           strcmp(fact_text(entry, "dimension"), b->account.dimension) == 0;
}

static bool is_committed(const struct facts *f, const cJSON *entry)
{
    for (size_t i = 0; i < f->bills_count; i++) {
        if (billed_as(&f->bills[i], entry)) {
            return true;
        }
    }
    return false;
}

// What the ledger holds and no commit put there was billed before the case began.
static void add_preloaded(struct facts *f)
{
    const cJSON *entry = NULL;
    const cJSON *entries = json_get(f->evidence->ledger, "entries");
    cJSON_ArrayForEach(entry, entries)
    {
        struct account account = {.product = fact_text(entry, "product"),
                                  .who = fact_who(entry),
                                  .dimension = fact_text(entry, "dimension")};
        int64_t at_us = 0;
        if (instant_parse(&at_us, json_span(json_get(entry, "hour"))) != RC_OK ||
            is_committed(f, entry)) {
            continue;
        }
        int64_t hour_us = instant_hour(at_us);
        size_t at = key_for(f, &account, hour_us, hour_us);
        if (at != NOWHERE) {
            f->keys[at].preloaded += json_get_int(entry, "quantity", 0);
            f->keys[at].was_preloaded = true;
        }
    }
}

// Before a moment, commits that came after it are not known to f; the whole evidence knows what was
// billed before the case.
static void copy_preloaded(struct facts *f, const struct facts *whole)
{
    for (size_t i = 0; i < whole->keys_count; i++) {
        const struct key_fact *k = &whole->keys[i];
        size_t at = key_for(f, &k->account, k->first_us, k->last_us);
        if (at != NOWHERE && k->was_preloaded) {
            f->keys[at].preloaded += k->preloaded;
            f->keys[at].was_preloaded = true;
        }
    }
}

void facts_tie_keys(struct facts *f, const struct facts *whole)
{
    for (size_t i = 0; i < f->usages_count; i++) {
        add_key(f, &f->usages[i].account, f->usages[i].first_us, f->usages[i].last_us);
    }
    for (size_t i = 0; i < f->records_count; i++) {
        add_key(f, &f->records[i].account, f->records[i].hour_us, f->records[i].hour_us);
    }
    for (size_t i = 0; i < f->bills_count; i++) {
        add_key(f, &f->bills[i].account, f->bills[i].hour_us, f->bills[i].hour_us);
    }
    for (size_t i = 0; i < f->usages_count; i++) {
        struct usage_fact *u = &f->usages[i];
        u->key = key_for(f, &u->account, u->first_us, u->last_us);
    }
    for (size_t i = 0; i < f->records_count; i++) {
        struct record_fact *r = &f->records[i];
        r->key = key_for(f, &r->account, r->hour_us, r->hour_us);
    }
    for (size_t i = 0; i < f->bills_count; i++) {
        struct billed_fact *b = &f->bills[i];
        b->key = key_for(f, &b->account, b->hour_us, b->hour_us);
    }
    if (whole == NULL) {
        add_preloaded(f);
    } else {
        copy_preloaded(f, whole);
    }
}
