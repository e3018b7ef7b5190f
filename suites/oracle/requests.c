// SPDX-License-Identifier: Apache-2.0
// requests: how many requests of a kind there are, and how fast they come.
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/scenario/scenario.h"

static bool text_is(const cJSON *wanted, const char *actual)
{
    const char *text = json_text(wanted);
    return text != NULL && actual != NULL && strcmp(text, actual) == 0;
}

// A count: a number, "3", "1-3" or "4+".
static bool count_is(const cJSON *wanted, uint64_t n)
{
    int64_t number = 0;
    if (json_int(wanted, 0, INT64_MAX, &number)) {
        return n == (uint64_t)number;
    }
    struct span rest = json_span(wanted);
    uint64_t first = 0;
    uint64_t last = 0;
    if (rest.len > 1 && rest.at[rest.len - 1] == '+') {
        return span_to_u64(span_slice(rest, 0, rest.len - 1), UINT64_MAX, &first) && n >= first;
    }
    struct span low = span_cut(&rest, '-');
    if (!span_to_u64(low, UINT64_MAX, &first)) {
        return false;
    }
    return rest.at == NULL ? n == first
                           : span_to_u64(rest, UINT64_MAX, &last) && n >= first && n <= last;
}

static bool wants_customer(const struct facts *f, const struct record_fact *r, const cJSON *v)
{
    (void)f;
    return text_is(v, r->account.who);
}

static bool wants_dimension(const struct facts *f, const struct record_fact *r, const cJSON *v)
{
    (void)f;
    return text_is(v, r->account.dimension);
}

static bool wants_product(const struct facts *f, const struct record_fact *r, const cJSON *v)
{
    (void)f;
    return text_is(v, r->account.product);
}

static bool wants_usage(const struct facts *f, const struct record_fact *r, const cJSON *v)
{
    const struct usage_fact *u = facts_usage(f, json_text(v));
    return u != NULL && usage_takes(u, &r->account, r->hour_us);
}

static bool wants_quantity(const struct facts *f, const struct record_fact *r, const cJSON *v)
{
    (void)f;
    return count_is(v, (uint64_t)r->quantity);
}

static bool wants_hour(const struct facts *f, const struct record_fact *r, const cJSON *v)
{
    int64_t at_us = 0;
    struct moment_context context = {.now_us = f->start_service_us,
                                     .start_us = f->start_service_us};
    return moment_resolve(&at_us, json_span(v), &context, NULL) == RC_OK &&
           instant_hour(at_us) == r->hour_us;
}

static bool wants_allocations(const struct facts *f, const struct record_fact *r, const cJSON *v)
{
    (void)f;
    return count_is(v, (uint64_t)cJSON_GetArraySize(r->allocations));
}

static bool has_tag(const cJSON *tags, const cJSON *wanted)
{
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, tags)
    {
        if (strcmp(fact_text(tag, "Key"), wanted->string) == 0 &&
            span_is(json_span(wanted), fact_text(tag, "Value"))) {
            return true;
        }
    }
    return false;
}

// Whether a list of AWS's tags holds exactly those, in any order: so many, and each of them.
static bool tags_are(const cJSON *tags, const cJSON *wanted)
{
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, wanted)
    {
        if (!has_tag(tags, tag)) {
            return false;
        }
    }
    return cJSON_GetArraySize(tags) == cJSON_GetArraySize(wanted);
}

static bool wants_allocation(const struct facts *f, const struct record_fact *r, const cJSON *v)
{
    (void)f;
    const cJSON *quantity = json_get(v, "quantity");
    const cJSON *allocation = NULL;
    cJSON_ArrayForEach(allocation, r->allocations)
    {
        int64_t share = json_get_int(allocation, "AllocatedUsageQuantity", 0);
        if (tags_are(json_get(allocation, "Tags"), json_get(v, "tags")) &&
            (quantity == NULL || count_is(quantity, (uint64_t)share))) {
            return true;
        }
    }
    return false;
}

