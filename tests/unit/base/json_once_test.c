// SPDX-License-Identifier: Apache-2.0
// Two readers, one language: json_read has cJSON build the tree, json_read_once builds it itself.
// Both must accept the same texts, refuse the others with the same words, and give equal trees.
#include "tests/unit/base/base_tests.h"

#include <math.h>
#include <string.h>

#include "proxy/base/draw.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

static const char *const TEXTS[] = {
    "{\"ProductCode\":\"widget-7f3\",\"UsageRecords\":[{\"Timestamp\":1794992400,"
    "\"CustomerIdentifier\":\"cust-acme-0001\",\"Dimension\":\"requests\",\"Quantity\":7},"
    "{\"Timestamp\":1794988800.25,\"Dimension\":\"e\",\"CustomerAWSAccountId\":\"123456789012\","
    "\"QuantityAsDecimal\":\"17.25\",\"UsageAllocations\":[{\"AllocatedUsageQuantity\":3,"
    "\"Tags\":[{\"Key\":\"a b\",\"Value\":\"\"}]}]}]}",
    " { \"a\" : [ 1 , -2.5e3 , true , false , null , [ ] , { } ] ,\r\n\t\"b\" : \"x\" } ",
    "[0,-0,1,-1,9007199254740993,123456789012345,1234567890123456,-999999999999999,2147483647,"
    "2147483648,-2147483648,-2147483649,1e2,1E+2,1e-2,0.1,1.7e308,5e-324,-0.0,1e400]",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\uFFFF\\ud800\","
    "\"\\u0001x\\u007f\",\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\",\"\",\"12345678\","
    "\"1234567\\n89abcdef\\\\\"]",
    "[\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\uFFFF\\uDBFF\\uDFFF\\ud800\\udc00\\u07ff\\u0800\"]",
    "{\"k\":1,\"l\":2,\"m\":3,\"n\":4,\"o\":5,\"p\":6,\"q\":7,\"r\":8,\"s\":9,\"t\":10,\"\":11,"
    "\"u\\u0041\":12,\"uA\":13,\"v\":14,\"w\":15,\"x\":16,\"y\":17,\"z\":18,\"k2\":19}",
    "{\"k\":1,\"l\":2,\"m\":3,\"n\":4,\"o\":5,\"p\":6,\"q\":7,\"r\":8,\"s\":9,\"k\":10}",
    "[[[[[[[[[[\"deep\"]]]]]]]]]]",
    "true",
    "-12.75",
    "\"\"",
};

static bool same_number(double a, double b)
{
    return a == b && signbit(a) == signbit(b);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_node(const cJSON *a, const cJSON *b)
{
    return a->type == b->type && a->valueint == b->valueint &&
           same_number(a->valuedouble, b->valuedouble) &&
           same_text(a->valuestring, b->valuestring) && same_text(a->string, b->string) &&
           (a->next == NULL) == (b->next == NULL) && (a->child == NULL) == (b->child == NULL);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the texts are
static bool same_tree(const cJSON *a, const cJSON *b)
{
    if (!same_node(a, b)) {
        return false;
    }
    const cJSON *last = NULL;
    const cJSON *other = b->child;
    const cJSON *child = a->child;
    for (; child != NULL && other != NULL; child = child->next, other = other->next) {
        if (!same_tree(child, other) || (last != NULL && other->prev != last)) {
            return false;
        }
        last = other;
    }
    return child == NULL && other == NULL && (last == NULL || b->child->prev == last);
}

// Gives whether the text is JSON.
static bool check_text(struct span text)
{
    OWN(json) cJSON *tree = NULL;
    const cJSON *once = NULL;
    struct arena arena = {.blocks = NULL};
    struct diag said = {.code = RC_OK};
    struct diag said_once = {.code = RC_OK};
    enum rc rc = json_read(&tree, NULL, text, "f", &said);
    CHECK_INT(json_read_once(&once, &arena, text, "f", &said_once), rc);
    CHECK_TEXT(said_once.text, said.text);
    CHECK_INT(said_once.place.line, said.place.line);
    CHECK_INT(said_once.place.column, said.place.column);
    CHECK((tree == NULL) == (once == NULL));
    if (tree != NULL && once != NULL) {
        CHECK(same_tree(tree, once));
    }
    arena_clear(&arena);
    return rc == RC_OK;
}

static void reads_the_same(void)
{
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        unit_row(TEXTS[i]);
        check_text(span_of(TEXTS[i]));
        for (size_t cut = 0; TEXTS[i][cut] != '\0'; cut++) {
            check_text((struct span){TEXTS[i], cut});
        }
    }
    unit_row(NULL);
}

// One to three bytes are changed, into what matters to the grammar more often than not.
static size_t mutate(char *out, struct span text, uint64_t index)
{
    static const char BYTES[] =
        "\"\"\\\\{}[]:,,,0123456789-+.eEu/ntfl \n\t\x01\x1f\x7f\x80\xc3\xed";
    struct draw draw = {.seed = 7, .case_id = text, .rule = SPAN("mutate"), .index = index};
    size_t len = text.len;
    memcpy(out, text.at, len);
    for (uint64_t change = 0; change <= draw_u64(&draw, 1) % 3; change++) {
        size_t at = draw_u64(&draw, change * 3 + 2) % len;
        uint64_t byte = draw_u64(&draw, change * 3 + 3);
        switch (draw_u64(&draw, change * 3 + 4) % 3) {
        case 0:
            out[at] = BYTES[byte % (sizeof BYTES - 1)];
            break;
        case 1: // a byte of its own elsewhere
            out[at] = out[byte % len];
            break;
        default: // a byte falls away
            memmove(out + at, out + at + 1, len - at - 1);
            len -= len > 1 ? 1 : 0;
            break;
        }
    }
    return len;
}

static void reads_mutants_the_same(void)
{
    char text[1024];
    size_t good = 0;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        for (uint64_t index = 0; index < 3000; index++) {
            struct span mutant = {.at = text, .len = mutate(text, span_of(TEXTS[i]), index)};
            *(check_text(mutant) ? &good : &bad) += 1;
        }
    }
    // Both kinds must come in numbers, or nothing was compared.
    CHECK(good > 3000 && bad > 3000);
}

static void fills_blocks(void)
{
    struct buf text = {0};
    buf_add_text(&text, "[\"");
    for (size_t i = 0; i < 20000; i++) {
        buf_add_text(&text, i == 10000 ? "\",{\"k\":7},\"" : "xy\\n");
    }
    buf_add_text(&text, "\"]");
    CHECK(check_text(buf_span(&text)));
    buf_clear(&text);
}

const struct unit_test JSON_ONCE_TESTS[] = {
    {"gives the tree that cJSON gives", reads_the_same},
    {"agrees with cJSON on mutants", reads_mutants_the_same},
    {"takes what is larger than a block", fills_blocks},
    {NULL, NULL},
};
