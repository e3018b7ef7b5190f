// SPDX-License-Identifier: Apache-2.0
// Command lines by table: every program's options are rows, and the help is printed from them.
#ifndef PROXY_BASE_OPTIONS_H
#define PROXY_BASE_OPTIONS_H

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"

struct option_row {
    const char *name;     // "--seed"; the table ends with NULL
    const char *argument; // "S", or NULL for a flag
    const char *help;
};

// Called for each option, in order; value is NULL for flags. What it fails with ends the reading.
typedef enum rc option_fn(void *arg, const struct option_row *row, const char *value,
                          struct diag *d);

// Reads argv[0..argc): "--name VALUE", "--name=VALUE". Stops at "--" or at the first word that is
// no option; *rest is the index of what follows. RC_USAGE with a sentence, and the nearest known
// option, when one is not known, lacks its value or has one that it does not take.
MUST_USE enum rc options_read(const struct option_row *rows, int argc, char **argv, option_fn *fn,
                              void *arg, int *rest, struct diag *d);

// The table as text for a person, one option a line, wrapped at 80 columns.
void options_help(const struct option_row *rows, struct buf *out);

// Which of the names is nearest to name by edit distance, or NULL when none is near. names ends
// with NULL.
const char *nearest_name(const char *name, const char *const *names);

#endif
