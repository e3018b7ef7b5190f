// SPDX-License-Identifier: Apache-2.0
// Durations and moments, as scenarios/README.md describes them under "References".
#include "proxy/base/instant.h"
#include "proxy/scenario/scenario.h"

#define LONGEST_US (INT64_C(3660) * 24 * US_PER_HOUR) // ten years: sums stay far from overflow

static const struct {
    const char *name;
    int64_t us;
} UNITS[] = {
    {"us", 1},          {"ms", US_PER_MS},       {"s", US_PER_S}, {"m", INT64_C(60) * US_PER_S},
    {"h", US_PER_HOUR}, {"d", 24 * US_PER_HOUR},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Takes the run of digits, or of anything else, from the front.
static struct span take_run(struct span *rest, bool digits)
{
    size_t len = 0;
    while (len < rest->len && is_digit(rest->at[len]) == digits) {
        len++;
    }
    struct span run = span_slice(*rest, 0, len);
    *rest = span_slice(*rest, len, rest->len);
    return run;
}

static int64_t unit_us(struct span name)
{
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (span_is(name, UNITS[i].name)) {
            return UNITS[i].us;
        }
    }
    return 0;
}

static enum rc not_a_duration(struct span text, struct diag *d)
{
    return diag_fail(d, RC_SYNTAX, "\"%.*s\" is no duration such as \"300ms\", \"5s\" or \"1h05m\"",
                     (int)text.len, text.len == 0 ? "" : text.at);
}

enum rc duration_parse(int64_t *us, struct span text, struct diag *d)
{
    int64_t sum = 0;
    struct span rest = text;
    do {
        uint64_t number = 0;
        if (!span_to_u64(take_run(&rest, true), (uint64_t)LONGEST_US, &number)) {
            return not_a_duration(text, d);
        }
        struct span unit = take_run(&rest, false);
        // Only a number that stands alone means hours: in "1h30" a unit is missing.
        bool is_bare = unit.len == 0 && rest.len == 0 && sum == 0 && is_digit(text.at[0]) &&
                       span_to_u64(text, (uint64_t)LONGEST_US, &number);
        int64_t factor = is_bare ? US_PER_HOUR : unit_us(unit);
        if (factor == 0) {
            return not_a_duration(text, d);
        }
        if ((int64_t)number > (LONGEST_US - sum) / factor) {
            return diag_fail(d, RC_RANGE, "\"%.*s\" is longer than ten years", (int)text.len,
                             text.at);
        }
        sum += (int64_t)number * factor;
    } while (rest.len > 0);
    *us = sum;
    return RC_OK;
}

// The text up to the first sign; "start-hour" holds a hyphen that is none.
static struct span take_base(struct span *rest)
{
    const struct span start = SPAN("start-hour");
    size_t len = span_starts(*rest, start) ? start.len : 0;
    while (len < rest->len && rest->at[len] != '+' && rest->at[len] != '-') {
        len++;
    }
    struct span base = span_slice(*rest, 0, len);
    *rest = span_slice(*rest, len, rest->len);
    return base;
}

static enum rc base_of(int64_t *at_us, struct span base, const struct moment_context *context,
                       struct diag *d)
{
    if (base.len == 0 || span_is(base, "now")) {
        *at_us = context->now_us;
    } else if (span_is(base, "hour")) {
        *at_us = instant_hour(context->now_us);
    } else if (span_is(base, "month")) {
        *at_us = instant_month(context->now_us);
    } else if (span_is(base, "start-hour")) {
        *at_us = instant_hour(context->start_us);
    } else if (context->step_time == NULL || !context->step_time(context->arg, base, at_us)) {
        return diag_fail(d, RC_UNKNOWN, "no step \"%.*s\" was begun by then", (int)base.len,
                         base.at);
    }
    return RC_OK;
}

static enum rc add_term(int64_t *at_us, struct span *rest, struct diag *d)
{
    int64_t sign = rest->at[0] == '-' ? -1 : 1;
    *rest = span_slice(*rest, 1, rest->len);
    int64_t term = 0;
    enum rc rc = duration_parse(&term, take_base(rest), d);
    *at_us += sign * term;
    return rc;
}

enum rc moment_resolve(int64_t *at_us, struct span text, const struct moment_context *context,
                       struct diag *d)
{
    if (text.len == 0 || text.len > 200) { // so many terms of ten years that none can overflow
        return diag_fail(d, RC_SYNTAX, "a moment such as \"hour-1\" is expected");
    }
    struct span rest = text;
    int64_t sum = 0;
    enum rc rc = base_of(&sum, take_base(&rest), context, d);
    while (rc == RC_OK && rest.len > 0) {
        rc = add_term(&sum, &rest, d);
    }
    if (rc == RC_OK) {
        *at_us = sum;
    }
    return rc;
}

int64_t scenario_start_us(const struct scenario *s, int64_t base_us)
{
    int64_t at_us = base_us;
    const char *start = json_get_text(s->time, "start");
    struct moment_context context = {.now_us = base_us, .start_us = base_us};
    if (start != NULL && moment_resolve(&at_us, span_of(start), &context, NULL) != RC_OK) {
        at_us = base_us; // the scenario was checked: it resolves
    }
    return at_us;
}
