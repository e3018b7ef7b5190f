// SPDX-License-Identifier: Apache-2.0
// After the evidence of a case is closed, the same port is served by a friendly lane of the same
// world, and the program is told that hours pass: what was still on its way is taken, so that the
// next case does not meet it. Usage that comes nevertheless is known by its customers.
#include "suites/play/attached.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/draw.h"
#include "proxy/base/own.h"
#include "suites/play/notice.h"
#include "suites/play/play_inside.h"

// 2026-11-18T10:15:00Z, and the first month of 30 days in which it lies.
#define TOLD_START_US (INT64_C(1794996900) * US_PER_S)
#define FIRST_DAY 10
#define LAST_DAY 24
#define QUARTER_US (INT64_C(15) * 60 * US_PER_S)
// In the drain: the clock moves past the hour under way, and the program has so long for all.
#define DRAIN_CLOCK_US (INT64_C(70) * 60 * US_PER_S)
#define DRAIN_ROUNDS 4
#define DRAIN_LIMIT_US (10 * US_PER_S)
// A program that cannot be told to send is quiet when nothing has come for so long.
#define QUIET_US (500 * US_PER_MS)
#define PATIENCE_US (10 * US_PER_S)
// Longer than any usage of a case is old.
#define APART_US (INT64_C(3) * 24 * US_PER_HOUR)

struct drain {
    struct play *play;
    struct lane *lane;
    struct client *client;
    struct loop_timer next, limit;
    unsigned round, line;
    uint64_t requests; // when the round began
    bool has_clock, has_flush, has_notice;
    size_t leaving; // customers who have been said to leave
    bool is_answered;
    enum { DRAIN_HELLO, DRAIN_CLOCK, DRAIN_FLUSH, DRAIN_QUIET, DRAIN_LEAVE, DRAIN_END } state;
};

void attachment_clear(struct attachment *a)
{
    for (size_t i = 0; i < a->stranger_count; i++) {
        x_free(a->strangers[i].value);
        x_free(a->strangers[i].case_id);
    }
    x_free(a->strangers);
    x_free(a->life);
    a->life = NULL;
    a->strangers = NULL;
    a->stranger_count = a->stranger_capacity = 0;
}

static bool has_thirty_days(int month)
{
    return month == 4 || month == 6 || month == 9 || month == 11;
}

int64_t attached_told_start(int64_t floor_us)
{
    if (floor_us <= TOLD_START_US) {
        return TOLD_START_US;
    }
    int64_t at_us = instant_hour(floor_us) + QUARTER_US;
    at_us += at_us < floor_us ? US_PER_HOUR : 0;
    struct civil c = instant_civil(at_us);
    if (has_thirty_days(c.month) && c.day < FIRST_DAY) {
        c.day = FIRST_DAY;
    } else if (!has_thirty_days(c.month) || c.day > LAST_DAY) {
        do {
            c.year += c.month == 12 ? 1 : 0;
            c.month = c.month == 12 ? 1 : c.month + 1;
        } while (!has_thirty_days(c.month));
        c.day = FIRST_DAY;
    }
    return instant_from_civil(&c);
}

// A case of its own

void attached_begin(struct play *p)
{
    struct attachment *a = p->setting->attachment;
    a->played++;
    struct draw draw = {.seed = a->nonce, .rule = SPAN("case"), .index = a->played};
    p->world_seed = draw_u64(&draw, 0) | 1; // 0 would mean the run's
    (void)snprintf(p->prefix, sizeof p->prefix, "%08x.%u.", (unsigned)(a->nonce & UINT32_MAX),
                   a->played);
}

// What is fixed for as long as the program runs.
static const char *fixed_key(const struct scenario *s)
{
    static const char *const KEYS[] = {"credentials", "region"};
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        if (json_get(s->world, KEYS[i]) != NULL) {
            return KEYS[i];
        }
    }
    struct span source = json_span(json_get(s->client, "credentials"));
    if (source.at != NULL && !span_is(source, "static")) {
        return "credentials";
    }
    return json_get(s->client, "env") != NULL ? "env" : NULL;
}

