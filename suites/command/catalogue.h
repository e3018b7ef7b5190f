// SPDX-License-Identifier: Apache-2.0
// The scenario files that there are, read and checked, and a choice of cases among them.
#ifndef SUITES_COMMAND_CATALOGUE_H
#define SUITES_COMMAND_CATALOGUE_H

#include "proxy/scenario/scenario.h"
#include "suites/command/command.h"

struct catalogue {
    struct scenario_file **files; // owned
    size_t file_count;
    const struct scenario **cases; // every case of every file, by id; owned array
    size_t count;
};

// Reads every scenario file below dir. The first file that is wrong ends it, with its sentence.
MUST_USE enum rc catalogue_read(struct catalogue *out, const char *dir, struct diag *d);
// The same for the folder of --scenarios, or the usual one. A folder that cannot be opened is
// RC_USAGE.
MUST_USE enum rc catalogue_open(struct catalogue *out, const struct line *line, struct diag *d);
void catalogue_clear(struct catalogue *c);

// Keeps the cases of the profile (NULL: of any) that match one of the globs of run (none: all) and
// none of skip. A glob that matches no case of the profile is RC_USAGE: a misspelt name must not
// select nothing in silence.
MUST_USE enum rc catalogue_select(struct catalogue *c, const char *profile, const char *const *run,
                                  const char *const *skip, struct diag *d);

// The folder a case lies in: "batch-meter-usage". Borrowed from the file's name, of that length.
struct span catalogue_suite(const struct scenario *s);

// Where the scenario files are unless --scenarios says otherwise.
const char *catalogue_default_dir(void);

#endif
