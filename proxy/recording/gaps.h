// SPDX-License-Identifier: Apache-2.0
// What a schedule cannot say: what was done to a case from outside, or by others, while it ran.
#ifndef PROXY_RECORDING_GAPS_H
#define PROXY_RECORDING_GAPS_H

#include "proxy/base/buf.h"
#include "proxy/evidence/reader.h"

// How many of the events are of the scenario that was played first: those before the control
// interface loaded another, or began the same one anew.
size_t gaps_first_played(const struct event *events, size_t count);
// Whether the control interface (dis)armed a rule by that event before anybody had connected, or
// been refused by it: as if the rule had been so from the start, which a scenario can say.
bool gaps_is_early(const struct event *events, size_t at);
// Appends a sentence a line, each with the journal's line, for all that a scenario of these events
// does not play again. Nothing is appended when there is nothing such.
void gaps_tell(struct buf *out, const struct event *events, size_t count);

#endif
