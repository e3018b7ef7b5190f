// SPDX-License-Identifier: Apache-2.0
#include "proxy/record.h"

#include <string.h>

#include "proxy/asking.h"
#include "proxy/lane_inside.h"

// Moments as JSON, kept because most records of a request have the one of the record before.
struct moment {
    int64_t at_us;
    size_t len; // 0: none yet
    char text[INSTANT_TEXT + 2];
};

struct moments {
    struct moment timestamp, hour;
};

static void add_instant(struct buf *b, struct span key, int64_t at_us, struct moment *last)
{
    if (last->len == 0 || last->at_us != at_us) {
        last->at_us = at_us;
        last->text[0] = '"';
        instant_format_s(last->text + 1, at_us);
        last->len = strlen(last->text);
        last->text[last->len++] = '"';
    }
    buf_add(b, key);
    buf_add(b, (struct span){.at = last->text, .len = last->len});
}

// The first member of an object in a list: {"i":3 or ,{"i":3
static void open_item(struct buf *b, bool is_first, size_t i)
{
    buf_add(b, is_first ? SPAN("{\"i\":") : SPAN(",{\"i\":"));
    buf_add_u64(b, i);
}

static void add_record(const struct exchange *x, struct buf *b, size_t i, struct moments *last)
{
    const struct usage_record *r = &x->request.records[i];
    const struct subject_record *s = &x->records[i];
    open_item(b, i == 0, i);
    buf_add_member(b, "product", s->product);
    buf_add_member(b, "payer", x->payers[i]);
    buf_add_member(b, "customer", s->customer);
    buf_add_member(b, "dimension", s->dimension);
    add_instant(b, SPAN(",\"timestamp\":"), r->timestamp_us, &last->timestamp);
    // Most usage is stamped with its hour.
    add_instant(b, SPAN(",\"hour\":"), s->hour_us,
                s->hour_us == r->timestamp_us ? &last->timestamp : &last->hour);
    buf_add_member_i64(b, "quantity", r->quantity);
    if (s->usage.len > 0) {
        buf_add_member(b, "usage", s->usage);
    }
    if (r->allocations != NULL) {
        buf_add_text(b, ",\"allocations\":");
        json_print(b, r->allocations);
    }
    buf_add_char(b, '}');
}

static void add_records(const struct exchange *x, struct buf *b)
{
    if (x->request.dry_run) {
        buf_add_member_bool(b, "dry_run", true); // it reports nothing
        return;
    }
    if (x->request.count == 0) {
        return;
    }
    struct moments last = {.hour = {.len = 0}};
    buf_add_text(b, ",\"records\":[");
    for (size_t i = 0; i < x->request.count; i++) {
        add_record(x, b, i, &last);
    }
    buf_add_char(b, ']');
}

static void add_signature(const struct exchange *x, struct buf *b)
{
    const struct sigv4_result *s = &x->signature;
    if (x->operation == OPERATION_NONE) {
        return;
    }
    buf_add_text(b, ",\"signature\":{\"error\":");
    buf_add_json_string(b, span_of(aws_error_name(s->error)));
    buf_add_member(b, "text", span_of(s->text));
    buf_add_member_bool(b, "valid", s->is_valid);
    buf_add_member_bool(b, "scope", s->scope_ok);
    buf_add_member_bool(b, "fresh", s->fresh);
    buf_add_member_bool(b, "token", s->token_ok);
    buf_add_member(b, "credential", span_of(s->credential == NULL ? NULL : s->credential->name));
    buf_add_member(b, "region", span_of(s->region));
    if (x->signature_text.len > 0) {
        buf_add_member(b, "expected", buf_span(&x->signature_text));
    }
    buf_add_char(b, '}');
}

static void add_problem(struct buf *b, const char *error, const char *where, const char *text)
{
    buf_add_text(b, ",\"problem\":{\"error\":");
    buf_add_json_string(b, span_of(error));
    buf_add_member(b, "where", span_of(where));
    buf_add_member(b, "text", span_of(text));
    buf_add_char(b, '}');
}

// Whether clients may take us for the real service, whose credentials are none of the world's: an
// upstream is one, and as a forward proxy we answer in its place.
static bool seems_real(const struct exchange *x)
{
    return x->lane->options.upstream != NULL || x->lane->options.destinations != NULL;
}

