// SPDX-License-Identifier: Apache-2.0
// Two readers, one meaning: what the plain one takes, the other takes without a violation and with
// equal values. The other is made to read by a member that is ignored, which the plain one leaves.
#include "tests/unit/aws/aws_tests.h"

#include <string.h>

#include "proxy/aws/request_plain.h"
#include "proxy/base/draw.h"
#include "proxy/base/own.h"

#define BATCH OPERATION_BATCH_METER_USAGE
#define AT "\"Timestamp\":1794992400,"
#define WHAT "\"Dimension\":\"requests\","
#define WHO "\"CustomerIdentifier\":\"cust-acme-0001\","
#define RECORD(rest) "{" AT WHAT WHO rest "}"
#define BODY(records) "{\"ProductCode\":\"widget-7f3\",\"UsageRecords\":[" records "]}"
#define GOOD RECORD("\"Quantity\":7")
#define TWO GOOD "," GOOD
#define TWENTY TWO "," TWO "," TWO "," TWO "," TWO "," TWO "," TWO "," TWO "," TWO "," TWO
#define LICENSE "\"arn:aws:license-manager::1:license:l-1\""

struct row {
    const char *name, *body;
};

static const struct row PLAIN[] = {
    {"one", BODY(GOOD)},
    {"records first, and blanks everywhere",
     " \r\n{ \"UsageRecords\" :\t[ { \"Quantity\" : 0 , \"Timestamp\" : 1794992400 ,\n"
     "\"CustomerIdentifier\" : \"a b\" , \"Dimension\" : \"d\" } , {\"Quantity\":1,\"Dimension\":"
     "\"e\",\"Timestamp\": 0, \"CustomerIdentifier\": \"\"} ] , \"ProductCode\" : \"\" } "},
    {"twenty-five", BODY(TWENTY "," TWO "," TWO "," GOOD)},
    {"the largest quantity of 2019", BODY(RECORD("\"Quantity\":1000000"))},
    {"members in turns", BODY(GOOD ",{\"Quantity\":1," WHO AT "\"Dimension\":\"e\"}," GOOD)},
};

static const struct row NEWER[] = {
    {"an account", BODY("{" AT WHAT "\"CustomerAWSAccountId\":\"123456789012\",\"Quantity\":1}")},
    {"a licence", "{\"UsageRecords\":[{" AT WHAT "\"LicenseArn\":" LICENSE ",\"Quantity\":1}]}"},
    {"nobody", BODY("{" AT WHAT "\"Quantity\":2147483647}")},
    {"an empty identifier beside an account",
     BODY("{" AT WHAT
          "\"CustomerIdentifier\":\"\",\"CustomerAWSAccountId\":\"1\",\"Quantity\":1}")},
};

static const struct row OTHERS[] = {
    {"empty", ""},
    {"no object", "[]"},
    {"no members", "{}"},
    {"no records", BODY("")},
    {"twenty-six", BODY(TWENTY "," TWO "," TWO "," TWO)},
    {"an escape", BODY(RECORD("\"Quantity\":7") ",{" AT WHO "\"Dimension\":\"\\u0064\","
                                                "\"Quantity\":7}")},
    {"beyond ASCII", BODY("{" AT WHO "\"Dimension\":\"\xc3\xa9\",\"Quantity\":7}")},
    {"an empty dimension", BODY("{" AT WHO "\"Dimension\":\"\",\"Quantity\":7}")},
    {"no dimension", BODY("{" AT WHO "\"Quantity\":7}")},
    {"no timestamp", BODY("{" WHAT WHO "\"Quantity\":7}")},
    {"no quantity", BODY("{" AT WHAT "\"CustomerIdentifier\":\"c\"}")},
    {"a fraction", BODY(RECORD("\"Quantity\":7.0"))},
    {"an exponent", BODY(RECORD("\"Quantity\":7e1"))},
    {"below nought", BODY(RECORD("\"Quantity\":-7"))},
    {"no number", BODY(RECORD("\"Quantity\":"))},
    {"a text for a number", BODY(RECORD("\"Quantity\":\"7\""))},
    {"a number for a text", BODY("{" AT WHO "\"Dimension\":7,\"Quantity\":7}")},
    {"null", BODY(RECORD("\"Quantity\":null"))},
    {"a leading nought", BODY(RECORD("\"Quantity\":07"))},
    {"too many", BODY(RECORD("\"Quantity\":2147483648"))},
    {"16 digits", BODY("{\"Timestamp\":1000000000000000," WHAT WHO "\"Quantity\":7}")},
    {"too late", BODY("{\"Timestamp\":9000000000001," WHAT WHO "\"Quantity\":7}")},
    {"unknown in a record", BODY(RECORD("\"Quantity\":7,\"Zz\":0"))},
    {"unknown", "{\"Zz\":0,\"ProductCode\":\"p\",\"UsageRecords\":[" GOOD "]}"},
    {"twice in a record", BODY(RECORD("\"Quantity\":7,\"Quantity\":7"))},
    {"twice", "{\"ProductCode\":\"p\",\"UsageRecords\":[" GOOD "],\"ProductCode\":\"p\"}"},
    {"records twice", "{\"UsageRecords\":[" GOOD "],\"UsageRecords\":[" GOOD "]}"},
    {"decimal", BODY(RECORD("\"QuantityAsDecimal\":\"7\""))},
    {"tagged",
     BODY(RECORD("\"Quantity\":7,\"UsageAllocations\":[{\"AllocatedUsageQuantity\":7}]"))},
    {"both identities", BODY(RECORD("\"CustomerAWSAccountId\":\"1\",\"Quantity\":7"))},
    {"no account", BODY("{" AT WHAT "\"CustomerAWSAccountId\":\"x\",\"Quantity\":1}")},
    {"no licence", BODY("{" AT WHAT "\"LicenseArn\":\"arn\",\"Quantity\":1}")},
    {"no product code", "{\"ProductCode\":\"a b\",\"UsageRecords\":[" GOOD "]}"},
    {"a comma at the end", BODY(GOOD ",")},
    {"a comma in a record", BODY(RECORD("\"Quantity\":7,"))},
    {"no comma", BODY(GOOD GOOD)},
    {"no colon", BODY(RECORD("\"Quantity\" 7"))},
    {"no end", "{\"ProductCode\":\"p\",\"UsageRecords\":[" GOOD "]"},
    {"no end of a text", "{\"ProductCode\":\"p"},
    {"more behind", BODY(GOOD) "}"},
};

