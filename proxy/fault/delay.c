// SPDX-License-Identifier: Apache-2.0
// A delay before the first byte: fixed ("300ms"), uniform or lognormal, or as one was drawn before.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "proxy/fault/stage.h"

static enum rc uniform(int64_t *delay_us, const cJSON *range, double unit, struct diag *d)
{
    int64_t low = 0;
    int64_t high = 0;
    enum rc rc = duration_parse(&low, json_span(cJSON_GetArrayItem(range, 0)), d);
    if (rc == RC_OK) {
        rc = duration_parse(&high, json_span(cJSON_GetArrayItem(range, 1)), d);
    }
    if (rc == RC_OK && high < low) {
        rc = diag_fail(d, RC_RANGE, "a uniform delay needs its smaller bound first");
    }
    if (rc == RC_OK) {
        *delay_us = low + (int64_t)(unit * (double)(high - low));
    }
    return rc;
}

// exp(N(ln median, sigma)), the normal variate by Box and Muller from two independent draws.
static enum rc lognormal(int64_t *delay_us, const cJSON *args, const struct draw *draw,
                         struct diag *d)
{
    int64_t median_us = 0;
    const cJSON *sigma = json_get(args, "sigma");
    enum rc rc = duration_parse(&median_us, json_span(json_get(args, "median")), d);
    if (rc == RC_OK && !cJSON_IsNumber(sigma)) {
        rc = diag_fail(d, RC_MISSING, "a lognormal delay needs its sigma");
    }
    if (rc == RC_OK) {
        double u = 1.0 - draw_unit(draw, 1); // in (0, 1]
        double v = draw_unit(draw, 2);
        double normal = sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
        *delay_us = (int64_t)((double)median_us * exp(sigma->valuedouble * normal));
    }
    return rc;
}

// As it was once drawn; what was not, does not wait.
static enum rc by_match(int64_t *delay_us, const cJSON *delays, uint64_t index, struct diag *d)
{
    char key[24];
    (void)snprintf(key, sizeof key, "%" PRIu64, index);
    const cJSON *delay = json_get(delays, key);
    return delay == NULL ? RC_OK : duration_parse(delay_us, json_span(delay), d);
}

enum rc delay_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                   struct diag *d)
{
    if (cJSON_IsString(args)) {
        return duration_parse(&stage->us, json_span(args), d);
    }
    if (json_get(args, "uniform") != NULL) {
        return uniform(&stage->us, json_get(args, "uniform"), draw_unit(draw, 1), d);
    }
    if (json_get(args, "by_match") != NULL) {
        return by_match(&stage->us, json_get(args, "by_match"), draw->index, d);
    }
    return lognormal(&stage->us, json_get(args, "lognormal"), draw, d);
}

void delay_ask(const struct fault_stage *stage, const struct fault_view *view,
               struct fault_say *say)
{
    if (view->elapsed_us < stage->us) {
        fault_hold(say, 0, stage->us); // of several delays the longest is waited for
    }
}