bool attached_lacks(const struct play *p, char *text, size_t size)
{
    const struct scenario *s = p->scenario;
    const char *key = fixed_key(s);
    if (key != NULL) {
        (void)snprintf(text, size,
                       "the case sets \"%s\", which a program that runs already has been given",
                       key);
        return true;
    }
    if (scenario_is_over_tls(s)) {
        (void)snprintf(text, size,
                       "the case needs an endpoint of https under an authority of this run, and a "
                       "program that runs already has been given another");
        return true;
    }
    if (json_get(s->time, "skew") != NULL) {
        (void)snprintf(text, size,
                       "the case sets the wire's clock off, and what a program that runs already "
                       "learns of it spoils the next case");
        return true;
    }
    for (size_t i = 0; i < s->expect_count; i++) {
        if (s->expects[i].verb == EXPECT_EXIT) {
            (void)snprintf(text, size, "nobody sees how a program ends that we did not start");
            return true;
        }
    }
    for (size_t i = 0; i < s->step_count; i++) {
        const char *at = json_get_text(s->steps[i].args, "at");
        if (s->steps[i].verb == STEP_RESTART && at != NULL && strcmp(at, "reply") == 0) {
            (void)snprintf(text, size,
                           "a program that we did not start cannot be stopped between "
                           "a reply and its reading");
            return true;
        }
    }
    return false;
}

static char *restart_log(const struct play *p)
{
    struct buf path = {0};
    buf_addf(&path, "%s/restart.log", p->setting->scratch);
    return buf_take_text(&path);
}

enum rc attached_start(struct play *p, struct client **out, const struct client_observer *observer,
                       struct diag *d)
{
    OWN(text) char *log = restart_log(p);
    x_free(p->restart_log);
    p->restart_log = own_take_text(&log);
    struct attach_options options = {.loop = p->setting->loop,
                                     .ways = &p->setting->attachment->ways,
                                     .env = environment_vars(&p->environment),
                                     .prefix = p->prefix,
                                     .life = &p->setting->attachment->life,
                                     .was_restarted = p->was_restarted,
                                     .restart_log = p->restart_log,
                                     .patience_us = p->was_restarted ? PATIENCE_US : 0,
                                     .out_path = p->out_path,
                                     .err_path = p->err_path,
                                     .scrub = heard_scrub,
                                     .observer = *observer};
    return client_attach(out, &options, d);
}

// Strangers

static void remember(struct attachment *a, const char *value, const char *case_id)
{
    if (value != NULL) {
        X_GROW(a->strangers, a->stranger_count, a->stranger_capacity);
        a->strangers[a->stranger_count++] =
            (struct stranger){.value = x_strdup(value), .case_id = x_strdup(case_id)};
    }
}

static void remember_customers(struct play *p)
{
    struct attachment *a = p->setting->attachment;
    const struct world *w = lane_world(p->lane);
    const struct world_customer *c = NULL;
    for (size_t i = 0; (c = world_customer_at(w, i)) != NULL; i++) {
        remember(a, c->identifier, p->scenario->id);
        remember(a, c->account, p->scenario->id);
        remember(a, c->license, p->scenario->id);
    }
}

static bool is_of_this_case(const struct world *w, struct span value)
{
    return world_customer(w, value) != NULL || world_customer_by_identifier(w, value) != NULL ||
           world_customer_by_account(w, value) != NULL ||
           world_customer_by_license(w, value) != NULL;
}

static const char *case_of_stranger(const struct play *p, struct span value)
{
    const struct attachment *a = p->setting->attachment;
    for (size_t i = 0; i < a->stranger_count && !is_of_this_case(lane_world(p->lane), value); i++) {
        if (span_is(value, a->strangers[i].value)) {
            return a->strangers[i].case_id;
        }
    }
    return NULL;
}

void attached_look_for_strangers(struct play *p, struct span request)
{
    OWN(json) cJSON *tree = NULL;
    if (json_read(&tree, NULL, request, NULL, NULL) != RC_OK) {
        return;
    }
    const cJSON *record = NULL;
    const cJSON *records = json_get(tree, "records");
    cJSON_ArrayForEach(record, records)
    {
        const char *other = case_of_stranger(p, json_span(json_get(record, "customer")));
        if (other != NULL) {
            p->was_disturbed = true;
            play_end_case(
                p, "interrupted",
                "usage of the earlier case %s came: the program kept it beyond the drain, "
                "so that this case proves nothing",
                other);
            return;
        }
    }
}

// The drain

