// SPDX-License-Identifier: Apache-2.0
// An exchange with one of those who are asked for credentials and region: what it asks, and what it
// is answered.
#ifndef PROXY_ASKING_H
#define PROXY_ASKING_H

#include "proxy/draft.h"

// What is asked for, as journals write it; "" when that is not known.
const char *asking_what(const struct exchange *x);
// The stand-in's own answer, unless a rule has answered already.
void asking_answer(struct draft *draft);
// An error of the action `error`, as the stand-in words errors.
void asking_error(struct draft *draft, const struct action *action);
// Whether a rule for that target can be played; RC_UNSUPPORTED or RC_UNKNOWN with a sentence.
MUST_USE enum rc asking_supports(const struct scenario *s, const struct rule *rule,
                                 enum target target, struct diag *d);

#endif