static const struct {
    const char *key;
    bool (*wants)(const struct facts *f, const struct record_fact *r, const cJSON *v);
} RECORD_KEYS[] = {{"customer", wants_customer},       {"dimension", wants_dimension},
                   {"product", wants_product},         {"usage", wants_usage},
                   {"quantity", wants_quantity},       {"hour", wants_hour},
                   {"allocations", wants_allocations}, {"allocation", wants_allocation}};

static bool record_is(const struct facts *f, const struct record_fact *r, const cJSON *selector)
{
    for (size_t i = 0; i < sizeof RECORD_KEYS / sizeof RECORD_KEYS[0]; i++) {
        const cJSON *v = json_get(selector, RECORD_KEYS[i].key);
        if (v != NULL && !RECORD_KEYS[i].wants(f, r, v)) {
            return false;
        }
    }
    return true;
}

static uint64_t records_like(const struct facts *f, const struct exchange_fact *x,
                             const cJSON *selector)
{
    uint64_t count = 0;
    for (size_t i = 0; i < x->count; i++) {
        count += record_is(f, &f->records[x->first + i], selector) ? 1 : 0;
    }
    return count;
}

static bool is_operation(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    (void)f;
    if (text_is(v, "metering")) {
        return strcmp(x->operation, "BatchMeterUsage") == 0 ||
               strcmp(x->operation, "MeterUsage") == 0;
    }
    return text_is(v, x->operation);
}

static bool is_target(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    (void)f;
    return text_is(v, x->target);
}

static bool is_records(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    uint64_t like = records_like(f, x, v);
    const cJSON *count = json_get(v, "count");
    return count == NULL ? like > 0 : count_is(count, like);
}

static bool is_product_code(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    (void)f;
    return (json_get(x->request, "product_code") != NULL) == json_is_true(v);
}

static bool is_token(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    (void)f;
    return text_is(v, json_get_text(x->request, "token"));
}

static bool is_credential(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    (void)f;
    return text_is(v, json_get_text(json_get(x->request, "signature"), "credential"));
}

static bool is_region(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    (void)f;
    return text_is(v, json_get_text(json_get(x->request, "signature"), "region"));
}

static bool is_accepted(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    (void)f;
    int64_t status = json_get_int(x->response, "status", 0);
    bool accepted = x->commit != NULL || (status >= 200 && status < 300);
    return accepted == json_is_true(v);
}

static bool is_status(const struct facts *f, const struct exchange_fact *x, const cJSON *v)
{
    (void)f;
    int64_t status = json_get_int(x->response, "status", 0);
    return x->response != NULL && status > 0 && count_is(v, (uint64_t)status);
}

static const struct {
    const char *key;
    bool (*is)(const struct facts *f, const struct exchange_fact *x, const cJSON *v);
} REQUEST_KEYS[] = {
    {"operation", is_operation}, {"records", is_records},       {"product_code", is_product_code},
    {"token", is_token},         {"credential", is_credential}, {"region", is_region},
    {"accepted", is_accepted},   {"status", is_status},         {"target", is_target}};

static bool has_all(const struct facts *f, const struct exchange_fact *x, const cJSON *wanted)
{
    for (size_t i = 0; i < sizeof REQUEST_KEYS / sizeof REQUEST_KEYS[0]; i++) {
        const cJSON *v = json_get(wanted, REQUEST_KEYS[i].key);
        if (v != NULL && !REQUEST_KEYS[i].is(f, x, v)) {
            return false;
        }
    }
    return true;
}

bool request_matches(const struct facts *f, const struct exchange_fact *x, const cJSON *wanted)
{
    const cJSON *not = json_get(wanted, "not");
    bool is_asking = strcmp(x->target, "service") != 0;
    return (is_asking || *x->operation != '\0') && has_all(f, x, wanted) &&
           (not == NULL || !has_all(f, x, not ));
}

// The requests in question, between the steps named.
struct span_of_requests {
    const struct step_fact *after, *before;
    int64_t until_us;
};

static bool is_between(const struct exchange_fact *x, const struct span_of_requests *s)
{
    return (s->after == NULL || x->seq > s->after->seq) &&
           (s->before == NULL || x->seq < s->before->seq) && x->t_us <= s->until_us;
}

