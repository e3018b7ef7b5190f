// SPDX-License-Identifier: Apache-2.0
// A set of tags has no order, so a bucket's key is a hash that is a sum over its tags; buckets are
// sorted by it, and only those with equal hashes are compared tag by tag.
#include "proxy/aws/allocation.h"

#include <stdlib.h>

#include "proxy/aws/pattern.h"
#include "proxy/base/alloc.h"

struct bucket {
    uint64_t hash;
    const cJSON *tags;
};

int64_t allocation_add(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b) {
        return INT64_MAX;
    }
    return b < 0 && a < INT64_MIN - b ? INT64_MIN : a + b;
}

int64_t allocation_micros(int64_t whole)
{
    const int64_t most = INT64_C(9000000000000);
    int64_t cut = whole > most ? most : whole;
    return (cut < -most ? -most : cut) * 1000000;
}

// FNV-1a, going on from what was hashed before.
static uint64_t hash_text(uint64_t hash, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t hash_tag(const cJSON *tag)
{
    uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), json_span(json_get(tag, "Key")));
    hash = hash_text(hash ^ 0xff, json_span(json_get(tag, "Value"))); // no byte of UTF-8 is 0xff
    return hash ^ hash >> 32;
}

static struct bucket bucket_of(const cJSON *allocation)
{
    struct bucket b = {.tags = json_get(allocation, "Tags")};
    const cJSON *tag = NULL;
    if (!cJSON_IsArray(b.tags)) {
        b.tags = NULL;
        return b;
    }
    cJSON_ArrayForEach(tag, b.tags)
    {
        b.hash += hash_tag(tag);
    }
    return b;
}

static bool has_tag(const cJSON *tags, const cJSON *like)
{
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, tags)
    {
        if (span_equal(json_span(json_get(tag, "Key")), json_span(json_get(like, "Key"))) &&
            span_equal(json_span(json_get(tag, "Value")), json_span(json_get(like, "Value")))) {
            return true;
        }
    }
    return false;
}

static bool has_all(const cJSON *tags, const cJSON *wanted)
{
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, wanted)
    {
        if (!has_tag(tags, tag)) {
            return false;
        }
    }
    return true;
}

static int by_hash(const void *left, const void *right)
{
    uint64_t a = ((const struct bucket *)left)->hash;
    uint64_t b = ((const struct bucket *)right)->hash;
    return a < b ? -1 : a > b;
}

static void check_unique(struct violations *f, const cJSON *allocations)
{
    size_t count = (size_t)cJSON_GetArraySize(allocations);
    struct bucket *buckets = x_alloc(count * sizeof *buckets);
    size_t filled = 0;
    const cJSON *allocation = NULL;
    cJSON_ArrayForEach(allocation, allocations)
    {
        buckets[filled++] = bucket_of(allocation);
    }
    qsort(buckets, count, sizeof *buckets, by_hash);
    for (size_t i = 1; i < count; i++) {
        if (buckets[i].hash != buckets[i - 1].hash) {
            continue;
        }
        const cJSON *a = buckets[i - 1].tags;
        const cJSON *b = buckets[i].tags;
        if (has_all(a, b) && has_all(b, a)) {
            bool untagged = buckets[i].tags == NULL || buckets[i].tags->child == NULL;
            violations_add(f, AWS_ERROR_INVALID_USAGE_ALLOCATIONS,
                         untagged ? "At most one usage allocation can be without tags."
                                  : "Each usage allocation must have a unique set of tags.");
            break;
        }
    }
    x_free(buckets);
}

// The quantity of one bucket in millionths; is_decimal says in which form it was sent.
static int64_t quantity_of(const cJSON *allocation, bool *is_decimal, const struct ruleset *rules)
{
    const cJSON *decimal =
        rules->has_decimals ? json_get(allocation, "AllocatedUsageQuantityAsDecimal") : NULL;
    int64_t whole = 0;
    *is_decimal = json_text(decimal) != NULL;
    if (*is_decimal) {
        struct span text = json_span(decimal);
        return pattern_decimal(text) ? pattern_decimal_micros(text) : 0;
    }
    return json_int(json_get(allocation, "AllocatedUsageQuantity"), INT64_MIN, INT64_MAX, &whole)
               ? allocation_micros(whole)
               : 0;
}

static void check_sum(struct violations *f, const struct usage_record *record,
                      const struct ruleset *rules)
{
    int64_t sum_micros = 0;
    bool mixed = false;
    const cJSON *allocation = NULL;
    cJSON_ArrayForEach(allocation, record->allocations)
    {
        bool is_decimal = false;
        int64_t micros = quantity_of(allocation, &is_decimal, rules);
        sum_micros = allocation_add(sum_micros, micros);
        mixed = mixed || is_decimal != record->is_decimal;
    }
    if (sum_micros != record->quantity_micros) {
        violations_add(f, AWS_ERROR_INVALID_USAGE_ALLOCATIONS,
                     aws_error_message(AWS_ERROR_INVALID_USAGE_ALLOCATIONS));
    } else if (mixed && record->has_quantity) {
        violations_add(f, AWS_ERROR_INVALID_USAGE_ALLOCATIONS,
                     "The usage allocations don't use the same type of quantity (whole number or "
                     "decimal) as the usage quantity.");
    }
}

void allocation_check(struct violations *f, const struct usage_record *record,
                      const struct ruleset *rules)
{
    if (record->allocations == NULL || record->allocations->child == NULL) {
        return;
    }
    check_sum(f, record, rules);
    check_unique(f, record->allocations);
}
