// SPDX-License-Identifier: Apache-2.0
// Whatever happens (an answer, an end, a fired rule) only notes it and calls play_soon; the next
// move is made from the loop, so no lane, client or step is ended inside one of its own callbacks.
#include "suites/play/attached.h"
#include "suites/play/play_inside.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/base/rsa.h"

// How long a client may take to leave once its stdin is closed.
#define LEAVE_US (5 * US_PER_S)
// How long the connections of a client that has ended are given to end, too; and the turns of the
// loop in which what it sent last can be accepted and read.
#define SETTLE_US (250 * US_PER_MS)
#define SETTLE_STEP_US US_PER_MS
#define SETTLE_TURNS 4

void play_end_case(struct play *p, const char *why, const char *format, ...)
{
    if (p->why != NULL) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
    p->why = why;
    play_soon(p);
}

void play_soon(struct play *p)
{
    if (p->state < PLAY_CLOSED) {
        loop_timer_start(&p->advance, 0);
    }
}

const struct step *play_step(const struct play *p)
{
    return p->next_step < p->scenario->step_count ? &p->scenario->steps[p->next_step] : NULL;
}

bool play_client_supports(const struct play *p, const char *word)
{
    return json_array_has(p->seat->supports, word);
}

void play_step_done(struct play *p)
{
    p->awaited_line = 0;
    p->second_line = 0;
    p->next_step++;
    p->state = PLAY_NEXT;
    play_soon(p);
}

// What the wire does

static void count_fired(struct play *p, const char *rule)
{
    for (size_t i = 0; i < p->fired_count; i++) {
        if (strcmp(p->fired[i].rule, rule) == 0) {
            p->fired[i].count++;
            return;
        }
    }
    X_GROW(p->fired, p->fired_count, p->fired_capacity);
    p->fired[p->fired_count++] = (struct fired){.rule = x_strdup(rule), .count = 1};
}

static void on_event(void *arg, enum event_kind kind, struct span line)
{
    struct play *p = arg;
    if (kind == EVENT_FAULT) {
        OWN(json) cJSON *tree = NULL;
        if (json_read(&tree, NULL, line, NULL, NULL) == RC_OK) {
            const char *rule = json_get_text(tree, "rule");
            count_fired(p, rule == NULL ? "" : rule);
        }
        step_check_wait(p);
    } else if (kind == EVENT_REQUEST) {
        if (p->setting->attachment != NULL) {
            attached_look_for_strangers(p, line);
        }
        step_check_wait(p);
    } else if (kind == EVENT_CREDENTIAL && span_has(line, SPAN("\"what\":\"lost\""))) {
        // The client cannot know the new token: what becomes of it is not its doing.
        play_end_case(p, "harness", "a file could not be given its new token");
    }
}

// The client is ended exactly between the commit and the reply, or between the reply and its
// reading.
static void on_point(void *arg, enum lane_point point, uint64_t exchange)
{
    struct play *p = arg;
    for (size_t i = 0; i < SEATS; i++) {
        // A claim made too early by any of them cannot be overtaken.
        if (p->seats[i].client != NULL &&
            (point == LANE_BEFORE_COMMIT || point == LANE_BEFORE_REPLY)) {
            client_read_now(p->seats[i].client);
        }
    }
    if (!p->restart_armed || p->restart_seat->client == NULL) {
        return;
    }
    if (point == LANE_BEFORE_REPLY && p->restart_at == RESTART_AT_REPLY) {
        (void)!client_stop(p->restart_seat->client, 0);
    }
    bool is_it = (point == LANE_AFTER_COMMIT && p->restart_at == RESTART_AT_COMMIT) ||
                 (point == LANE_AFTER_REPLY && p->restart_at == RESTART_AT_REPLY);
    if (is_it) {
        p->restart_armed = false;
        step_restart_now(p);
        if (point == LANE_AFTER_COMMIT) {
            lane_cut(p->lane, exchange);
        }
    }
}

// Starting

static char *join(const char *a, const char *b, const char *end)
{
    struct buf path = {0};
    buf_addf(&path, "%s/%s%s", a, b, end);
    return buf_take_text(&path);
}

// A case id as a file name: '/' becomes '~'.
static char *flat_id(const char *id)
{
    char *flat = x_strdup(id);
    for (char *c = flat; *c != '\0'; c++) {
        if (*c == '/') {
            *c = '~';
        }
    }
    return flat;
}

