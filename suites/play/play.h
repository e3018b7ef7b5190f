// SPDX-License-Identifier: Apache-2.0
// A play is one case being run: a lane is opened, the client started, steps go in, answers come
// out, and evidence is what is left. Nothing is judged here.
#ifndef SUITES_PLAY_PLAY_H
#define SUITES_PLAY_PLAY_H

#include "proxy/evidence/run.h"
#include "proxy/lane.h"
#include "proxy/net/loop.h"

struct attachment;
struct play;
struct rsa_key;

// What is the same for every case of a run. Borrowed; must outlive every play.
struct play_setting {
    struct loop *loop;
    struct run_writer *writer;
    const char *profile;
    const char *const *argv;     // the client's command, ends with NULL
    const char *const *add_env;  // "K=V" of --env
    const char *const *pass_env; // names of --pass
    uint64_t seed;
    const cJSON *world_base, *world_map;
    // Signs registrations, and the file of its public half; NULL where the profile registers
    // nothing.
    const struct rsa_key *key;
    const char *public_key_file;
    // What cases over TLS are played with, and the file of the certificate that their clients must
    // trust; NULL where no case is one.
    struct tls_context *tls;
    const char *ca_file;
    // Where clients may be led that reach the service through a proxy; NULL as before.
    struct destinations *destinations;
    const char *scratch;           // a directory for what the clients keep
    bool told_time;                // the client supports `clock`
    bool is_exec;                  // the exec contract: no steps, the client does its own work
    struct attachment *attachment; // a program that runs already; NULL: argv is started
    bool is_probe;                 // the doctor's: what comes of it is looked at, not judged
    double timeout_multiplier;
    bool no_deadline;
    bool hides_case; // METERPROVER_CASE is opaque
    int64_t tolerance_us;
};

// How a play ended, for progress lines; verdicts come from the evidence.
struct play_end {
    const char *why; // as in the journal's `end`
    const char *text;
    enum rc rc; // RC_OK, or why the evidence could not be written
    int64_t duration_us;
    // A program that runs already may meet the next case with usage of this one.
    bool is_unsettled;
    // It did: usage of an earlier case came, so that this one proves nothing.
    bool was_disturbed;
    // In real time an hour turned meanwhile: what was meant for one hour may have met the next.
    bool hour_turned;
};

typedef void play_over_fn(void *arg, struct play *play, const struct play_end *end);

// Whether this version can play that step at all.
bool step_exists(enum step_verb verb);
// Whether this version does not play that key of that top key of a scenario file. *played: the one
// value of it that is played after all, or NULL.
bool play_refuses(const char *section, const char *key, const char **played);
// Whether this version can play every step of the scenario and give the client what it asks for;
// RC_UNSUPPORTED names the first thing it cannot.
MUST_USE enum rc play_supports(const struct scenario *scenario, struct diag *d);

// Starts the case. over is called once, from the loop; the play may then be freed on a later turn.
// On failure nothing was started and d says why.
MUST_USE enum rc play_start(struct play **out, const struct play_setting *setting,
                            const struct scenario *scenario, play_over_fn *over, void *arg,
                            struct diag *d);
const struct scenario *play_scenario(const struct play *play);
bool play_is_over(const struct play *play);
// Our own lag, measured by whoever beats the drum.
void play_note_lag(struct play *play, int64_t lag_us);
// A person interrupted the run.
void play_interrupt(struct play *play);
// Accepts NULL in *play and nulls it. Whatever is left of the client is ended.
void play_free(struct play **play);

// What the client said of itself (a borrowed array of words), NULL before its hello.
const cJSON *play_supported(const struct play *play);
uint64_t play_request_count(const struct play *play);

#endif
