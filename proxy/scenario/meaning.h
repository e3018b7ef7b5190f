// SPDX-License-Identifier: Apache-2.0
// What a case says beyond its shape: names that exist, rules that can act, expectations that can be
// judged. Each looks at one subject and notes every problem it finds.
#ifndef PROXY_SCENARIO_MEANING_H
#define PROXY_SCENARIO_MEANING_H

#include "proxy/scenario/problems.h"
#include "proxy/scenario/symbols.h"

void check_names(const struct scenario *s, const struct symbols *symbols,
                 struct problems *problems);
// Operation and profiles, steps, what they need of the client.
void check_steps(const struct scenario *s, struct problems *problems);
void check_rules(const struct scenario *s, struct problems *problems);
// What a rule of the phase `head` can do, where the request's body was not read.
void check_head(const struct rule *rule, struct problems *problems);
void check_expects(const struct scenario *s, struct problems *problems);
// Moments in their order, and usages of one key that a client may send apart.
void check_timeline(const struct scenario *s, struct problems *problems);

// The operation that a word of the format means under a profile.
enum operation operation_under(const char *word, const char *profile);

#endif