static enum rc make_places(struct play *p, struct diag *d)
{
    OWN(text) char *flat = flat_id(p->scenario->id);
    // Unique: the same case may be played twice, and each time begins without a past.
    p->state_dir = join(p->setting->scratch, flat, "-XXXXXX");
    if (mkdtemp(p->state_dir) == NULL) {
        return diag_fail(d, RC_IO, "cannot make the directory %s: %s", p->state_dir,
                         strerror(errno));
    }
    enum rc rc = play_make_identity_dir(p, d);
    if (rc == RC_OK) {
        rc = run_writer_path(p->setting->writer, p->scenario->id, "client.out", &p->out_path, d);
    }
    if (rc == RC_OK) {
        rc = run_writer_path(p->setting->writer, p->scenario->id, "client.err", &p->err_path, d);
    }
    return rc;
}

static enum rc open_lane(struct play *p, struct diag *d)
{
    OWN(text) char *path = NULL;
    enum rc rc = run_writer_path(p->setting->writer, p->scenario->id, "journal.jsonl", &path, d);
    if (rc != RC_OK) {
        return rc;
    }
    bool is_over_tls = scenario_is_over_tls(p->scenario);
    bool is_behind_proxy = scenario_is_behind_proxy(p->scenario);
    if (is_over_tls && p->setting->tls == NULL) {
        return diag_fail(d, RC_INTERNAL, "nothing was made ready for TLS");
    }
    struct lane_options options = {
        .loop = p->setting->loop,
        .scenario = p->scenario,
        .profile = p->setting->profile,
        .listen = p->setting->attachment == NULL ? "127.0.0.1:0" : p->setting->attachment->listen,
        .tls = is_over_tls && !is_behind_proxy ? p->setting->tls : NULL,
        .destinations = is_behind_proxy ? p->setting->destinations : NULL,
        .opening = is_behind_proxy ? p->setting->tls : NULL,
        .elsewhere = tripwire_address(p->tripwire),
        .seed = p->setting->seed,
        .world_seed = p->world_seed,
        .world_base = p->setting->world_base,
        .world_map = p->setting->world_map,
        .told_time = p->setting->told_time,
        .start_us = p->start_service_us,
        .keeps_trail = true,
        .key = p->setting->key,
        .bodies = BODIES_FULL,
        .journal_path = path,
        .tolerance_us = p->setting->tolerance_us,
        .identity_dir = p->identity_dir,
        .observer = {.event = on_event, .point = on_point, .step_time = step_time, .arg = p},
    };
    return lane_open(&p->lane, &options, d);
}

static enum rc write_scenario(struct play *p, struct diag *d)
{
    OWN_BUF struct buf text = {0};
    scenario_render(p->scenario, p->setting->profile, &text);
    return run_writer_file(p->setting->writer, p->scenario->id, "scenario.json", buf_span(&text),
                           d);
}

// By which whoever judges the evidence can verify the registrations in it.
static enum rc write_key(struct play *p, struct diag *d)
{
    const struct rsa_key *key = p->setting->key;
    return key == NULL ? RC_OK
                       : run_writer_file(p->setting->writer, p->scenario->id, "public_key.pem",
                                         span_of(rsa_key_public_pem(key)), d);
}

// What the service would bill, and what CloudTrail would have recorded.
static enum rc write_books(struct play *p, struct diag *d)
{
    OWN_BUF struct buf ledger = {0};
    OWN_BUF struct buf trail = {0};
    ledger_render(lane_ledger(p->lane), &ledger);
    lane_cloudtrail(p->lane, &trail);
    enum rc rc =
        run_writer_file(p->setting->writer, p->scenario->id, "ledger.json", buf_span(&ledger), d);
    return rc != RC_OK ? rc
                       : run_writer_file(p->setting->writer, p->scenario->id, "cloudtrail.json",
                                         buf_span(&trail), d);
}

// Ending

void play_tell_over(struct play *p)
{
    bool hour_turned = !p->setting->told_time &&
                       instant_hour(lane_service_us(p->lane)) != instant_hour(p->start_service_us);
    struct play_end end = {.why = p->why,
                           .is_unsettled = p->is_unsettled,
                           .was_disturbed = p->was_disturbed,
                           .hour_turned = hour_turned,
                           .text = p->failure == RC_OK ? p->text : p->diag.text,
                           .rc = p->failure,
                           .duration_us = loop_now_us(p->setting->loop) - p->start_us};
    p->state = PLAY_OVER;
    p->over(p->over_arg, p, &end);
}

static void finish(struct play *p)
{
    p->state = PLAY_CLOSED;
    loop_timer_stop(&p->deadline);
    loop_timer_stop(&p->pause);
    lane_close(p->lane);
    OWN_BUF struct buf more = {0};
    struct diag d = {0};
    enum rc rc = write_books(p, &d);
    buf_addf(&more, ",\"lag_us\":%lld", (long long)p->lag_us);
    struct journal *j = lane_take_journal(p->lane);
    enum rc ended = run_writer_end_case(p->setting->writer, p->scenario->id, &j, p->why, p->text,
                                        buf_span(&more), &d);
    rc = rc == RC_OK ? ended : rc;
    if (p->failure == RC_OK && rc != RC_OK) {
        p->failure = rc;
        p->diag = d;
    }
    if (!attached_drain(p)) {
        play_tell_over(p);
    }
}

