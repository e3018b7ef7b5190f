// SPDX-License-Identifier: Apache-2.0
// The rules of one case at work: which of them a request meets, and which one wins. Pure; the state
// is counters and what is armed.
#ifndef PROXY_SCENARIO_RULES_H
#define PROXY_SCENARIO_RULES_H

#include "proxy/aws/request.h"
#include "proxy/scenario/scenario.h"

struct rules;

// A record of a request, by our symbols.
struct subject_record {
    struct span customer, dimension, product, usage; // usage: the id of the step that asked for it
    int64_t hour_us;
    int64_t quantity;
};

// What `when` can see of an exchange.
struct subject {
    enum phase phase;
    enum operation operation; // OPERATION_NONE before the head is read
    struct span target;       // "service" "imds" "container-credentials" "sts" "proxy"
    const struct subject_record *records;
    size_t record_count;
    struct span region, credential, token; // symbols
    bool is_dry_run;
    bool has_nonce;         // the call bears a nonce that is not empty
    unsigned attempt;       // of the SDK, from amz-sdk-request; 0 when not said
    struct span invocation; // amz-sdk-invocation-id; empty when not said
    uint64_t connection;    // number of the connection
    int64_t service_us;
};

struct rules_options {
    const struct scenario *scenario; // borrowed; must outlive the rules
    enum operation metering;         // what operation "metering" means
    uint64_t seed;
    int64_t start_us; // service time at the case's start: what moments in `when` count from
    // When a step began (see moment_context); may be NULL: then no step is known.
    bool (*step_time)(void *arg, struct span id, int64_t *at_us);
    void *step_arg;
};

// What choosing saw, told for each rule whose `when` held, in order; drew < 0 when no draw was
// made.
typedef void rules_witness_fn(void *arg, const struct rule *rule, uint64_t index, double drew,
                              bool won);

struct rules *rules_new(const struct rules_options *options);
// Accepts NULL in *r and nulls it.
void rules_free(struct rules **r);

// The first armed rule of that phase whose `when`, `match` and draw all hold; NULL when none does.
// *index gets its match index: the number, from 1, of the request (or invocation, or connection, as
// `per` says) among those that it met. Counters advance for every armed rule whose `when` holds,
// whoever wins; a disarmed rule sees nothing. A rule after the winner draws nothing.
const struct rule *rules_choose(struct rules *r, const struct subject *subject,
                                rules_witness_fn *witness, void *arg, uint64_t *index);

// Whether a rule with that `when` would meet it, armed and in its phase. Nothing is counted, so
// `invocation` never holds.
bool rules_when_holds(const struct rules *r, const cJSON *when, const struct subject *subject);

// Arms or disarms by name; RC_UNKNOWN when there is no such rule.
MUST_USE enum rc rules_arm(struct rules *r, struct span name, bool armed);
bool rules_is_armed(const struct rules *r, const struct rule *rule);

// Whether a record matches a selector such as {"customer": "acme"} or {"usage": "u1"} (the same
// object that `when.records` and the record actions take, but for its count). An `hour` is a moment
// and needs the case's start: without rules it matches nothing.
bool record_matches(const cJSON *selector, const struct subject_record *record);
// The same with `hour`, counted from the start of the case.
bool rules_record_matches(const struct rules *r, const cJSON *selector,
                          const struct subject_record *record);
// Whether n lies in "3", "1-3", "4+" or a number.
bool count_matches(const cJSON *range, uint64_t n);

#endif
