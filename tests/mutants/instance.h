// SPDX-License-Identifier: Apache-2.0
// A program that runs in its buyer's account, as an instance, task, pod or agent: it calls
// MeterUsage, and finds out for itself whether it may serve.
#ifndef TESTS_MUTANTS_INSTANCE_H
#define TESTS_MUTANTS_INSTANCE_H

#include "tests/mutants/meter.h"

// Reads from METERPROVER_WORLD which product type the client is to be.
void instance_know(struct meter *m);
// By the bug start-zero: reports at once that nothing was used.
void instance_start(struct meter *m);
// ,"ClientToken":… where the record has one, and what else only MeterUsage has.
void instance_render_own(struct buf *out, const struct meter *m, const struct book_record *r);
// What some bugs make of a reply.
void instance_note(struct meter *m, const struct wire_reply *reply);
// Asks by a dry run whether it may serve, and says what came of it. What is not known yet is asked
// again by instance_ask_again, and then said of the same step.
void instance_ask(struct meter *m, int64_t step);
// A report was refused since the buyer has no subscription: it serves no more.
void instance_deny(struct meter *m);
void instance_ask_again(struct meter *m);

#endif
