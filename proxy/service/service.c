// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/service.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/draw.h"
#include "proxy/service/answer.h"
#include "proxy/service/region.h"

// One row per operation that is built.
static answer_fn *const ANSWERS[OPERATION_COUNT] = {
    [OPERATION_BATCH_METER_USAGE] = answer_batch_meter_usage,
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
        x_free(*s);
        *s = NULL;
    }
}

// The form of a UUID of version 4 (RFC 9562, 5.4), for that is what clients store.
static void write_id(const struct service *s, uint64_t n, uint64_t series, char out[RECORD_ID_TEXT])
{
    static const char HEX[] = "0123456789abcdef";
    struct draw draw = {.seed = s->id_seed, .index = n};
    uint64_t halves[2] = {draw_u64(&draw, 2 * series), draw_u64(&draw, 2 * series + 1)};
    halves[0] = (halves[0] & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
    halves[1] = (halves[1] >> 2) | UINT64_C(0x8000000000000000);
    size_t at = 0;
    for (unsigned digit = 0; digit < 32; digit++) {
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20) {
            out[at++] = '-';
        }
        out[at++] = HEX[(halves[digit / 16] >> (60 - 4 * (digit % 16))) & 15];
    }
    out[at] = '\0';
}

void answer_next_id(const struct service *s, char out[RECORD_ID_TEXT])
{
    write_id(s, ledger_count(s->ledger), 0, out);
}

void answer_unbilled_id(struct service *s, char out[RECORD_ID_TEXT])
{
    write_id(s, s->unbilled++, 1, out);
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

void answer_reject(struct service_reply *reply, enum aws_error error, const char *detail, ...)
{
    reply->error = error;
    int used = snprintf(reply->text, sizeof reply->text, "%s", aws_error_message(error));
    if (detail == NULL || used < 0 || (size_t)used + 1 >= sizeof reply->text) {
        return;
    }
    reply->text[used] = ' ';
    va_list args;
    va_start(args, detail);
    (void)vsnprintf(reply->text + used + 1, sizeof reply->text - (size_t)used - 1, detail, args);
    va_end(args);
}

struct span answer_region(const struct service *s, const struct service_call *call)
{
    struct span region = span_of(call->region);
    return region.len > 0 ? region : span_of(s->world->region);
}

bool answer_if_disabled(const struct service *s, const struct service_call *call,
                        struct service_reply *reply)
{
    if (s->world->disabled || !region_serves_sellers(answer_region(s, call))) {
        answer_reject(reply, AWS_ERROR_DISABLED_API, NULL);
        return true;
    }
    return false;
}

static void forget(struct service_reply *reply)
{
    buf_reset(&reply->body);
    x_free(reply->outcomes);
    reply->error = AWS_ERROR_NONE;
    reply->text[0] = '\0';
    reply->outcomes = NULL;
    reply->count = 0;
    reply->customer = NULL;
}

void service_answer(struct service *s, const struct service_call *call, struct service_reply *reply)
{
    forget(reply);
    service_preload(s);
    answer_fn *answer = ANSWERS[call->request->operation];
    if (answer == NULL) {
        answer_reject(reply, AWS_ERROR_UNKNOWN_OPERATION, NULL);
    } else {
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
