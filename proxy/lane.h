// SPDX-License-Identifier: Apache-2.0
// A lane is one case's private proxy: its own listener, world, service, ledger, rules and journal,
// in the one loop of the program.
#ifndef PROXY_LANE_H
#define PROXY_LANE_H

#include "proxy/evidence/journal.h"
#include "proxy/identity/target.h"
#include "proxy/scenario/rules.h"
#include "proxy/service/service.h"

struct loop;
struct lane;
struct recorder;
struct replay;
struct rsa_key;
struct tls_context;
struct upstream;
struct destinations;

// FULL: headers and body; DIGEST: their size and SHA-256; NONE: the size. Facts are always kept.
enum lane_bodies { BODIES_FULL, BODIES_DIGEST, BODIES_NONE };

// What the lane is about to do; the observer may still read what the client has said until now.
enum lane_point { LANE_BEFORE_COMMIT, LANE_BEFORE_REPLY, LANE_AFTER_COMMIT, LANE_AFTER_REPLY };

struct lane_observer {
    // Each journal line as it is written.
    journal_observer_fn *event;
    // Called before and after the service executes a request, and before and after the first byte
    // of a reply is written.
    void (*point)(void *arg, enum lane_point point, uint64_t exchange);
    // When a step of the case began (service time), for rules that match by time; may be NULL.
    bool (*step_time)(void *arg, struct span id, int64_t *at_us);
    void *arg;
};

struct lane_options {
    struct loop *loop;
    const struct scenario *scenario; // NULL: no rules
    const char *profile;
    const char *listen; // "127.0.0.1:0"
    // What the service's port and STS's speak TLS with; NULL: they speak plain HTTP, as those of
    // instance metadata and containers always do.
    struct tls_context *tls;
    // "127.0.0.1:4444": where a redirect leads that names no place. NULL: where nobody listens.
    const char *elsewhere;
    // Who answers what no rule answers, and how long it may be silent. NULL: the stand-in service.
    struct upstream *upstream;
    int64_t upstream_reply_us;
    // Where clients may be led that take us for their proxy, and what we speak TLS with in the
    // place of hosts that are opened. NULL: we are nobody's proxy.
    const struct destinations *destinations;
    struct tls_context *opening;
    uint64_t seed;
    const char *case_id; // NULL: of the scenario, or "proxy"
    uint64_t world_seed; // what the world's own values are drawn from; 0: seed
    const cJSON *world_base, *world_map;
    const cJSON *world_overrides; // where there is no scenario; may be NULL
    // Signs registrations. NULL: the lane makes a key when one is first asked for, which holds
    // everything up for a tenth of a second or more.
    const struct rsa_key *key;
    bool told_time; // service time starts at start_us, else it is the wall clock
    int64_t start_us;
    bool keeps_trail;         // what CloudTrail would record is kept in memory
    enum lane_bodies bodies;  // what the journal keeps of requests
    const char *journal_path; // NULL: none
    size_t journal_max_bytes;
    int64_t tolerance_us; // our own lag above which timing checks prove nothing
    // Where clients find credentials: "static", or a name in lane_identity.c. NULL: as the scenario
    // says, else static.
    const char *credentials;
    const char *identity_dir;  // an empty directory for files with tokens; needed where those are
    struct recorder *recorder; // takes what the service's port answers; may be NULL
    struct replay *replay;     // answers there in the service's place; NULL: the service does
    struct lane_observer observer;
};

// Where those who hand out credentials listen.
#define LANE_IDENTITY_HOST "127.0.0.1"

// "static", or where else clients of such a lane find credentials.
const char *lane_source(const struct lane_options *options);

// What a client must be told to find its credentials; what its source does not need is NULL.
struct lane_identity {
    const char *source; // as in lane_options
    char *container_uri, *container_token, *container_token_file;
    char *imds_endpoint;
    char *sts_endpoint, *web_identity_file, *role_arn;
    const struct sigv4_credential *keys; // of long term, in the environment beside a role
};

// Opens the lane and begins to listen. All that options points to is borrowed and must outlive it.
MUST_USE enum rc lane_open(struct lane **out, const struct lane_options *options, struct diag *d);
// Ends all exchanges and connections and stops listening; the journal stays open until lane_free.
void lane_close(struct lane *lane);
// Closes and frees, after the loop's next turn. The journal may be taken before.
void lane_free(struct lane **lane);

