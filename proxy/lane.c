// SPDX-License-Identifier: Apache-2.0
#include "proxy/lane_inside.h"

#include <stdio.h>
#include <string.h>

#include "proxy/answer.h"
#include "proxy/asking.h"
#include "proxy/base/alloc.h"
#include "proxy/base/draw.h"
#include "proxy/draft.h"
#include "proxy/exchange.h"
#include "proxy/handshake.h"
#include "proxy/net/upstream.h"
#include "proxy/route.h"
#include "proxy/scenario/vocabulary.h"

static int64_t machine_us(const struct lane *lane)
{
    return clock_wall_us(loop_clock(lane->loop));
}

int64_t lane_wire_us(const struct lane *lane)
{
    return machine_us(lane) + lane->skew_us;
}

int64_t lane_service_us(const struct lane *lane)
{
    return machine_us(lane) + lane->service_offset_us;
}

// "+20m": how far the wire's clock is ahead of the client's, which is this machine's.
int64_t lane_skew_of(const struct scenario *s)
{
    int64_t us = 0;
    struct span skew = s == NULL ? (struct span){0} : json_span(json_get(s->time, "skew"));
    if (skew.len == 0 || duration_parse(&us, span_slice(skew, 1, skew.len), NULL) != RC_OK) {
        return 0; // the scenario was checked: it parses
    }
    return skew.at[0] == '-' ? -us : us;
}

void lane_point(struct lane *lane, enum lane_point point, uint64_t exchange)
{
    if (lane->options.observer.point != NULL) {
        lane->options.observer.point(lane->options.observer.arg, point, exchange);
    }
}

void lane_cut(struct lane *lane, uint64_t exchange)
{
    struct exchange *x = connection_exchange(lane, exchange);
    if (x != NULL) {
        exchange_cut(x);
    }
}

static struct expected_usage *find_usage(const struct lane *lane,
                                         const struct subject_record *record, int64_t hour_us)
{
    for (size_t i = 0; i < lane->usage_count; i++) {
        struct expected_usage *u = &lane->usages[i];
        if (u->hour_us == hour_us && span_is(record->customer, u->customer) &&
            span_is(record->dimension, u->dimension)) {
            return u;
        }
    }
    return NULL;
}

// Ties what stands for no usage yet to a new key.
static struct expected_usage *tie_usage(const struct lane *lane,
                                        const struct subject_record *record)
{
    struct expected_usage *u = find_usage(lane, record, LANE_ANY_HOUR);
    for (size_t i = 0; u == NULL && i < lane->usage_count; i++) {
        u = lane->usages[i].hour_us == LANE_ANY_HOUR ? &lane->usages[i] : NULL;
    }
    if (u != NULL) {
        x_free(u->customer);
        x_free(u->dimension);
        u->customer = span_dup(record->customer);
        u->dimension = span_dup(record->dimension);
        u->hour_us = record->hour_us;
    }
    return u;
}

struct span lane_usage_of(struct lane *lane, const struct subject_record *record)
{
    struct expected_usage *u = find_usage(lane, record, record->hour_us);
    u = u == NULL ? tie_usage(lane, record) : u;
    return span_of(u == NULL ? NULL : u->id);
}

void lane_expect_usage(struct lane *lane, struct span id, struct span customer,
                       struct span dimension, int64_t hour_us)
{
    X_GROW(lane->usages, lane->usage_count, lane->usage_capacity);
    lane->usages[lane->usage_count++] = (struct expected_usage){.id = span_dup(id),
                                                                .customer = span_dup(customer),
                                                                .dimension = span_dup(dimension),
                                                                .hour_us = hour_us};
}

static void on_accept(void *arg, int fd)
{
    connection_open(arg, fd);
}

static enum rc open_port(struct lane *lane, enum target target, const char *address, struct diag *d)
{
    struct port *port = &lane->ports[target];
    bool can_encrypt = target == TARGET_SERVICE || target == TARGET_STS;
    *port = (struct port){
        .lane = lane, .target = target, .tls = can_encrypt ? lane->options.tls : NULL};
    enum rc rc = listener_open(&port->listener, lane->loop, address, on_accept, port, d);
    if (rc == RC_OK) {
        struct buf url = {0};
        buf_addf(&url, "%s://%s", port->tls == NULL ? "http" : "https",
                 listener_address(port->listener));
        port->url = buf_take_text(&url);
    }
    return rc;
}

