// SPDX-License-Identifier: Apache-2.0
// A directory for one test, a clock that stands still, and files.
#ifndef TESTS_UNIT_EVIDENCE_SCRATCH_H
#define TESTS_UNIT_EVIDENCE_SCRATCH_H

#include "proxy/base/clock.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"

// A fixture that cannot be built ends the program: no test behind it would mean anything.
void scratch_need(bool good, const char *what, const struct diag *d);

// A new empty directory; ends the program when there can be none.
char *scratch_new(void);
// Removes it with all that is in it, and frees it.
void scratch_end(char *dir);
#define SCRATCH __attribute__((cleanup(scratch_end_slot)))
void scratch_end_slot(char **dir);

// Writes a file, replacing what stands there; reads one whole.
void scratch_put(const char *dir, const char *name, struct span bytes);
void scratch_put_text(const char *dir, const char *name, const char *text);
struct buf scratch_get(const char *dir, const char *name);
void scratch_remove(const char *dir, const char *name);
void scratch_mkdir(const char *dir, const char *name);
bool scratch_has(const char *dir, const char *name);

// Fixed time, advanced by hand.
extern struct manual_time scratch_time;

// Journal lines that a test wants to check for their JSON: ends the test program when it is none.
cJSON *scratch_json(struct span text);

#endif