static bool is_taken(struct span body, const struct ruleset *rules)
{
    struct aws_request request = {.operation = BATCH};
    bool taken = request_read_plain(&request, body, rules);
    aws_request_clear(&request);
    return taken;
}

static bool same_record(const struct usage_record *a, const struct usage_record *b)
{
    return a->timestamp_us == b->timestamp_us &&
           span_equal(a->customer_identifier, b->customer_identifier) &&
           span_equal(a->customer_account, b->customer_account) &&
           span_equal(a->license_arn, b->license_arn) && span_equal(a->dimension, b->dimension) &&
           a->quantity == b->quantity && a->quantity_micros == b->quantity_micros &&
           a->has_quantity == b->has_quantity && a->is_decimal == b->is_decimal &&
           a->allocations == b->allocations;
}

// The text of a record, and its tree, are what the other reader's tree is.
static bool same_json(const struct usage_record *plain, const struct usage_record *other)
{
    OWN_BUF struct buf ours = {0};
    OWN_BUF struct buf theirs = {0};
    json_print(&ours, plain->json);
    json_print(&theirs, other->json);
    return span_equal(buf_span(&ours), buf_span(&theirs)) &&
           span_equal(plain->text, buf_span(&theirs)) && other->text.len == 0;
}

static bool same_requests(struct aws_request *plain, const struct aws_request *other)
{
    bool same = plain->count == other->count && plain->operation == other->operation &&
                span_equal(plain->product_code, other->product_code) && plain->json == NULL &&
                other->json != NULL && aws_request_json(plain) != NULL;
    for (size_t i = 0; same && i < plain->count; i++) {
        same = same_record(&plain->records[i], &other->records[i]) &&
               same_json(&plain->records[i], &other->records[i]);
    }
    return same;
}

// Whether the plain reader takes the body, and the other takes it as the same.
static bool both_take(struct span body, const struct ruleset *rules)
{
    OWN_BUF struct buf marked = {0};
    struct aws_violation violation;
    struct aws_request plain = {.operation = BATCH};
    struct aws_request other;
    const char *brace = memchr(body.at, '{', body.len);
    if (!request_read_plain(&plain, body, rules)) {
        return false;
    }
    size_t at = (size_t)(brace - body.at) + 1;
    buf_add_text(&marked, "{\"Zz\":0,");
    buf_add(&marked, span_slice(body, at, body.len));
    CHECK(!is_taken(buf_span(&marked), rules));
    CHECK_INT(aws_request_read(&other, BATCH, buf_span(&marked), rules, &violation), RC_OK);
    CHECK_TEXT(aws_error_name(violation.error), "");
    CHECK(same_requests(&plain, &other));
    aws_request_clear(&plain);
    aws_request_clear(&other);
    return true;
}

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void check_rows(const struct row *rows, size_t count, bool is_plain,
                       const struct ruleset *rules)
{
    for (size_t i = 0; i < count; i++) {
        unit_row(rows[i].name);
        CHECK_INT(both_take(span_of(rows[i].body), rules), is_plain);
    }
    unit_row(NULL);
}

