// SPDX-License-Identifier: Apache-2.0
// How a record's quantity is split by tags: AWS calls each part a usage allocation. Usage brings
// parts of any kind; what AWS takes is made of them when they are taken and when they are rendered.
#ifndef TESTS_MUTANTS_SHARES_H
#define TESTS_MUTANTS_SHARES_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "proxy/base/buf.h"
#include "tests/mutants/variant.h"

struct share {
    char *tags; // [{"Key":…,"Value":…}] in the order of the keys; "" for what is not tagged
    double quantity; // may have a fraction, which is settled when it is rendered
};

struct shares {
    struct share *list;
    size_t count, cap;
};

// Adds the parts of one usage: `tags` as its line bears it, or NULL; what they leave of its
// quantity is not tagged.
void shares_add(struct shares *s, const cJSON *parts, double quantity, const bool *on);
// ,"UsageAllocations":[…] whose whole numbers add up to total; nothing where nothing is tagged.
void shares_render(struct buf *out, const struct shares *s, int64_t total, const bool *on);
// No less than shares_render writes.
size_t shares_bytes(const struct shares *s);
void shares_clear(struct shares *s);

#endif
