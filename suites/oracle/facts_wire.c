// SPDX-License-Identifier: Apache-2.0
// What went over the wire: requests and their records, what was billed, what replies said.
#include "suites/oracle/facts.h"

#include <string.h>

#include "proxy/base/instant.h"

static size_t find_exchange(const struct facts *f, const struct event *e)
{
    uint64_t x = (uint64_t)json_get_int(e->json, "x", 0);
    // The newest first: events of an exchange stand close together.
    for (size_t i = f->exchanges_count; x != 0 && i > 0; i--) {
        if (f->exchanges[i - 1].x == x) {
            return i - 1;
        }
    }
    return NOWHERE;
}

static int64_t hour_of(const cJSON *record)
{
    int64_t at_us = 0;
    struct span hour = json_span(json_get(record, "hour"));
    return instant_parse(&at_us, hour) == RC_OK ? instant_hour(at_us) : NO_HOUR;
}

static struct account account_of(const cJSON *record)
{
    return (struct account){.product = fact_text(record, "product"),
                            .who = fact_who(record),
                            .dimension = fact_text(record, "dimension")};
}

// Under the exec contract the first submission of a key is what was asked.
static void add_asked(struct facts *f, const struct event *e, const struct record_fact *r,
                      const char *id)
{
    for (size_t i = 0; i < f->usages_count; i++) {
        if (usage_takes(&f->usages[i], &r->account, r->hour_us)) {
            return;
        }
    }
    FACTS_ADD(f, usages,
              (struct usage_fact){.id = id,
                                  .account = r->account,
                                  .quantity = r->quantity,
                                  .has_at = true,
                                  .first_us = r->hour_us,
                                  .last_us = r->hour_us,
                                  .step = -1,
                                  .instance = 1,
                                  .line = e->line,
                                  .sent_seq = e->seq,
                                  .acked_seq = e->seq});
}

// What is asked of anybody but the service is no request of it.
static void read_asking(struct facts *f, const struct event *e)
{
    FACTS_ADD(f, askings,
              (struct exchange_fact){.x = (uint64_t)json_get_int(e->json, "x", 0),
                                     .line = e->line,
                                     .seq = e->seq,
                                     .t_us = e->t_us,
                                     .request = e->json,
                                     .operation = "",
                                     .target = fact_text(e->json, "to")});
}

static void read_request(struct facts *f, const struct event *e)
{
    struct exchange_fact x = {.x = (uint64_t)json_get_int(e->json, "x", 0),
                              .line = e->line,
                              .seq = e->seq,
                              .t_us = e->t_us,
                              .request = e->json,
                              .operation = fact_text(e->json, "operation"),
                              .target = "service",
                              .first = f->records_count};
    const cJSON *record = NULL;
    const cJSON *records = json_get(e->json, "records");
    cJSON_ArrayForEach(record, records)
    {
        struct record_fact r = {.exchange = f->exchanges_count,
                                .i = json_get_int(record, "i", -1),
                                .account = account_of(record),
                                .timestamp = json_get_text(record, "timestamp"),
                                .hour_us = hour_of(record),
                                .quantity = json_get_int(record, "quantity", 0),
                                .allocations = json_get(record, "allocations"),
                                .key = NOWHERE};
        FACTS_ADD(f, records, r);
        x.count++;
        if (f->wire_only && r.hour_us != NO_HOUR) {
            add_asked(f, e, &r, fact_text(record, "usage"));
        }
    }
    FACTS_ADD(f, exchanges, x);
}

static void read_commit(struct facts *f, const struct event *e)
{
    size_t exchange = find_exchange(f, e);
    if (exchange != NOWHERE) {
        f->exchanges[exchange].commit = e->json;
    }
    const cJSON *record = NULL;
    const cJSON *records = json_get(e->json, "records");
    cJSON_ArrayForEach(record, records)
    {
        if (json_is_true(json_get(record, "billed"))) {
            FACTS_ADD(f, bills,
                      (struct billed_fact){.exchange = exchange,
                                           .account = account_of(record),
                                           .region = fact_text(e->json, "region"),
                                           .payer = fact_text(record, "payer"),
                                           .record = fact_text(record, "record"),
                                           .hour_us = hour_of(record),
                                           .quantity = json_get_int(record, "quantity", 0),
                                           .service_us = e->service_us,
                                           .seq = e->seq,
                                           .line = e->line,
                                           .key = NOWHERE});
        }
    }
}

