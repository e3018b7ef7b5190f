// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scenario/scenario_tests.h"

#include "proxy/base/own.h"

// Everything that a case can hold, rendered; the stored text is the contract with the judge.
static void golden(void)
{
    struct scenario_file *file = NULL;
    OWN_BUF struct buf text = {0};
    OWN_BUF struct buf stored = {0};
    struct buf out = {0};
    if (!CHECK_INT(file_read(&text, TEST_DATA "/whole.json", NULL), RC_OK) ||
        !CHECK_INT(file_read(&stored, TEST_DATA "/whole.expected", NULL), RC_OK) ||
        !CHECK_INT(scenario_read(&file, buf_span(&text), "whole.json", NULL, NULL), RC_OK)) {
        return;
    }
    for (size_t i = 0; i < scenario_count(file); i++) {
        scenario_render(scenario_at(file, i), "saas", &out);
        buf_add_char(&out, '\n');
    }
    OWN(text) char *got = buf_take_text(&out);
    OWN(text) char *wanted = buf_take_text(&stored);
    CHECK_TEXT(got, wanted);
    scenario_file_free(&file);
}

static void metering_follows_the_profile(void)
{
    static const char *const PROFILES[] = {"saas", "ami"};
    static const char *const OPERATIONS[] = {"BatchMeterUsage", "MeterUsage"};
    struct scenario_file *file =
        case_file(&(struct case_parts){.operation = "metering", .profiles = "[\"saas\", \"ami\"]"});
    for (size_t i = 0; i < 2 && file != NULL; i++) {
        OWN_BUF struct buf out = {0};
        OWN(json) cJSON *tree = NULL;
        scenario_render(scenario_at(file, 0), PROFILES[i], &out);
        CHECK_INT(json_read(&tree, NULL, buf_span(&out), NULL, NULL), RC_OK);
        CHECK_TEXT(json_get_text(tree, "operation"), "metering");
        CHECK_TEXT(json_get_text(tree, "metering_operation"), OPERATIONS[i]);
    }
    scenario_file_free(&file);
}

const struct unit_test RENDER_TESTS[] = {
    {"golden", golden},
    {"metering follows the profile", metering_follows_the_profile},
    {NULL, NULL},
};
