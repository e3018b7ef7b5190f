// SPDX-License-Identifier: Apache-2.0
// Where calls are answered: a lane, what its journal said, and one function per route. No socket
// and no loop: a call goes in, a reply comes out, or a wait that ends later.
#ifndef PROXY_CONTROL_DESK_H
#define PROXY_CONTROL_DESK_H

#include "proxy/control/history.h"
#include "proxy/control/route.h"
#include "proxy/control/tally.h"
#include "proxy/lane.h"

struct wait;

struct desk {
    struct lane *lane;     // borrowed
    int64_t told_start_us; // where told time begins, unless a scenario says otherwise
    struct history *history;
    struct tally tally;
    struct rules *matcher; // holds `when` of calls against what was asked
    uint64_t beginnings;   // how often a scenario began
};

// One call, read whole.
struct call {
    const struct route *route;
    struct span query; // behind the question mark
    struct span body;
    const char *from;  // "127.0.0.1:50123"
    struct span agent; // its User-Agent
    cJSON *tree;       // of the body of POST, an object; the call's, unless a wait has taken it
    struct json_places *places;
    struct wait *wait; // begun by the call; the caller owns it then
};

// No lane yet: lines of its journal may come already.
void desk_init(struct desk *d, size_t history_bytes, int64_t told_start_us);
void desk_clear(struct desk *d);
// From here on calls can be answered.
void desk_open(struct desk *d, struct lane *lane);
// A line of the lane's journal.
void desk_line(struct desk *d, enum event_kind kind, struct span line);
// Answers, unless call->wait is set when it returns. Releases call->tree and places.
void desk_answer(struct desk *d, struct call *call, struct reply *reply);

// For the handlers.
// Begins a line of the journal: what is done, and who asked for it.
struct journal *desk_journal(struct desk *d, const struct call *call, const char *what);
// A port or a file was lost in doing what the journal's line before says: told there, and 500.
void desk_lost(struct desk *d, const struct call *call, const struct diag *why,
               struct reply *reply);
// The lane's scenario began anew: what is counted here begins too.
void desk_begin(struct desk *d);
// Whether the body has no other keys than those of "a|b"; else 422.
bool desk_takes(const struct call *call, const char *keys, struct reply *reply);
// A whole number within [min, max] under that key of the body, or otherwise if it is not there;
// else 422.
bool desk_number(const struct call *call, const char *key, int64_t min, int64_t max,
                 int64_t otherwise, int64_t *out, struct reply *reply);
// The same of the query; keys of it that are not in "a|b" are told by desk_query_takes.
bool desk_query_takes(const struct call *call, const char *keys, struct reply *reply);
// The value of that key in the query, or the empty span.
struct span desk_query_value(const struct call *call, const char *key);

#define ROUTE(method, path, handler, max_body, help)                                               \
    void handler(struct desk *desk, struct call *call, struct reply *reply);
#include "proxy/control/route.def"

#endif
