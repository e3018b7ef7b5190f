// SPDX-License-Identifier: Apache-2.0
// What comes back from a program that runs already, turned into answers of the contract that speak
// of one case alone. Pure.
#ifndef SUITES_CLIENT_ATTACH_ANSWER_H
#define SUITES_CLIENT_ATTACH_ANSWER_H

#include "suites/client/attach.h"
#include "suites/client/visit.h"

// By which a registration page may name the customer that it has registered.
#define ATTACH_CUSTOMER_HEADER "X-Meterprover-Customer"

// A member of hello: tokens of `resolve` steps are brought to the registration page.
#define ATTACH_BY_PAGE "resolves_by_page"

// Takes the prefix off the ids of an answer, and adds to hello what the other ways bring; tree is
// the answer's. False when the answer speaks of other cases only, and is to be dropped.
bool attach_takes(const struct attach_options *o, struct answer *answer, cJSON *tree);
// A program may say in hello, by "life", which of its lives speaks; it is remembered in *o->life.
// False when it is the one from before a restart, which was none then.
bool attach_is_new_life(const struct attach_options *o, const cJSON *hello);

// The answers to a `page`, a `notice` and a `resolve` step that the reply amounts to, appended as
// lines.
void attach_say_page(struct buf *out, unsigned step, const struct visit_result *result);
void attach_say_notice(struct buf *out, unsigned step, const struct visit_result *result);
void attach_say_resolve(struct buf *out, unsigned step, const struct visit_result *result);

#endif
