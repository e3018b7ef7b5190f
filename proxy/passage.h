// SPDX-License-Identifier: Apache-2.0
// The passage of an exchange to the upstream and back: the upstream's reply becomes the exchange's,
// piece by piece where nothing has to know the whole of it.
#ifndef PROXY_PASSAGE_H
#define PROXY_PASSAGE_H

#include "proxy/exchange.h"
#include "proxy/forward.h"

// A request that is longer is passed on as it comes, before it is whole.
#define PASSAGE_WHOLE_BYTES 1048576

struct passage;

// Whether the upstream is asked: there is one, for this request, and no rule answers in its place.
bool passage_is_due(const struct exchange *x);
// Asks it, with x->body; is_whole: that is all of the request's.
void passage_begin(struct exchange *x, bool is_whole);
// More of the body of a request that was not whole, and its end.
void passage_add(struct exchange *x, struct span bytes);
void passage_end(struct exchange *x);
// Whether the client is to be held back; exchange.over is called when no longer.
bool passage_is_full(const struct exchange *x);
// After some of the reply was sent: forgets it, and holds the upstream back or lets it go on.
void passage_settle(struct exchange *x);
// Accepts an exchange without one.
void passage_clear(struct exchange *x);

// Whether the scenario's rules can be played on what an upstream answers; RC_UNSUPPORTED, and d
// names the action and its place.
MUST_USE enum rc passage_supports(const struct scenario *s, struct diag *d);

struct passage_facts {
    const char *error; // of RFC 9209, "" for none
    const char *text;
    int status; // 0: no head of a reply came
    bool is_whole;
    struct forward_facts forward;
};

#endif
