// SPDX-License-Identifier: Apache-2.0
// Scenario files, format 1: read, checked and resolved. Pure: a file's text goes in, cases come
// out. The vocabulary (steps, actions, expectations and the arguments of each) is in
// vocabulary.def; its meaning is described in scenarios/README.md.
#ifndef PROXY_SCENARIO_SCENARIO_H
#define PROXY_SCENARIO_SCENARIO_H

#include "proxy/aws/operation.h"
#include "proxy/base/json.h"

enum step_verb {
#define STEP(id, name, help) STEP_##id,
#include "proxy/scenario/step.def"
    STEP_COUNT
};

enum action_verb {
#define ACTION(id, name, kind, help) ACTION_##id,
#include "proxy/scenario/action.def"
    ACTION_COUNT
};

enum expect_verb {
#define EXPECT(id, name, help) EXPECT_##id,
#include "proxy/scenario/expect.def"
    EXPECT_COUNT
};

const char *step_name(enum step_verb verb);
const char *action_name(enum action_verb verb);
const char *expect_name(enum expect_verb verb);

// What kind of thing a rule does, which decides when it counts as delivered (suites/README.md, "How
// it is judged").
enum fault_kind { FAULT_ANSWER, FAULT_BROKEN, FAULT_SILENCE, FAULT_REFUSE, FAULT_TLS, FAULT_STATE };
const char *fault_kind_name(enum fault_kind kind); // "answer"

// The stages at which rules can meet a request, in order.
enum phase { PHASE_CONNECT, PHASE_TLS, PHASE_HEAD, PHASE_REQUEST };

struct step {
    unsigned n; // from 1, after `each` and `repeat` are unfolded
    enum step_verb verb;
    const cJSON *args; // as in the file, variables replaced; moments and $token are still symbolic
    const char *id;    // NULL when it has none
    bool await;
    unsigned instance; // 1 unless said otherwise
    struct place place;
};

struct action {
    enum action_verb verb;
    const cJSON *args;
    struct place place;
};

enum match_kind { MATCH_ALL, MATCH_LIST, MATCH_EVERY, MATCH_NONE };

struct rule {
    const char *name;
    const cJSON *when;
    enum phase phase;
    enum match_kind match;
    struct span list; // LIST: "1", "1-3", "4+", with commas between
    uint64_t period;  // EVERY
    enum { PER_REQUEST, PER_INVOCATION, PER_CONNECTION } per;
    double probability; // 1 unless said otherwise
    bool armed;         // at the start
    const struct action *actions;
    size_t action_count;
    enum fault_kind kind;
    bool executes; // whether the request is executed by the service (scenarios/README.md, "Rules")
    struct place place;
};

// Whether it says itself what the reply is: by `error` or `respond`.
bool rule_answers(const struct rule *rule);

struct expect {
    const char *id;
    enum expect_verb verb;
    const cJSON *args;
    const cJSON *node; // the whole expectation, with its common keys
    const char *level; // "must" "should" "may"
    const char *basis;
    bool timing;
    struct place place;
};

// One case: a file with one of its variants applied.
struct scenario {
    const char *file; // as given
    const char *id, *title, *operation;
    const cJSON *profiles;    // array of strings
    const cJSON *requirement; // text level basis money sources
    bool money;
    const cJSON *requires;                                            // array of strings, or NULL
    const cJSON *client, *time, *world, *waive, *exercised, *avoided; // or NULL
    const char *seed;                                                 // NULL: the run's
    unsigned deadline_s;                                              // 30 unless said otherwise
    bool alone;
    const struct step *steps;
    size_t step_count;
    const struct rule *rules;
    size_t rule_count;
    const struct expect *expects;
    size_t expect_count;
    cJSON *tree; // the resolved object; owned by the file
    const struct json_places *places;
};

struct scenario_file;

// Reads and checks one file. On failure *d holds the first problem; with `all` not NULL every
// problem found is appended to it, one "file:line:column: sentence" a line.
MUST_USE enum rc scenario_read(struct scenario_file **out, struct span text, const char *path,
                               struct buf *all, struct diag *d);
// The same of a file whose rules are armed and disarmed from outside while it is played: they need
// not be by its own steps, nor does one shadow another for ever.
MUST_USE enum rc scenario_read_steered(struct scenario_file **out, struct span text,
                                       const char *path, struct buf *all, struct diag *d);
MUST_USE enum rc scenario_read_file(struct scenario_file **out, const char *path, struct buf *all,
                                    struct diag *d);
// Holds the sources of every case against the list of statements.json (objects with `id`).
MUST_USE enum rc scenario_check_sources(const struct scenario_file *file, const cJSON *statements,
                                        struct buf *all, struct diag *d);
size_t scenario_count(const struct scenario_file *file);
const struct scenario *scenario_at(const struct scenario_file *file, size_t i);
// Accepts NULL in *file and nulls it.
void scenario_file_free(struct scenario_file **file);

// Whether the case belongs to that profile.
bool scenario_in_profile(const struct scenario *s, const char *profile);
// Whether products of that profile know their buyers by licences, of which EventBridge speaks.
bool scenario_has_agreements(const char *profile);
// Whether reports of one hour are added up there; elsewhere the first one counts.
bool scenario_adds_up(const char *profile);
// Whether they register their use, and meter nothing.
bool scenario_registers(const char *profile);
// Which operation "metering" means there: BatchMeterUsage for saas and saas-agreements, MeterUsage
// for the others, whose buyer is the one in whose account the program runs.
enum operation scenario_metering(const char *profile);

// Whether its client is to be spoken to over TLS.
bool scenario_is_over_tls(const struct scenario *s);
// Whether that is through a proxy, by CONNECT.
bool scenario_is_behind_proxy(const struct scenario *s);

// The scenario as it is written into evidence (scenario.json): every default filled in, every verb
// named, every expectation with its file, line and column. profile: the one that is run.
void scenario_render(const struct scenario *s, const char *profile, struct buf *out);

// The JSON Schema (2020-12) of the format, printed from the tables.
void scenario_print_schema(struct buf *out);

// A moment: now, hour, month, start-hour, or the id of a step, then terms like +1h05m or -2d (a
// bare number is hours); "+5m" alone counts from now. step_time gives the moment at which a step
// was sent (service time) and false when it was not.
struct moment_context {
    int64_t now_us, start_us;
    bool (*step_time)(void *arg, struct span id, int64_t *at_us);
    void *arg;
};
MUST_USE enum rc moment_resolve(int64_t *at_us, struct span text,
                                const struct moment_context *context, struct diag *d);
// Where told time begins in that case: at its `time.start`, counted from base_us, or there.
int64_t scenario_start_us(const struct scenario *s, int64_t base_us);
// "300ms", "5s", "1h05m", "2d"; a bare number is hours.
MUST_USE enum rc duration_parse(int64_t *us, struct span text, struct diag *d);

#endif
