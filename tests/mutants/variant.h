// SPDX-License-Identifier: Apache-2.0
// Which known bugs and which lawful differences this run of the client has.
#ifndef TESTS_MUTANTS_VARIANT_H
#define TESTS_MUTANTS_VARIANT_H

#include <stdbool.h>
#include <stdio.h>

#include "proxy/base/rc.h"

enum variant {
#define BUG(id, name, help) BUG_##id,
#define LEGAL(id, name, help) LEGAL_##id,
#include "tests/mutants/variant.def"
    VARIANT_COUNT
};

// One flag per variant; none set is the careful client.
struct variants {
    bool on[VARIANT_COUNT];
};

// Reads --bug NAME and --legal NAME, any number of them. RC_USAGE after a sentence on stderr when
// something else stands there.
MUST_USE enum rc variants_read(struct variants *v, int argc, char **argv);

// Prints one line per bug, then one per lawful difference: kind, name, help.
void variants_list(FILE *out);

#endif
