// SPDX-License-Identifier: Apache-2.0
// The tests of fault plans, and what they share.
#ifndef TESTS_UNIT_FAULT_FAULT_TESTS_H
#define TESTS_UNIT_FAULT_FAULT_TESTS_H

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/fault/fault.h"
#include "tests/unit/unit.h"

// A plan made of the actions in a JSON list, as a scenario has them; index: of the draw.
enum rc plan_make(struct fault_plan *plan, const char *json, uint64_t index, struct diag *d);

void drawn_delays(void);
void fixed_delays(void);
void paces(void);
void wakes(void);
void intakes(void);
void cut_places(void);
void wrong_lengths(void);
void malformed_chunks(void);
void garbage(void);
void let_alone(void);
void ends(void);
void idle(void);

#endif
