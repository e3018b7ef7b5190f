// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/answer.h"

#include <assert.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/service/allocations.h"
#include "proxy/service/echo.h"

// A batch is first held against every rule that rejects it whole, one rule at a time over all of
// its records; nothing is billed until all have passed. Then each record meets its own fate.

#define STATUS_NOT_SUBSCRIBED "CustomerNotSubscribed"
#define RESULT_BYTES 512 // about what one result takes

struct batch {
    struct service *service;
    const struct service_call *call;
    struct service_reply *reply;
    struct batch_record *records;
    size_t count;
    const struct product *coded;    // the product of the request's ProductCode
    const struct product *licensed; // the product of the licences so far
};

// A rule over one record; true when it holds, else the reply was made an error.
typedef bool rule_fn(struct batch *b, struct batch_record *record, size_t i);

static bool reject(struct batch *b, enum aws_error error, size_t i, const char *member,
                   struct span value)
{
    int shown = value.len > 100 ? 100 : (int)value.len;
    answer_reject(b->reply, error, "UsageRecords[%zu].%s: \"%.*s\"", i, member, shown,
                  shown > 0 ? value.at : "");
    return false;
}

static bool names(struct span sent, const char *own)
{
    return sent.len == 0 || (own != NULL && span_is(sent, own));
}

// Usage lies within the activation period when its hour does.
static bool is_active(const struct customer *c, int64_t hour_us)
{
    return hour_us >= instant_hour(c->license_from_us) &&
           (c->license_until_us == 0 || hour_us <= instant_hour(c->license_until_us));
}

// "Ensure the LicenseArn is valid, matches the customer, and usage is within the license activation
// period" (InvalidLicenseException); all licences of one call belong to one product.
static bool license_is_valid(struct batch *b, struct batch_record *record, size_t i)
{
    struct span arn = record->sent->license_arn;
    if (arn.len == 0) {
        return true;
    }
    const struct licensed *found = index_find(&b->service->world->by_license, arn);
    if (found == NULL || !names(record->sent->customer_account, found->customer->face.account) ||
        !names(record->sent->customer_identifier, found->customer->face.identifier) ||
        !is_active(found->customer, record->key.hour_us) ||
        (b->coded != NULL && b->coded != found->product) ||
        (b->licensed != NULL && b->licensed != found->product)) {
        return reject(b, AWS_ERROR_INVALID_LICENSE, i, "LicenseArn", arn);
    }
    record->customer = found->customer;
    b->licensed = found->product;
    record->product = found->product;
    record->key.payer = found->customer->license_payer;
    return true;
}

// A record without licence takes its product from the request.
static bool has_product(struct batch *b, struct batch_record *record, size_t i)
{
    if (record->product == NULL) {
        record->product = b->coded;
    }
    if (record->product == NULL) {
        return reject(b, AWS_ERROR_INVALID_PRODUCT_CODE, i, "LicenseArn", (struct span){0});
    }
    record->key.product = span_of(record->product->face.symbol);
    return true;
}

// Both forms of a customer's name, identifier and account, lead to the same buyer. Unknown ones
// reject the batch (InvalidCustomerIdentifierException), or are a record's status: the documents
// have both, the world says which.
static bool customer_is_known(struct batch *b, struct batch_record *record, size_t i)
{
    const struct world *w = b->service->world;
    struct span id = record->sent->customer_identifier;
    struct span account = record->sent->customer_account;
    if (record->customer != NULL && (id.len > 0 || account.len > 0)) {
        return true; // the licence says which of a buyer's agreements is meant
    }
    const struct customer *c =
        index_find(id.len > 0 ? &w->by_identifier : &w->by_account, id.len > 0 ? id : account);
    bool contradicts = c != NULL && !names(account, c->face.account);
    if (c == NULL && w->unknown_as_status && (id.len > 0 || account.len > 0)) {
        return true;
    }
    if (c == NULL || contradicts) {
        return id.len > 0
                   ? reject(b, AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER, i, "CustomerIdentifier", id)
                   : reject(b, AWS_ERROR_INVALID_CUSTOMER_IDENTIFIER, i, "CustomerAWSAccountId",
                            account);
    }
    record->customer = c;
    record->key.payer = c->payer;
    return true;
}