static void takes_plain(void)
{
    size_t count = 0;
    const struct ruleset *rules = ruleset_all(&count);
    for (size_t i = 0; i < count; i++) {
        check_rows(PLAIN, COUNT(PLAIN), true, &rules[i]);
        check_rows(NEWER, COUNT(NEWER), rules[i].has_licenses, &rules[i]);
        check_rows(OTHERS, COUNT(OTHERS), false, &rules[i]);
    }
}

static void keeps_limits(void)
{
    const struct ruleset *old = ruleset_find(SPAN("2019-06"));
    CHECK(!is_taken(SPAN(BODY(RECORD("\"Quantity\":1000001"))), old));
    CHECK(is_taken(SPAN(BODY(RECORD("\"Quantity\":1000001"))), ruleset_newest()));
    for (size_t len = 255; len <= 256; len++) {
        OWN_BUF struct buf body = {0};
        buf_add_text(&body, "{\"ProductCode\":\"p\",\"UsageRecords\":[{" AT WHO
                            "\"Quantity\":7,\"Dimension\":\"");
        for (size_t i = 0; i < len; i++) {
            buf_add_char(&body, 'd');
        }
        buf_add_text(&body, "\"}]}");
        CHECK_INT(both_take(buf_span(&body), ruleset_newest()), len == 255);
    }
    OWN_BUF struct buf long_body = {0};
    buf_add_text(&long_body, BODY(GOOD));
    while (long_body.len < AWS_MAX_BODY_BYTES) {
        buf_add_char(&long_body, ' ');
    }
    CHECK(is_taken(buf_span(&long_body), old));
    buf_add_char(&long_body, ' ');
    CHECK(!is_taken(buf_span(&long_body), old));
}

static void leaves_other_operations(void)
{
    struct aws_request request = {.operation = OPERATION_METER_USAGE};
    CHECK(!request_read_plain(&request,
                              SPAN("{\"ProductCode\":\"p\",\"Timestamp\":1,\"UsageDimension\":"
                                   "\"d\",\"UsageQuantity\":1}"),
                              ruleset_newest()));
}

// One to three bytes of a body are dropped, or replaced by a piece that means something in JSON.
static void damage(struct buf *body, uint64_t n)
{
    static const char *const PIECES[] = {"",   "\"",    ",",  ":",     "{",    "}",
                                         "[",  "]",     "0",  "9",     "-",    ".5",
                                         " ",  "\n",    "\\", "\"\",", "null", "\"Quantity\":1,",
                                         "e1", ",\"\"", "a",  "\x7f",  "\xc3", "7.0"};
    struct draw draw = {.seed = 1, .index = n};
    for (uint64_t times = draw_u64(&draw, 0) % 2; times < 2; times++) {
        const char *piece = PIECES[draw_u64(&draw, 10 * times + 1) % COUNT(PIECES)];
        size_t at = draw_u64(&draw, 10 * times + 2) % (body->len + 1);
        size_t dropped = draw_u64(&draw, 10 * times + 3) % 3;
        struct span rest = span_slice(buf_span(body), at + dropped, body->len);
        struct buf next = {0};
        buf_add(&next, span_slice(buf_span(body), 0, at));
        buf_add_text(&next, piece);
        buf_add(&next, rest);
        buf_clear(body);
        *body = next;
    }
}

static void takes_nothing_damaged(void)
{
    size_t count = 0;
    const struct ruleset *rules = ruleset_all(&count);
    size_t taken = 0;
    for (uint64_t n = 0; n < 20000; n++) {
        OWN_BUF struct buf body = {0};
        const struct row *row =
            n % 2 == 0 ? &PLAIN[n / 2 % COUNT(PLAIN)] : &NEWER[n / 2 % COUNT(NEWER)];
        buf_add_text(&body, row->body);
        damage(&body, n);
        taken += both_take(buf_span(&body), &rules[n % count]) ? 1 : 0;
    }
    CHECK(taken > 1000 && taken < 10000);
}

const struct unit_test REQUEST_PLAIN_TESTS[] = {
    {"takes plain bodies only", takes_plain},
    {"keeps the limits", keeps_limits},
    {"leaves other operations", leaves_other_operations},
    {"takes nothing that is damaged", takes_nothing_damaged},
    {NULL, NULL},
};
