// SPDX-License-Identifier: Apache-2.0
// The journal's last lines, kept in memory so that they can be asked for. When they grow beyond
// what is allowed the oldest are forgotten, and it is known from which on they are there. Pure.
#ifndef PROXY_CONTROL_HISTORY_H
#define PROXY_CONTROL_HISTORY_H

#include "proxy/evidence/journal.h"

struct history;

struct history_line {
    uint64_t n; // from 1 without gaps: its `seq`, unless the journal's own limit has lost lines
    enum event_kind kind;
    struct span text;
};

struct history *history_new(size_t max_bytes);
// Accepts NULL in *h and nulls it.
void history_free(struct history **h);
// line is copied. The newest line is kept, however long.
void history_add(struct history *h, enum event_kind kind, struct span line);
// The number of the newest line; 0: none came yet.
uint64_t history_last(const struct history *h);
// The number of the oldest line that is kept; one more than the last when none is.
uint64_t history_first(const struct history *h);
// The first kept line after that number; false when there is none. text is good until the next add.
bool history_after(const struct history *h, uint64_t n, struct history_line *out);

#endif
