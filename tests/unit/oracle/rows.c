// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "tests/unit/oracle/oracle_tests.h"
#include "tests/unit/oracle/tale.h"

static const struct result_check *find_check(const struct result_case *c, const char *id)
{
    for (size_t i = 0; i < c->check_count; i++) {
        if (strcmp(c->checks[i].id, id) == 0) {
            return &c->checks[i];
        }
    }
    return NULL;
}

static void judge_row(const struct row *row, const char *scenario)
{
    struct evidence_case evidence;
    tale_read(&evidence, row->scenario != NULL ? row->scenario : scenario, row->tale);
    evidence.integrity = row->integrity;
    struct result_run *run = result_run_new();
    struct result_case *c = result_add_case(run);
    struct judge_options options = {.wire_only = row->wire_only};
    CHECK_INT(judge_case(c, &evidence, &options), RC_OK);
    const struct result_check *check = find_check(c, row->check == NULL ? "e" : row->check);
    if (CHECK(check != NULL)) {
        const char *text = check->text == NULL ? "" : check->text;
        bool good = CHECK_TEXT(verdict_name(check->verdict), verdict_name(row->verdict));
        good = CHECK(row->says == NULL ? *text == '\0' : strstr(text, row->says) != NULL) && good;
        if (row->line != 0 && CHECK(check->line_count > 0)) {
            good = CHECK_INT(check->lines[0], row->line) && good;
        }
        if (!good) {
            (void)fprintf(stderr, "  it says: %s\n", text);
        }
    }
    result_run_free(&run);
    tale_clear(&evidence);
}

void rows_judge(const struct row *rows, const char *scenario)
{
    for (const struct row *row = rows; row->name != NULL; row++) {
        unit_row(row->name);
        judge_row(row, scenario);
    }
    unit_row(NULL);
}