static enum rc open_ports(struct lane *lane, struct diag *d)
{
    bool is_static = strcmp(lane_source(&lane->options), "static") == 0;
    enum rc rc = open_port(lane, TARGET_SERVICE, lane->options.listen, d);
    for (unsigned i = TARGET_SERVICE + 1; rc == RC_OK && !is_static && i <= TARGET_STS; i++) {
        rc = open_port(lane, (enum target)i, LANE_IDENTITY_HOST ":0", d);
    }
    return rc;
}

static void on_turn_end(void *arg)
{
    struct lane *lane = arg;
    connection_reap(lane);
    lane_forget_pasts(lane);
    journal_flush(lane->journal);
}

static void on_reap_due(void *arg)
{
    (void)arg; // only to let the turn end: on_turn_end does the work
}

static const struct rsa_key *key_of(struct lane *lane)
{
    if (lane->options.key != NULL) {
        return lane->options.key;
    }
    enum rc rc = lane->own_key == NULL ? rsa_key_new(&lane->own_key, NULL) : RC_OK;
    return rc == RC_OK ? lane->own_key : NULL;
}

static bool on_sign(void *arg, enum jwt_algorithm algorithm, struct span text, struct buf *out)
{
    const struct rsa_key *key = key_of(arg);
    enum rsa_padding padding = algorithm == JWT_WITH_PSS ? RSA_PSS : RSA_PKCS1;
    return key != NULL && rsa_key_sign(key, padding, text, out) == RC_OK;
}

static const char *on_public_pem(void *arg)
{
    const struct rsa_key *key = key_of(arg);
    return key == NULL ? "" : rsa_key_public_pem(key);
}

void lane_start_clock(struct lane *lane)
{
    if (lane->options.told_time) {
        lane->service_offset_us = lane->options.start_us - machine_us(lane);
    }
    lane->began_us = lane_service_us(lane);
}

enum rc lane_make_world(struct world **out, const struct lane *lane, const struct scenario *s,
                        struct diag *d)
{
    const struct lane_options *o = &lane->options;
    struct world_options options = {
        .base = o->world_base,
        .overrides = s == NULL ? o->world_overrides : s->world,
        .map = o->world_map,
        .start_us = lane_service_us(lane),
        .wire_us = lane_wire_us(lane),
        .seed = o->world_seed,
        .case_id = span_of(lane->world_case),
        .profile = o->profile,
        .source = lane_source(o),
    };
    return world_new(out, &options, d);
}

enum rc lane_open_world(struct lane *lane, struct diag *d)
{
    struct jwt_signer signer = {.sign = on_sign, .public_pem = on_public_pem, .arg = lane};
    enum rc rc = lane_make_world(&lane->world, lane, lane->options.scenario, d);
    if (rc == RC_OK) {
        lane->ledger = ledger_new();
        lane->service = service_new(lane->world, lane->ledger);
        service_set_signer(lane->service, &signer);
        lane->verifier = sigv4_verifier_new(world_find_credential, lane->world);
    }
    return rc;
}

void lane_tell_secrets(struct lane *lane)
{
    for (size_t i = 0; i < world_credential_count(lane->world); i++) {
        const struct sigv4_credential *c = world_credential(lane->world, i);
        journal_secret(lane->journal, c->name, span_of(c->secret_access_key));
        journal_secret(lane->journal, c->name, span_of(c->session_token));
    }
}

static enum rc open_journal(struct lane *lane, struct diag *d)
{
    struct journal_options options = {
        .path = lane->options.journal_path,
        .clock = *loop_clock(lane->loop),
        .service_offset_us = &lane->service_offset_us,
        .observer = lane->options.observer.event,
        .observer_arg = lane->options.observer.arg,
        .max_bytes = lane->options.journal_max_bytes,
    };
    enum rc rc = journal_open(&lane->journal, &options, d);
    if (rc == RC_OK) {
        lane_tell_secrets(lane);
    }
    return rc;
}

