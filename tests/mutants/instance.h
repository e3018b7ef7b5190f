// SPDX-License-Identifier: Apache-2.0
// A program that runs in its buyer's account, as an instance, task, pod or agent: it calls
// MeterUsage, and finds out for itself whether it may serve.
#ifndef TESTS_MUTANTS_INSTANCE_H
#define TESTS_MUTANTS_INSTANCE_H

#include "tests/mutants/meter.h"

// Reads from METERPROVER_WORLD which product type the client is to be.
void instance_know(struct meter *m);
// ,"ClientToken":… where the record has one.
void instance_render_token(struct buf *out, const struct meter *m, const struct book_record *r);
// Asks by a dry run whether it may serve, and says what came of it. What is not known yet is asked
// again by instance_ask_again, and then said of the same step.
void instance_ask(struct meter *m, int64_t step);
void instance_ask_again(struct meter *m);

#endif
