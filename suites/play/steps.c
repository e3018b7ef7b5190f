// SPDX-License-Identifier: Apache-2.0
// What each step does: a table row and a function. Steps that speak to the client send numbered
// lines; a step is done when its last line was answered, unless it is not awaited.
#include "suites/play/play_inside.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

// `round` moves the clock by so much.
#define ROUND_US (INT64_C(10) * 60 * US_PER_S)
#define DRAIN_ROUNDS 8
// What drain leaves of the deadline for the client to leave.
#define DRAIN_RESERVE_US (3 * US_PER_S)
#define WAIT_DEFAULT_US (20 * US_PER_S)
// How long after a signal that it may handle a client that is to be restarted may live.
#define RESTART_TERM_US (5 * US_PER_S)

static struct journal *journal(struct play *p)
{
    return lane_journal(p->lane);
}

bool step_time(void *arg, struct span id, int64_t *at_us)
{
    const struct play *p = arg;
    for (size_t i = 0; i < p->sent_count; i++) {
        if (span_is(id, p->sent[i].id)) {
            *at_us = p->sent[i].at_us;
            return true;
        }
    }
    return false;
}

int64_t step_moment(struct play *p, const char *text)
{
    struct moment_context context = {.now_us = lane_service_us(p->lane),
                                     .start_us = p->start_service_us,
                                     .step_time = step_time,
                                     .arg = p};
    int64_t at_us = context.now_us;
    struct diag d = {0};
    if (moment_resolve(&at_us, span_of(text), &context, &d) != RC_OK) {
        play_end_case(p, "harness", "the moment \"%s\" cannot be resolved: %s", text, d.text);
    }
    return at_us;
}

static void begin_event(struct play *p, const struct step *step)
{
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_STEP);
    journal_int(j, "n", step->n);
    journal_text(j, "verb", span_of(step_name(step->verb)));
    if (step->id != NULL) {
        journal_text(j, "id", span_of(step->id));
    }
    if (cJSON_IsString(step->args)) {
        journal_text(j, "argument", json_span(step->args));
    }
    journal_bool(j, "await", step->await);
}

void step_record(struct play *p, const struct step *step)
{
    begin_event(p, step);
    (void)journal_end(journal(p));
}

unsigned step_send(struct play *p, const struct step *step, const char *verb, struct span args,
                   struct span usage)
{
    unsigned number = ++p->lines;
    OWN_BUF struct buf line = {0};
    protocol_step(&line, number, verb, args, lane_service_us(p->lane));
    begin_event(p, step);
    journal_text(journal(p), "sends", span_of(verb));
    journal_int(journal(p), "step", number);
    journal_int(journal(p), "instance", p->seat->number);
    journal_raw(journal(p), "line", buf_span(&line));
    if (usage.len > 0) {
        journal_raw(journal(p), "usage", usage);
    }
    (void)journal_end(journal(p));
    struct client *client = p->seat->client;
    if (client == NULL || client_send(client, buf_span(&line)) == RC_LIMIT) {
        play_end_case(p, "exit", "the client does not read its stdin: line %u could not be sent",
                      number);
    }
    return number;
}

static void owe(struct play *p, unsigned number)
{
    X_GROW(p->owed, p->owed_count, p->owed_capacity);
    p->owed[p->owed_count++] = (struct owed_line){.number = number, .instance = p->seat->number};
}

void step_await(struct play *p, const struct step *step, unsigned number)
{
    if (step->await) {
        p->awaited_line = number;
        return;
    }
    owe(p, number);
    play_step_done(p);
}

static void begin_flush(struct play *p, const struct step *step)
{
    step_await(p, step, step_send(p, step, "flush", SPAN("{}"), (struct span){0}));
}

static unsigned send_clock(struct play *p, const struct step *step, int64_t at_us)
{
    lane_move_clock(p->lane, at_us, step->n);
    char text[INSTANT_TEXT];
    instant_format_s(text, at_us);
    OWN_BUF struct buf args = {0};
    buf_add_json_string(&args, span_of(text));
    return step_send(p, step, "clock", buf_span(&args), (struct span){0});
}