static bool all_settled(const struct play *p)
{
    for (size_t i = 0; i < p->asked_count; i++) {
        enum answer_state state = p->asked[i].state;
        if (state != ANSWER_STATE_METERED && state != ANSWER_STATE_REJECTED) {
            return false;
        }
    }
    return true;
}

static void drain_soon(struct drain *d, int64_t delay_us)
{
    loop_timer_start(&d->next, delay_us);
}

static void send_step(struct drain *d, const char *verb, struct span args)
{
    OWN_BUF struct buf line = {0};
    d->line = ++d->play->lines;
    d->is_answered = false;
    protocol_step(&line, d->line, verb, args, lane_service_us(d->lane));
    if (client_send(d->client, buf_span(&line)) != RC_OK) {
        d->state = DRAIN_END;
        drain_soon(d, 0);
    }
}

static void send_clock(struct drain *d)
{
    char text[INSTANT_TEXT];
    OWN_BUF struct buf args = {0};
    lane_move_clock(d->lane, lane_service_us(d->lane) + DRAIN_CLOCK_US, 0);
    instant_format_s(text, lane_service_us(d->lane));
    buf_add_json_string(&args, span_of(text));
    send_step(d, "clock", buf_span(&args));
}

static void on_drain_answer(void *arg, struct span line, const struct answer *answer)
{
    (void)line;
    struct drain *d = arg;
    struct play *p = d->play;
    for (size_t i = 0; answer->kind == ANSWER_USAGE && i < p->asked_count; i++) {
        if (strcmp(p->asked[i].id, answer->id) == 0) {
            p->asked[i].state = answer->state;
        }
    }
    if (answer->kind == ANSWER_HELLO) {
        d->has_clock = p->setting->told_time && answer_supports(answer, "clock");
        d->has_flush = answer_supports(answer, "flush");
        d->has_notice = answer_supports(answer, "notice");
    }
    bool ends = answer->kind == ANSWER_DONE || answer->kind == ANSWER_UNSUPPORTED;
    if (answer->kind == ANSWER_HELLO || (ends && answer->step == d->line)) {
        d->is_answered = true;
        drain_soon(d, 0);
    }
}

static void on_drain_exit(void *arg, const struct client_exit *how)
{
    (void)how;
    struct drain *d = arg;
    d->state = DRAIN_END;
    drain_soon(d, 0);
}

static void begin_round(struct drain *d)
{
    d->round++;
    d->requests = lane_request_count(d->lane);
    if (d->has_clock) {
        d->state = DRAIN_CLOCK;
        send_clock(d);
    } else if (d->has_flush) {
        d->state = DRAIN_FLUSH;
        send_step(d, "flush", SPAN("{}"));
    } else {
        d->state = DRAIN_QUIET;
        drain_soon(d, QUIET_US);
    }
}

// The customers of the case unsubscribe, or a program that reports every hour of its subscribers
// would go on with them in the next case; then comes a last round.
static void say_leave(struct drain *d)
{
    struct play *p = d->play;
    const struct world *w = lane_world(d->lane);
    const struct world_customer *c = world_customer_at(w, d->leaving++);
    if (c == NULL) {
        d->round = DRAIN_ROUNDS - 1;
        begin_round(d);
        return;
    }
    bool is_sns = !scenario_has_agreements(p->setting->profile);
    OWN_BUF struct buf args = {0};
    OWN_BUF struct buf identity = {0};
    buf_addf(&identity, "%sleave%c", p->prefix, '\0');
    struct notice n = {.form = is_sns ? "sns" : "eventbridge",
                       .action = is_sns ? "unsubscribe-success" : "license-deprovisioned",
                       .identity = identity.data,
                       .at_us = lane_service_us(d->lane),
                       .product = world_first_product(w),
                       .customer = c,
                       .license = c->license};
    if (is_sns ? c->identifier != NULL : c->license != NULL) {
        notice_line(&n, NULL, &args);
        send_step(d, "notice", buf_span(&args));
    } else {
        say_leave(d);
    }
}

// No notice comes to a program that runs in its buyer's account.
static bool is_buyers(const struct play *p)
{
    return scenario_metering(p->setting->profile) == OPERATION_METER_USAGE;
}

