// SPDX-License-Identifier: Apache-2.0
// Which mutation of the instrumented sources acts.
#ifndef TESTS_MUTATION_MUTATION_H
#define TESTS_MUTATION_MUTATION_H

#include <stdbool.h>

// More than there are; the generator holds itself to it.
#define MP_MUTATIONS 8192

extern int mp_mutation; // 0: none
extern bool mp_reached[MP_MUTATIONS];

// Chooses one, and changes the tables that it is about. Once in a process.
void mp_choose(int mutation);
// Writes the numbers of the mutations that were reached, one a line.
void mp_write_reached(const char *path);

// For the instrumented sources: their tables are changed by these functions, when one is chosen.
void mp_add_patch(void (*patch)(void));

static inline bool mp_is(int mutation)
{
    mp_reached[mutation] = true;
    return mp_mutation == mutation;
}

#endif
