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

static void begin_client_event(struct play *p, const char *what)
{
    (void)journal_begin(journal(p), EVENT_CLIENT);
    journal_text(journal(p), "what", span_of(what));
    journal_int(journal(p), "instance", p->instance);
}

static void end_client_event(struct play *p)
{
    (void)journal_end(journal(p));
}

// What the client said

static struct asked *find_asked(struct play *p, const char *id)
{
    for (size_t i = 0; id != NULL && i < p->asked_count; i++) {
        if (strcmp(p->asked[i].id, id) == 0) {
            return &p->asked[i];
        }
    }
    return NULL;
}

static void lift_text(struct play *p, const cJSON *tree, const char *key)
{
    const char *text = json_get_text(tree, key);
    if (text != NULL) {
        journal_text(journal(p), key, span_of(text));
    }
}

static void record_alert(struct play *p, const struct answer *answer)
{
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_ALERT);
    journal_int(j, "instance", p->instance);
    OWN_BUF struct buf about = {0};
    const cJSON *list = json_get(answer->tree, "about");
    if (list != NULL) {
        json_print(&about, list);
        journal_raw(j, "about", buf_span(&about));
    }
    journal_text(j, "text", json_span(json_get(answer->tree, "text")));
    (void)journal_end(j);
}

// Whom the client means, by our symbol where it names one of the world's customers in any way.
static void lift_customer(struct play *p, const cJSON *tree)
{
    struct span said = json_span(json_get(tree, "customer"));
    if (said.len == 0) {
        return;
    }
    const struct world *world = lane_world(p->lane);
    const struct world_customer *c = world_customer_by_identifier(world, said);
    c = c != NULL ? c : world_customer_by_account(world, said);
    c = c != NULL ? c : world_customer_by_license(world, said);
    journal_text(journal(p), "customer", c != NULL ? span_of(c->symbol) : said);
}

static void record_answer(struct play *p, const struct answer *answer)
{
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_ANSWER);
    journal_text(j, "mp", span_of(answer_name(answer->kind)));
    journal_int(j, "instance", p->instance);
    if (answer->step != 0) {
        journal_int(j, "step", answer->step);
    }
    lift_text(p, answer->tree, "id");
    lift_text(p, answer->tree, "state");
    lift_text(p, answer->tree, "record");
    lift_text(p, answer->tree, "reason");
    lift_customer(p, answer->tree);
    OWN_BUF struct buf line = {0};
    json_print(&line, answer->tree);
    journal_raw(j, "line", buf_span(&line));
    (void)journal_end(j);
}

static void on_hello(struct play *p, const struct answer *answer)
{
    if (p->state != PLAY_HELLO) {
        return; // judged as an answer that nobody asked for
    }
    cJSON_Delete(p->supports);
    p->supports = cJSON_Duplicate(json_get(answer->tree, "supports"), 1);
    begin_client_event(p, "hello");
    OWN_BUF struct buf words = {0};
    json_print(&words, p->supports);
    journal_raw(journal(p), "supports", buf_span(&words));
    end_client_event(p);
    if (!step_needs_more(p, p->text, sizeof p->text)) {
        p->state = PLAY_NEXT;
    } else if (p->why == NULL) {
        p->why = "unsupported";
    }
    play_soon(p);
}

static void on_unsupported(struct play *p, const struct answer *answer)
{
    // DESIGN section 5: it counts so only before the first usage; later it is a failure, and
    // judged.
    if (!p->has_asked_usage) {
        play_end_case(p, "unsupported", "the client says that it cannot do step %u", answer->step);
    } else {
        step_line_done(p, answer->step);
    }
}

static void on_answer(void *arg, struct span line, const struct answer *answer)
{
    (void)line;
    struct play *p = arg;
    if (answer->kind == ANSWER_ALERT) {
        record_alert(p, answer);
        return;
    }
    record_answer(p, answer);
    if (answer->kind == ANSWER_HELLO) {
        on_hello(p, answer);
    } else if (answer->kind == ANSWER_DONE) {
        step_line_done(p, answer->step);
    } else if (answer->kind == ANSWER_UNSUPPORTED) {
        on_unsupported(p, answer);
    } else if (answer->kind == ANSWER_USAGE && find_asked(p, answer->id) != NULL) {
        find_asked(p, answer->id)->state = answer->state;
    }
}

static void on_malformed(void *arg, struct span text, const char *expected)
{
    struct play *p = arg;
    begin_client_event(p, "malformed");
    journal_text(journal(p), "text", span_slice(text, 0, 2000));
    journal_text(journal(p), "expected", span_of(expected));
    end_client_event(p);
}

static void on_half_line(void *arg, struct span text)
{
    struct play *p = arg;
    if (p->restart_ordered || p->why != NULL) {
        return; // we cut it: a broken last line is forgiven
    }
    begin_client_event(p, "half-line");
    journal_text(journal(p), "text", span_slice(text, 0, 2000));
    end_client_event(p);
}

static void on_flood(void *arg, uint64_t bytes)
{
    struct play *p = arg;
    begin_client_event(p, "flood");
    journal_int(journal(p), "bytes", (int64_t)bytes);
    end_client_event(p);
    play_end_case(p, "exit", "the client wrote more than %llu bytes and was ended",
                  (unsigned long long)bytes);
}

static void on_stdin_closed(void *arg)
{
    struct play *p = arg;
    begin_client_event(p, "stdin-closed");
    end_client_event(p);
}

