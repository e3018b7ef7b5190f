// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scenario/scenario_tests.h"

#include <regex.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/scenario/vocabulary.h"

static void verbs_are_named_once_and_helped(void)
{
    static const enum form FORMS[] = {FORM_STEP, FORM_ACTION, FORM_EXPECT};
    for (size_t f = 0; f < 3; f++) {
        const struct verb_table *table = verb_table_of(FORMS[f]);
        for (size_t i = 0; i < table->count; i++) {
            unit_row(table->rows[i].name);
            CHECK_INT(verb_find(table, span_of(table->rows[i].name)), i);
            CHECK(table->rows[i].help[0] != '\0');
            CHECK(table->rows[i].type != TYPE_NONE);
            CHECK(FORMS[f] != FORM_ACTION || table->rows[i].phases != 0);
        }
    }
    unit_row(NULL);
    CHECK_TEXT(step_name(STEP_DRAIN), "drain");
    CHECK_TEXT(action_name(ACTION_TLS_GARBAGE), "tls_garbage");
    CHECK_TEXT(expect_name(EXPECT_JITTER), "jitter");
    CHECK_TEXT(fault_kind_name(action_kind(ACTION_REFUSE)), "refuse");
    CHECK(verb_table_of(FORM_OBJECT) == NULL);
}

static void fields_are_named_once_and_helped(void)
{
    size_t count = 0;
    const struct field_row *rows = field_rows(&count);
    CHECK(count > 200);
    for (size_t i = 0; i < count; i++) {
        unit_row(rows[i].key);
        CHECK(field_find(rows[i].owner, span_of(rows[i].key)) == &rows[i]);
        CHECK(rows[i].help[0] != '\0');
        CHECK(rows[i].type != TYPE_NONE && rows[i].owner != TYPE_NONE);
        const struct verb_table *verbs = NULL;
        enum form form = type_row(rows[i].owner)->form;
        if (form == FORM_STEP || form == FORM_ACTION || form == FORM_EXPECT) {
            verbs = verb_table_of(form);
            CHECK_INT(verb_find(verbs, span_of(rows[i].key)), verbs->count);
        }
    }
    unit_row(NULL);
}

// A regular expression that does not compile would refuse every text.
static void types_are_whole(void)
{
    for (unsigned i = TYPE_NONE + 1; i < TYPE_COUNT_OF_TYPES; i++) {
        const struct type_row *row = type_row((enum type)i);
        unit_row(row->name);
        CHECK(row->phrase[0] != '\0');
        bool holds_others =
            row->form == FORM_LIST || row->form == FORM_MAP || row->form == FORM_EITHER;
        CHECK(holds_others == (row->item != TYPE_NONE));
        CHECK(row->form != FORM_EITHER || row->other != TYPE_NONE);
        CHECK(row->form == FORM_EITHER || row->min <= row->max);
        if (row->words != NULL && row->words[0] == '^') {
            regex_t pattern;
            if (CHECK_INT(regcomp(&pattern, row->words, REG_EXTENDED), 0)) {
                regfree(&pattern);
            }
        }
    }
    unit_row(NULL);
}

// A type that nothing refers to would be dead vocabulary.
static void types_are_used(void)
{
    bool used[TYPE_COUNT_OF_TYPES] = {[TYPE_CASE] = true};
    size_t count = 0;
    const struct field_row *rows = field_rows(&count);
    for (size_t i = 0; i < count; i++) {
        used[rows[i].type] = true;
    }
    for (unsigned i = 1; i < TYPE_COUNT_OF_TYPES; i++) {
        used[type_row((enum type)i)->item] = true;
        used[type_row((enum type)i)->other] = true;
        const struct verb_table *verbs = NULL;
        if (type_row((enum type)i)->form >= FORM_STEP) {
            verbs = verb_table_of(type_row((enum type)i)->form);
        }
        for (size_t v = 0; verbs != NULL && v < verbs->count; v++) {
            used[verbs->rows[v].type] = true;
        }
    }
    for (unsigned i = 1; i < TYPE_COUNT_OF_TYPES; i++) {
        unit_row(type_row((enum type)i)->name);
        CHECK(used[i]);
    }
    unit_row(NULL);
}

static void suggests_the_nearest(void)
{
    static const struct {
        const char *wanted, *known[3], *hint;
    } ROWS[] = {
        {"quantitiy", {"quantity", "customer"}, "; did you mean \"quantity\"?"},
        {"customr", {"quantity", "customer"}, "; did you mean \"customer\"?"},
        {"ids", {"id", "at"}, ""}, // too short to be sure
        {"completely else", {"quantity"}, ""},
        {"rst", {"fin", "rst"}, "; did you mean \"rst\"?"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct nearest near;
        char hint[120];
        nearest_start(&near, span_of(ROWS[i].wanted));
        for (size_t k = 0; k < 3 && ROWS[i].known[k] != NULL; k++) {
            nearest_offer(&near, span_of(ROWS[i].known[k]));
        }
        nearest_hint(&near, hint, sizeof hint);
        CHECK_TEXT(hint, ROWS[i].hint);
    }
}

static void schema_is_the_one_in_the_tree(void)
{
    OWN_BUF struct buf printed = {0};
    OWN_BUF struct buf stored = {0};
    scenario_print_schema(&printed);
    OWN(json) cJSON *tree = NULL;
    CHECK_INT(json_read(&tree, NULL, buf_span(&printed), NULL, NULL), RC_OK);
    CHECK(json_get(json_get(tree, "$defs"), "STEP") != NULL);
    if (CHECK_INT(file_read(&stored, METERPROVER_SOURCE_DIR "/scenarios/schema.json", NULL),
                  RC_OK)) {
        OWN(text) char *a = buf_take_text(&printed);
        OWN(text) char *b = buf_take_text(&stored);
        CHECK(strcmp(a, b) == 0);
    }
}

const struct unit_test VOCABULARY_TESTS[] = {
    {"verbs are named once and helped", verbs_are_named_once_and_helped},
    {"fields are named once and helped", fields_are_named_once_and_helped},
    {"types are whole", types_are_whole},
    {"types are used", types_are_used},
    {"suggests the nearest", suggests_the_nearest},
    {"the schema is the one in the tree", schema_is_the_one_in_the_tree},
    {NULL, NULL},
};