static void begin_clock(struct play *p, const struct step *step)
{
    step_await(p, step, send_clock(p, step, step_moment(p, json_text(step->args))));
}

// clock + 10 min where supported, then flush where supported.
static void send_round(struct play *p, const struct step *step)
{
    bool has_clock = play_client_supports(p, "clock");
    bool has_flush = play_client_supports(p, "flush");
    unsigned number = 0;
    if (has_clock) {
        number = send_clock(p, step, lane_service_us(p->lane) + ROUND_US);
    }
    if (has_clock && has_flush && step->await) {
        p->second_line = number; // flush follows when it is answered
        p->awaited_line = number;
        return;
    }
    if (has_flush) {
        if (has_clock) {
            owe(p, number);
        }
        number = step_send(p, step, "flush", SPAN("{}"), (struct span){0});
    }
    step_await(p, step, number);
}

static const struct {
    const char *name, *full;
    int number;
} SIGNALS[] = {{"KILL", "SIGKILL", SIGKILL},
               {"TERM", "SIGTERM", SIGTERM},
               {"INT", "SIGINT", SIGINT},
               {"HUP", "SIGHUP", SIGHUP}};

#define SIGNAL_COUNT (sizeof SIGNALS / sizeof SIGNALS[0])

// The scenario was checked: its signal is one of them.
static int signal_number(const char *name)
{
    size_t i = 0;
    while (i + 1 < SIGNAL_COUNT && (name == NULL || strcmp(SIGNALS[i].name, name) != 0)) {
        i++;
    }
    return SIGNALS[i].number;
}

static const char *signal_text(int number)
{
    size_t i = 0;
    while (i + 1 < SIGNAL_COUNT && SIGNALS[i].number != number) {
        i++;
    }
    return SIGNALS[i].full;
}

static void begin_restart(struct play *p, const struct step *step)
{
    const char *signal = json_get_text(step->args, "signal");
    const char *at = json_get_text(step->args, "at");
    step_record(p, step);
    p->restart_signal = signal_number(signal);
    p->restart_seat = p->seat;
    if (at != NULL) {
        p->restart_at = strcmp(at, "commit") == 0 ? RESTART_AT_COMMIT : RESTART_AT_REPLY;
        p->restart_armed = true;
        if (!step->await) {
            play_step_done(p); // the steps that follow bring the commit about
        }
        return;
    }
    step_restart_now(p);
}

void step_restart_now(struct play *p)
{
    struct seat *seat = p->restart_seat;
    heard_begin(seat, "signal");
    journal_text(journal(p), "signal", span_of(signal_text(p->restart_signal)));
    journal_text(journal(p), "why", SPAN("restart"));
    heard_end(p);
    p->restart_ends_step = p->state == PLAY_STEP;
    seat->restart_ordered = true;
    p->state = PLAY_RESTART;
    (void)!client_signal(seat->client, p->restart_signal);
    (void)!client_signal(seat->client, SIGCONT); // one that was stopped before
    client_end(seat->client, p->restart_signal == SIGKILL ? -1 : RESTART_TERM_US);
}

// The step is over once the new process has said hello, as at the beginning of the case.
static void begin_start(struct play *p, const struct step *step)
{
    step_record(p, step);
    p->next_step++;
    play_start_client(p, p->seat);
}

static void arm(struct play *p, const struct step *step, bool armed)
{
    step_record(p, step);
    enum rc rc = lane_arm(p->lane, json_span(step->args), armed);
    if (rc != RC_OK) {
        play_end_case(p, "harness", "step %u: %s", step->n,
                      rc == RC_UNKNOWN ? "there is no rule of that name"
                                       : "the port could not be kept, or listened on again");
        return;
    }
    play_step_done(p);
}

static void begin_arm(struct play *p, const struct step *step)
{
    arm(p, step, true);
}

static void begin_disarm(struct play *p, const struct step *step)
{
    arm(p, step, false);
}