static void end_round(struct drain *d)
{
    bool was_quiet = lane_request_count(d->lane) == d->requests;
    bool is_over = (all_settled(d->play) && was_quiet) || d->round == DRAIN_ROUNDS ||
                   (was_quiet && d->round > 1);
    if (is_over && d->has_notice && d->leaving == 0 && !is_buyers(d->play)) {
        d->state = DRAIN_LEAVE;
        say_leave(d);
    } else if (is_over) {
        d->state = DRAIN_END;
        drain_soon(d, 0);
    } else {
        begin_round(d);
    }
}

// Customers of --world are the same in every case, and so is the buyer in whose account a program
// runs: then no hour of one case may come again in another.
static void keep_time(const struct play *p, int64_t reached_us)
{
    bool is_same = p->setting->world_map != NULL || is_buyers(p);
    int64_t gap_us = is_same ? APART_US : 0;
    if (p->setting->told_time) {
        p->setting->attachment->told_us = reached_us + gap_us;
    }
}

static void end_drain(struct drain *d)
{
    struct play *p = d->play;
    if (d->lane != NULL) {
        keep_time(p, lane_service_us(d->lane));
    }
    p->is_unsettled = !all_settled(p);
    attached_end_drain(p);
    play_tell_over(p);
}

static void on_drain(void *arg)
{
    struct drain *d = arg;
    if (d->state == DRAIN_END) {
        end_drain(d);
    } else if (d->state == DRAIN_CLOCK && d->is_answered && d->has_flush) {
        d->state = DRAIN_FLUSH;
        send_step(d, "flush", SPAN("{}"));
    } else if (d->state == DRAIN_HELLO && d->is_answered) {
        begin_round(d);
    } else if (d->state == DRAIN_LEAVE && d->is_answered) {
        say_leave(d);
    } else if (d->state == DRAIN_QUIET || d->is_answered) {
        end_round(d);
    }
}

static void on_drain_limit(void *arg)
{
    struct drain *d = arg;
    d->state = DRAIN_END;
    drain_soon(d, 0);
}

static enum rc open_quiet_lane(struct drain *d, struct diag *why)
{
    const struct play *p = d->play;
    struct lane_options options = {.loop = p->setting->loop,
                                   .profile = p->setting->profile,
                                   .listen = p->setting->attachment->listen,
                                   .seed = p->setting->seed,
                                   .world_seed = p->world_seed,
                                   .case_id = p->scenario->id,
                                   .world_base = p->setting->world_base,
                                   .world_map = p->setting->world_map,
                                   .world_overrides = p->scenario->world,
                                   .told_time = p->setting->told_time,
                                   .start_us = lane_service_us(p->lane),
                                   .bodies = BODIES_NONE};
    return lane_open(&d->lane, &options, why);
}

bool attached_drain(struct play *p)
{
    struct attachment *a = p->setting->attachment;
    if (a == NULL) {
        return false;
    }
    remember_customers(p);
    keep_time(p, lane_service_us(p->lane));
    bool had_traffic = p->has_asked_usage || lane_request_count(p->lane) > 0;
    struct drain *d = x_alloc(sizeof *d);
    struct diag why = {0};
    *d = (struct drain){.play = p, .state = DRAIN_HELLO};
    loop_timer_init(&d->next, p->setting->loop, on_drain, d);
    loop_timer_init(&d->limit, p->setting->loop, on_drain_limit, d);
    p->drain = d;
    if (!had_traffic || p->is_unreachable || open_quiet_lane(d, &why) != RC_OK) {
        attached_end_drain(p);
        return false;
    }
    struct attach_options options = {
        .loop = p->setting->loop,
        .ways = &a->ways,
        .env = environment_vars(&p->environment),
        .prefix = p->prefix,
        .observer = {.on_answer = on_drain_answer, .on_exit = on_drain_exit, .arg = d}};
    if (client_attach(&d->client, &options, &why) != RC_OK) {
        attached_end_drain(p);
        return false;
    }
    OWN_BUF struct buf line = {0};
    protocol_hello(&line, SPAN("drain"), lane_service_us(d->lane));
    (void)!client_send(d->client, buf_span(&line));
    loop_timer_start(&d->limit, DRAIN_LIMIT_US);
    return true;
}

void attached_end_drain(struct play *p)
{
    struct drain *d = p->drain;
    if (d == NULL) {
        return;
    }
    p->drain = NULL;
    loop_timer_stop(&d->next);
    loop_timer_stop(&d->limit);
    client_free(&d->client);
    lane_free(&d->lane);
    x_free(d);
}
