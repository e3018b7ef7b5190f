// SPDX-License-Identifier: Apache-2.0
// A desk before a real lane whose loop never runs: calls go in as text, replies come out.
#ifndef TESTS_UNIT_CONTROL_COUNTER_H
#define TESTS_UNIT_CONTROL_COUNTER_H

#include "proxy/control/desk.h"
#include "proxy/control/wait.h"
#include "proxy/net/loop.h"

struct counter {
    struct loop *loop;
    cJSON *world;
    struct lane *lane;
    struct desk desk;
    // Of the last call
    int status;
    cJSON *reply;
    struct wait *wait;
};

void counter_open(struct counter *c, bool told_time, size_t history_bytes);
void counter_close(struct counter *c);
// target may have a query. Gives the reply's status, 0 when a wait began.
int counter_call(struct counter *c, const char *method, const char *target, const char *body);
// "code" of the reply's error, or NULL.
const char *counter_error(const struct counter *c);
// Loads a whole scenario around those rules; the status.
int counter_load(struct counter *c, const char *rules);
// A line of the journal, as though the lane had written it: members is what follows `event`.
void counter_tell(struct counter *c, enum event_kind kind, const char *members);

#endif
