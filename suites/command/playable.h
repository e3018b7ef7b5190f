// SPDX-License-Identifier: Apache-2.0
// What this version can play and judge.
#ifndef SUITES_COMMAND_PLAYABLE_H
#define SUITES_COMMAND_PLAYABLE_H

#include "proxy/scenario/scenario.h"

// RC_UNSUPPORTED names, with its place, the first step, action or expectation of the case that does
// not exist yet: such a case is refused, never played without it.
MUST_USE enum rc case_is_playable(const struct scenario *s, struct diag *d);

#endif