static void begin_world(struct play *p, const struct step *step)
{
    struct diag d = {0};
    step_record(p, step);
    if (world_change(lane_world(p->lane), step->args, lane_service_us(p->lane), &d) != RC_OK) {
        play_end_case(p, "harness", "step %u cannot change the world: %s", step->n, d.text);
        return;
    }
    play_step_done(p);
}

// wait

static uint64_t fired_times(const struct play *p, const char *rule)
{
    for (size_t i = 0; rule != NULL && i < p->fired_count; i++) {
        if (strcmp(p->fired[i].rule, rule) == 0) {
            return p->fired[i].count;
        }
    }
    return 0;
}

static int64_t duration(const cJSON *args, const char *key, int64_t otherwise_us)
{
    int64_t us = otherwise_us;
    struct span text = json_span(json_get(args, key));
    if (text.len > 0 && duration_parse(&us, text, NULL) != RC_OK) {
        us = otherwise_us; // the scenario was checked: it parses
    }
    return us;
}

// Silence before the wait does not count: what the client was just told may be on its way.
static int64_t quiet_for_us(const struct play *p)
{
    int64_t last_us = lane_last_request_us(p->lane);
    int64_t since_us = last_us > p->wait_from_us ? last_us : p->wait_from_us;
    return loop_now_us(p->setting->loop) - since_us;
}

static bool wait_is_over(const struct play *p)
{
    if (p->owed_count == 0 && p->wait_quiet_us == 0) {
        return true; // every step that was not awaited is done: nothing more will come
    }
    if (p->wait_rule != NULL) {
        return fired_times(p, p->wait_rule) >= p->wait_fired;
    }
    if (p->wait_requests > 0) {
        return lane_request_count(p->lane) >= p->wait_requests;
    }
    return quiet_for_us(p) >= p->wait_quiet_us;
}

static bool is_waiting(const struct play *p)
{
    const struct step *step = play_step(p);
    return p->state == PLAY_STEP && step != NULL && step->verb == STEP_WAIT;
}

void step_check_wait(struct play *p)
{
    if (is_waiting(p)) {
        loop_timer_start(&p->pause, 0); // looked at from the loop, not inside the event
    }
}

static void look_again(struct play *p)
{
    int64_t now_us = loop_now_us(p->setting->loop);
    if (wait_is_over(p) || now_us >= p->wait_until_us) {
        play_step_done(p);
        return;
    }
    int64_t next_us = p->wait_until_us - now_us;
    if (p->wait_quiet_us > 0 && p->wait_quiet_us - quiet_for_us(p) < next_us) {
        next_us = p->wait_quiet_us - quiet_for_us(p);
    }
    loop_timer_start(&p->pause, next_us);
}

static void begin_wait(struct play *p, const struct step *step)
{
    step_record(p, step);
    x_free(p->wait_rule);
    const char *rule = json_get_text(step->args, "rule");
    p->wait_rule = rule == NULL ? NULL : x_strdup(rule);
    p->wait_fired = (uint64_t)json_get_int(step->args, "fired", 1);
    p->wait_requests = (uint64_t)json_get_int(step->args, "requests", 0);
    p->wait_quiet_us = duration(step->args, "quiet", 0);
    p->wait_from_us = loop_now_us(p->setting->loop);
    p->wait_until_us = p->wait_from_us + duration(step->args, "for", WAIT_DEFAULT_US);
    look_again(p);
}

// drain

static bool is_settled(const struct play *p)
{
    for (size_t i = 0; i < p->asked_count; i++) {
        if (p->asked[i].state != ANSWER_STATE_METERED &&
            p->asked[i].state != ANSWER_STATE_REJECTED) {
            return false;
        }
    }
    return true;
}

// The next process that runs, from that seat on; NULL when there is none.
static struct seat *next_seat(struct play *p, size_t from)
{
    for (size_t i = from; i < SEATS; i++) {
        if (seat_runs(&p->seats[i])) {
            return &p->seats[i];
        }
    }
    return NULL;
}

static void begin_drain(struct play *p, const struct step *step)
{
    struct seat *first = next_seat(p, 0);
    p->seat = first == NULL ? p->seat : first;
    p->drain_round = p->drain_round == 0 ? 1 : p->drain_round;
    send_round(p, step);
}

