// SPDX-License-Identifier: Apache-2.0
// Answers from a recording in the service's place. Nothing is executed, and nobody else is asked.
#ifndef PROXY_REPLAYER_H
#define PROXY_REPLAYER_H

#include "proxy/draft.h"
#include "proxy/recording/replay.h"

// The name of the error that answers what is not in the recording.
#define REPLAY_ERROR "NotRecordedException"

// Whether every reply of the recording can be put on the wire.
MUST_USE enum rc replayer_check(const struct recording *recording, const char *path,
                                struct diag *d);
// Whether it can without TLS: not where something was done to handshakes.
MUST_USE enum rc replayer_check_plain(const struct recording *recording, const char *path,
                                      struct diag *d);
// Whether that scenario's rules can act on recorded replies: what alters the service's own cannot.
MUST_USE enum rc replayer_supports(const struct scenario *s, struct diag *d);
// The recorded reply goes into the draft, and what was done to it into the exchange's plan, unless
// a rule has one; or else that error. Journalled either way.
void replayer_answer(struct draft *draft);

#endif