static bool dimension_is_known(struct batch *b, struct batch_record *record, size_t i)
{
    const char *symbol = answer_dimension(record->product, record->sent->dimension);
    if (symbol == NULL) {
        return reject(b, AWS_ERROR_INVALID_USAGE_DIMENSION, i, "Dimension",
                      record->sent->dimension);
    }
    record->key.dimension = span_of(symbol);
    return true;
}

// "If any of the records are outside of the allowed range, the entire batch is not processed."
static bool is_in_window(struct batch *b, struct batch_record *record, size_t i)
{
    // Most records of a batch bear one timestamp.
    if (i > 0 && b->records[i - 1].sent->timestamp_us == record->sent->timestamp_us) {
        return true;
    }
    if (ruleset_takes(b->service->world->rules, OPERATION_BATCH_METER_USAGE,
                      record->sent->timestamp_us, b->call->now_us)) {
        return true;
    }
    char when[INSTANT_TEXT];
    instant_format_s(when, record->sent->timestamp_us);
    return reject(b, AWS_ERROR_TIMESTAMP_OUT_OF_BOUNDS, i, "Timestamp", span_of(when));
}

static bool obeys_rules(struct batch *b)
{
    static rule_fn *const RULES[] = {license_is_valid, has_product, customer_is_known,
                                     dimension_is_known, is_in_window};
    for (size_t rule = 0; rule < sizeof RULES / sizeof RULES[0]; rule++) {
        for (size_t i = 0; i < b->count; i++) {
            if (!RULES[rule](b, &b->records[i], i)) {
                return false;
            }
        }
    }
    return true;
}

static bool has_product_code(struct batch *b)
{
    struct span code = b->call->request->product_code;
    if (code.len == 0) {
        return true; // then every record needs a licence
    }
    b->coded = answer_product(b->service, code, b->reply);
    return b->coded != NULL;
}

// Scratch that is kept from call to call, zeroed but for what each record is.
static void begin(struct batch *b)
{
    struct service *s = b->service;
    if (s->batch_capacity < b->count) {
        s->batch = x_realloc(s->batch, b->count * sizeof *s->batch);
        s->batch_capacity = b->count;
    }
    b->records = s->batch;
    struct span region = answer_region(s, b->call);
    for (size_t i = 0; i < b->count; i++) {
        const struct usage_record *sent = &b->call->request->records[i];
        b->records[i] = (struct batch_record){
            .sent = sent,
            .key = {.region = region, .hour_us = instant_hour(sent->timestamp_us)},
        };
    }
    b->reply->count = b->count;
    b->reply->outcomes = x_alloc(b->count * sizeof *b->reply->outcomes);
}

static void give_id(struct record_outcome *outcome, const char *id)
{
    memcpy(outcome->record_id, id, RECORD_ID_TEXT);
}

// What stands in the ledger decides before the subscription does: a record that was billed and is
// sent again is told so, also when its customer has left since.
static void process(struct batch *b, struct batch_record *record, struct record_outcome *outcome)
{
    if (record->customer == NULL) {
        outcome->status = STATUS_NOT_SUBSCRIBED;
        return;
    }
    allocations_digest(record->allocations, record->sent->allocations);
    if (outcome->entry != NULL &&
        answer_is_same(record->sent, record->allocations, outcome->entry)) {
        outcome->status = "Success";
        give_id(outcome, outcome->entry->record_id);
    } else if (!answer_is_subscribed(&record->customer->face, record->key.hour_us,
                                     b->call->now_us)) {
        outcome->status = STATUS_NOT_SUBSCRIBED;
    } else if (outcome->entry != NULL) {
        outcome->status = "DuplicateRecord"; // the first write stays as it is
    } else {
        answer_bill(b->service, b->call, record, outcome);
    }
}

// A status by order of the scenario: nothing is billed. A Success has an id, as it always has.
static void pretend(struct batch *b, const char *status, struct record_outcome *outcome)
{
    outcome->status = status;
    if (!span_is(span_of(status), "Success")) {
        return;
    }
    if (outcome->entry != NULL) {
        give_id(outcome, outcome->entry->record_id);
    } else {
        answer_unbilled_id(b->service, outcome->record_id);
    }
}

