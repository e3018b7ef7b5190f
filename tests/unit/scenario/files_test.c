// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scenario/scenario_tests.h"

#include <string.h>

#include "proxy/base/own.h"
#include "proxy/scenario/files.h"
#include "proxy/scenario/symbols.h"

#define SCENARIOS METERPROVER_SOURCE_DIR "/scenarios"
#define TEST_SCENARIOS METERPROVER_SOURCE_DIR "/tests/scenarios"

// What is wrong with a file, with its own name in place of the whole path; "" when nothing is.
static char *sentences(const char *path, const char *name, const cJSON *statements)
{
    OWN_BUF struct buf text = {0};
    struct buf all = {0};
    struct scenario_file *file = NULL;
    if (CHECK_INT(file_read(&text, path, NULL), RC_OK) &&
        scenario_read(&file, buf_span(&text), name, &all, NULL) == RC_OK && statements != NULL) {
        CHECK((scenario_check_sources(file, statements, &all, NULL) == RC_OK) == (all.len == 0));
    }
    scenario_file_free(&file);
    return buf_take_text(&all);
}

// Calls each for every file of one suite; gives their number.
static size_t for_suite(const char *dir, const char *suite,
                        void (*each)(const struct scenario_path *path, const cJSON *statements),
                        const cJSON *statements)
{
    struct scenario_path *paths = NULL;
    size_t count = 0;
    size_t seen = 0;
    CHECK_INT(scenario_find(&paths, &count, dir, NULL), RC_OK);
    for (size_t i = 0; i < count; i++) {
        CHECK(i == 0 || strcmp(paths[i - 1].name, paths[i].name) < 0);
        if (suite == NULL || strcmp(paths[i].suite, suite) == 0) {
            unit_row(paths[i].name);
            each(&paths[i], statements);
            seen++;
        }
    }
    unit_row(NULL);
    scenario_paths_free(&paths, count);
    return seen;
}

static void is_accepted(const struct scenario_path *path, const cJSON *statements)
{
    OWN(text) char *wrong = sentences(path->path, path->name, statements);
    CHECK_TEXT(wrong, "");
}

static void examples_are_accepted(void)
{
    CHECK_INT(for_suite(TEST_SCENARIOS, "examples", is_accepted, NULL), 9);
}

static cJSON *statements(void)
{
    cJSON *tree = NULL;
    CHECK_INT(json_read_file(&tree, NULL, SCENARIOS "/statements.json", NULL), RC_OK);
    return tree;
}

// Whether the id is that of the file, or of a variant in it: "WIR-08/html" in WIR-08.
static bool is_of_file(const char *id, const char *name)
{
    struct span rest = span_of(id);
    return span_is(span_cut(&rest, '/'), name);
}

// A shipped case is accepted, its sources are statements, and its file bears its id.
static void is_shipped(const struct scenario_path *path, const cJSON *list)
{
    is_accepted(path, list);
    struct scenario_file *file = NULL;
    if (CHECK_INT(scenario_read_file(&file, path->path, NULL, NULL), RC_OK)) {
        for (size_t i = 0; i < scenario_count(file); i++) {
            CHECK(is_of_file(scenario_at(file, i)->id, path->name));
        }
        CHECK_TEXT(scenario_at(file, 0)->file, path->path);
    }
    scenario_file_free(&file);
}

static void shipped_cases_are_accepted(void)
{
    OWN(json) cJSON *list = statements();
    CHECK(for_suite(SCENARIOS, NULL, is_shipped, list) >= 9);
}

static void statements_are_whole(void)
{
    static const char *const KEYS[] = {"id", "document", "where", "date", "text"};
    OWN(json) cJSON *list = statements();
    CHECK(cJSON_GetArraySize(list) >= 40);
    for (const cJSON *item = list == NULL ? NULL : list->child; item != NULL; item = item->next) {
        unit_row(json_get_text(item, "id"));
        for (size_t i = 0; i < 5; i++) {
            CHECK(json_span(json_get(item, KEYS[i])).len > 0);
        }
        for (const cJSON *other = item->next; other != NULL; other = other->next) {
            CHECK(!span_equal(json_span(json_get(item, "id")), json_span(json_get(other, "id"))));
        }
    }
    unit_row(NULL);
}

// Every broken file is refused with exactly the sentences beside it.
static void is_refused(const struct scenario_path *path, const cJSON *list)
{
    char expected_path[600];
    (void)snprintf(expected_path, sizeof expected_path, "%.*s.expected",
                   (int)(strlen(path->path) - 5), path->path);
    OWN_BUF struct buf expected = {0};
    if (!CHECK_INT(file_read(&expected, expected_path, NULL), RC_OK)) {
        return;
    }
    OWN(text) char *wanted = buf_take_text(&expected);
    OWN(text) char *wrong = sentences(path->path, path->name, list);
    CHECK(wanted[0] != '\0');
    CHECK_TEXT(wrong, wanted);
}

