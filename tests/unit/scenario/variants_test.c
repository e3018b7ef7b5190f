// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scenario/scenario_tests.h"

#include "proxy/base/own.h"

static void variables_and_overrides(void)
{
    struct scenario_file *file = case_file(&(struct case_parts){
        .more =
            "\"limits\": {\"alone\": true},\n"
            "\"variants\": [\n"
            "{\"id\": \"T-1\", \"let\": {\"cut\": {\"fin\": {\"at\": \"before-response\"}}, "
            "\"n\": 3}},\n"
            "{\"id\": \"T-1/late\", \"let\": {\"cut\": {\"rst\": {\"at\": \"response\", "
            "\"after_bytes\": 9}}, \"n\": 4}, \"title\": \"other\",\n"
            "  \"requirement\": {\"basis\": \"documented\"}, \"limits\": {\"deadline_s\": 7}}],",
        .steps = "[{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", \"dimension\": "
                 "\"requests\", \"quantity\": \"$n\"}}]",
        .rules = "[{\"name\": \"r\", \"when\": {}, \"then\": [{\"commit\": {}},\n \"$cut\"]}]"});
    if (file == NULL || !CHECK_INT(scenario_count(file), 2)) {
        return;
    }
    const struct scenario *a = scenario_at(file, 0);
    const struct scenario *b = scenario_at(file, 1);
    CHECK_TEXT(a->id, "T-1");
    CHECK_TEXT(b->id, "T-1/late");
    CHECK_TEXT(a->title, "t");
    CHECK_TEXT(b->title, "other");
    CHECK_INT(json_get_int(a->steps[0].args, "quantity", 0), 3);
    CHECK_INT(json_get_int(b->steps[0].args, "quantity", 0), 4);
    CHECK_INT(a->rules[0].actions[1].verb, ACTION_FIN);
    CHECK_INT(b->rules[0].actions[1].verb, ACTION_RST);
    CHECK_INT(a->deadline_s, 30);
    CHECK_INT(b->deadline_s, 7);
    CHECK(a->alone && b->alone); // limits were merged, not replaced
    CHECK_TEXT(a->expects[0].basis, "derived");
    CHECK_TEXT(b->expects[0].basis, "documented");
    CHECK_TEXT(b->expects[0].level, "must");
    CHECK(json_get(b->tree, "let") == NULL && json_get(b->tree, "variants") == NULL);
    // The action stands where the variable's value is written.
    CHECK_INT(b->rules[0].actions[1].place.line, 5);
    CHECK_INT(b->rules[0].actions[0].place.line, 9);
    scenario_file_free(&file);
}

static void unfolds(void)
{
    struct scenario_file *file = case_file(&(struct case_parts){
        .more = "\"requires\": [\"clock\"],"
                "\"world\": {\"customers\": [{\"name\": \"c{i}\", \"each\": {\"i\": [1, 3]}}]},",
        .steps = "[{\"usage\": {\"each\": {\"i\": [1, 3]}, \"id\": \"u{i}\", \"customer\": "
                 "\"c{i}\", \"dimension\": \"requests\", \"quantity\": 1}, \"await\": false},\n"
                 "{\"repeat\": {\"each\": {\"h\": [0, 1]}, \"steps\": [{\"clock\": "
                 "\"start-hour+{h}h10m\"}, {\"repeat\": {\"times\": 2, \"steps\": [{\"flush\": "
                 "{}}]}}]}},\n"
                 "{\"drain\": {}, \"id\": \"last\"}]"});
    if (file == NULL) {
        return;
    }
    static const enum step_verb VERBS[] = {STEP_USAGE, STEP_USAGE, STEP_USAGE, STEP_CLOCK,
                                           STEP_FLUSH, STEP_FLUSH, STEP_CLOCK, STEP_FLUSH,
                                           STEP_FLUSH, STEP_DRAIN};
    const struct scenario *s = scenario_at(file, 0);
    if (CHECK_INT(s->step_count, 10)) {
        for (size_t i = 0; i < 10; i++) {
            CHECK_INT(s->steps[i].verb, VERBS[i]);
            CHECK_INT(s->steps[i].n, i + 1);
            CHECK_INT(s->steps[i].place.line, i < 3 ? 4 : i < 9 ? 5 : 6);
        }
        CHECK_TEXT(s->steps[2].id, "u3");
        CHECK_TEXT(json_get_text(s->steps[2].args, "customer"), "c3");
        CHECK(!s->steps[2].await && s->steps[3].await);
        CHECK(json_get(s->steps[0].args, "each") == NULL);
        CHECK_TEXT(json_text(s->steps[6].args), "start-hour+1h10m");
        CHECK_TEXT(s->steps[9].id, "last");
    }
    const cJSON *customers = json_get(s->world, "customers");
    CHECK_INT(cJSON_GetArraySize(customers), 3);
    CHECK_TEXT(json_get_text(cJSON_GetArrayItem(customers, 2), "name"), "c3");
    scenario_file_free(&file);
}