// After round k there are 2^(k-1) seconds, unless all is settled or the deadline is too near.
static void go_on_draining(struct play *p)
{
    int64_t wait_us = (INT64_C(1) << (p->drain_round - 1)) * US_PER_S;
    int64_t left_us = p->setting->no_deadline
                          ? INT64_MAX
                          : p->deadline.due_us - loop_now_us(p->setting->loop) - DRAIN_RESERVE_US;
    if (is_settled(p) || p->drain_round == DRAIN_ROUNDS || wait_us > left_us) {
        p->drain_round = 0;
        play_step_done(p);
        return;
    }
    p->drain_round++;
    loop_timer_start(&p->pause, wait_us);
}

// A process has answered its part of the round.
static void round_is_answered(struct play *p, const struct step *step)
{
    struct seat *next = next_seat(p, p->seat->number);
    if (next == NULL) {
        go_on_draining(p);
    } else {
        p->seat = next;
        send_round(p, step);
    }
}

void step_pause_over(struct play *p)
{
    if (p->state != PLAY_STEP || p->why != NULL) {
        return;
    }
    const struct step *step = play_step(p);
    if (is_waiting(p)) {
        look_again(p);
    } else if (p->expiring != NULL) {
        step_await_expiry(p);
    } else if (p->drain_round > 0) {
        begin_drain(p, step);
    }
}

static void forget_owed(struct play *p, unsigned line)
{
    for (size_t i = 0; i < p->owed_count; i++) {
        if (p->owed[i].number == line) {
            p->owed[i] = p->owed[--p->owed_count];
            play_soon(p);
            step_check_wait(p);
            return;
        }
    }
}

void step_line_done(struct play *p, unsigned line)
{
    if (p->state != PLAY_STEP || p->awaited_line == 0 || line != p->awaited_line) {
        forget_owed(p, line);
        return;
    }
    const struct step *step = play_step(p);
    p->awaited_line = 0;
    if (p->second_line == line) {
        p->second_line = 0;
        step_await(p, step, step_send(p, step, "flush", SPAN("{}"), (struct span){0}));
    } else if (p->drain_round > 0) {
        round_is_answered(p, step);
    } else {
        play_step_done(p);
    }
}

static const struct {
    enum step_verb verb;
    void (*begin)(struct play *p, const struct step *step);
    const char *needs; // what the client must support; NULL: nothing, or see step_needs_more
} ROWS[] = {
    {STEP_USAGE, step_begin_usage, "usage"},
    {STEP_RESOLVE, step_begin_resolve, "resolve"},
    {STEP_REGISTER, step_begin_register, "register"},
    {STEP_PAGE, step_begin_page, "page"},
    {STEP_NOTICE, step_begin_notice, "notice"},
    {STEP_FLUSH, begin_flush, "flush"},
    {STEP_CLOCK, begin_clock, "clock"},
    {STEP_ROUND, send_round, NULL},
    {STEP_RESTART, begin_restart, "restart"},
    {STEP_START, begin_start, "instances"},
    {STEP_ARM, begin_arm, NULL},
    {STEP_DISARM, begin_disarm, NULL},
    {STEP_WAIT, begin_wait, NULL},
    {STEP_WORLD, begin_world, NULL},
    {STEP_CREDENTIALS, step_begin_credentials, NULL},
    {STEP_DRAIN, begin_drain, NULL},
};

#define ROW_COUNT (sizeof ROWS / sizeof ROWS[0])

static size_t row_of(enum step_verb verb)
{
    size_t i = 0;
    while (i < ROW_COUNT && ROWS[i].verb != verb) {
        i++;
    }
    return i;
}

bool step_exists(enum step_verb verb)
{
    return row_of(verb) < ROW_COUNT;
}

const char *step_needs(enum step_verb verb)
{
    return ROWS[row_of(verb)].needs;
}

void step_begin(struct play *p, const struct step *step)
{
    ROWS[row_of(step->verb)].begin(p, step);
}
