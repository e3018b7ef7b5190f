// SPDX-License-Identifier: Apache-2.0
// How long the client waits: between two calls, and before it tries again.
#ifndef TESTS_MUTANTS_PACE_H
#define TESTS_MUTANTS_PACE_H

#include "tests/mutants/meter.h"

// Waits until the quota allows the next call, also after those of earlier flushes.
void pace_keep(struct meter *m);
// Takes down how long the reply asks to be left alone; 0: it does not.
void pace_heed(struct meter *m, unsigned retry_after_ms);
// Whether the service has asked to be left alone for longer, whoever wants to send by now.
bool pace_must_wait(const struct meter *m);
// Waits before a retry within the same flush: longer each time, and as long as the reply asks for.
void pace_back_off(const struct meter *m, unsigned pass);

#endif
