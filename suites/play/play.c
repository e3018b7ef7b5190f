// SPDX-License-Identifier: Apache-2.0
// Whatever happens (an answer, an end, a fired rule) only notes it and calls play_soon; the next
// move is made from the loop, so no lane, client or step is ended inside one of its own callbacks.
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

// How long a client may take to leave once its stdin is closed.
#define LEAVE_US (5 * US_PER_S)
// How long the connections of a client that has ended are given to end, too; and the turns of the
// loop in which what it sent last can be accepted and read.
#define SETTLE_US (250 * US_PER_MS)
#define SETTLE_STEP_US US_PER_MS
#define SETTLE_TURNS 4
// 2026-11-18T10:15:00Z: a mid-month, mid-hour moment, where told time begins.
#define TOLD_START_US (INT64_C(1794996900) * US_PER_S)

extern char **environ; // POSIX: the caller's environment, of which the client gets a scrubbed copy

static struct journal *journal(struct play *p)
{
    return lane_journal(p->lane);
}

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
    if (p->state != PLAY_OVER) {
        loop_timer_start(&p->advance, 0);
    }
}

const struct step *play_step(const struct play *p)
{
    return p->next_step < p->scenario->step_count ? &p->scenario->steps[p->next_step] : NULL;
}

bool play_client_supports(const struct play *p, const char *word)
{
    return json_array_has(p->supports, word);
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
    if (p->client == NULL) {
        return;
    }
    if (point == LANE_BEFORE_COMMIT || point == LANE_BEFORE_REPLY) {
        client_read_now(p->client);
    }
    if (!p->restart_armed) {
        return;
    }
    if (point == LANE_BEFORE_REPLY && p->restart_at == RESTART_AT_REPLY) {
        (void)!client_stop(p->client, 0);
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

static enum rc build_environment(struct play *p, struct diag *d)
{
    OWN(text) char *empty = join(p->setting->scratch, "empty", "");
    OWN_BUF struct buf world = {0};
    OWN_BUF struct buf endpoint = {0};
    OWN_BUF struct buf trip = {0};
    world_describe(lane_world(p->lane), &world);
    buf_addf(&endpoint, "http://%s%c", lane_address(p->lane), '\0');
    buf_addf(&trip, "http://%s%c", tripwire_address(p->tripwire), '\0');
    buf_add_char(&world, '\0');
    struct environment_options options = {
        .caller = (const char *const *)environ,
        .endpoint = endpoint.data,
        .region = world_region(lane_world(p->lane)),
        .config_file = empty,
        .credentials_file = empty,
        .tripwire = trip.data,
        .state_dir = p->state_dir,
        .world = world.data,
        .deadline_s = p->scenario->deadline_s,
        .case_id = p->setting->hides_case ? "hidden" : p->scenario->id,
        .add = p->setting->add_env,
        .pass = p->setting->pass_env,
    };
    play_find_credentials(p, &options);
    return environment_build(&p->environment, &options, d);
}

static enum rc open_lane(struct play *p, struct diag *d)
{
    OWN(text) char *path = NULL;
    enum rc rc = run_writer_path(p->setting->writer, p->scenario->id, "journal.jsonl", &path, d);
    if (rc != RC_OK) {
        return rc;
    }
    struct lane_options options = {
        .loop = p->setting->loop,
        .scenario = p->scenario,
        .profile = p->setting->profile,
        .listen = "127.0.0.1:0",
        .elsewhere = tripwire_address(p->tripwire),
        .seed = p->setting->seed,
        .world_base = p->setting->world_base,
        .world_map = p->setting->world_map,
        .told_time = p->setting->told_time,
        .start_us = p->start_service_us,
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

void play_start_client(struct play *p)
{
    p->instance = 1; // a restarted client is the same instance in a new life
    p->state = PLAY_HELLO;
    struct client_options options = {
        .loop = p->setting->loop,
        .argv = p->setting->argv,
        .env = environment_vars(&p->environment),
        .out_path = p->out_path,
        .err_path = p->err_path,
        .scrub = heard_scrub,
        .observer = heard_observer(p),
    };
    struct diag d = {0};
    if (client_start(&p->client, &options, &d) != RC_OK) {
        play_end_case(p, "harness", "%s", d.text);
        return;
    }
    heard_begin(p, "start");
    journal_int(journal(p), "pid", client_pid(p->client));
    heard_end(p);
    if (p->setting->is_exec) {
        p->state = PLAY_ALONE;
        return;
    }
    OWN_BUF struct buf line = {0};
    struct span name = p->setting->hides_case ? SPAN("hidden") : span_of(p->scenario->id);
    protocol_hello(&line, name, lane_service_us(p->lane));
    (void)!client_send(p->client, buf_span(&line));
}

// Ending

static void finish(struct play *p)
{
    p->state = PLAY_OVER;
    loop_timer_stop(&p->deadline);
    loop_timer_stop(&p->pause);
    lane_close(p->lane);
    OWN_BUF struct buf ledger = {0};
    OWN_BUF struct buf more = {0};
    ledger_render(lane_ledger(p->lane), &ledger);
    struct diag d = {0};
    enum rc rc =
        run_writer_file(p->setting->writer, p->scenario->id, "ledger.json", buf_span(&ledger), &d);
    buf_addf(&more, ",\"lag_us\":%lld", (long long)p->lag_us);
    struct journal *j = lane_take_journal(p->lane);
    enum rc ended = run_writer_end_case(p->setting->writer, p->scenario->id, &j, p->why, p->text,
                                        buf_span(&more), &d);
    rc = rc == RC_OK ? ended : rc;
    if (p->failure == RC_OK && rc != RC_OK) {
        p->failure = rc;
        p->diag = d;
    }
    bool hour_turned = !p->setting->told_time &&
                       instant_hour(lane_service_us(p->lane)) != instant_hour(p->start_service_us);
    struct play_end end = {.why = p->why,
                           .hour_turned = hour_turned,
                           .text = p->failure == RC_OK ? p->text : p->diag.text,
                           .rc = p->failure,
                           .duration_us = loop_now_us(p->setting->loop) - p->start_us};
    p->over(p->over_arg, p, &end);
}

static void leave(struct play *p)
{
    bool is_kind = strcmp(p->why, "done") == 0 || strcmp(p->why, "unsupported") == 0;
    p->state = PLAY_LEAVING;
    p->restart_armed = false;
    if (p->client != NULL && client_is_running(p->client)) {
        // Twice as long: before that we tell it ourselves, see on_pause_over.
        client_end(p->client, is_kind ? 2 * LEAVE_US : -1);
        loop_timer_start(&p->pause, LEAVE_US);
    } else {
        play_soon(p);
    }
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
        note_sent(p, step);
        step_begin(p, step);
    } else if (p->owed_count > 0) {
        p->state = PLAY_OWED;
    } else {
        play_end_case(p, "done", "every step was played");
    }
}

static void on_advance(void *arg)
{
    struct play *p = arg;
    bool is_running = p->client != NULL && client_is_running(p->client);
    if (p->why != NULL) {
        if (p->state != PLAY_LEAVING) {
            leave(p);
        } else if (!is_running) {
            settle(p);
        }
    } else if (p->state == PLAY_RESTART && !is_running) {
        client_free(&p->client);
        p->restart_ordered = false;
        p->owed_count = 0; // a `done` still owed is void
        p->awaited_line = 0;
        p->next_step += p->restart_ends_step ? 1 : 0;
        play_start_client(p);
    } else if (p->state == PLAY_NEXT || (p->state == PLAY_OWED && p->owed_count == 0)) {
        begin_next(p);
    }
}

// The client did not leave when its stdin was closed; a service may well wait for SIGTERM. That it
// was signalled is journalled, since with what code programs end then differs.
static void tell_to_leave(struct play *p)
{
    if (p->client != NULL && client_is_running(p->client)) {
        heard_begin(p, "signal");
        journal_text(journal(p), "signal", SPAN("SIGTERM"));
        journal_text(journal(p), "why", SPAN("leave"));
        heard_end(p);
        client_end(p->client, 0);
    }
}

static void on_pause_over(void *arg)
{
    struct play *p = arg;
    if (p->state == PLAY_LEAVING) {
        tell_to_leave(p);
    } else {
        step_pause_over(p);
    }
}

static double deadline_s(const struct play *p)
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
        (void)snprintf(out, size, "step line %u had not been answered with done", p->owed[0]);
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
    play_end_case(p, "deadline", "after %g s %s", deadline_s(p), what);
}

static void start_deadline(struct play *p)
{
    loop_timer_init(&p->deadline, p->setting->loop, on_deadline, p);
    if (!p->setting->no_deadline) {
        loop_timer_start(&p->deadline, (int64_t)(deadline_s(p) * (double)US_PER_S));
    }
}

static int64_t told_start(const struct scenario *s)
{
    int64_t at_us = TOLD_START_US;
    const char *start = json_get_text(s->time, "start");
    struct moment_context context = {.now_us = TOLD_START_US, .start_us = TOLD_START_US};
    if (start != NULL && moment_resolve(&at_us, span_of(start), &context, NULL) != RC_OK) {
        at_us = TOLD_START_US; // the scenario was checked: it resolves
    }
    return at_us;
}

enum rc play_start(struct play **out, const struct play_setting *setting,
                   const struct scenario *scenario, play_over_fn *over, void *arg, struct diag *d)
{
    struct play *p = x_alloc(sizeof *p);
    *p = (struct play){.setting = setting, .scenario = scenario, .over = over, .over_arg = arg};
    loop_timer_init(&p->advance, setting->loop, on_advance, p);
    loop_timer_init(&p->pause, setting->loop, on_pause_over, p);
    p->start_us = loop_now_us(setting->loop);
    p->start_service_us =
        setting->told_time ? told_start(scenario) : clock_wall_us(loop_clock(setting->loop));
    enum rc rc = make_places(p, d);
    if (rc == RC_OK) {
        rc = write_scenario(p, d);
    }
    if (rc == RC_OK) {
        rc = tripwire_open(&p->tripwire, setting->loop, heard_bypass, p, d);
    }
    if (rc == RC_OK) {
        rc = open_lane(p, d);
    }
    if (rc == RC_OK) {
        rc = build_environment(p, d);
    }
    if (rc != RC_OK) {
        play_free(&p);
        return rc;
    }
    start_deadline(p);
    char why[256];
    if (setting->is_exec && !setting->is_probe && step_needs_script(p, why, sizeof why)) {
        play_end_case(p, "unsupported", "%s", why);
    } else {
        if (setting->is_exec) {
            step_expect_own_work(p);
        }
        play_start_client(p);
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
    return play->supports;
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
    loop_timer_stop(&p->advance);
    loop_timer_stop(&p->pause);
    loop_timer_stop(&p->deadline);
    client_free(&p->client);
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
    x_free(p->identity_dir);
    x_free(p->out_path);
    x_free(p->err_path);
    cJSON_Delete(p->supports);
    x_free(p);
    *slot = NULL;
}
