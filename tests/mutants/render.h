// SPDX-License-Identifier: Apache-2.0
// A call's body: records of usage as the wire has them.
#ifndef TESTS_MUTANTS_RENDER_H
#define TESTS_MUTANTS_RENDER_H

#include "proxy/base/buf.h"
#include "tests/mutants/meter.h"

// Some records that go into one call, by number.
struct batch {
    const size_t *records;
    size_t count;
};

struct book_record *batch_record(const struct meter *m, struct batch batch, size_t i);

// The body of BatchMeterUsage, or of MeterUsage with the one record of the batch. Each record keeps
// what was sent of it.
void render_batch(struct buf *out, const struct meter *m, struct batch batch);

#endif
