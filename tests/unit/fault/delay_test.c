// SPDX-License-Identifier: Apache-2.0
// Delays that are drawn: many of them are distributed as the scenario says. The greatest distance
// between the share of draws below a value and the share there should be (Kolmogorov, Smirnov) is
// above 1.95 / sqrt(n) once in a thousand seeds; the seed here is fixed.
#include "tests/unit/fault/fault_tests.h"

#include <math.h>
#include <stdlib.h>

#define DRAWS 20000

static int64_t drawn_us(const char *actions, uint64_t index)
{
    struct fault_plan plan;
    CHECK_INT(plan_make(&plan, actions, index, NULL), RC_OK);
    int64_t us = fault_plan_delay_us(&plan);
    fault_plan_clear(&plan);
    return us;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

typedef double share_fn(double us);

static double distance(int64_t *draws, share_fn *share)
{
    double worst = 0;
    qsort(draws, DRAWS, sizeof *draws, compare);
    for (int i = 0; i < DRAWS; i++) {
        double wanted = share((double)draws[i]);
        worst = fmax(worst, fmax(wanted - (double)i / DRAWS, (double)(i + 1) / DRAWS - wanted));
    }
    return worst;
}

// How much each draw says of the next: the correlation of the two.
static double correlation(const int64_t *draws)
{
    double mean = 0;
    double of_two = 0;
    double of_one = 0;
    for (int i = 0; i < DRAWS; i++) {
        mean += (double)draws[i] / DRAWS;
    }
    for (int i = 0; i + 1 < DRAWS; i++) {
        of_two += ((double)draws[i] - mean) * ((double)draws[i + 1] - mean);
        of_one += ((double)draws[i] - mean) * ((double)draws[i] - mean);
    }
    return of_two / of_one;
}

static double share_of_uniform(double us)
{
    return (us - 100000) / 200000;
}

static double share_of_lognormal(double us)
{
    return 0.5 * erfc(-log(us / 100000) / 0.5 / sqrt(2));
}

static double share_of_wide_lognormal(double us)
{
    return 0.5 * erfc(-log(us / 10000000) / 1.5 / sqrt(2));
}

void drawn_delays(void)
{
    static const struct {
        const char *actions;
        share_fn *share;
        int64_t least_us, most_us;
    } ROWS[] = {
        {"[{\"delay\":{\"uniform\":[\"100ms\",\"300ms\"]}}]", share_of_uniform, 100000, 300000},
        {"[{\"delay\":{\"lognormal\":{\"median\":\"100ms\",\"sigma\":0.5}}}]", share_of_lognormal,
         0, INT64_MAX},
        {"[{\"delay\":{\"lognormal\":{\"median\":\"10s\",\"sigma\":1.5}}}]",
         share_of_wide_lognormal, 0, INT64_MAX},
    };
    static int64_t draws[DRAWS];
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].actions);
        for (uint64_t n = 0; n < DRAWS; n++) {
            draws[n] = drawn_us(ROWS[i].actions, n + 1);
            CHECK(draws[n] >= ROWS[i].least_us && draws[n] <= ROWS[i].most_us);
        }
        CHECK(fabs(correlation(draws)) < 4 / sqrt(DRAWS));
        CHECK(distance(draws, ROWS[i].share) < 1.95 / sqrt(DRAWS));
        // The test itself can fail: one tenth more is seen.
        for (int n = 0; n < DRAWS; n++) {
            draws[n] += draws[n] / 10;
        }
        CHECK(distance(draws, ROWS[i].share) > 1.95 / sqrt(DRAWS));
        CHECK_INT(drawn_us(ROWS[i].actions, 5), drawn_us(ROWS[i].actions, 5));
    }
    unit_row(NULL);
}

void fixed_delays(void)
{
    CHECK_INT(drawn_us("[]", 1), 0);
    CHECK_INT(drawn_us("[{\"delay\":\"300ms\"}]", 1), 300000);
    CHECK_INT(drawn_us("[{\"delay\":\"300ms\"}]", 2), 300000);
    CHECK_INT(drawn_us("[{\"delay\":\"1s\"},{\"delay\":\"300ms\"}]", 1), 1000000);
    CHECK_INT(drawn_us("[{\"delay\":{\"uniform\":[\"2s\",\"2s\"]}}]", 1), 2000000);
}
