// SPDX-License-Identifier: Apache-2.0
// coverage: every hour of a window has a record that the service took, of each customer; one of
// quantity 0 will do.
#include "suites/oracle/oracle.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"

// Of a customer so many missing hours are named.
#define NAMED 6

static bool has_record(const struct facts *f, const char *customer, const char *dimension,
                       int64_t hour_us)
{
    for (size_t i = 0; i < f->bills_count; i++) {
        const struct billed_fact *b = &f->bills[i];
        if (b->hour_us == hour_us && strcmp(b->account.who, customer) == 0 &&
            (dimension == NULL || strcmp(b->account.dimension, dimension) == 0)) {
            return true;
        }
    }
    return false;
}

static void judge_customer(struct findings *out, const struct facts *f, const char *customer,
                           const char *dimension, const int64_t window_us[2])
{
    unsigned missing = 0;
    unsigned hours = 0;
    OWN_BUF struct buf named = {0};
    for (int64_t hour_us = window_us[0]; hour_us < window_us[1]; hour_us += US_PER_HOUR) {
        hours++;
        if (!has_record(f, customer, dimension, hour_us)) {
            char text[HOUR_TEXT];
            hour_text(text, hour_us);
            buf_addf(&named, "%s%s",
                     missing == 0      ? ""
                     : missing < NAMED ? ", "
                                       : "",
                     missing < NAMED    ? text
                     : missing == NAMED ? " and more"
                                        : "");
            missing++;
        }
    }
    if (missing > 0) {
        findings_add(out, FINDING_LACK, facts_last_line(f),
                     "%s: %u of %u hours have no record that the service took: %.*s.", customer,
                     missing, hours, (int)named.len, named.data);
    }
}

// Whether an earlier usage was of the same customer.
static bool is_known(const struct facts *f, size_t usage)
{
    for (size_t i = 0; i < usage; i++) {
        if (strcmp(f->usages[i].account.who, f->usages[usage].account.who) == 0) {
            return true;
        }
    }
    return false;
}

void oracle_coverage(struct findings *out, const struct facts *f, const struct expectation *e)
{
    const cJSON *customers = json_get(e->args, "customers");
    const char *dimension = json_get_text(e->args, "dimension");
    int64_t window_us[2] = {0, 0};
    if (!oracle_moment(out, f, fact_text(e->args, "from"), &window_us[0]) ||
        !oracle_moment(out, f, fact_text(e->args, "until"), &window_us[1])) {
        return;
    }
    window_us[0] = instant_hour(window_us[0]);
    window_us[1] = instant_hour(window_us[1]);
    if (window_us[0] >= window_us[1]) {
        findings_add(out, FINDING_HARNESS, 0, "The window of coverage holds no hour.");
        return;
    }
    const cJSON *customer = NULL;
    cJSON_ArrayForEach(customer, customers)
    {
        judge_customer(out, f, json_text(customer), dimension, window_us);
    }
    for (size_t i = 0; customers == NULL && i < f->usages_count; i++) {
        if (!is_known(f, i)) {
            judge_customer(out, f, f->usages[i].account.who, dimension, window_us);
        }
    }
    if (customers == NULL && f->usages_count == 0) {
        findings_add(out, FINDING_MISSED, facts_last_line(f), "No customer's usage was asked.");
    }
}
