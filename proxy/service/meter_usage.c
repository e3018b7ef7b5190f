// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/answer.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/service/allocations.h"

// One record for the buyer in whose account the program runs. Two rules of counting (model,
// MeterUsage): elsewhere than on AgentCore an instance, task or pod reports a dimension once an
// hour and the hour tells reports apart; on AgentCore it may report as often as it likes and only
// the ClientToken tells them apart.
struct meter {
    struct service *service;
    const struct service_call *call;
    struct service_reply *reply;
    const struct credential *caller;
    const struct customer *buyer;
    struct batch_record record;
    struct span token;      // the ClientToken
    char asked[SHA256_HEX]; // digest of all other parameters
    bool is_agentcore;
};

// A rule; true when it holds, else the reply was made an error.
typedef bool meter_rule_fn(struct meter *m);

static bool reject(struct meter *m, enum aws_error error)
{
    answer_reject(m->reply, error, NULL);
    return false;
}

static bool is_offered(struct meter *m)
{
    bool in_container =
        m->service->world->platform == PLATFORM_ECS || m->service->world->platform == PLATFORM_EKS;
    return !answer_if_disabled(m->service, m->call,
                               in_container ? REGION_CONTAINERS : REGION_INSTANCES, m->reply);
}

// "The Region of the Metering Service endpoint and the Region of the resource must match."
static bool is_own_region(struct meter *m)
{
    return span_equal(m->record.key.region, world_runtime_region(m->service->world)) ||
           reject(m, AWS_ERROR_INVALID_ENDPOINT_REGION);
}

static bool has_product(struct meter *m)
{
    m->record.product = answer_product(m->service, m->call->request->product_code, m->reply);
    if (m->record.product == NULL) {
        return false;
    }
    m->record.key.product = span_of(m->record.product->face.symbol);
    return true;
}

static bool has_dimension(struct meter *m)
{
    const char *symbol = answer_dimension(m->record.product, m->record.sent->dimension);
    m->record.key.dimension = span_of(symbol);
    return symbol != NULL || reject(m, AWS_ERROR_INVALID_USAGE_DIMENSION);
}

// "You must include an idempotency token in the ClientToken request parameter." With what error it
// is missed is not documented.
static bool has_token(struct meter *m)
{
    if (m->is_agentcore && m->token.len == 0) {
        answer_reject(m->reply, AWS_ERROR_VALIDATION,
                      "ClientToken must be given on Amazon Bedrock AgentCore Runtime.");
        return false;
    }
    return true;
}

static const struct token_use *token_use_of(const struct meter *m)
{
    return m->token.len == 0 ? NULL
                             : token_book_find(&m->service->tokens, m->record.key.region,
                                               span_of(m->buyer->face.account), m->token);
}

static bool keeps_token(struct meter *m)
{
    const struct token_use *use = token_use_of(m);
    return use == NULL || strcmp(use->asked, m->asked) == 0 ||
           reject(m, AWS_ERROR_IDEMPOTENCY_CONFLICT);
}

static bool is_in_window(struct meter *m)
{
    return ruleset_takes(m->service->world->rules, OPERATION_METER_USAGE,
                         m->record.sent->timestamp_us, m->call->now_us) ||
           reject(m, AWS_ERROR_TIMESTAMP_OUT_OF_BOUNDS);
}

// Entries that stood there before the case began belong to no instance: they are every instance's.
static const struct ledger_entry *find_entry(const struct meter *m)
{
    const struct ledger_entry *entry = ledger_find(m->service->ledger, &m->record.key);
    if (entry != NULL || m->is_agentcore) {
        return entry;
    }
    struct ledger_key key = m->record.key;
    key.instance = (struct span){0};
    entry = ledger_find(m->service->ledger, &key);
    return entry != NULL && entry->preloaded ? entry : NULL;
}