void lane_open_rules(struct lane *lane)
{
    if (lane->options.scenario != NULL) {
        struct rules_options options = {.scenario = lane->options.scenario,
                                        .metering = scenario_metering(lane->options.profile),
                                        .seed = lane->options.seed,
                                        .start_us = lane_service_us(lane),
                                        .step_time = lane->options.observer.step_time,
                                        .step_arg = lane->options.observer.arg};
        lane->rules = rules_new(&options);
    }
}

static const char *transport_of(const struct lane *lane)
{
    bool is_proxy =
        lane->options.scenario != NULL && scenario_is_behind_proxy(lane->options.scenario);
    if (is_proxy) {
        return "proxy";
    }
    return lane->options.tls == NULL ? "plain" : "tls";
}

static void record_open(struct lane *lane)
{
    struct journal *j = lane->journal;
    (void)journal_begin(j, EVENT_OPEN);
    journal_text(j, "case", span_of(lane->case_id));
    journal_text(j, "listen", span_of(lane_address(lane)));
    struct buf seed = {0};
    buf_add_u64(&seed, lane->options.seed);
    journal_text(j, "seed", buf_span(&seed)); // as text: JSON numbers end at 2^53
    buf_clear(&seed);
    journal_text(j, "profile", span_of(lane->options.profile));
    journal_text(j, "rule_set", span_of(world_ruleset(lane->world)->name));
    journal_text(j, "time", span_of(lane->options.told_time ? "told" : "real"));
    journal_int(j, "tolerance_us", lane->options.tolerance_us);
    journal_text(j, "transport", span_of(transport_of(lane)));
    journal_text(j, "credentials", span_of(lane_source(&lane->options)));
    if (lane->options.upstream != NULL) {
        journal_text(j, "upstream", span_of(upstream_origin(lane->options.upstream)->text));
    }
    journal_int(j, "skew_us", lane->skew_us);
    (void)journal_end(j);
}

// A rule that is about TLS would never act without, nor what is said to clients of a proxy.
enum rc lane_check_transport(const struct lane *lane, const struct scenario *s, struct diag *d)
{
    if (s != NULL && scenario_is_behind_proxy(s) && lane->options.destinations == NULL) {
        return diag_fail_at(d, RC_CONFLICT, s->file,
                            json_place(s->places, json_get(s->client, "transport")),
                            "the transport proxy needs somebody who serves CONNECT, which is not "
                            "done here");
    }
    bool speaks_tls = lane->options.tls != NULL || lane->options.opening != NULL;
    for (size_t i = 0; s != NULL && !speaks_tls && i < s->rule_count; i++) {
        const struct rule *rule = &s->rules[i];
        for (size_t a = 0; a < rule->action_count; a++) {
            if (action_kind(rule->actions[a].verb) == FAULT_TLS) {
                return diag_fail_at(d, RC_CONFLICT, s->file, rule->actions[a].place,
                                    "\"%s\" is about TLS, which is not spoken here",
                                    action_name(rule->actions[a].verb));
            }
        }
    }
    return RC_OK;
}

// A scenario may name what is drawn from.
void lane_choose_seed(struct lane *lane)
{
    const struct scenario *s = lane->options.scenario;
    uint64_t seed = 0;
    bool is_own = s != NULL && s->seed != NULL && span_to_u64(span_of(s->seed), UINT64_MAX, &seed);
    lane->options.seed = is_own ? seed : lane->run_seed;
}

