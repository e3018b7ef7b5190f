// SPDX-License-Identifier: Apache-2.0
// The file of a profile: which cases a client of that product type must not leave out.
#ifndef SUITES_COMMAND_PROFILE_H
#define SUITES_COMMAND_PROFILE_H

#include "proxy/base/json.h"
#include "proxy/scenario/scenario.h"

// Reads DIR/profiles/NAME.json and gives its list `mandatory`, owned (cJSON_Delete). NULL when
// there is no such file: a folder of somebody's own cases need not have one.
MUST_USE enum rc profile_read(cJSON **mandatory, const char *dir, const char *name, struct diag *d);

// RC_USAGE, with those that there are, where no profile has that name.
MUST_USE enum rc profile_exists(const char *name, struct diag *d);

// Whether a tree read from a file is that of a profile, not of a scenario.
bool profile_is(const cJSON *tree);

// Checks the profile's file against the cases beside it: what is mandatory must exist there.
MUST_USE enum rc profile_check(const char *path, struct diag *d);

#endif