// What a client shows to a real server we do not know beforehand, as we do the world's secrets. A
// signature is none: the key is not in it.
static bool is_foreign_secret(const struct exchange *x, const struct h1_field *field)
{
    static const char *const NAMES[] = {"X-Amz-Security-Token", "Proxy-Authorization", "Cookie",
                                        "X-Api-Key"};
    if (!seems_real(x)) {
        return false;
    }
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (span_equal_nocase(field->name, span_of(NAMES[i]))) {
            return true;
        }
    }
    return span_equal_nocase(field->name, SPAN("Authorization")) &&
           !span_starts(field->value, SPAN("AWS4-"));
}

static void add_headers(const struct exchange *x, struct buf *b)
{
    buf_add_text(b, ",\"headers\":[");
    for (size_t i = 0; i < x->head->field_count; i++) {
        buf_add_text(b, i == 0 ? "[" : ",[");
        buf_add_json_string(b, x->head->fields[i].name);
        buf_add_char(b, ',');
        buf_add_json_string(b, is_foreign_secret(x, &x->head->fields[i])
                                   ? SPAN("[secret]")
                                   : x->head->fields[i].value);
        buf_add_char(b, ']');
    }
    buf_add_char(b, ']');
}

// Bodies are kept, or known by their digest, or only by their size.
static void add_body(struct exchange *x, struct buf *b)
{
    enum lane_bodies bodies = x->lane->options.bodies;
    if (x->is_streamed) {
        buf_add_member_bool(b, "streamed", true); // its size is known to `upstream`
    } else {
        buf_add_member_i64(b, "bytes", (int64_t)x->body.len);
    }
    if (bodies != BODIES_NONE && !x->is_streamed) {
        buf_add_member(b, "sha256", span_of(exchange_body_sha256(x)));
    }
    if (bodies == BODIES_FULL) {
        add_headers(x, b);
    }
    if (bodies == BODIES_FULL && !x->is_streamed) {
        // Whoever has a registration token can register as its buyer; it is all that this body
        // holds.
        bool is_secret = seems_real(x) && x->operation == OPERATION_RESOLVE_CUSTOMER;
        buf_add_member(b, "body", is_secret ? SPAN("[secret]") : buf_span(&x->body));
    }
}

static void add_token(const struct exchange *x, struct buf *b)
{
    if (x->request.registration_token.len > 0) {
        const struct world_token *t =
            world_token_by_value(x->lane->world, x->request.registration_token);
        buf_add_member(b, "token", t == NULL ? SPAN("?") : span_of(t->symbol));
    }
}

// What a registration asks for beside its product.
static void add_registration(const struct exchange *x, struct buf *b)
{
    if (x->operation != OPERATION_REGISTER_USAGE) {
        return;
    }
    buf_add_member_i64(b, "public_key_version", x->request.public_key_version);
    if (x->request.nonce.len > 0) {
        buf_add_member(b, "nonce", x->request.nonce);
    }
}

static struct buf *begin_tls(struct lane *lane, uint64_t connection, const char *what)
{
    struct buf *b = journal_begin(lane->journal, EVENT_TLS);
    buf_add_member_i64(b, "conn", (int64_t)connection);
    buf_add_member(b, "what", span_of(what));
    return b;
}

void record_secured(struct lane *lane, uint64_t connection, const struct tls_facts *facts)
{
    struct buf *b = begin_tls(lane, connection, "ready");
    buf_add_member(b, "version", span_of(facts->version));
    buf_add_member(b, "cipher", span_of(facts->cipher));
    buf_add_member(b, "host", span_of(facts->host));
    buf_add_member_bool(b, "resumed", facts->is_resumed);
    (void)journal_end(lane->journal);
}

