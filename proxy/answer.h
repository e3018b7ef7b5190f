// SPDX-License-Identifier: Apache-2.0
// What the reply to a request is: the service's own, an error found before the service was asked,
// or what a rule puts in its place. Executes the request when it is to be executed, unless an
// upstream has done so.
#ifndef PROXY_ANSWER_H
#define PROXY_ANSWER_H

#include "proxy/exchange.h"

// Fills x->out (the whole reply), head_bytes, status, error_name, origin, reply and executed.
void answer_make(struct exchange *x);
// Does what the exchange's rule does beside its reply, which somebody else gives.
void answer_act(struct exchange *x);
// The reply that those actions make before the request is read: nothing is executed.
void answer_early(struct exchange *x, const struct action *actions, size_t count);
// What those actions make of a reply; the others are passed over.
struct draft;
void answer_apply(struct draft *draft, const struct action *actions, size_t count);
// The reply to what is no HTTP request.
void answer_refuse(struct exchange *x, const struct h1_error *error);
// Whether this version can do that action on the service's side.
bool answer_exists(enum action_verb verb);
// Whether that action alters what the stand-in service itself answers: on anybody else's reply it
// would do nothing.
bool answer_alters(enum action_verb verb);

#endif
