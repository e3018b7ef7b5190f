// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/allocations.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/aws/allocation.h"
#include "proxy/aws/pattern.h"
#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

// A client that sends a record again may build the list from a map anew, in another order: that is
// the same record. So every level is digested for itself and the digests are sorted.

struct digest_text {
    char hex[SHA256_HEX];
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct digest_text *)a)->hex, ((const struct digest_text *)b)->hex);
}

typedef void digest_fn(char out[SHA256_HEX], const cJSON *item);

// The digest of a list as a set.
static void digest_set(char out[SHA256_HEX], const cJSON *list, digest_fn *digest)
{
    size_t count = 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        count++;
    }
    struct digest_text *digests = x_alloc(count * sizeof *digests);
    size_t i = 0;
    cJSON_ArrayForEach(item, list)
    {
        digest(digests[i++].hex, item);
    }
    qsort(digests, count, sizeof *digests, compare);
    sha256_hex(out, (struct span){.at = (const char *)digests, .len = count * sizeof *digests});
    x_free(digests);
}

// Key and value as JSON strings, so that no bytes can move from one into the other.
static void digest_tag(char out[SHA256_HEX], const cJSON *tag)
{
    OWN_BUF struct buf text = {0};
    buf_add_json_string(&text, json_span(json_get(tag, "Key")));
    buf_add_json_string(&text, json_span(json_get(tag, "Value")));
    sha256_hex(out, buf_span(&text));
}

// In millionths, for a share may be given as a whole number or as a decimal text: 17 is 17.00.
static int64_t share_micros(const cJSON *bucket)
{
    struct span decimal = json_span(json_get(bucket, "AllocatedUsageQuantityAsDecimal"));
    return pattern_decimal(decimal)
               ? pattern_decimal_micros(decimal)
               : allocation_micros(json_get_int(bucket, "AllocatedUsageQuantity", 0));
}

static void digest_bucket(char out[SHA256_HEX], const cJSON *bucket)
{
    char tags[SHA256_HEX];
    digest_set(tags, json_get(bucket, "Tags"), digest_tag);
    OWN_BUF struct buf text = {0};
    buf_add_text(&text, tags);
    buf_add_i64(&text, share_micros(bucket));
    sha256_hex(out, buf_span(&text));
}

void allocations_digest(char out[SHA256_HEX], const cJSON *allocations)
{
    out[0] = '\0';
    if (allocations != NULL) {
        digest_set(out, allocations, digest_bucket);
    }
}