void record_unsecured(struct lane *lane, uint64_t connection, const struct tls_facts *facts,
                      const char *how)
{
    struct buf *b = begin_tls(lane, connection, facts->is_broken ? "broken" : "closed");
    bool is_ours = facts->is_broken && (facts->alert_is_ours || *facts->alert == '\0');
    buf_add_member(b, "by", is_ours ? SPAN("us") : SPAN("client"));
    buf_add_member(b, "at", facts->is_ready ? SPAN("ready") : SPAN("handshake"));
    buf_add_member(b, "host", span_of(facts->host));
    if (facts->is_broken) {
        buf_add_member(b, "alert", span_of(facts->alert));
        buf_add_member(b, "why", span_of(facts->why));
    } else {
        buf_add_member(b, "how", span_of(how));
        buf_add_member_bool(b, "notified", facts->was_notified);
    }
    (void)journal_end(lane->journal);
}

static struct buf *begin(struct exchange *x, enum event_kind kind)
{
    struct buf *b = journal_begin(x->lane->journal, kind);
    buf_add_member_i64(b, "x", (int64_t)x->number);
    return b;
}

// Of a request to one of those who are asked for credentials.
static void add_asked(const struct exchange *x, struct buf *b)
{
    if (x->target != TARGET_SERVICE) {
        buf_add_member(b, "to", span_of(target_name(x->target)));
        bool is_connect = x->target == TARGET_PROXY;
        buf_add_member(b, "asks", is_connect ? x->head->authority : span_of(asking_what(x)));
    }
}

// A presigned URL is a credential for as long as it is good.
static struct span shown_target(const struct exchange *x)
{
    struct span rest = x->head->target;
    bool is_secret = seems_real(x) && sigv4_is_presigned(x->head->target);
    return is_secret ? span_cut(&rest, '?') : rest;
}

void record_request(struct exchange *x)
{
    struct buf *b = begin(x, EVENT_REQUEST);
    buf_add_member_i64(b, "conn", (int64_t)x->connection);
    buf_add_member_i64(b, "instance", 1);
    buf_add_member(b, "method", x->head->method);
    buf_add_member(b, "target", shown_target(x));
    buf_add_member(b, "operation", span_of(operation_name(x->operation)));
    add_asked(x, b);
    add_body(x, b);
    if (x->violation.error != AWS_ERROR_NONE) {
        add_problem(b, aws_error_name(x->violation.error), x->violation.where, x->violation.text);
    }
    add_signature(x, b);
    buf_add_text(b, ",\"sdk\":{\"invocation\":");
    buf_add_json_string(b, x->invocation);
    buf_add_member_i64(b, "attempt", x->attempt);
    buf_add_char(b, '}');
    if (x->request.product_code.len > 0) {
        buf_add_member(b, "product_code", x->request.product_code);
    }
    if (x->request.client_token.len > 0) {
        buf_add_member(b, "client_token", x->request.client_token);
    }
    add_records(x, b);
    add_token(x, b);
    add_registration(x, b);
    (void)journal_end(x->lane->journal);
}

void record_unreadable(struct exchange *x, const struct h1_error *error)
{
    struct buf *b = begin(x, EVENT_REQUEST);
    buf_add_member_i64(b, "conn", (int64_t)x->connection);
    buf_add_member_i64(b, "instance", 1);
    buf_add_member(b, "operation", SPAN(""));
    if (x->target != TARGET_SERVICE) {
        buf_add_member(b, "to", span_of(target_name(x->target)));
    }
    add_problem(b, "", "HTTP", error->text);
    (void)journal_end(x->lane->journal);
}

void record_rule_match(struct lane *lane, uint64_t number, const struct rule *rule, uint64_t index,
                       double drew, bool won)
{
    struct buf *b = NULL;
    if (drew >= 0) {
        b = journal_begin(lane->journal, EVENT_DRAW);
        buf_add_member_i64(b, "x", (int64_t)number);
        buf_add_member(b, "rule", span_of(rule->name));
        buf_addf(b, ",\"index\":%llu,\"drew\":%.6f,\"needed\":%.6f,\"hit\":%s",
                 (unsigned long long)index, drew, rule->probability,
                 drew < rule->probability ? "true" : "false");
        (void)journal_end(lane->journal);
    }
    b = journal_begin(lane->journal, EVENT_MATCH);
    buf_add_member_i64(b, "x", (int64_t)number);
    buf_add_member(b, "rule", span_of(rule->name));
    buf_add_member_i64(b, "index", (int64_t)index);
    buf_add_member_bool(b, "won", won);
    (void)journal_end(lane->journal);
}

