// SPDX-License-Identifier: Apache-2.0
// Where case files lie: one folder of the directory is one suite.
#ifndef PROXY_SCENARIO_FILES_H
#define PROXY_SCENARIO_FILES_H

#include "proxy/base/diag.h"

struct scenario_path {
    char *path;  // "scenarios/time/TIM-05.json"
    char *suite; // "time"
    char *name;  // "TIM-05": the file's id
};

// Lists every .json file in the folders of dir, sorted by name; the files of dir itself (schema,
// world, statements) and the folder "profiles" are no cases. Free with scenario_paths_free.
MUST_USE enum rc scenario_find(struct scenario_path **out, size_t *count, const char *dir,
                               struct diag *d);
// Accepts NULL in *paths and nulls it.
void scenario_paths_free(struct scenario_path **paths, size_t count);

#endif
