// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/variant.h"

#include <string.h>

struct variant_row {
    const char *kind;
    const char *name;
    const char *help;
};

static const struct variant_row variant_rows[] = {
#define BUG(id, variant_name, text)                                                                \
    [BUG_##id] = {.kind = "bug", .name = (variant_name), .help = (text)},
#define LEGAL(id, variant_name, text)                                                              \
    [LEGAL_##id] = {.kind = "legal", .name = (variant_name), .help = (text)},
#include "tests/mutants/variant.def"
};

_Static_assert(sizeof variant_rows / sizeof variant_rows[0] == VARIANT_COUNT, "a row per variant");

// The row of that kind and name; VARIANT_COUNT when there is none.
static size_t variant_find(const char *kind, const char *name)
{
    size_t i = 0;
    while (i < VARIANT_COUNT &&
           (strcmp(variant_rows[i].kind, kind) != 0 || strcmp(variant_rows[i].name, name) != 0)) {
        i++;
    }
    return i;
}

enum rc variants_read(struct variants *v, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        bool is_option = strcmp(argv[i], "--bug") == 0 || strcmp(argv[i], "--legal") == 0;
        size_t row =
            is_option && i + 1 < argc ? variant_find(argv[i] + 2, argv[i + 1]) : VARIANT_COUNT;
        if (row == VARIANT_COUNT) {
            fprintf(stderr, "mutant: %s %s is not known; --list shows what is\n", argv[i],
                    i + 1 < argc ? argv[i + 1] : "");
            return RC_USAGE;
        }
        v->on[row] = true;
    }
    return RC_OK;
}

void variants_list(FILE *out)
{
    for (size_t i = 0; i < VARIANT_COUNT; i++) {
        fprintf(out, "%-5s %-24s %s\n", variant_rows[i].kind, variant_rows[i].name,
                variant_rows[i].help);
    }
}