static void broken_files_are_refused(void)
{
    OWN(json) cJSON *list = statements();
    CHECK(for_suite(TEST_SCENARIOS, "must-fail", is_refused, list) >= 60);
}

static void missing_files_are_told(void)
{
    struct scenario_path *paths = NULL;
    struct scenario_file *file = NULL;
    size_t count = 0;
    struct diag d = {0};
    CHECK_INT(scenario_find(&paths, &count, SCENARIOS "/nowhere", &d), RC_IO);
    CHECK(strstr(d.file, "nowhere") != NULL);
    CHECK_INT(scenario_read_file(&file, SCENARIOS "/nowhere.json", NULL, NULL), RC_IO);
    CHECK(paths == NULL && file == NULL);
}

static void check_known(const struct symbols *known, enum symbol_kind kind, const cJSON *names,
                        bool by_key)
{
    for (const cJSON *item = names == NULL ? NULL : names->child; item != NULL; item = item->next) {
        const char *name = by_key ? item->string : json_get_text(item, "name");
        unit_row(name);
        CHECK(symbols_have(known, kind, span_of(name)));
    }
    CHECK_INT(symbols_count(known, kind), cJSON_GetArraySize(names));
    unit_row(NULL);
}

// The checker knows what world.json holds, no more and no less.
static void default_symbols_are_those_of_the_world(void)
{
    OWN(json) cJSON *world = NULL;
    struct scenario_file *file = case_file(&(struct case_parts){.name = "plain"});
    if (!CHECK_INT(json_read_file(&world, NULL, SCENARIOS "/world.json", NULL), RC_OK) ||
        file == NULL) {
        scenario_file_free(&file);
        return;
    }
    struct symbols *known = symbols_new(scenario_at(file, 0));
    const cJSON *products = json_get(world, "products");
    check_known(known, SYMBOL_PRODUCT, products, true);
    check_known(known, SYMBOL_DIMENSION, json_get(json_get(products, "widget"), "dimensions"),
                true);
    check_known(known, SYMBOL_CUSTOMER, json_get(world, "customers"), true);
    check_known(known, SYMBOL_TOKEN, json_get(world, "tokens"), false);
    check_known(known, SYMBOL_CREDENTIAL, json_get(world, "credentials"), false);
    symbols_free(&known);
    scenario_file_free(&file);
}

// The ids of the shipped cases of a profile, as an owned list.
static cJSON *cases_of(const char *profile)
{
    struct scenario_path *paths = NULL;
    size_t count = 0;
    cJSON *ids = cJSON_CreateArray();
    CHECK_INT(scenario_find(&paths, &count, SCENARIOS, NULL), RC_OK);
    for (size_t i = 0; i < count; i++) {
        struct scenario_file *file = NULL;
        CHECK_INT(scenario_read_file(&file, paths[i].path, NULL, NULL), RC_OK);
        for (size_t k = 0; file != NULL && k < scenario_count(file); k++) {
            const struct scenario *s = scenario_at(file, k);
            if (scenario_in_profile(s, profile)) {
                (void)cJSON_AddItemToArray(ids, cJSON_CreateString(s->id));
            }
        }
        scenario_file_free(&file);
    }
    scenario_paths_free(&paths, count);
    return ids;
}

static void profiles_name_cases(void)
{
    static const char *const PROFILES[] = {"saas", "saas-agreements", "ami", "container-metered",
                                           "agentcore"};
    for (size_t i = 0; i < sizeof PROFILES / sizeof PROFILES[0]; i++) {
        char path[600];
        (void)snprintf(path, sizeof path, SCENARIOS "/profiles/%s.json", PROFILES[i]);
        OWN(json) cJSON *profile = NULL;
        OWN(json) cJSON *cases = cases_of(PROFILES[i]);
        CHECK_INT(json_read_file(&profile, NULL, path, NULL), RC_OK);
        CHECK_TEXT(json_get_text(profile, "profile"), PROFILES[i]);
        const cJSON *ids = json_get(profile, "mandatory");
        CHECK(cJSON_GetArraySize(ids) >= 9);
        for (const cJSON *id = ids == NULL ? NULL : ids->child; id != NULL; id = id->next) {
            unit_row(json_text(id));
            CHECK(json_array_has(cases, json_text(id)));
        }
        unit_row(NULL);
    }
}

const struct unit_test FILES_TESTS[] = {
    {"the nine examples are accepted", examples_are_accepted},
    {"shipped cases are accepted", shipped_cases_are_accepted},
    {"statements are whole", statements_are_whole},
    {"broken files are refused", broken_files_are_refused},
    {"missing files are told", missing_files_are_told},
    {"default symbols are those of the world", default_symbols_are_those_of_the_world},
    {"profiles name cases", profiles_name_cases},
    {NULL, NULL},
};
