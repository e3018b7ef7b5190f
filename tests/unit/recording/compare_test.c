// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/recording/recording_tests.h"

static const struct compare_options OPTIONS = {.is_shifted = false};

static void compare_texts(struct differences *out, const char *recorded, const char *seen,
                          const struct compare_options *options)
{
    OWN(json) cJSON *a = NULL;
    OWN(json) cJSON *b = NULL;
    CHECK_INT(json_read(&a, NULL, span_of(recorded), NULL, NULL), RC_OK);
    CHECK_INT(json_read(&b, NULL, span_of(seen), NULL, NULL), RC_OK);
    compare(out, a, b, options);
    CHECK_INT(compare_is_same(a, b, options), out->count == 0);
}

void same(void)
{
    static const struct {
        const char *name, *recorded, *seen;
    } ROWS[] = {
        {"nothing", "{}", "{}"},
        {"the order of keys", "{\"a\":1,\"b\":{\"c\":2,\"d\":[]}}",
         "{\"b\":{\"d\":[],\"c\":2},\"a\":1}"},
        {"an exponent", "{\"a\":1794992400}", "{\"a\":1.7949924e9}"},
        {"a fraction of nothing", "{\"a\":7}", "{\"a\":7.0}"},
        {"escapes", "{\"a\":\"x/y\"}", "{\"a\":\"x\\/\\u0079\"}"},
        {"true, false, null", "{\"a\":[true,false,null]}", "{\"a\":[true,false,null]}"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct differences found;
        compare_texts(&found, ROWS[i].recorded, ROWS[i].seen, &OPTIONS);
        CHECK_INT(found.count, 0);
        CHECK_INT(found.weight, 0);
        differences_clear(&found);
    }
    unit_row(NULL);
}

void different(void)
{
    static const struct {
        const char *name, *recorded, *seen, *at, *was, *is;
    } ROWS[] = {
        {"a number", "{\"body\":{\"Quantity\":7}}", "{\"body\":{\"Quantity\":8}}", "/body/Quantity",
         "7", "8"},
        {"a text", "{\"operation\":\"A\"}", "{\"operation\":\"a\"}", "/operation", "\"A\"",
         "\"a\""},
        {"a member more", "{\"body\":{}}", "{\"body\":{\"x\":{\"y\":1}}}", "/body/x", NULL,
         "{\"y\":1}"},
        {"a member less", "{\"body\":{\"x\":null}}", "{\"body\":{}}", "/body/x", "null", NULL},
        {"an element more", "{\"body\":{\"l\":[1]}}", "{\"body\":{\"l\":[1,2]}}", "/body/l/1", NULL,
         "2"},
        {"an element less", "{\"body\":{\"l\":[1,2]}}", "{\"body\":{\"l\":[1]}}", "/body/l/1", "2",
         NULL},
        {"another type", "{\"body\":{\"q\":7}}", "{\"body\":{\"q\":\"7\"}}", "/body/q", "7",
         "\"7\""},
        {"true and false", "{\"body\":{\"q\":true}}", "{\"body\":{\"q\":false}}", "/body/q", "true",
         "false"},
        {"an object and a list", "{\"body\":{}}", "{\"body\":[]}", "/body", "{}", "[]"},
        {"keys with signs", "{\"body\":{\"a/b~c\":1}}", "{\"body\":{\"a/b~c\":2}}", "/body/a~1b~0c",
         "1", "2"},
        {"a body and none", "{\"body\":{}}", "{}", "/body", "{}", NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct differences found;
        compare_texts(&found, ROWS[i].recorded, ROWS[i].seen, &OPTIONS);
        CHECK_INT(found.count, 1);
        CHECK_TEXT(found.shown[0].at, ROWS[i].at);
        CHECK_TEXT(found.shown[0].recorded, ROWS[i].was);
        CHECK_TEXT(found.shown[0].seen, ROWS[i].is);
        differences_clear(&found);
    }
    unit_row(NULL);
}

void weights(void)
{
    struct differences found;
    compare_texts(&found, "{\"body\":{\"l\":[1,2,3,4,5,6,7,8,9,10]}}",
                  "{\"body\":{\"l\":[0,0,0,0,0,0,0,0,0,{\"a\":1,\"b\":[1,2]}]}}", &OPTIONS);
    CHECK_INT(found.count, 10);
    CHECK_INT(found.weight, 10);
    CHECK_TEXT(found.shown[COMPARE_SHOWN - 1].at, "/body/l/7"); // the others are only counted
    differences_clear(&found);
    struct differences other;
    compare_texts(&other, "{\"operation\":\"A\",\"body\":{\"a\":1}}",
                  "{\"operation\":\"B\",\"body\":{\"a\":1}}", &OPTIONS);
    CHECK(other.weight > 1000);
    differences_clear(&other);
}