enum rc lane_open(struct lane **out, const struct lane_options *options, struct diag *d)
{
    struct lane *lane = x_alloc(sizeof *lane);
    lane->options = *options;
    lane->run_seed = options->seed;
    lane_choose_seed(lane);
    if (options->world_seed == 0) {
        lane->options.world_seed = lane->options.seed; // keys stay, whatever is loaded
    }
    lane->loop = options->loop;
    const char *id = options->scenario == NULL ? "proxy" : options->scenario->id;
    lane->case_id = x_strdup(options->case_id != NULL ? options->case_id : id);
    lane->world_case = x_strdup(lane->case_id);
    lane->skew_us = lane_skew_of(options->scenario);
    lane_start_clock(lane);
    loop_timer_init(&lane->reap, lane->loop, on_reap_due, lane);
    rerun_init(lane);
    enum rc rc = lane_check_transport(lane, options->scenario, d);
    rc = rc == RC_OK ? lane_open_world(lane, d) : rc;
    // The listeners first: a port in use must not leave a journal behind.
    if (rc == RC_OK) {
        rc = open_ports(lane, d);
    }
    if (rc == RC_OK) {
        rc = lane_identity_open(lane, d);
    }
    if (rc == RC_OK) {
        rc = open_journal(lane, d);
    }
    if (rc != RC_OK) {
        lane_free(&lane);
        return rc;
    }
    lane_open_rules(lane);
    loop_turn_start(&lane->turn, lane->loop, on_turn_end, lane);
    record_open(lane);
    lane_identity_begin(lane);
    rc = lane->rules == NULL ? RC_OK : refusal_follow(lane);
    if (rc != RC_OK) {
        rc = diag_fail(d, rc, "cannot hold the port of %s without listening", lane_address(lane));
        lane_free(&lane);
        return rc;
    }
    rerun_begin(lane);
    *out = lane;
    return RC_OK;
}

void lane_close(struct lane *lane)
{
    if (lane->is_closed) {
        return;
    }
    lane->is_closed = true;
    rerun_end(lane);
    // The ports are given up next: whether they could be listened on again does not matter.
    (void)!refusal_end(lane);
    for (unsigned i = 0; i < TARGET_COUNT; i++) {
        listener_free(&lane->ports[i].listener);
    }
    while (lane->live != NULL) {
        connection_drop(lane->live);
    }
    connection_reap(lane);
}

void lane_free(struct lane **slot)
{
    struct lane *lane = *slot;
    if (lane == NULL) {
        return;
    }
    lane_close(lane);
    loop_timer_stop(&lane->reap);
    loop_turn_stop(&lane->turn);
    (void)journal_close(&lane->journal, NULL);
    lane_clear_pasts(lane);
    rules_free(&lane->rules);
    sigv4_verifier_free(&lane->verifier);
    rsa_key_free(&lane->own_key);
    buf_clear(&lane->trail);
    quotas_clear(&lane->quotas);
    service_free(&lane->service);
    ledger_free(&lane->ledger);
    lane_identity_clear(lane);
    world_free(&lane->world);
    for (size_t i = 0; i < lane->usage_count; i++) {
        x_free(lane->usages[i].id);
        x_free(lane->usages[i].customer);
        x_free(lane->usages[i].dimension);
    }
    x_free(lane->usages);
    for (unsigned i = 0; i < TARGET_COUNT; i++) {
        x_free(lane->ports[i].url);
    }
    scenario_file_free(&lane->file);
    x_free(lane->world_case);
    x_free(lane->case_id);
    x_free(lane);
    *slot = NULL;
}

const char *lane_address(const struct lane *lane)
{
    return listener_address(lane->ports[TARGET_SERVICE].listener);
}

const char *lane_endpoint(const struct lane *lane)
{
    return lane->ports[TARGET_SERVICE].url;
}

struct draw lane_draw(const struct lane *lane, struct span rule, uint64_t index)
{
    return (struct draw){.seed = lane->options.seed,
                         .case_id = span_of(lane->case_id),
                         .rule = rule,
                         .index = index};
}

uint64_t lane_seed(const struct lane *lane)
{
    return lane->options.seed;
}

struct journal *lane_journal(struct lane *lane)
{
    return lane->journal;
}

struct world *lane_world(struct lane *lane)
{
    return lane->world;
}

const struct ledger *lane_ledger(const struct lane *lane)
{
    return lane->ledger;
}

void lane_cloudtrail(const struct lane *lane, struct buf *out)
{
    buf_add_text(out, "{\"Records\":[");
    journal_redact_json(lane->journal, out, buf_span(&lane->trail));
    buf_add_text(out, "]}\n");
}

void lane_move_clock(struct lane *lane, int64_t at_us, unsigned step)
{
    int64_t from_us = lane_service_us(lane);
    if (at_us <= from_us) {
        return;
    }
    char from[INSTANT_TEXT];
    char to[INSTANT_TEXT];
    instant_format(from, from_us);
    instant_format(to, at_us);
    lane->service_offset_us += at_us - from_us;
    (void)journal_begin(lane->journal, EVENT_CLOCK);
    journal_int(lane->journal, "n", step);
    journal_text(lane->journal, "from", span_of(from));
    journal_text(lane->journal, "to", span_of(to));
    (void)journal_end(lane->journal);
}