static void leave(struct play *p)
{
    bool is_kind = strcmp(p->why, "done") == 0 || strcmp(p->why, "unsupported") == 0;
    p->state = PLAY_LEAVING;
    p->restart_armed = false;
    if (!play_any_runs(p)) {
        play_soon(p);
        return;
    }
    for (size_t i = 0; i < SEATS; i++) {
        if (seat_runs(&p->seats[i])) {
            // Twice as long: before that we tell it ourselves, see on_pause_over.
            client_end(p->seats[i].client, is_kind ? 2 * LEAVE_US : -1);
        }
    }
    loop_timer_start(&p->pause, LEAVE_US);
}

// What the client sent in its last moments may still wait in our sockets: it is taken before the
// lane closes, as a real service would take it. A reply that a rule holds back is not waited for.
static void settle(struct play *p)
{
    int64_t now_us = loop_now_us(p->setting->loop);
    if (p->settle_turns++ == 0) {
        p->settle_until_us = now_us + SETTLE_US;
    }
    bool is_new = p->settle_turns < SETTLE_TURNS;
    if (is_new || (lane_has_connections(p->lane) && now_us < p->settle_until_us)) {
        loop_timer_start(&p->advance, is_new ? 0 : SETTLE_STEP_US);
    } else {
        finish(p);
    }
}

static void note_sent(struct play *p, const struct step *step)
{
    if (step->id != NULL) {
        X_GROW(p->sent, p->sent_count, p->sent_capacity);
        p->sent[p->sent_count++] =
            (struct sent_step){.id = x_strdup(step->id), .at_us = lane_service_us(p->lane)};
    }
}

static void begin_next(struct play *p)
{
    const struct step *step = play_step(p);
    if (step != NULL) {
        p->state = PLAY_STEP;
        p->seat = &p->seats[step->instance - 1];
        note_sent(p, step);
        step_begin(p, step);
    } else if (p->owed_count > 0) {
        p->state = PLAY_OWED;
    } else {
        play_end_case(p, "done", "every step was played");
    }
}

// A `done` that the process still owed is void.
static void forget_owed_by(struct play *p, const struct seat *seat)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->owed_count; i++) {
        if (p->owed[i].instance != seat->number) {
            p->owed[kept++] = p->owed[i];
        }
    }
    p->owed_count = kept;
}

static void start_again(struct play *p, struct seat *seat)
{
    client_free(&seat->client);
    seat->restart_ordered = false;
    p->was_restarted = true;
    forget_owed_by(p, seat);
    p->awaited_line = 0;
    p->next_step += p->restart_ends_step ? 1 : 0;
    play_start_client(p, seat);
}

static void on_advance(void *arg)
{
    struct play *p = arg;
    if (p->why != NULL) {
        if (p->state != PLAY_LEAVING) {
            leave(p);
        } else if (!play_any_runs(p)) {
            settle(p);
        }
    } else if (p->state == PLAY_RESTART && !seat_runs(p->restart_seat)) {
        start_again(p, p->restart_seat);
    } else if (p->state == PLAY_NEXT || (p->state == PLAY_OWED && p->owed_count == 0)) {
        begin_next(p);
    }
}

static void on_pause_over(void *arg)
{
    struct play *p = arg;
    for (size_t i = 0; p->state == PLAY_LEAVING && i < SEATS; i++) {
        seat_tell_to_leave(&p->seats[i]);
    }
    if (p->state != PLAY_LEAVING) {
        step_pause_over(p);
    }
}

double play_deadline_s(const struct play *p)
{
    return p->scenario->deadline_s * p->setting->timeout_multiplier;
}

static void describe_wait(const struct play *p, char *out, size_t size)
{
    const struct step *step = play_step(p);
    if (p->state == PLAY_HELLO) {
        (void)snprintf(out, size, "the client had not said hello");
    } else if (p->state == PLAY_ALONE) {
        (void)snprintf(out, size, "the client had not ended by itself");
    } else if (p->state == PLAY_OWED) {
        (void)snprintf(out, size, "step line %u had not been answered with done",
                       p->owed[0].number);
    } else if (step != NULL && p->awaited_line != 0) {
        (void)snprintf(out, size, "step %u (%s) had not been answered with done", step->n,
                       step_name(step->verb));
    } else if (step != NULL) {
        (void)snprintf(out, size, "step %u (%s) was under way", step->n, step_name(step->verb));
    } else {
        (void)snprintf(out, size, "every step was played");
    }
}

