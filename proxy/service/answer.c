// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/draw.h"

#define MICROS 1000000

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
                        enum region_use use, struct service_reply *reply)
{
    if (s->world->disabled || !region_offers(answer_region(s, call), use)) {
        answer_reject(reply, AWS_ERROR_DISABLED_API, NULL);
        return true;
    }
    return false;
}

const struct credential *answer_caller(const struct service *s, const struct service_call *call)
{
    return world_own_credential(s->world, call->credential);
}

const struct product *answer_product(const struct service *s, struct span code,
                                     struct service_reply *reply)
{
    const struct world_product *found = world_product_by_code(s->world, code);
    if (found == NULL) {
        answer_reject(reply, AWS_ERROR_INVALID_PRODUCT_CODE, NULL);
        return NULL;
    }
    return world_own_product(s->world, span_of(found->symbol));
}

const char *answer_dimension(const struct product *product, struct span name)
{
    for (size_t k = 0; k < product->count; k++) {
        if (span_is(name, product->names[k])) {
            return product->symbols[k];
        }
    }
    return NULL;
}

bool answer_is_subscribed(const struct world_customer *c, int64_t hour_us, int64_t now_us)
{
    if (!c->subscribed || now_us < c->subscribed_from_us) {
        return false;
    }
    return c->subscribed_until_us == 0 || (now_us < c->subscribed_until_us + ANSWER_GRACE_US &&
                                           hour_us <= instant_hour(c->subscribed_until_us));
}

// What a decimal quantity has beyond its whole part (rule set 2026-10).
static int64_t fraction_micros(const struct usage_record *sent)
{
    return sent->is_decimal ? sent->quantity_micros % MICROS : 0;
}

bool answer_is_same(const struct usage_record *sent, const char *allocations,
                    const struct ledger_entry *entry)
{
    return sent->quantity == entry->quantity && fraction_micros(sent) == entry->fraction_micros &&
           span_is(span_of(entry->allocations), allocations);
}

void answer_bill(struct service *s, const struct service_call *call,
                 const struct batch_record *record, struct record_outcome *outcome)
{
    answer_next_id(s, outcome->record_id);
    outcome->entry = ledger_add(s->ledger, &record->key, record->sent->quantity, call->now_us,
                                outcome->record_id);
    if (record->allocations[0] != '\0') {
        ledger_set_allocations(s->ledger, outcome->entry, record->allocations);
    }
    if (fraction_micros(record->sent) != 0) {
        ledger_set_fraction(s->ledger, outcome->entry, fraction_micros(record->sent));
    }
    outcome->status = "Success";
    outcome->billed = true;
}