static const struct record_directive *directive_for(const struct batch *b, size_t i)
{
    static const struct record_directive AS_IS = {.fate = RECORD_AS_IS};
    return b->call->directives == NULL ? &AS_IS : &b->call->directives[i];
}

static void decide(struct batch *b, size_t i)
{
    const struct record_directive *directive = directive_for(b, i);
    struct record_outcome *outcome = &b->reply->outcomes[i];
    struct batch_record *record = &b->records[i];
    if (record->customer != NULL) {
        outcome->entry = ledger_find(b->service->ledger, &record->key);
    }
    switch (directive->fate) {
    case RECORD_AS_IS:
        process(b, record, outcome);
        break;
    case RECORD_UNPROCESSED:
        outcome->status = "Unprocessed";
        break;
    case RECORD_STATUS:
        pretend(b, directive->status, outcome);
        break;
    }
}

static void render_status(struct buf *body, const char *status)
{
    if (span_is(span_of(status), "Success")) { // nearly always
        buf_add(body, SPAN(",\"Status\":\"Success\"}"));
        return;
    }
    buf_add(body, SPAN(",\"Status\":"));
    buf_add_json_string(body, span_of(status));
    buf_add_char(body, '}');
}

// A record that was read without a tree is text without blanks, as we would render it.
static void echo(const struct batch *b, size_t i)
{
    const struct usage_record *sent = b->records[i].sent;
    if (sent->json == NULL) {
        assert(b->call->times == ECHO_AS_SENT);
        buf_add(&b->reply->body, sent->text);
    } else {
        echo_record(&b->reply->body, sent->json, b->call->times);
    }
}

static void render_result(const struct batch *b, size_t i)
{
    const struct record_outcome *outcome = &b->reply->outcomes[i];
    struct buf *body = &b->reply->body;
    buf_add(body, SPAN("{\"UsageRecord\":"));
    echo(b, i);
    if (outcome->record_id[0] != '\0' && !directive_for(b, i)->omit_record_id) {
        buf_add(body, SPAN(",\"MeteringRecordId\":\""));
        buf_add(body, (struct span){.at = outcome->record_id, .len = RECORD_ID_TEXT - 1});
        buf_add_char(body, '"');
    }
    render_status(body, outcome->status);
}

// Results in the order asked for; a list without members is a list.
static void render_results(const struct batch *b)
{
    struct buf *body = &b->reply->body;
    size_t empty = body->len;
    for (size_t k = 0; k < b->count; k++) {
        size_t i = b->call->order == NULL ? k : b->call->order[k];
        const struct record_directive *directive = directive_for(b, i);
        if (directive->fate != RECORD_UNPROCESSED && !directive->omit_result) {
            if (body->len > empty) {
                buf_add_char(body, ',');
            }
            render_result(b, i);
        }
    }
}

static void render_unprocessed(const struct batch *b)
{
    struct buf *body = &b->reply->body;
    size_t empty = body->len;
    for (size_t i = 0; i < b->count; i++) {
        if (directive_for(b, i)->fate == RECORD_UNPROCESSED) {
            if (body->len > empty) {
                buf_add_char(body, ',');
            }
            echo(b, i);
        }
    }
}

static void render(const struct batch *b)
{
    struct buf *body = &b->reply->body;
    (void)buf_room(body, b->count * RESULT_BYTES + 64);
    buf_add(body, SPAN("{\"Results\":["));
    render_results(b);
    buf_add(body, SPAN("],\"UnprocessedRecords\":["));
    render_unprocessed(b);
    buf_add(body, SPAN("]}"));
}

void answer_batch_meter_usage(struct service *s, const struct service_call *call,
                              struct service_reply *reply)
{
    struct batch b = {.service = s, .call = call, .reply = reply, .count = call->request->count};
    begin(&b);
    if (answer_if_disabled(s, call, REGION_SELLERS, reply) || !has_product_code(&b) ||
        !obeys_rules(&b)) {
        return;
    }
    for (size_t i = 0; i < b.count; i++) {
        decide(&b, i);
    }
    render(&b);
}
