// SPDX-License-Identifier: Apache-2.0
// What a refusal says of the keys and of the clock, and what the client does about it.
#ifndef TESTS_MUTANTS_MEND_H
#define TESTS_MUTANTS_MEND_H

#include "tests/mutants/wire.h"

// Looks for keys that have ended before their time, and for a clock that is off. True: something
// was changed, so that the same call is worth sending again at once.
bool mend(struct wire *w, const char *operation, const struct wire_reply *reply);

#endif
