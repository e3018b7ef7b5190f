// SPDX-License-Identifier: Apache-2.0
// A record of quantity 0 for each hour in which a subscriber used nothing.
#ifndef TESTS_MUTANTS_HEARTBEAT_H
#define TESTS_MUTANTS_HEARTBEAT_H

#include "tests/mutants/meter.h"

// Adds what is missing up to now to the book; of subscribers of whom a notice has told.
void heartbeat_fill(struct meter *m);

#endif