static void scrub(void *arg, enum client_stream stream, struct span text, struct buf *out)
{
    struct play *p = arg;
    const char *name = journal_finds_secret(journal(p), text);
    if (name != NULL) {
        struct journal *j = journal(p);
        (void)journal_begin(j, EVENT_LEAK);
        journal_text(j, "what", SPAN("secret"));
        journal_text(j, "name", span_of(name));
        journal_text(j, "where", stream == CLIENT_STDOUT ? SPAN("stdout") : SPAN("stderr"));
        (void)journal_end(j);
    }
    journal_redact(journal(p), out, text);
}

static void on_bypass(void *arg, struct span host)
{
    struct play *p = arg;
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_LEAK);
    journal_text(j, "what", tripwire_is_metering(host) ? SPAN("endpoint") : SPAN("outside"));
    journal_text(j, "name", host);
    journal_text(j, "where", SPAN("proxy"));
    (void)journal_end(j);
}

static void record_exit(struct play *p, const struct client_exit *how, bool expected)
{
    struct journal *j = journal(p);
    (void)journal_begin(j, EVENT_EXIT);
    journal_int(j, "instance", p->instance);
    char text[128];
    client_exit_text(how, text, sizeof text);
    if (how->how == CLIENT_EXITED) {
        journal_int(j, "code", how->code);
    } else if (how->how == CLIENT_SIGNALED) {
        journal_int(j, "signal", how->signal);
    }
    journal_text(j, "text", span_of(text));
    journal_bool(j, "expected", expected);
    (void)journal_end(j);
    if (how->descendants > 0) {
        begin_client_event(p, "descendants");
        journal_int(j, "count", how->descendants);
        end_client_event(p);
    }
}

static void on_exit_client(void *arg, const struct client_exit *how)
{
    struct play *p = arg;
    bool expected = p->restart_ordered || p->why != NULL || p->state == PLAY_LEAVING;
    record_exit(p, how, expected);
    if (how->record != RC_OK || !how->contained) {
        p->failure = how->record != RC_OK ? how->record : RC_INTERNAL;
        (void)diag_fail(&p->diag, p->failure, "%s",
                        how->record != RC_OK ? "the client's output could not be kept"
                                             : "a process of the client could not be ended");
    }
    if (!expected && how->how == CLIENT_EXITED && how->code == PROTOCOL_EXIT_UNSUPPORTED &&
        !p->has_asked_usage) {
        play_end_case(p, "unsupported", "the client exited with code 89: it does not support this");
    } else if (!expected) {
        char text[128];
        client_exit_text(how, text, sizeof text);
        play_end_case(p, "exit", "the client %s before it was asked to", text);
    }
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
        (void)!client_signal(p->client, p->restart_signal);
        (void)!client_signal(p->client, SIGCONT);
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
    enum rc rc =
        run_writer_path(p->setting->writer, p->scenario->id, "client.out", &p->out_path, d);
    if (rc == RC_OK) {
        rc = run_writer_path(p->setting->writer, p->scenario->id, "client.err", &p->err_path, d);
    }
    return rc;
}

static enum rc build_environment(struct play *p, struct diag *d)
{
    const struct sigv4_credential *key = world_credential(lane_world(p->lane), 0);
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
        .source = CREDENTIALS_STATIC,
        .access_key = key->access_key_id,
        .secret_key = key->secret_access_key,
        .session_token = key->session_token,
        .state_dir = p->state_dir,
        .world = world.data,
        .deadline_s = p->scenario->deadline_s,
        .case_id = p->setting->hides_case ? "hidden" : p->scenario->id,
        .add = p->setting->add_env,
        .pass = p->setting->pass_env,
    };
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
        .scrub = scrub,
        .observer = {.on_answer = on_answer,
                     .on_malformed = on_malformed,
                     .on_half_line = on_half_line,
                     .on_flood = on_flood,
                     .on_stdin_closed = on_stdin_closed,
                     .on_exit = on_exit_client,
                     .arg = p},
    };
    struct diag d = {0};
    if (client_start(&p->client, &options, &d) != RC_OK) {
        play_end_case(p, "harness", "%s", d.text);
        return;
    }
    begin_client_event(p, "start");
    journal_int(journal(p), "pid", client_pid(p->client));
    end_client_event(p);
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
    struct play_end end = {.why = p->why,
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
        client_end(p->client, is_kind ? LEAVE_US : -1);
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
            finish(p);
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

static void on_pause_over(void *arg)
{
    step_pause_over(arg);
}

static void describe_wait(const struct play *p, char *out, size_t size)
{
    const struct step *step = play_step(p);
    if (p->state == PLAY_HELLO) {
        (void)snprintf(out, size, "the client had not said hello");
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
    if (p->why != NULL) { // it is leaving, but does not leave
        client_end(p->client, -1);
        return;
    }
    play_end_case(p, "deadline", "after %u s %s", p->scenario->deadline_s, what);
}

static void start_deadline(struct play *p)
{
    loop_timer_init(&p->deadline, p->setting->loop, on_deadline, p);
    if (!p->setting->no_deadline) {
        double us = p->scenario->deadline_s * p->setting->timeout_multiplier * (double)US_PER_S;
        loop_timer_start(&p->deadline, (int64_t)us);
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
        rc = tripwire_open(&p->tripwire, setting->loop, on_bypass, p, d);
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
    play_start_client(p);
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
    x_free(p->out_path);
    x_free(p->err_path);
    cJSON_Delete(p->supports);
    x_free(p);
    *slot = NULL;
}
