// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/base_tests.h"

#include <string.h>

#include "proxy/base/json.h"
#include "proxy/base/own.h"

static void refuses(void)
{
    static const struct {
        const char *name, *text, *sentence;
    } ROWS[] = {
        {"empty", "", "f:1:1: a value is expected here, but the text ends"},
        {"trailing text", "{} x", "f:1:4: something stands after the end of the value"},
        {"leading zero", "[007]", "f:1:2: a number must not begin with 0"},
        {"bare point", "[1.]", "f:1:2: a number needs a digit after its point"},
        {"plus", "[+1]", "f:1:2: a value is expected here"},
        {"hex", "[0x1]", "f:1:3: a comma or ] is expected here"},
        {"too large", "[1e999]", "f:1:2: a number is too large for a double"},
        {"duplicate key", "{\"a\":1,\n \"a\":2}",
         "f:2:2: the key \"a\" stands twice in one object"},
        {"u0000", "[\"\\u0000\"]", "f:1:3: \\u0000 is not accepted"},
        {"lone surrogate", "[\"\\ud800x\"]", "f:1:3: half of a surrogate pair stands alone"},
        {"low surrogate first", "[\"\\udc00\"]", "f:1:3: half of a surrogate pair stands alone"},
        {"bad escape", "[\"\\x\"]", "f:1:3: this is no escape of a JSON string"},
        {"bad UTF-8", "[\"\xc0\xaf\"]", "f:1:3: this is not UTF-8"},
        {"raw control", "[\"a\tb\"]",
         "f:1:4: a control character stands in a string; write it as \\u00xx"},
        {"unended string", "[\"abc", "f:1:2: this string has no end"},
        {"missing colon", "{\"a\" 1}", "f:1:6: a colon is expected here"},
        {"unquoted key", "{a:1}", "f:1:2: a key in double quotes is expected here"},
        {"trailing comma", "[1,]", "f:1:4: a value is expected here"},
        {"unclosed", "{\"a\":[1}", "f:1:8: a comma or ] is expected here"},
        {"columns count characters", "[\"\xc3\xa9\xc3\xa9\", nul]",
         "f:1:8: a value is expected here"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct diag d = {0};
        cJSON *tree = NULL;
        struct json_places *places = NULL;
        CHECK_INT(json_read(&tree, &places, span_of(ROWS[i].text), "f", &d), RC_SYNTAX);
        char text[900];
        diag_print(&d, text, sizeof text);
        CHECK_TEXT(text, ROWS[i].sentence);
        CHECK(tree == NULL && places == NULL);
    }
    unit_row(NULL);
}

static void limits_depth(void)
{
    char text[300] = "";
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    cJSON *tree = NULL;
    CHECK_INT(json_read(&tree, NULL, span_of(text), NULL, NULL), RC_SYNTAX);
    OWN(json) cJSON *good = NULL;
    CHECK_INT(json_read(&good, NULL, span_slice(span_of(text), 1, 129), NULL, NULL), RC_OK);
}

static void knows_places(void)
{
    OWN(json) cJSON *tree = NULL;
    struct json_places *places = NULL;
    const char *text = "{\"a\": [1,\n  {\"b\": \"x\"}],\n \"c\": null}";
    if (!CHECK_INT(json_read(&tree, &places, span_of(text), "f", NULL), RC_OK)) {
        return;
    }
    const cJSON *inner = cJSON_GetArrayItem(json_get(tree, "a"), 1);
    CHECK_INT(json_place(places, inner).line, 2);
    CHECK_INT(json_place(places, inner).column, 3);
    CHECK_INT(json_place(places, json_get(inner, "b")).column, 9);
    CHECK_INT(json_place(places, json_get(tree, "c")).line, 3);
    OWN(json) cJSON *copy = cJSON_Duplicate(inner, 1);
    CHECK_INT(json_place(places, copy).line, 0);
    json_place_like(places, copy, inner);
    CHECK_INT(json_place(places, json_get(copy, "b")).column, 9);
    json_places_free(&places);
}

static void prints_back(void)
{
    static const char TEXT[] =
        "{\"n\":[0,-1,9007199254740992,1.5,1700000000.25],\"s\":\"a\\\"\\\\\\n\\u0001\xc3\xa9\","
        "\"t\":true,\"f\":false,\"z\":null,\"o\":{},\"l\":[]}";
    OWN(json) cJSON *tree = NULL;
    if (!CHECK_INT(json_read(&tree, NULL, span_of(TEXT), NULL, NULL), RC_OK)) {
        return;
    }
    struct buf b = {0};
    json_print(&b, tree);
    OWN(text) char *printed = buf_take_text(&b);
    CHECK_TEXT(printed, TEXT);
}

static void reads_values(void)
{
    OWN(json) cJSON *tree = NULL;
    const char *text = "{\"i\":7,\"f\":1.5,\"s\":\"7\",\"b\":true,\"l\":[\"x\",\"y\"]}";
    if (!CHECK_INT(json_read(&tree, NULL, span_of(text), NULL, NULL), RC_OK)) {
        return;
    }
    int64_t value = 0;
    CHECK(json_int(json_get(tree, "i"), 0, 7, &value) && value == 7);
    CHECK(!json_int(json_get(tree, "i"), 0, 6, &value));
    CHECK(!json_int(json_get(tree, "f"), 0, 9, &value));
    CHECK(!json_int(json_get(tree, "s"), 0, 9, &value));
    CHECK(json_get(tree, "I") == NULL);
    CHECK_TEXT(json_get_text(tree, "s"), "7");
    CHECK(json_get_text(tree, "i") == NULL);
    CHECK(json_is_true(json_get(tree, "b")) && !json_is_true(json_get(tree, "i")));
    CHECK(json_array_has(json_get(tree, "l"), "y") && !json_array_has(json_get(tree, "l"), "z"));
    CHECK_TEXT(json_type_name(json_get(tree, "nothing")), "null");
}

const struct unit_test JSON_TESTS[] = {
    {"refuses what is not JSON, with the place", refuses},
    {"bounds the depth", limits_depth},
    {"knows where each value stands", knows_places},
    {"prints back what it read", prints_back},
    {"reads values by type", reads_values},
    {NULL, NULL},
};
