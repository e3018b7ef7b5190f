// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/service.h"

#include "proxy/base/alloc.h"
#include "proxy/base/draw.h"
#include "proxy/service/answer.h"

// One row per operation that is built.
static answer_fn *const ANSWERS[OPERATION_COUNT] = {
    [OPERATION_BATCH_METER_USAGE] = answer_batch_meter_usage,
    [OPERATION_METER_USAGE] = answer_meter_usage,
    [OPERATION_REGISTER_USAGE] = answer_register_usage,
    [OPERATION_RESOLVE_CUSTOMER] = answer_resolve_customer,
};

struct service *service_new(struct world *world, struct ledger *ledger)
{
    struct service *s = x_alloc(sizeof *s);
    s->world = world;
    s->ledger = ledger;
    // One draw over the case's name here spares one for every record.
    struct draw draw = {
        .seed = world->seed, .case_id = span_of(world->case_id), .rule = SPAN("MeteringRecordId")};
    s->id_seed = draw_u64(&draw, 0);
    service_preload(s);
    return s;
}

void service_free(struct service **s)
{
    if (*s != NULL) {
        x_free((*s)->batch);
        token_book_clear(&(*s)->tokens);
        x_free((*s)->registered);
        x_free(*s);
        *s = NULL;
    }
}

static void preload_one(struct service *s, const struct preload *p, struct span payer)
{
    struct ledger_key key = {.region = span_of(s->world->region),
                             .product = span_of(p->product),
                             .payer = payer,
                             .dimension = span_of(p->dimension),
                             .hour_us = p->hour_us};
    if (ledger_find(s->ledger, &key) == NULL) {
        char id[RECORD_ID_TEXT];
        answer_next_id(s, id);
        ledger_set_preloaded(s->ledger, ledger_add(s->ledger, &key, p->quantity, p->at_us, id));
    }
}

void service_preload(struct service *s)
{
    for (; s->preloaded < s->world->preload_count; s->preloaded++) {
        const struct preload *p = &s->world->preloads[s->preloaded];
        const struct customer *c = world_own_customer(s->world, span_of(p->customer));
        if (p->payer != PRELOAD_LICENSE) {
            preload_one(s, p, c->payer);
        }
        if (p->payer != PRELOAD_CUSTOMER) {
            preload_one(s, p, c->license_payer);
        }
    }
}

void service_set_signer(struct service *s, const struct jwt_signer *signer)
{
    s->signer = *signer;
}

static void forget(struct service_reply *reply)
{
    buf_reset(&reply->body);
    x_free(reply->outcomes);
    reply->error = AWS_ERROR_NONE;
    reply->text[0] = '\0';
    reply->outcomes = NULL;
    reply->count = 0;
    reply->is_dry_run = false;
    reply->customer = NULL;
}

// What is asked before the operation is looked at.
static bool may_call(const struct service *s, const struct service_call *call,
                     struct service_reply *reply)
{
    const struct aws_request *request = call->request;
    if ((answer_caller(s, call)->denied & 1U << request->operation) != 0) {
        answer_reject(reply, request->dry_run ? AWS_ERROR_UNAUTHORIZED : AWS_ERROR_ACCESS_DENIED,
                      NULL);
        return false;
    }
    return true;
}

void service_answer(struct service *s, const struct service_call *call, struct service_reply *reply)
{
    forget(reply);
    service_preload(s);
    answer_fn *answer = ANSWERS[call->request->operation];
    if (answer == NULL) {
        answer_reject(reply, AWS_ERROR_UNKNOWN_OPERATION, NULL);
    } else if (may_call(s, call, reply)) {
        answer(s, call, reply);
    }
    if (reply->error != AWS_ERROR_NONE) {
        struct buf type_header = {0}; // stays empty: the default form writes the type in the body
        struct aws_error_form form = {.message = reply->text};
        buf_reset(&reply->body);
        aws_error_render(&reply->body, &type_header, reply->error, &form);
        buf_clear(&type_header);
    }
}

void service_reply_clear(struct service_reply *reply)
{
    buf_clear(&reply->body);
    x_free(reply->outcomes);
    *reply = (struct service_reply){0};
}
