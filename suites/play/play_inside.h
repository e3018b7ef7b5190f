// SPDX-License-Identifier: Apache-2.0
// What the parts of a play share; only the files of this folder include it.
#ifndef SUITES_PLAY_PLAY_INSIDE_H
#define SUITES_PLAY_PLAY_INSIDE_H

#include "proxy/base/instant.h"
#include "suites/client/client.h"
#include "suites/client/environment.h"
#include "suites/play/play.h"
#include "suites/play/tripwire.h"

// What is awaited.
enum play_state {
    PLAY_HELLO,   // the client's first word
    PLAY_ALONE,   // the end of a client that does its own work (exec contract)
    PLAY_NEXT,    // nothing: the next step can begin
    PLAY_STEP,    // the end of the step under way
    PLAY_RESTART, // the client's end, after which it is started again
    PLAY_OWED,    // every step was sent; words are still owed for those that were not awaited
    PLAY_LEAVING, // the client's end
    PLAY_OVER
};

// A usage that was asked, and the client's last word about it.
struct asked {
    char *id;
    enum answer_state state; // ANSWER_STATE_NONE: no word yet
};

// When a step was sent, in service time.
struct sent_step {
    char *id;
    int64_t at_us;
};

struct play {
    const struct play_setting *setting;
    const struct scenario *scenario;
    play_over_fn *over;
    void *over_arg;
    enum play_state state;
    struct lane *lane;
    struct client *client;
    struct tripwire *tripwire;
    struct environment environment;
    char *state_dir, *identity_dir, *out_path, *err_path;
    cJSON *supports; // of the client's hello
    unsigned instance;
    int64_t start_service_us, start_us;

    size_t next_step;      // index of the step under way, or to come
    unsigned lines;        // lines sent to the client, numbered from 1
    unsigned awaited_line; // the step under way ends with the `done` of this line; 0: of none
    unsigned second_line;  // of a round: what is sent when the first line is done
    unsigned *owed;        // lines of steps that were not awaited
    size_t owed_count, owed_capacity;
    bool has_asked_usage;
    struct asked *asked;
    size_t asked_count, asked_capacity;
    struct sent_step *sent;
    size_t sent_count, sent_capacity;

    // wait
    char *wait_rule;
    uint64_t wait_fired, wait_requests;
    int64_t wait_quiet_us, wait_until_us;
    struct fired {
        char *rule;
        uint64_t count;
    } * fired;
    size_t fired_count, fired_capacity;

    const char *expiring; // the credential whose end is waited for; NULL: none

    // restart
    int restart_signal;
    enum { RESTART_NOW, RESTART_AT_COMMIT, RESTART_AT_REPLY } restart_at;
    bool restart_armed, restart_ordered;
    bool restart_ends_step; // the step under way ends with it (always so but for `at` with await
                            // false)

    // drain
    unsigned drain_round;

    // after the client's end
    unsigned settle_turns;
    int64_t settle_until_us;

    struct loop_timer advance; // the next move, on the next turn
    struct loop_timer pause;   // within wait and drain
    struct loop_timer deadline;
    int64_t lag_us;
    const char *why;  // of the end; set once
    char text[512];   // of the end
    enum rc failure;  // evidence could not be written
    struct diag diag; // of the failure
};

// Ends the case for that reason, with a sentence; later reasons are ignored.
void play_end_case(struct play *p, const char *why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Lets play_advance run on the next turn.
void play_soon(struct play *p);
// The step under way is done: the next one follows.
void play_step_done(struct play *p);
bool play_client_supports(const struct play *p, const char *word);
// Starts a further instance of the client; the case ends as `harness` when that fails.
void play_start_client(struct play *p);
const struct step *play_step(const struct play *p);

// heard.c: what to call for what the client says; all of it is journalled.
struct client_observer heard_observer(struct play *p);
// The client's output as it may be kept; a secret in it is journalled. arg is the play.
void heard_scrub(void *arg, enum client_stream stream, struct span text, struct buf *out);
// The client reached for another host than its endpoint. arg is the play.
void heard_bypass(void *arg, struct span host);
// An event about the client's process; members may be added between the two.
void heard_begin(struct play *p, const char *what);
void heard_end(struct play *p);

// steps.c: begins the step under way; it may be done at once.
void step_begin(struct play *p, const struct step *step);
// Journals that a step began which sends nothing.
void step_record(struct play *p, const struct step *step);
// When a step was sent, in service time; arg is the play.
bool step_time(void *arg, struct span id, int64_t *at_us);
// The awaited line was answered, a pause is over, or something happened that may end a wait.
void step_line_done(struct play *p, unsigned line);
void step_pause_over(struct play *p);
void step_check_wait(struct play *p);
// Ends the client by the signal of the restart; it is started again when it has ended.
void step_restart_now(struct play *p);
bool step_exists(enum step_verb verb);
// What the client must support for it; NULL: nothing, or see step_needs_more. The step must exist.
const char *step_needs(enum step_verb verb);

// credentials.c
// A directory for files with tokens, beside the client's own.
MUST_USE enum rc play_make_identity_dir(struct play *p, struct diag *d);
// Where the client of this case finds its credentials: the open lane says it.
void play_find_credentials(const struct play *p, struct environment_options *o);
void step_begin_credentials(struct play *p, const struct step *step);
// Ends the step when the credential that is waited for has expired.
void step_await_expiry(struct play *p);

// alone.c: the exec contract.
// Why the case cannot be played without steps, in text; false when it can.
bool step_needs_script(const struct play *p, char *text, size_t size);
// Lets what the client will send stand for the usage that the case would have asked for.
void step_expect_own_work(struct play *p);

// supports.c
// Why the client cannot be asked what the scenario needs, in text; false when it can.
bool step_needs_more(const struct play *p, char *text, size_t size);

#endif