static void add_reply(struct facts *f, const struct event *e, size_t record, enum reply_says says)
{
    FACTS_ADD(f, replies,
              (struct reply_fact){.record = record, .says = says, .seq = e->seq, .line = e->line});
}

static size_t record_at(const struct facts *f, const struct exchange_fact *x, int64_t i)
{
    for (size_t k = x->first; i >= 0 && k < x->first + x->count; k++) {
        if (f->records[k].i == i) {
            return k;
        }
    }
    return NOWHERE;
}

static enum reply_says says_of(const char *status)
{
    if (strcmp(status, "Success") == 0) {
        return REPLY_CONFIRMS;
    }
    return strcmp(status, "DuplicateRecord") == 0 ? REPLY_DUPLICATE : REPLY_REFUSES;
}

// "Come back later" and "something broke here" refuse no record: after them nobody can say that it
// is certainly not billed, or will not be.
static bool error_refuses(int64_t status, const char *error)
{
    struct span name = span_of(error);
    bool is_throttle = status == 429 || span_has(name, SPAN("Throttl")) ||
                       span_has(name, SPAN("TooManyRequests")) ||
                       span_is(name, "RequestLimitExceeded");
    return status >= 400 && status < 500 && status != 408 && !is_throttle;
}

// Of MeterUsage: the same hour stands there with another quantity, as DuplicateRecord has it.
static enum reply_says error_says(const char *error)
{
    return strcmp(error, "DuplicateRequestException") == 0 ? REPLY_DUPLICATE : REPLY_REFUSES;
}

static void read_results(struct facts *f, const struct event *e, const struct exchange_fact *x)
{
    const cJSON *result = NULL;
    const cJSON *results = json_get(e->json, "results");
    cJSON_ArrayForEach(result, results)
    {
        size_t record = record_at(f, x, json_get_int(result, "i", -1));
        const char *status = json_get_text(result, "status");
        if (record != NOWHERE && status != NULL) {
            add_reply(f, e, record, says_of(status));
        }
    }
}

static void answer_asking(const struct facts *f, const struct event *e)
{
    for (size_t i = 0; i < f->askings_count; i++) {
        if (f->askings[i].x == (uint64_t)json_get_int(e->json, "x", 0)) {
            f->askings[i].response = e->json;
        }
    }
}

static void read_response(struct facts *f, const struct event *e)
{
    size_t at = find_exchange(f, e);
    if (at == NOWHERE) {
        answer_asking(f, e);
        return;
    }
    f->exchanges[at].response = e->json;
    struct exchange_fact x = f->exchanges[at];
    int64_t status = json_get_int(e->json, "status", 0);
    const char *error = fact_text(e->json, "error");
    // A reply that was cut tells the client nothing it may rely on.
    if (!json_is_true(json_get(e->json, "whole"))) {
        return;
    }
    if (status >= 200 && status < 300 && *error == '\0') {
        read_results(f, e, &x);
    } else if (error_refuses(status, error)) {
        for (size_t i = 0; i < x.count; i++) {
            add_reply(f, e, x.first + i, error_says(error));
        }
    }
}

void facts_read_wire(struct facts *f, const struct event *e)
{
    if (e->kind == EVENT_REQUEST && json_get(e->json, "to") != NULL) {
        read_asking(f, e);
    } else if (e->kind == EVENT_REQUEST) {
        read_request(f, e);
    } else if (e->kind == EVENT_COMMIT) {
        read_commit(f, e);
    } else if (e->kind == EVENT_RESPONSE) {
        read_response(f, e);
    }
}