// What was billed is asked before the subscription is: a report whose reply was lost, sent again
// after its customer left, was billed, and the program is told so.
static bool settle(struct meter *m)
{
    struct record_outcome *outcome = m->reply->outcomes;
    const struct customer *c = m->buyer;
    outcome->entry = find_entry(m);
    if (outcome->entry != NULL &&
        answer_is_same(m->record.sent, m->record.allocations, outcome->entry)) {
        outcome->status = "Success";
        memcpy(outcome->record_id, outcome->entry->record_id, RECORD_ID_TEXT);
    } else if (!answer_is_subscribed(&c->face, m->record.key.hour_us, m->call->now_us)) {
        return reject(m, AWS_ERROR_CUSTOMER_NOT_ENTITLED);
    } else if (outcome->entry != NULL) {
        return reject(m, AWS_ERROR_DUPLICATE_REQUEST);
    } else {
        answer_bill(m->service, m->call, &m->record, outcome);
    }
    if (m->token.len > 0 && token_use_of(m) == NULL) {
        token_book_add(&m->service->tokens, m->record.key.region, span_of(c->face.account),
                       m->token, m->asked, outcome->entry);
    }
    return true;
}

// All parameters but the token. On AgentCore the timestamp counts as it is sent, elsewhere as it is
// rounded: "requests that are identical after the Timestamp is rounded down".
static void digest_parameters(struct meter *m)
{
    const struct usage_record *sent = m->record.sent;
    OWN_BUF struct buf text = {0};
    buf_add_json_string(&text, m->call->request->product_code);
    buf_add_json_string(&text, sent->dimension);
    buf_add_member_i64(&text, "at", m->is_agentcore ? sent->timestamp_us : m->record.key.hour_us);
    buf_add_member_i64(&text, "quantity", sent->quantity_micros);
    buf_add_member(&text, "allocations", span_of(m->record.allocations));
    sha256_hex(m->asked, buf_span(&text));
}

static void begin(struct meter *m)
{
    const struct world *w = m->service->world;
    const struct usage_record *sent = &m->call->request->records[0];
    m->caller = answer_caller(m->service, m->call);
    m->buyer = world_buyer(w, m->caller);
    m->is_agentcore = w->platform == PLATFORM_AGENTCORE;
    m->token = m->call->request->client_token;
    m->record.sent = sent;
    m->record.customer = m->buyer;
    m->record.key = (struct ledger_key){
        .region = answer_region(m->service, m->call),
        .payer = m->buyer->payer,
        .hour_us = instant_hour(sent->timestamp_us),
        .instance = span_of(m->caller->instance),
        .token = m->is_agentcore ? m->token : (struct span){0},
    };
    allocations_digest(m->record.allocations, sent->allocations);
    digest_parameters(m);
}

static void render_id(struct buf *body, const char *id)
{
    buf_add(body, SPAN("{\"MeteringRecordId\":"));
    buf_add_json_string(body, span_of(id));
    buf_add_char(body, '}');
}

// "Checks whether you have the permissions required for the action, but does not make the request.
// If you have the permissions, the request returns DryRunOperation": as the record's id, which was
// observed, or as an error, as EC2 does. Nothing but permissions is looked at.
static void answer_dry_run(const struct world *w, struct service_reply *reply)
{
    reply->is_dry_run = true;
    if (w->dry_run_as_error) {
        answer_reject(reply, AWS_ERROR_DRY_RUN_OPERATION, NULL);
    } else {
        render_id(&reply->body, "DryRunOperation");
    }
}

void answer_meter_usage(struct service *s, const struct service_call *call,
                        struct service_reply *reply)
{
    static meter_rule_fn *const RULES[] = {is_offered, is_own_region, has_product, has_dimension,
                                           has_token,  keeps_token,   is_in_window};
    if (call->request->dry_run) {
        answer_dry_run(s->world, reply);
        return;
    }
    struct meter m = {.service = s, .call = call, .reply = reply};
    begin(&m);
    reply->count = 1;
    reply->outcomes = x_alloc(sizeof *reply->outcomes);
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        if (!RULES[i](&m)) {
            return;
        }
    }
    if (settle(&m)) {
        render_id(&reply->body, reply->outcomes[0].record_id);
    }
}