void record_match(struct exchange *x, const struct rule *rule, uint64_t index, double drew,
                  bool won)
{
    record_rule_match(x->lane, x->number, rule, index, drew, won);
}

static void add_outcome(struct buf *b, const struct exchange *x, size_t i, struct moments *last)
{
    const struct record_outcome *o = &x->reply.outcomes[i];
    const struct subject_record *s = &x->records[i];
    open_item(b, i == 0, i);
    buf_add_member(b, "product", s->product);
    buf_add_member(b, "payer", x->payers[i]);
    buf_add_member(b, "dimension", s->dimension);
    add_instant(b, SPAN(",\"hour\":"), s->hour_us, &last->hour);
    buf_add_member_i64(b, "quantity", s->quantity);
    buf_add_member(b, "status", span_of(o->status));
    buf_add_member_bool(b, "billed", o->billed);
    buf_add_member(b, "record", span_of(o->record_id));
    buf_add_char(b, '}');
}

void record_commit(struct exchange *x)
{
    struct buf *b = begin(x, EVENT_COMMIT);
    buf_add_member(b, "operation", span_of(operation_name(x->operation)));
    buf_add_member(b, "region", span_of(x->signature.region));
    if (x->reply.outcomes != NULL) {
        struct moments last = {.hour = {.len = 0}};
        buf_add_text(b, ",\"records\":[");
        for (size_t i = 0; i < x->reply.count; i++) {
            add_outcome(b, x, i, &last);
        }
        buf_add_char(b, ']');
    }
    if (x->reply.customer != NULL) {
        add_token(x, b);
        buf_add_member(b, "customer", span_of(x->reply.customer->symbol));
    }
    (void)journal_end(x->lane->journal);
}

void record_served(struct exchange *x, const struct sigv4_credential *credential)
{
    struct buf *b = begin(x, EVENT_CREDENTIAL);
    buf_add_member(b, "name", span_of(credential->name));
    buf_add_member(b, "what", SPAN("served"));
    buf_add_member(b, "by", span_of(target_name(x->target)));
    (void)journal_end(x->lane->journal);
}

// What the client can read in the reply about each record. Only of the service's own reply.
static void add_results(struct buf *b, const struct exchange *x)
{
    if (x->reply.outcomes == NULL || span_is(span_of(x->origin), "rule")) {
        return;
    }
    bool is_first = true;
    buf_add_text(b, ",\"results\":[");
    for (size_t i = 0; i < x->reply.count; i++) {
        const struct record_outcome *o = &x->reply.outcomes[i];
        bool is_omitted = x->directives != NULL && x->directives[i].omit_result;
        if (!is_omitted && o->status != NULL && !span_is(span_of(o->status), "Unprocessed")) {
            open_item(b, is_first, i);
            buf_add_member(b, "status", span_of(o->status));
            buf_add_member(b, "record", span_of(o->record_id));
            buf_add_char(b, '}');
            is_first = false;
        }
    }
    is_first = true;
    buf_add_text(b, "],\"unprocessed\":[");
    for (size_t i = 0; i < x->reply.count; i++) {
        if (span_is(span_of(x->reply.outcomes[i].status), "Unprocessed")) {
            buf_add(b, is_first ? SPAN("") : SPAN(","));
            buf_add_u64(b, i);
            is_first = false;
        }
    }
    buf_add_char(b, ']');
}

void record_response(struct exchange *x, bool whole)
{
    struct buf *b = begin(x, EVENT_RESPONSE);
    buf_add_member_i64(b, "conn", (int64_t)x->connection);
    buf_add_member_i64(b, "status", x->status);
    buf_add_member(b, "error", span_of(x->error_name));
    buf_add_member(b, "origin", span_of(x->origin));
    buf_add_member_i64(b, "bytes", (int64_t)x->sent_bytes);
    buf_add_member_bool(b, "whole", whole);
    add_results(b, x);
    (void)journal_end(x->lane->journal);
}

