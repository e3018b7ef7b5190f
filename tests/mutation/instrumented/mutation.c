// SPDX-License-Identifier: Apache-2.0
#include "mutation.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_PATCHES 64

int mp_mutation;
bool mp_reached[MP_MUTATIONS];

static void (*patches[MAX_PATCHES])(void);
static unsigned patch_count;

void mp_add_patch(void (*patch)(void))
{
    assert(patch_count < MAX_PATCHES);
    patches[patch_count++] = patch;
}

void mp_choose(int mutation)
{
    assert(mutation >= 0 && mutation < MP_MUTATIONS);
    mp_mutation = mutation;
    for (unsigned i = 0; i < patch_count; i++) {
        patches[i]();
    }
}

void mp_write_reached(const char *path)
{
    FILE *file = fopen(path, "w");
    assert(file != NULL);
    for (int i = 1; i < MP_MUTATIONS; i++) {
        if (mp_reached[i]) {
            (void)fprintf(file, "%d\n", i);
        }
    }
    int failed = fclose(file);
    assert(failed == 0);
}