static void judge_count(struct findings *out, const struct facts *f, const cJSON *args, int64_t n,
                        unsigned first_line, unsigned last_line)
{
    const cJSON *bounds = json_get(args, "count");
    bool is_free = bounds == NULL && json_get(args, "rate") != NULL;
    bool holds = bounds == NULL ? n >= 1 : within_bounds(bounds, n);
    if (is_free || holds) {
        return;
    }
    char text[64] = "at least 1";
    if (bounds != NULL) {
        bounds_text(text, sizeof text, bounds);
    }
    bool too_many = n > json_get_int(bounds, "max", INT64_MAX);
    unsigned line = too_many ? last_line : n > 0 ? first_line : facts_last_line(f);
    findings_add(out, too_many ? FINDING_BAD : FINDING_LACK, line,
                 "%" PRId64 " request(s) of this kind, expected %s.", n, text);
}

static void judge_sizes(struct findings *out, const struct exchange_fact *x, const cJSON *records)
{
    if (!within_bounds(records, (int64_t)x->count)) {
        findings_add(out, FINDING_BAD, x->line, "The request at line %u has %zu record(s).",
                     x->line, x->count);
    }
}

// A quota of so many calls a second says nothing of how they lie within one: they are counted over
// five. Arrival is seen with our own lag, so that time is shortened by how far we lagged in this
// case, and by no less than the tolerance: a client paced exactly at the limit does not fail for
// us.
#define RATE_OVER_S 5

struct pace {
    int64_t max; // in RATE_OVER_S
    int64_t window_us;
    size_t count, capacity;
    int64_t *times;
    bool told;
};

static void judge_pace(struct findings *out, struct pace *p, const struct exchange_fact *x)
{
    X_GROW(p->times, p->count, p->capacity);
    p->times[p->count++] = x->t_us;
    size_t before = (size_t)p->max + 1;
    if (!p->told && p->count >= before && x->t_us - p->times[p->count - before] < p->window_us) {
        p->told = true;
        findings_add(out, FINDING_BAD, x->line,
                     "%zu requests within %d seconds up to line %u; at most %" PRId64
                     " are allowed.",
                     before, RATE_OVER_S, x->line, p->max);
    }
}

static struct pace pace_of(const struct facts *f, const cJSON *rate)
{
    int64_t late_us = f->lag_us > f->tolerance_us ? f->lag_us : f->tolerance_us;
    double max_per_s = cJSON_GetNumberValue(json_get(rate, "max_per_s"));
    return (struct pace){.max = rate == NULL ? 0 : (int64_t)(max_per_s * RATE_OVER_S),
                         .window_us = RATE_OVER_S * US_PER_S - late_us};
}

void oracle_requests(struct findings *out, const struct facts *f, const struct expectation *e)
{
    struct span_of_requests between = {0};
    if (!oracle_step(out, f, e->args, "after", &between.after) ||
        !oracle_step(out, f, e->args, "before", &between.before)) {
        return;
    }
    between.until_us = oracle_until(e, between.after);
    const cJSON *records = json_get(e->args, "records");
    const cJSON *rate = json_get(e->args, "rate");
    struct pace pace = pace_of(f, rate);
    const char *target = json_get_text(e->args, "target");
    bool is_elsewhere = target != NULL && strcmp(target, "service") != 0;
    const struct exchange_fact *list = is_elsewhere ? f->askings : f->exchanges;
    size_t count = is_elsewhere ? f->askings_count : f->exchanges_count;
    int64_t n = 0;
    unsigned first_line = 0;
    unsigned last_line = 0;
    for (size_t i = 0; i < count; i++) {
        const struct exchange_fact *x = &list[i];
        if (!is_between(x, &between) || !request_matches(f, x, e->args)) {
            continue;
        }
        n++;
        first_line = first_line == 0 ? x->line : first_line;
        last_line = x->line;
        judge_sizes(out, x, records);
        if (rate != NULL) {
            judge_pace(out, &pace, x);
        }
    }
    x_free(pace.times);
    if (rate != NULL && n == 0) {
        findings_add(out, FINDING_MISSED, facts_last_line(f),
                     "There is no request of this kind, so there is no rate.");
    }
    judge_count(out, f, e->args, n, first_line, last_line);
}
