// SPDX-License-Identifier: Apache-2.0
// What the parts of a lane share; only the files of this folder include it.
#ifndef PROXY_LANE_INSIDE_H
#define PROXY_LANE_INSIDE_H

#include "proxy/aws/sigv4.h"
#include "proxy/base/draw.h"
#include "proxy/base/instant.h"
#include "proxy/base/rsa.h"
#include "proxy/identity/identity.h"
#include "proxy/lane.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/refusal.h"
#include "proxy/rerun.h"
#include "proxy/service/quota.h"

struct connection;

struct expected_usage {
    char *id, *customer, *dimension;
    int64_t hour_us; // LANE_ANY_HOUR until a record is tied to it
};

// Where one of those is asked that a lane stands in for.
struct port {
    struct lane *lane;
    enum target target;
    struct listener *listener; // NULL: nobody is asked there
    struct tls_context *tls;   // NULL: plain
    char *url;                 // "https://127.0.0.1:40123"
    uint64_t connections;
};

struct lane {
    struct lane_options options;
    uint64_t run_seed; // options.seed, where the scenario names none
    char *case_id;
    struct loop *loop;
    struct port ports[TARGET_COUNT];
    struct journal *journal;
    struct world *world;
    struct ledger *ledger;
    struct service *service;
    struct sigv4_verifier *verifier;
    struct rsa_key *own_key; // made here, unless the options bring one
    struct rules *rules;     // NULL without a scenario
    struct refusal refusal;
    struct rerun rerun; // of what is replayed and no request's
    struct quotas quotas;
    struct buf trail;          // records of CloudTrail, with commas between
    struct identity *identity; // NULL when credentials are static
    struct lane_identity told;
    int64_t service_offset_us;
    int64_t began_us; // service time at the scenario's beginning
    int64_t skew_us;  // of wire time
    uint64_t exchanges, connections;
    uint64_t requests;               // exchanges of the service
    uint64_t heads[OPERATION_COUNT]; // of them, by the operation that they name
    int64_t last_request_us;
    struct expected_usage *usages;
    size_t usage_count, usage_capacity;
    struct connection *live, *dead;
    struct loop_turn turn;
    struct loop_timer reap; // brings the loop to the end of a turn when something died
    bool is_closed;
    char *world_case;           // what the world's own values are drawn from
    struct scenario_file *file; // owned: of the scenario, if it was loaded since
    uint64_t era;               // how often a scenario began before this one
    struct past *pasts;         // lane_load.c
};

struct connection;
// Takes fd.
void connection_open(struct port *port, int fd);
// Ends it; freed by connection_reap at the end of the turn.
void connection_drop(struct connection *c);
void connection_reap(struct lane *lane);
// RST to every connection of that port on which no reply is under way; the others get theirs first.
void connection_reset_all(struct port *port);
// Whether one that is still there has an exchange of that era, or has met a rule of s (NULL: of
// none) that acts later.
bool connection_refers(const struct lane *lane, uint64_t era, const struct scenario *s);
// The exchange of that number, when it is under way.
struct exchange *connection_exchange(struct lane *lane, uint64_t number);

void lane_point(struct lane *lane, enum lane_point point, uint64_t exchange);
// The usage step that asked for that key, else the empty span. A usage of any hour is tied to the
// first key that comes along.
struct span lane_usage_of(struct lane *lane, const struct subject_record *record);
int64_t lane_wire_us(const struct lane *lane);
// How far wire time is ahead of this machine's clock in that scenario (NULL: none).
int64_t lane_skew_of(const struct scenario *s);
// From what is drawn for that rule (or whatever else has a name), at that index.
struct draw lane_draw(const struct lane *lane, struct span rule, uint64_t index);
// Sets options.seed for the scenario that is played.
void lane_choose_seed(struct lane *lane);
// Told time begins: sets what service time differs by, and when the scenario began.
void lane_start_clock(struct lane *lane);
// The world as it is at the beginning of that scenario (NULL: of none).
MUST_USE enum rc lane_make_world(struct world **out, const struct lane *lane,
                                 const struct scenario *s, struct diag *d);
// The world of the lane's scenario, its service and its empty ledger; overwrites what was there.
MUST_USE enum rc lane_open_world(struct lane *lane, struct diag *d);
// No credential of the world is written into the journal.
void lane_tell_secrets(struct lane *lane);
void lane_open_rules(struct lane *lane);
// Whether the lane speaks what the scenario's rules are about.
MUST_USE enum rc lane_check_transport(const struct lane *lane, const struct scenario *s,
                                      struct diag *d);

// lane_load.c
// Frees what nothing under way points at any more; at the end of a turn.
void lane_forget_pasts(struct lane *lane);
// The same when nothing is under way.
void lane_clear_pasts(struct lane *lane);

// lane_identity.c
// Whoever is asked for credentials, and the files with tokens; the world and the ports must be
// there.
MUST_USE enum rc lane_identity_open(struct lane *lane, struct diag *d);
// Whether what is handed out could be of that world.
MUST_USE enum rc lane_identity_fits(const struct lane *lane, const struct world *world,
                                    struct diag *d);
// Registers its secrets and tells which credential is handed out; the journal must be there.
void lane_identity_begin(struct lane *lane);
void lane_identity_clear(struct lane *lane);

#endif
