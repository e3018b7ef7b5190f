// SPDX-License-Identifier: Apache-2.0
// The faults that a case met, as a scenario that plays exactly these again: what was left to chance
// is written down as it fell. Pure: a case as it was run and the events of its journal go in. What
// no scenario can say is told by gaps.h.
#ifndef PROXY_RECORDING_SCHEDULE_H
#define PROXY_RECORDING_SCHEDULE_H

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"
#include "proxy/evidence/reader.h"

// scenario: as scenario_render writes it. Appends a scenario file of what was played until another
// was loaded. RC_MISSING when the events do
// not begin with `open`, which says what was drawn from.
MUST_USE enum rc schedule_write(struct buf *out, const cJSON *scenario, const struct event *events,
                                size_t count, struct diag *d);

#endif