void record_route(struct exchange *x, const char *way, const char *text)
{
    struct buf *b = begin(x, EVENT_ROUTE);
    buf_add_member_i64(b, "conn", (int64_t)x->connection);
    buf_add_member(b, "to", x->head->authority);
    buf_add_member(b, "way", span_of(way));
    if (x->tunnel != NULL) {
        buf_add_member(b, "address", span_of(tunnel_facts(x->tunnel).address));
    }
    buf_add_member(b, "text", span_of(text));
    (void)journal_end(x->lane->journal);
}

void record_tunnel_end(struct lane *lane, uint64_t connection, const struct tunnel_facts *facts,
                       bool is_reset)
{
    struct buf *b = journal_begin(lane->journal, EVENT_ROUTE);
    buf_add_member_i64(b, "conn", (int64_t)connection);
    buf_add_member(b, "way", SPAN("ended"));
    buf_add_member(b, "address", span_of(facts->address));
    buf_add_member_i64(b, "sent", (int64_t)facts->sent);
    buf_add_member_i64(b, "bytes", (int64_t)facts->received);
    buf_add_member(b, "how", is_reset ? SPAN("rst") : SPAN("fin"));
    (void)journal_end(lane->journal);
}

static void add_duration(struct buf *b, const char *key, int64_t us)
{
    if (us >= 0) {
        buf_add_member_i64(b, key, us);
    }
}

void record_upstream(struct exchange *x, const struct passage_facts *facts)
{
    const struct forward_facts *f = &facts->forward;
    struct buf *b = begin(x, EVENT_UPSTREAM);
    buf_add_member(b, "url", span_of(upstream_origin(x->lane->options.upstream)->text));
    buf_add_member(b, "address", span_of(f->channel.address));
    buf_add_member_i64(b, "conn", (int64_t)f->channel.number);
    buf_add_member_bool(b, "reused", f->channel.is_reused);
    buf_add_member_i64(b, "tries", f->tries);
    buf_add_member(b, "tls", span_of(f->channel.tls));
    buf_add_member_i64(b, "status", facts->status);
    buf_add_member(b, "error", span_of(facts->error));
    buf_add_member(b, "text", span_of(facts->text));
    buf_add_member_bool(b, "whole", facts->is_whole);
    buf_add_member_i64(b, "sent", (int64_t)f->sent_bytes);
    buf_add_member_i64(b, "bytes", (int64_t)f->reply_bytes);
    add_duration(b, "connect_us", f->channel.connected_us);
    add_duration(b, "tls_us", f->channel.secured_us);
    add_duration(b, "first_us", f->first_us);
    add_duration(b, "whole_us", f->whole_us);
    (void)journal_end(x->lane->journal);
}

static struct buf *begin_fault(struct lane *lane, const struct rule *rule, uint64_t number,
                               const char *at, size_t bytes)
{
    struct buf *b = journal_begin(lane->journal, EVENT_FAULT);
    buf_add_member_i64(b, "x", (int64_t)number);
    buf_add_member(b, "rule", span_of(rule->name));
    buf_add_member(b, "action", span_of(action_name(rule->actions[rule->action_count - 1].verb)));
    buf_add_member(b, "kind", span_of(fault_kind_name(rule->kind)));
    if (*at != '\0') {
        buf_add_member(b, "at", span_of(at));
    }
    buf_add_member_i64(b, "bytes", (int64_t)bytes);
    return b;
}

void record_rule_fault(struct lane *lane, const struct rule *rule, uint64_t number, const char *at,
                       size_t bytes)
{
    (void)begin_fault(lane, rule, number, at, bytes);
    (void)journal_end(lane->journal);
}

static const char *place_of(const struct exchange *x)
{
    enum fault_at at = fault_plan_cut_at(&x->plan);
    if (!fault_plan_is_active(&x->plan)) {
        return "";
    }
    bool is_of_reading = x->rule->phase == PHASE_HEAD && !x->is_early && at == FAULT_IN_RESPONSE;
    return is_of_reading ? "request" : fault_at_name(at);
}

void record_fault(struct exchange *x)
{
    struct buf *b = begin_fault(x->lane, x->rule, x->number, place_of(x), x->sent_bytes);
    int64_t delay_us = fault_plan_delay_us(&x->plan);
    if (delay_us > 0) {
        buf_add_member_i64(b, "delay_us", delay_us);
    }
    (void)journal_end(x->lane->journal);
}