const char *lane_address(const struct lane *lane);  // "127.0.0.1:40123"
const char *lane_endpoint(const struct lane *lane); // "http://127.0.0.1:40123", or https
// What everything random is drawn from: the scenario's seed, or that of the options.
uint64_t lane_seed(const struct lane *lane);
// NULL when credentials are static. Borrowed.
const struct lane_identity *lane_identity(const struct lane *lane);
struct journal *lane_journal(struct lane *lane); // borrowed
// After lane_close only; the caller owns it then.
struct journal *lane_take_journal(struct lane *lane);
struct world *lane_world(struct lane *lane);
const struct ledger *lane_ledger(const struct lane *lane);
// Appends what CloudTrail would have recorded, as one of its files: {"Records":[…]}. Secrets are
// replaced as they are in the journal, which must not have been taken yet.
void lane_cloudtrail(const struct lane *lane, struct buf *out);
int64_t lane_service_us(const struct lane *lane);
// What may be asked of a lane that is open. Borrowed; valid until another scenario is loaded.
struct lane_facts {
    const char *case_id, *profile, *source;
    const struct scenario *scenario; // NULL: none
    const struct rules *rules;       // NULL without a scenario
    bool told_time;
    int64_t service_us, wire_us;
    int64_t began_us;     // service time when the scenario began
    size_t pasts;         // scenarios that were replaced and still have requests under way
    uint64_t requests;    // to the service
    uint64_t exchanges;   // the number of the last one
    const char *upstream; // who answers in the stand-in's place, which then keeps no books; or NULL
    const char *urls[TARGET_COUNT]; // where each is asked; NULL: nowhere
};
void lane_facts(const struct lane *lane, struct lane_facts *out);
// Whether that scenario could be loaded; else d says what stands against it, with its place if it
// has one.
MUST_USE enum rc lane_may_load(struct lane *lane, const struct scenario *s, struct diag *d);
// Plays s, which is of *file, from its beginning instead of what was played: other rules, world,
// ledger and clocks; told service time begins at start_us. The lane's addresses, seed, credentials'
// source and keys stay. Takes *file on success and nulls it; both NULL: no scenario from here on.
// Requests that were read whole by then end as they would have. RC_CONFLICT and others as
// lane_may_load says them, and nothing has changed; RC_IO when a port or a file was lost on the
// way, as when a rule is armed.
MUST_USE enum rc lane_load(struct lane *lane, struct scenario_file **file, const struct scenario *s,
                           int64_t start_us, struct diag *d);
// The same with the scenario that is played already.
MUST_USE enum rc lane_reset(struct lane *lane, struct diag *d);
// Moves service time forward to at_us (journalled); earlier moments are ignored.
void lane_move_clock(struct lane *lane, int64_t at_us, unsigned step);
// RC_UNKNOWN when there is no such rule; RC_IO when its window of refused connections could not be
// opened or closed.
MUST_USE enum rc lane_arm(struct lane *lane, struct span rule, bool armed);
// Number of requests to the service so far, and when the last one to anybody came (monotonic; 0:
// none yet).
uint64_t lane_request_count(const struct lane *lane);
int64_t lane_last_request_us(const struct lane *lane);
// Whether a connection is open. Those of a client that has ended end by themselves once all that it
// sent was read, but for those whose reply a rule holds back.
bool lane_has_connections(const struct lane *lane);
// Ties usages asked by steps to keys, so that rules and records can be matched by usage id. With
// LANE_ANY_HOUR nothing was asked yet: the usage is what the client sends first that no other usage
// is tied to, best of that customer and dimension.
#define LANE_ANY_HOUR INT64_MIN
void lane_expect_usage(struct lane *lane, struct span id, struct span customer,
                       struct span dimension, int64_t hour_us);
// Within an observer's point: the reply of that exchange is not sent, its connection is reset.
void lane_cut(struct lane *lane, uint64_t exchange);
// Whether this version can do that action at all.
bool lane_does(enum action_verb verb);
// Whether every rule of the scenario can be played by this version; else RC_UNSUPPORTED, and d
// names the action and its place.
MUST_USE enum rc lane_supports(const struct scenario *scenario, struct diag *d);
// Hands out that credential of the world from now on (journalled). RC_UNKNOWN when there is none of
// that name, RC_CONFLICT when credentials are static or it is not one that a role can have.
MUST_USE enum rc lane_serve(struct lane *lane, struct span credential);
// Gives the tokens anew by which clients prove who they are; the old ones are refused (journalled).
// RC_CONFLICT when credentials are static, RC_IO when a file could not be replaced.
MUST_USE enum rc lane_rotate(struct lane *lane);
// How long that credential is still good, in wire time: 0 when it has expired, INT64_MAX when it
// never will. RC_UNKNOWN when there is none of that name.
MUST_USE enum rc lane_credential_life(const struct lane *lane, struct span credential,
                                      int64_t *left_us);
// Journals that its stated expiry has come.
void lane_tell_expired(struct lane *lane, struct span credential);
// Whether that change of credentials (arguments of the step or the action) can be played; else d
// says why not, at that place. A step can wait for an expiry, a rule cannot.
MUST_USE enum rc lane_supports_change(const struct scenario *s, const cJSON *change,
                                      struct place place, bool can_wait, struct diag *d);
// A secret that must not appear in evidence, beyond those of the world.
void lane_secret(struct lane *lane, const char *name, struct span value);

#endif