enum rc lane_arm(struct lane *lane, struct span rule, bool armed)
{
    enum rc rc = lane->rules == NULL ? RC_UNKNOWN : rules_arm(lane->rules, rule, armed);
    return rc == RC_OK ? refusal_follow(lane) : rc;
}

uint64_t lane_request_count(const struct lane *lane)
{
    return lane->requests;
}

int64_t lane_last_request_us(const struct lane *lane)
{
    return lane->last_request_us;
}

bool lane_has_connections(const struct lane *lane)
{
    return lane->live != NULL;
}

static enum rc refuse(const struct scenario *s, const struct action *action, struct diag *d)
{
    return diag_fail_at(d, RC_UNSUPPORTED, s->file, action->place,
                        "the action \"%s\" cannot be played by this version",
                        action_name(action->verb));
}

bool lane_does(enum action_verb verb)
{
    return fault_exists(verb) || answer_exists(verb) || refusal_exists(verb) ||
           handshake_exists(verb);
}

static enum rc supports_target(const struct scenario *s, const struct rule *rule, struct diag *d)
{
    struct span name = json_span(json_get(rule->when, "target"));
    enum target target = name.len == 0 ? TARGET_SERVICE : target_find(name);
    if (target == TARGET_PROXY) {
        return route_supports(s, rule, d);
    }
    return target == TARGET_SERVICE ? RC_OK : asking_supports(s, rule, target, d);
}

static enum rc supports_rule(const struct scenario *s, const struct rule *rule, struct diag *d)
{
    bool is_refusal = false;
    if (supports_target(s, rule, d) != RC_OK) {
        return d == NULL ? RC_UNSUPPORTED : d->code;
    }
    for (size_t a = 0; a < rule->action_count; a++) {
        if (!lane_does(rule->actions[a].verb)) {
            return refuse(s, &rule->actions[a], d);
        }
        is_refusal = is_refusal || refusal_exists(rule->actions[a].verb);
        enum rc rc = RC_OK;
        if (rule->actions[a].verb == ACTION_CREDENTIALS) {
            rc = lane_supports_change(s, rule->actions[a].args, rule->actions[a].place, false, d);
        }
        if (rc != RC_OK) {
            return rc;
        }
        struct diag why = {.code = RC_OK};
        if (draft_check(&rule->actions[a], &why) != RC_OK) {
            return diag_fail_at(d, RC_SYNTAX, s->file, rule->actions[a].place, "%s", why.text);
        }
    }
    if (rule->phase == PHASE_TLS) {
        return handshake_supports(s, rule, d);
    }
    if (is_refusal) {
        return refusal_supports(s, rule, d);
    }
    struct draw draw = {
        .seed = 1, .case_id = span_of(s->id), .rule = span_of(rule->name), .index = 1};
    struct fault_plan plan;
    struct diag why = {.code = RC_OK};
    enum rc rc = fault_plan_init(&plan, rule->actions, rule->action_count, &draw, &why);
    if (rc != RC_OK) {
        rc = diag_fail_at(d, rc, s->file, rule->place, "%s", why.text);
    }
    if (rc == RC_OK && rule->phase == PHASE_CONNECT) {
        rc = diag_fail_at(d, RC_UNSUPPORTED, s->file, rule->place,
                          "the rule \"%s\" acts in the phase connect, where this version plays "
                          "only refuse",
                          rule->name);
    }
    fault_plan_clear(&plan);
    return rc;
}

enum rc lane_supports(const struct scenario *scenario, struct diag *d)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < scenario->rule_count && rc == RC_OK; i++) {
        rc = supports_rule(scenario, &scenario->rules[i], d);
    }
    return rc;
}

void lane_secret(struct lane *lane, const char *name, struct span value)
{
    journal_secret(lane->journal, name, value);
}

struct journal *lane_take_journal(struct lane *lane)
{
    struct journal *journal = lane->journal;
    lane->journal = NULL;
    loop_turn_stop(&lane->turn);
    return journal;
}
