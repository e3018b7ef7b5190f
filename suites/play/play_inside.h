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
    PLAY_CLOSED,  // a quiet drain, after the evidence was closed
    PLAY_OVER
};

// One process of the client, which a restart replaces. The first is started with the case, the
// others by `start` steps; each has a stdin of its own, and all share the state directory.
struct seat {
    struct play *play;
    unsigned number;       // from 1: "instance" in scenarios and in the journal
    struct client *client; // NULL: not started, or between two lives
    cJSON *supports;       // of its hello; NULL until then
    bool restart_ordered;
};

// Of the vocabulary, "instance".
#define SEATS 8

// A line whose answer is still owed, since its step was not awaited.
struct owed_line {
    unsigned number, instance;
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
    struct seat seats[SEATS];
    struct seat *seat; // whom the step under way speaks to
    struct tripwire *tripwire;
    struct environment environment;
    char *state_dir, *identity_dir, *out_path, *err_path;
    int64_t start_service_us, start_us;

    // attach: see attached.c
    uint64_t world_seed; // 0: the run's
    char prefix[24];     // of usage ids
    char *restart_log;
    bool resolves_by_page; // tokens of `resolve` steps are brought to its registration page
    bool was_restarted, is_unreachable, is_unsettled, was_disturbed;
    struct drain *drain;

    size_t next_step;      // index of the step under way, or to come
    unsigned lines;        // lines sent to the client, numbered from 1
    unsigned awaited_line; // the step under way ends with the `done` of this line; 0: of none
    unsigned second_line;  // of a round: what is sent when the first line is done
    struct owed_line *owed;
    size_t owed_count, owed_capacity;
    bool has_asked_usage;
    struct asked *asked;
    size_t asked_count, asked_capacity;
    struct sent_step *sent;
    size_t sent_count, sent_capacity;

    // wait
    char *wait_rule;
    uint64_t wait_fired, wait_requests;
    int64_t wait_from_us, wait_quiet_us, wait_until_us;
    struct fired {
        char *rule;
        uint64_t count;
    } * fired;
    size_t fired_count, fired_capacity;

    const char *expiring; // the credential whose end is waited for; NULL: none

    // restart
    int restart_signal;
    enum { RESTART_NOW, RESTART_AT_COMMIT, RESTART_AT_REPLY } restart_at;
    struct seat *restart_seat;
    bool restart_armed;
    bool restart_ends_step; // the step under way ends with it (always so but for `at` with await
                            // false)

    // drain: in each round every instance that runs is told to send
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
// The seconds after which the case is over, whatever happens.
double play_deadline_s(const struct play *p);
bool play_client_supports(const struct play *p, const char *word);
const struct step *play_step(const struct play *p);

// The evidence is closed, and whatever followed it has ended: tells the owner.
void play_tell_over(struct play *p);

// attached.c: a program that runs already. What is the case's own, drawn before its lane opens.
void attached_begin(struct play *p);
// Why the case cannot be played with such a program at all, in text; false when it can.
bool attached_lacks(const struct play *p, char *text, size_t size);
MUST_USE enum rc attached_start(struct play *p, struct client **out,
                                const struct client_observer *observer, struct diag *d);
// Ends the case when the request (a line of the journal) bears usage of an earlier one.
void attached_look_for_strangers(struct play *p, struct span request);
// After the evidence was closed: drains the program and calls play_tell_over. False when there is
// nothing to drain.
bool attached_drain(struct play *p);
// Gives the drain up when it is under way.
void attached_end_drain(struct play *p);

// seat.c: what every process of the client starts with.
MUST_USE enum rc seat_environment(struct play *p, struct diag *d);
// Why the case's own variables cannot be given, in text; false when they can.
bool seat_lacks(const struct play *p, char *text, size_t size);
// Starts a process of the client in that seat and says hello to it; the case ends as `harness` when
// that fails.
void play_start_client(struct play *p, struct seat *seat);
// Whether a process of the client runs: in that seat, or in any of them.
bool seat_runs(const struct seat *seat);
bool play_any_runs(const struct play *p);
// The client did not leave when its stdin was closed; a service may well wait for SIGTERM. That it
// was signalled is journalled, since with what code programs end then differs.
void seat_tell_to_leave(struct seat *seat);

// heard.c: what to call for what a process of the client says; all of it is journalled.
struct client_observer heard_observer(struct seat *seat);
// The client's output as it may be kept; a secret in it is journalled. arg is the seat.
void heard_scrub(void *arg, enum client_stream stream, struct span text, struct buf *out);
// The client reached for another host than its endpoint, perhaps with what was meant for that. arg
// is the play.
void heard_bypass(void *arg, struct span host, bool is_carried);
// An event about a process of the client; members may be added between the two.
void heard_begin(struct seat *seat, const char *what);
void heard_end(struct play *p);

// steps.c: begins the step under way; it may be done at once.
void step_begin(struct play *p, const struct step *step);
// When a step was sent, in service time; arg is the play.
bool step_time(void *arg, struct span id, int64_t *at_us);
// The awaited line was answered, a pause is over, or something happened that may end a wait.
void step_line_done(struct play *p, unsigned line);
void step_pause_over(struct play *p);
void step_check_wait(struct play *p);
// Ends the client by the signal of the restart; it is started again when it has ended.
void step_restart_now(struct play *p);
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

// The parts of a step that speaks to the client: its event alone; a line, of which the number is
// given (usage: the members of a usage event, or empty); the wait for the answer to the last line.
void step_record(struct play *p, const struct step *step);
unsigned step_send(struct play *p, const struct step *step, const char *verb, struct span args,
                   struct span usage);
void step_await(struct play *p, const struct step *step, unsigned number);
// A moment of the scenario; the case ends as `harness` where it cannot be resolved.
int64_t step_moment(struct play *p, const char *text);

// usage.c
void step_begin_usage(struct play *p, const struct step *step);

// market.c: steps in which AWS Marketplace or a buyer comes to the seller.
void step_begin_resolve(struct play *p, const struct step *step);
void step_begin_register(struct play *p, const struct step *step);
void step_begin_page(struct play *p, const struct step *step);
void step_begin_notice(struct play *p, const struct step *step);

// supports.c
// Why the client cannot be asked what the scenario needs, in text; false when it can.
bool step_needs_more(const struct play *p, char *text, size_t size);

#endif