static void on_deadline(void *arg)
{
    struct play *p = arg;
    char what[160];
    describe_wait(p, what, sizeof what);
    if (p->why != NULL) {
        return; // it is leaving, for which it has a time of its own
    }
    play_end_case(p, "deadline", "after %g s %s", play_deadline_s(p), what);
}

static void start_deadline(struct play *p)
{
    loop_timer_init(&p->deadline, p->setting->loop, on_deadline, p);
    if (!p->setting->no_deadline) {
        loop_timer_start(&p->deadline, (int64_t)(play_deadline_s(p) * (double)US_PER_S));
    }
}

static int64_t told_start(const struct play_setting *setting, const struct scenario *s)
{
    const struct attachment *a = setting->attachment;
    return scenario_start_us(s, attached_told_start(a == NULL ? 0 : a->told_us));
}

enum rc play_start(struct play **out, const struct play_setting *setting,
                   const struct scenario *scenario, play_over_fn *over, void *arg, struct diag *d)
{
    struct play *p = x_alloc(sizeof *p);
    *p = (struct play){.setting = setting, .scenario = scenario, .over = over, .over_arg = arg};
    for (unsigned i = 0; i < SEATS; i++) {
        p->seats[i] = (struct seat){.play = p, .number = i + 1};
    }
    p->seat = p->restart_seat = &p->seats[0];
    loop_timer_init(&p->advance, setting->loop, on_advance, p);
    loop_timer_init(&p->pause, setting->loop, on_pause_over, p);
    p->start_us = loop_now_us(setting->loop);
    p->start_service_us = setting->told_time ? told_start(setting, scenario)
                                             : clock_wall_us(loop_clock(setting->loop));
    if (setting->attachment != NULL) {
        attached_begin(p);
    }
    enum rc rc = make_places(p, d);
    if (rc == RC_OK) {
        rc = write_scenario(p, d);
    }
    if (rc == RC_OK) {
        rc = write_key(p, d);
    }
    if (rc == RC_OK) {
        rc = tripwire_open(&p->tripwire, setting->loop, heard_bypass, p, d);
    }
    if (rc == RC_OK) {
        rc = open_lane(p, d);
    }
    if (rc == RC_OK) {
        rc = seat_environment(p, d);
    }
    if (rc != RC_OK) {
        play_free(&p);
        return rc;
    }
    start_deadline(p);
    char why[256];
    bool is_beyond =
        seat_lacks(p, why, sizeof why) ||
        (setting->is_exec && !setting->is_probe && step_needs_script(p, why, sizeof why)) ||
        (setting->attachment != NULL && attached_lacks(p, why, sizeof why));
    if (is_beyond) {
        play_end_case(p, "unsupported", "%s", why);
    } else {
        if (setting->is_exec) {
            step_expect_own_work(p);
        }
        play_start_client(p, p->seat);
    }
    *out = p;
    return RC_OK;
}

const struct scenario *play_scenario(const struct play *play)
{
    return play->scenario;
}

bool play_is_over(const struct play *play)
{
    return play->state == PLAY_OVER;
}

void play_note_lag(struct play *play, int64_t lag_us)
{
    if (lag_us > play->lag_us) {
        play->lag_us = lag_us;
    }
}

void play_interrupt(struct play *play)
{
    play_end_case(play, "interrupted", "a person stopped the run");
}

const cJSON *play_supported(const struct play *play)
{
    return play->seats[0].supports;
}

uint64_t play_request_count(const struct play *play)
{
    return lane_request_count(play->lane);
}

void play_free(struct play **slot)
{
    struct play *p = *slot;
    if (p == NULL) {
        return;
    }
    attached_end_drain(p);
    loop_timer_stop(&p->advance);
    loop_timer_stop(&p->pause);
    loop_timer_stop(&p->deadline);
    for (size_t i = 0; i < SEATS; i++) {
        client_free(&p->seats[i].client);
        cJSON_Delete(p->seats[i].supports);
    }
    tripwire_free(&p->tripwire);
    lane_free(&p->lane);
    environment_clear(&p->environment);
    for (size_t i = 0; i < p->asked_count; i++) {
        x_free(p->asked[i].id);
    }
    for (size_t i = 0; i < p->sent_count; i++) {
        x_free(p->sent[i].id);
    }
    for (size_t i = 0; i < p->fired_count; i++) {
        x_free(p->fired[i].rule);
    }
    x_free(p->asked);
    x_free(p->sent);
    x_free(p->fired);
    x_free(p->owed);
    x_free(p->wait_rule);
    x_free(p->state_dir);
    x_free(p->restart_log);
    x_free(p->identity_dir);
    x_free(p->out_path);
    x_free(p->err_path);
    x_free(p);
    *slot = NULL;
}