// Allocations unfold after their step has: each step gets all of them.
static void allocations_unfold(void)
{
    struct scenario_file *file = case_file(&(struct case_parts){
        .more = "\"requires\": [\"tags\"],",
        .steps =
            "[{\"usage\": {\"each\": {\"i\": [1, 2]}, \"id\": \"u{i}\", \"customer\": \"acme\", "
            "\"dimension\": \"requests\", \"quantity\": 1, \"tags\": [{\"quantity\": 1, \"tags\": "
            "{\"a\": \"{i}/{k}\"}, \"each\": {\"k\": [7, 9]}}, {\"quantity\": 2}]}}]"});
    if (file != NULL && CHECK_INT(scenario_at(file, 0)->step_count, 2)) {
        const cJSON *tags = json_get(scenario_at(file, 0)->steps[1].args, "tags");
        CHECK_INT(cJSON_GetArraySize(tags), 4);
        const cJSON *third = cJSON_GetArrayItem(tags, 2);
        CHECK_TEXT(json_get_text(json_get(third, "tags"), "a"), "2/9");
        CHECK(json_get(third, "each") == NULL);
        CHECK(json_get(cJSON_GetArrayItem(tags, 3), "tags") == NULL);
    }
    scenario_file_free(&file);
}

static void one_number_is_a_range(void)
{
    struct scenario_file *file = case_file(&(struct case_parts){
        .steps = "[{\"usage\": {\"each\": {\"i\": [4, 4]}, \"id\": \"u{i}_{i}\", \"customer\": "
                 "\"acme\", \"dimension\": \"requests\", \"quantity\": 1}}]"});
    if (file != NULL && CHECK_INT(scenario_at(file, 0)->step_count, 1)) {
        CHECK_TEXT(scenario_at(file, 0)->steps[0].id, "u4_4");
    }
    scenario_file_free(&file);
}

// The largest that is allowed, and one more.
static void unfolding_is_bounded(void)
{
    static const struct case_parts GOOD = {
        .steps = "[{\"repeat\": {\"times\": 9999, \"steps\": [{\"flush\": {}}]}}]"};
    static const struct case_parts BAD = {
        .steps = "[{\"repeat\": {\"times\": 1000, \"steps\": [{\"repeat\": {\"times\": 1000, "
                 "\"steps\": [{\"flush\": {}}]}}]}}]"};
    OWN(text) char *good = case_sentences(&GOOD);
    OWN(text) char *bad = case_sentences(&BAD);
    CHECK_TEXT(good, "");
    CHECK_TEXT(bad, "t.json:4:84: this unfolds to more than 20000 items\n");
}

const struct unit_test VARIANTS_TESTS[] = {
    {"variables and overrides", variables_and_overrides},
    {"each and repeat unfold", unfolds},
    {"allocations unfold", allocations_unfold},
    {"one number is a range", one_number_is_a_range},
    {"unfolding is bounded", unfolding_is_bounded},
    {NULL, NULL},
};
