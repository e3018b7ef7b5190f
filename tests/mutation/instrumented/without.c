// SPDX-License-Identifier: Apache-2.0
// without LIST: each case of each run, judged as it is and once without each of its expectations.
//
// Prints a line for each case: the number of the run in LIST from 0, the case, a letter for its
// verdict, and for each expectation ID=CHECK>VERDICT: its own letter, and the case's without it.
#include <stdio.h>

#include "runs.h"
#include "suites/oracle/judge.h"

static void judge(struct result_run **out, const struct evidence_case *evidence,
                  const struct judge_options *options)
{
    *out = result_run_new();
    // A case without scenario.json has its verdict too.
    (void)!judge_case(result_add_case(*out), evidence, options);
}

// Takes the expectation at that place out of the scenario, judges, and puts it back.
static char verdict_without(const struct evidence_case *evidence, int place,
                            const struct judge_options *options)
{
    cJSON *expect = cJSON_GetObjectItemCaseSensitive(evidence->scenario, "expect");
    cJSON *taken = cJSON_DetachItemFromArray(expect, place);
    struct result_run *result = NULL;
    judge(&result, evidence, options);
    char letter = verdict_letter(result->cases[0].verdict);
    result_run_free(&result);
    (void)cJSON_InsertItemInArray(expect, place, taken);
    return letter;
}

static void print_case(size_t run, const struct evidence_case *evidence,
                       const struct judge_options *options)
{
    struct result_run *result = NULL;
    judge(&result, evidence, options);
    const struct result_case *c = &result->cases[0];
    (void)printf("%zu %s %c", run, evidence->id, verdict_letter(c->verdict));
    int place = 0;
    for (size_t i = 0; i < c->check_count; i++) {
        if (!c->checks[i].is_invariant) {
            (void)printf(" %s=%c>%c", c->checks[i].id, verdict_letter(c->checks[i].verdict),
                         verdict_without(evidence, place++, options));
        }
    }
    (void)putchar('\n');
    result_run_free(&result);
}

int main(int argc, char **argv)
{
    static struct runs runs;
    if (argc != 2) {
        return 64;
    }
    if (!runs_read(&runs, argv[1])) {
        return 3;
    }
    for (size_t i = 0; i < runs.count; i++) {
        struct judge_options options = judge_options_of(runs.list[i]);
        for (size_t k = 0; k < runs.list[i]->count; k++) {
            print_case(i, &runs.list[i]->cases[k], &options);
        }
    }
    runs_clear(&runs);
    return 0;
}
