// SPDX-License-Identifier: Apache-2.0
// Bodies are written with single quotes for double ones. Each refused body stands beside a legal
// neighbour that differs only in what is refused.
#include "tests/unit/aws/aws_tests.h"

#include <string.h>

#include "proxy/aws/request.h"
#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

#define BATCH OPERATION_BATCH_METER_USAGE
#define METER OPERATION_METER_USAGE
#define REGISTER OPERATION_REGISTER_USAGE
#define RESOLVE OPERATION_RESOLVE_CUSTOMER

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which rows are read
struct row {
    const char *name;
    enum operation operation;
    const char *rules; // NULL: the newest
    const char *body;
    enum aws_error error;
    const char *where; // NULL: not looked at
    const char *text;  // NULL: not looked at
};

static char *with_double_quotes(const char *text)
{
    char *copy = x_strdup(text);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '\'') {
            *c = '"';
        }
    }
    return copy;
}

static void check_row(const struct row *row)
{
    const struct ruleset *rules =
        row->rules == NULL ? ruleset_newest() : ruleset_find(span_of(row->rules));
    OWN(text) char *body = with_double_quotes(row->body);
    struct aws_request request;
    struct aws_violation violation;
    enum rc rc = aws_request_read(&request, row->operation, span_of(body), rules, &violation);
    CHECK_TEXT(aws_error_name(violation.error), aws_error_name(row->error));
    CHECK_INT(rc == RC_OK, row->error == AWS_ERROR_NONE);
    if (row->where != NULL) {
        CHECK_TEXT(violation.where, row->where);
    }
    if (row->text != NULL) {
        CHECK_TEXT(violation.text, row->text);
    }
    aws_request_clear(&request);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unit_row(rows[i].name);
        check_row(&rows[i]);
    }
    unit_row(NULL);
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof(rows)[0])
#define ONE "validation error detected: "
// One record, with the members given beside the required ones.
#define RECORD(more) "{'ProductCode':'p','UsageRecords':[{'Timestamp':1,'Dimension':'d'" more "}]}"
#define METERED(more) "{'ProductCode':'p','Timestamp':1,'UsageDimension':'d'" more "}"
#define ALLOCATED(quantity, list) RECORD(",'Quantity':" quantity ",'UsageAllocations':[" list "]")

static void types(void)
{
    static const struct row ROWS[] = {
        {"plain", BATCH, NULL, RECORD(",'CustomerIdentifier':'c','Quantity':3"), AWS_ERROR_NONE, "",
         ""},
        {"unknown members are ignored", BATCH, NULL, RECORD(",'Extra':{'a':[1]}"), AWS_ERROR_NONE,
         NULL, NULL},
        {"null is absent", BATCH, NULL, RECORD(",'Quantity':null,'UsageAllocations':null"),
         AWS_ERROR_NONE, NULL, NULL},
        {"quantity as text", BATCH, NULL, RECORD(",'Quantity':'3'"), AWS_ERROR_SERIALIZATION,
         "UsageRecords[0].Quantity", "STRING_VALUE can not be converted to an Integer."},
        {"quantity with fraction", BATCH, NULL, RECORD(",'Quantity':1.5"), AWS_ERROR_SERIALIZATION,
         "UsageRecords[0].Quantity", "NUMBER_VALUE can not be converted to an Integer."},
        {"quantity 3.0 is whole", BATCH, NULL, RECORD(",'Quantity':3.0"), AWS_ERROR_NONE, NULL,
         NULL},
        {"timestamp as ISO text", BATCH, NULL,
         "{'UsageRecords':[{'Timestamp':'2026-01-01T00:00:00Z','Dimension':'d'}]}",
         AWS_ERROR_SERIALIZATION, "UsageRecords[0].Timestamp",
         "STRING_VALUE can not be converted to a Timestamp."},
        {"timestamp with exponent", BATCH, NULL,
         "{'UsageRecords':[{'Timestamp':1.7E9,'Dimension':'d'}]}", AWS_ERROR_NONE, NULL, NULL},
        {"dimension as number", METER, NULL, "{'ProductCode':'p','Timestamp':1,'UsageDimension':7}",
         AWS_ERROR_SERIALIZATION, "UsageDimension",
         "NUMBER_VALUE can not be converted to a String."},
        {"records as object", BATCH, NULL, "{'UsageRecords':{}}", AWS_ERROR_SERIALIZATION,
         "UsageRecords", "Start of structure or map found where not expected."},
        {"record as list", BATCH, NULL, "{'UsageRecords':[[]]}", AWS_ERROR_SERIALIZATION,
         "UsageRecords[0]", "Start of list found where not expected."},
        {"records as false", BATCH, NULL, "{'UsageRecords':false}", AWS_ERROR_SERIALIZATION,
         "UsageRecords", "FALSE_VALUE can not be converted to a list."},
        {"dry run as text", METER, NULL, METERED(",'DryRun':'true'"), AWS_ERROR_SERIALIZATION,
         "DryRun", "STRING_VALUE can not be converted to a Boolean."},
        {"dry run", METER, NULL, METERED(",'DryRun':true"), AWS_ERROR_NONE, NULL, NULL},
        {"a type hides a constraint", BATCH, NULL,
         "{'UsageRecords':[{'Timestamp':true,'Quantity':-1}]}", AWS_ERROR_SERIALIZATION,
         "UsageRecords[0].Timestamp", "TRUE_VALUE can not be converted to a Timestamp."},
        {"a type hides an earlier constraint", BATCH, NULL,
         "{'UsageRecords':[{'Timestamp':1},{'Timestamp':1,'Dimension':{}}]}",
         AWS_ERROR_SERIALIZATION, "UsageRecords[1].Dimension", NULL},
    };
    CHECK_ROWS(ROWS);
}

static void bodies(void)
{
    static const struct row ROWS[] = {
        {"empty", BATCH, NULL, "", AWS_ERROR_SERIALIZATION, "", NULL},
        {"cut", BATCH, NULL, "{'UsageRecords':[", AWS_ERROR_SERIALIZATION, "",
         "1:18: a value is expected here, but the text ends"},
        {"list", BATCH, NULL, "[]", AWS_ERROR_SERIALIZATION, "", "The body is not a JSON object."},
        {"duplicate key", RESOLVE, NULL, "{'RegistrationToken':'a','RegistrationToken':'b'}",
         AWS_ERROR_SERIALIZATION, "", NULL},
        {"no operation", OPERATION_NONE, NULL, "{}", AWS_ERROR_UNKNOWN_OPERATION, "",
         "The requested operation is not known."},
    };
    CHECK_ROWS(ROWS);
    struct aws_request request;
    struct aws_violation violation;
    CHECK_INT(aws_request_read(&request, BATCH, span_of("[]"), ruleset_newest(), &violation),
              RC_SYNTAX);
    CHECK_INT(request.count, 0);
    aws_request_clear(&request);
    aws_request_clear(&request); // harmless
}

static void required(void)
{
    static const struct row ROWS[] = {
        {"records", BATCH, NULL, "{'ProductCode':'p'}", AWS_ERROR_VALIDATION, "UsageRecords",
         "1 " ONE "Value null at 'usageRecords' failed to satisfy constraint: Member must not be "
         "null"},
        {"records null", BATCH, NULL, "{'UsageRecords':null}", AWS_ERROR_VALIDATION, "UsageRecords",
         NULL},
        {"no records at all are legal", BATCH, NULL, "{'UsageRecords':[]}", AWS_ERROR_NONE, NULL,
         NULL},
        {"a null record", BATCH, NULL, "{'UsageRecords':[null]}", AWS_ERROR_VALIDATION,
         "UsageRecords[0]", NULL},
        {"timestamp", BATCH, NULL, "{'UsageRecords':[{'Dimension':'d'}]}", AWS_ERROR_VALIDATION,
         "UsageRecords[0].Timestamp", NULL},
        {"two at once", BATCH, NULL, "{'UsageRecords':[{'Timestamp':1,'Dimension':'d'},{}]}",
         AWS_ERROR_VALIDATION, "UsageRecords[1].Timestamp",
         "2 validation errors detected: Value null at 'usageRecords.2.member.timestamp' failed to "
         "satisfy constraint: Member must not be null; Value null at "
         "'usageRecords.2.member.dimension' failed to satisfy constraint: Member must not be null"},
        {"product code of MeterUsage", METER, NULL, "{'Timestamp':1,'UsageDimension':'d'}",
         AWS_ERROR_VALIDATION, "ProductCode", NULL},
        {"product code of BatchMeterUsage before licences", BATCH, "2021",
         "{'UsageRecords':[{'Timestamp':1,'Dimension':'d','CustomerIdentifier':'c'}]}",
         AWS_ERROR_VALIDATION, "ProductCode", NULL},
        {"product code of BatchMeterUsage since", BATCH, "2026-09",
         "{'UsageRecords':[{'Timestamp':1,'Dimension':'d','CustomerIdentifier':'c'}]}",
         AWS_ERROR_NONE, NULL, NULL},
        {"quantity in 2019", BATCH, "2019-06", RECORD(",'CustomerIdentifier':'c'"),
         AWS_ERROR_VALIDATION, "UsageRecords[0].Quantity", NULL},
        {"quantity in 2021", BATCH, "2021", RECORD(",'CustomerIdentifier':'c'"), AWS_ERROR_NONE,
         NULL, NULL},
        {"key version", REGISTER, NULL, "{'ProductCode':'p'}", AWS_ERROR_VALIDATION,
         "PublicKeyVersion", NULL},
        {"token", RESOLVE, NULL, "{}", AWS_ERROR_VALIDATION, "RegistrationToken", NULL},
        {"token given", RESOLVE, NULL, "{'RegistrationToken':'t'}", AWS_ERROR_NONE, NULL, NULL},
    };
    CHECK_ROWS(ROWS);
}

static void constraints(void)
{
    static const struct row ROWS[] = {
        {"negative", BATCH, NULL, RECORD(",'Quantity':-1"), AWS_ERROR_VALIDATION,
         "UsageRecords[0].Quantity",
         "1 " ONE "Value '-1' at 'usageRecords.1.member.quantity' failed to satisfy constraint: "
         "Member must have value greater than or equal to 0"},
        {"nothing", BATCH, NULL, RECORD(",'Quantity':0"), AWS_ERROR_NONE, NULL, NULL},
        {"most", BATCH, NULL, RECORD(",'Quantity':2147483647"), AWS_ERROR_NONE, NULL, NULL},
        {"above", METER, NULL, METERED(",'UsageQuantity':2147483648"), AWS_ERROR_VALIDATION,
         "UsageQuantity",
         "1 " ONE "Value '2147483648' at 'usageQuantity' failed to satisfy constraint: Member must "
         "have value less than or equal to 2147483647"},
        {"most in 2019", BATCH, "2019-06", RECORD(",'CustomerIdentifier':'c','Quantity':1000000"),
         AWS_ERROR_NONE, NULL, NULL},
        {"above in 2019", BATCH, "2019-06", RECORD(",'CustomerIdentifier':'c','Quantity':1000001"),
         AWS_ERROR_VALIDATION, "UsageRecords[0].Quantity", NULL},
        {"product code", METER, NULL,
         "{'ProductCode':'a-Z/0=:_.@','Timestamp':1,"
         "'UsageDimension':'d'}",
         AWS_ERROR_NONE, NULL, NULL},
        {"product code with a blank", METER, NULL,
         "{'ProductCode':'a b','Timestamp':1,'UsageDimension':'d'}", AWS_ERROR_VALIDATION,
         "ProductCode",
         "1 " ONE "Value 'a b' at 'productCode' failed to satisfy constraint: Member must satisfy "
         "regular expression pattern: ^[-a-zA-Z0-9/=:_.@]*$"},
        {"account", BATCH, NULL, RECORD(",'CustomerAWSAccountId':'123456789012'"), AWS_ERROR_NONE,
         NULL, NULL},
        {"account with a letter", BATCH, NULL, RECORD(",'CustomerAWSAccountId':'12345678901x'"),
         AWS_ERROR_VALIDATION, "UsageRecords[0].CustomerAWSAccountId", NULL},
        {"empty account", BATCH, NULL, RECORD(",'CustomerAWSAccountId':''"), AWS_ERROR_VALIDATION,
         "UsageRecords[0].CustomerAWSAccountId", NULL},
        {"account unknown in 2021", BATCH, "2021",
         RECORD(",'CustomerIdentifier':'c','CustomerAWSAccountId':'x'"), AWS_ERROR_NONE, NULL,
         NULL},
        {"both customers", BATCH, NULL,
         RECORD(",'CustomerIdentifier':'c','CustomerAWSAccountId':'1'"), AWS_ERROR_VALIDATION,
         "UsageRecords[0].CustomerIdentifier", NULL},
        {"empty dimension", METER, NULL, "{'ProductCode':'p','Timestamp':1,'UsageDimension':''}",
         AWS_ERROR_VALIDATION, "UsageDimension", NULL},
        {"key version 0", REGISTER, NULL, "{'ProductCode':'p','PublicKeyVersion':0}",
         AWS_ERROR_VALIDATION, "PublicKeyVersion", NULL},
        {"key version 1", REGISTER, NULL, "{'ProductCode':'p','PublicKeyVersion':1}",
         AWS_ERROR_NONE, NULL, NULL},
        {"empty token", RESOLVE, NULL, "{'RegistrationToken':''}", AWS_ERROR_VALIDATION,
         "RegistrationToken", NULL},
        {"empty client token", METER, NULL, METERED(",'ClientToken':''"), AWS_ERROR_VALIDATION,
         "ClientToken", NULL},
        {"client token", METER, NULL, METERED(",'ClientToken':'x'"), AWS_ERROR_NONE, NULL, NULL},
    };
    CHECK_ROWS(ROWS);
}

static void decimals(void)
{
    static const struct row ROWS[] = {
        {"decimal", BATCH, NULL, RECORD(",'QuantityAsDecimal':'17.42'"), AWS_ERROR_NONE, NULL,
         NULL},
        {"as a number", BATCH, NULL, RECORD(",'QuantityAsDecimal':17.42"), AWS_ERROR_SERIALIZATION,
         "UsageRecords[0].QuantityAsDecimal", NULL},
        {"seven digits of fraction", BATCH, NULL, RECORD(",'QuantityAsDecimal':'1.1234567'"),
         AWS_ERROR_VALIDATION, "UsageRecords[0].QuantityAsDecimal", NULL},
        {"leading zero", METER, NULL, METERED(",'UsageQuantityAsDecimal':'01'"),
         AWS_ERROR_VALIDATION, "UsageQuantityAsDecimal", NULL},
        {"both forms", METER, NULL, METERED(",'UsageQuantityAsDecimal':'1','UsageQuantity':1"),
         AWS_ERROR_VALIDATION, "UsageQuantityAsDecimal",
         "1 " ONE "Value '1' at 'usageQuantityAsDecimal' failed to satisfy constraint: Member must "
         "not be given together with UsageQuantity"},
        {"unknown before", BATCH, "2026-09", RECORD(",'QuantityAsDecimal':-1"), AWS_ERROR_NONE,
         NULL, NULL},
        {"decimal sum", BATCH, NULL,
         RECORD(",'QuantityAsDecimal':'1.5','UsageAllocations':["
                "{'AllocatedUsageQuantityAsDecimal':'1.25','Tags':[{'Key':'k','Value':'v'}]},"
                "{'AllocatedUsageQuantityAsDecimal':'0.250000'}]"),
         AWS_ERROR_NONE, NULL, NULL},
        {"mixed forms", BATCH, NULL,
         RECORD(",'QuantityAsDecimal':'2.0','UsageAllocations':[{'AllocatedUsageQuantity':2}]"),
         AWS_ERROR_INVALID_USAGE_ALLOCATIONS, "UsageRecords[0]", NULL},
        {"allocation without quantity", BATCH, NULL, ALLOCATED("0", "{}"), AWS_ERROR_VALIDATION,
         "UsageRecords[0].UsageAllocations[0]", NULL},
        {"allocation with both", BATCH, NULL,
         ALLOCATED("1", "{'AllocatedUsageQuantity':1,'AllocatedUsageQuantityAsDecimal':'1'}"),
         AWS_ERROR_VALIDATION, "UsageRecords[0].UsageAllocations[0]", NULL},
        {"allocation without quantity before", BATCH, "2026-09", ALLOCATED("0", "{}"),
         AWS_ERROR_VALIDATION, "UsageRecords[0].UsageAllocations[0].AllocatedUsageQuantity", NULL},
    };
    CHECK_ROWS(ROWS);
}

static void allocations(void)
{
#define PART(quantity, tags) "{'AllocatedUsageQuantity':" quantity ",'Tags':[" tags "]}"
#define REST(quantity) "{'AllocatedUsageQuantity':" quantity "}"
#define TAG(key, value) "{'Key':'" key "','Value':'" value "'}"
    static const struct row ROWS[] = {
        {"sum", BATCH, NULL, ALLOCATED("5", PART("3", TAG("a", "x")) "," REST("2")), AWS_ERROR_NONE,
         NULL, NULL},
        {"sum below", BATCH, NULL, ALLOCATED("5", PART("3", TAG("a", "x")) "," REST("1")),
         AWS_ERROR_INVALID_USAGE_ALLOCATIONS, "UsageRecords[0]",
         "Sum of allocated usage quantities is not equal to the usage quantity."},
        {"sum without quantity", BATCH, NULL, RECORD(",'UsageAllocations':[" REST("1") "]"),
         AWS_ERROR_INVALID_USAGE_ALLOCATIONS, "UsageRecords[0]", NULL},
        {"nothing without quantity", METER, NULL, METERED(",'UsageAllocations':[" REST("0") "]"),
         AWS_ERROR_NONE, NULL, NULL},
        {"MeterUsage", METER, NULL,
         METERED(",'UsageQuantity':2,'UsageAllocations':[" REST("1") "]"),
         AWS_ERROR_INVALID_USAGE_ALLOCATIONS, "", NULL},
        {"two untagged", BATCH, NULL, ALLOCATED("3", REST("1") "," REST("2")),
         AWS_ERROR_INVALID_USAGE_ALLOCATIONS, "UsageRecords[0]",
         "At most one usage allocation can be without tags."},
        {"same tags in another order", BATCH, NULL,
         ALLOCATED("3", PART("1", TAG("a", "x") "," TAG("b", "y")) "," PART(
                            "2", TAG("b", "y") "," TAG("a", "x"))),
         AWS_ERROR_INVALID_USAGE_ALLOCATIONS, "UsageRecords[0]",
         "Each usage allocation must have a unique set of tags."},
        {"one value differs", BATCH, NULL,
         ALLOCATED("3", PART("1", TAG("a", "x") "," TAG("b", "y")) "," PART(
                            "2", TAG("b", "y") "," TAG("a", "z"))),
         AWS_ERROR_NONE, NULL, NULL},
        {"keys and values change places", BATCH, NULL,
         ALLOCATED("3", PART("1", TAG("a", "x")) "," PART("2", TAG("x", "a"))), AWS_ERROR_NONE,
         NULL, NULL},
        {"a subset is another set", BATCH, NULL,
         ALLOCATED("3", PART("1", TAG("a", "x") "," TAG("b", "y")) "," PART("2", TAG("a", "x"))),
         AWS_ERROR_NONE, NULL, NULL},
        {"five tags", BATCH, NULL,
         ALLOCATED("1", PART("1", TAG("a", "1") "," TAG("b", "1") "," TAG("c", "1") "," TAG(
                                      "d", "1") "," TAG("e", "1"))),
         AWS_ERROR_NONE, NULL, NULL},
        {"six tags", BATCH, NULL,
         ALLOCATED("1", PART("1", TAG("a", "1") "," TAG("b", "1") "," TAG("c", "1") "," TAG(
                                      "d", "1") "," TAG("e", "1") "," TAG("f", "1"))),
         AWS_ERROR_INVALID_TAG, "UsageRecords[0].UsageAllocations[0].Tags",
         "Value at 'usageRecords.1.member.usageAllocations.1.member.tags' failed to satisfy "
         "constraint: Member must have length less than or equal to 5"},
        {"no tags in a list", BATCH, NULL, ALLOCATED("1", PART("1", "")), AWS_ERROR_INVALID_TAG,
         "UsageRecords[0].UsageAllocations[0].Tags", NULL},
        {"a tag beyond ASCII", BATCH, NULL, ALLOCATED("1", PART("1", TAG("a", "\xc3\xa9"))),
         AWS_ERROR_INVALID_TAG, "UsageRecords[0].UsageAllocations[0].Tags[0].Value",
         "Value '\xc3\xa9' at 'usageRecords.1.member.usageAllocations.1.member.tags.1.member.value'"
         " failed to satisfy constraint: Member must satisfy regular expression pattern: "
         "^[a-zA-Z0-9+ -=._:\\/@]+$"},
        {"the range of the pattern", BATCH, NULL, ALLOCATED("1", PART("1", TAG("a", "!#$%&()*;<"))),
         AWS_ERROR_NONE, NULL, NULL},
        {"beyond the range", BATCH, NULL, ALLOCATED("1", PART("1", TAG("a", "a>b"))),
         AWS_ERROR_INVALID_TAG, NULL, NULL},
        {"an empty key", BATCH, NULL, ALLOCATED("1", PART("1", TAG("", "x"))),
         AWS_ERROR_INVALID_TAG, "UsageRecords[0].UsageAllocations[0].Tags[0].Key", NULL},
        {"an empty value is documented", BATCH, NULL, ALLOCATED("1", PART("1", TAG("a", ""))),
         AWS_ERROR_NONE, NULL, NULL},
        {"no value is documented", BATCH, NULL, ALLOCATED("1", PART("1", "{'Key':'a'}")),
         AWS_ERROR_NONE, NULL, NULL},
        {"no key", BATCH, NULL, ALLOCATED("1", PART("1", "{'Value':'a'}")), AWS_ERROR_VALIDATION,
         "UsageRecords[0].UsageAllocations[0].Tags[0].Key", NULL},
        {"no allocations in a list", BATCH, NULL, ALLOCATED("0", ""),
         AWS_ERROR_INVALID_USAGE_ALLOCATIONS, "UsageRecords[0].UsageAllocations", NULL},
        {"unknown in 2019", BATCH, "2019-06",
         RECORD(",'CustomerIdentifier':'c','Quantity':1,'UsageAllocations':7"), AWS_ERROR_NONE,
         NULL, NULL},
    };
    CHECK_ROWS(ROWS);
}

// A request of many like parts, as one text; # in a part becomes its number.
static char *repeated(const char *head, const char *part, size_t count, const char *tail)
{
    struct buf b = {0};
    buf_add_text(&b, head);
    for (size_t i = 0; i < count; i++) {
        buf_add_text(&b, i == 0 ? "" : ",");
        for (const char *c = part; *c != '\0'; c++) {
            if (*c == '#') {
                buf_add_u64(&b, i);
            } else {
                buf_add_char(&b, *c);
            }
        }
    }
    buf_add_text(&b, tail);
    return buf_take_text(&b);
}

static void check_repeated(const char *name, const char *head, const char *part, size_t count,
                           const char *tail, enum aws_error error, const char *text)
{
    OWN(text) char *body = repeated(head, part, count, tail);
    const struct row row = {
        .name = name, .operation = BATCH, .body = body, .error = error, .text = text};
    unit_row(name);
    check_row(&row);
    unit_row(NULL);
}

#define A_RECORD "{'Timestamp':1,'Dimension':'d','CustomerIdentifier':'c#','Quantity':1}"
#define A_BUCKET "{'AllocatedUsageQuantity':1,'Tags':[{'Key':'k','Value':'#'}]}"
#define BUCKETS_OF(quantity)                                                                       \
    "{'UsageRecords':[{'Timestamp':1,'Dimension':'d','Quantity':" quantity ",'UsageAllocations':["

static void limits(void)
{
    check_repeated("25 records", "{'UsageRecords':[", A_RECORD, 25, "]}", AWS_ERROR_NONE, "");
    check_repeated("26 records", "{'UsageRecords':[", A_RECORD, 26, "]}", AWS_ERROR_VALIDATION,
                   "1 " ONE "Value at 'usageRecords' failed to satisfy constraint: Member must "
                   "have length less than or equal to 25");
    check_repeated("2500 buckets", BUCKETS_OF("2500"), A_BUCKET, 2500, "]}]}", AWS_ERROR_NONE, "");
    check_repeated("2501 buckets", BUCKETS_OF("2501"), A_BUCKET, 2501, "]}]}",
                   AWS_ERROR_INVALID_USAGE_ALLOCATIONS, NULL);
    // Lengths count characters, not bytes; the parts are joined by commas.
    check_repeated("255 characters", "{'UsageRecords':[{'Timestamp':1,'Dimension':'", "\xc3\xa9",
                   128, "'}]}", AWS_ERROR_NONE, "");
    check_repeated("256 characters", "{'UsageRecords':[{'Timestamp':1,'Dimension':'", "\xc3\xa9",
                   128, "x'}]}", AWS_ERROR_VALIDATION, NULL);
}

static void sizes(void)
{
    struct buf b = {0};
    buf_add_text(&b, "{\"UsageRecords\":[],\"x\":\"");
    while (b.len < AWS_MAX_BODY_BYTES - 2) {
        buf_add_char(&b, 'x');
    }
    buf_add_text(&b, "\"}");
    struct aws_request request;
    struct aws_violation violation;
    CHECK_INT(aws_request_read(&request, BATCH, buf_span(&b), ruleset_newest(), &violation), RC_OK);
    aws_request_clear(&request);
    buf_add_char(&b, ' ');
    CHECK_INT(aws_request_read(&request, BATCH, buf_span(&b), ruleset_newest(), &violation),
              RC_RANGE);
    CHECK_INT(violation.error, AWS_ERROR_TOO_LARGE);
    CHECK_INT(aws_error_status(violation.error), 413);
    CHECK(request.json != NULL);
    aws_request_clear(&request);
    buf_clear(&b);
}

static bool span_says(struct span actual, const char *expected)
{
    return CHECK(span_is(actual, expected));
}

static enum rc read_text(struct aws_request *out, enum operation operation, const char *text,
                         struct aws_violation *violation)
{
    OWN(text) char *body = with_double_quotes(text);
    return aws_request_read(out, operation, span_of(body), ruleset_newest(), violation);
}

static void decodes_batch(void)
{
    struct aws_request r;
    struct aws_violation v;
    CHECK_INT(read_text(&r, BATCH,
                        "{'ProductCode':'p','UsageRecords':[{'Timestamp':1767225600.5,"
                        "'CustomerIdentifier':'c','Dimension':'d','Quantity':7},{'Timestamp':1,"
                        "'Dimension':'e','CustomerAWSAccountId':'123456789012','LicenseArn':"
                        "'arn:aws:license-manager::1:license:l-1','QuantityAsDecimal':'17.25',"
                        "'UsageAllocations':[{'AllocatedUsageQuantityAsDecimal':'17.250'}]}]}",
                        &v),
              RC_OK);
    span_says(r.product_code, "p");
    if (CHECK_INT(r.count, 2)) {
        CHECK_INT(r.records[0].timestamp_us, INT64_C(1767225600500000));
        span_says(r.records[0].customer_identifier, "c");
        span_says(r.records[0].dimension, "d");
        CHECK_INT(r.records[0].quantity, 7);
        CHECK_INT(r.records[0].quantity_micros, 7000000);
        CHECK(r.records[0].has_quantity && !r.records[0].is_decimal);
        CHECK(r.records[0].allocations == NULL && r.records[0].customer_account.len == 0);
        span_says(r.records[1].customer_account, "123456789012");
        span_says(r.records[1].license_arn, "arn:aws:license-manager::1:license:l-1");
        CHECK_INT(r.records[1].quantity, 17);
        CHECK_INT(r.records[1].quantity_micros, 17250000);
        CHECK(r.records[1].is_decimal && r.records[1].allocations != NULL);
        CHECK(json_get(r.records[1].json, "LicenseArn") != NULL);
    }
    aws_request_clear(&r);
}

static void decodes_broken(void)
{
    struct aws_request r;
    struct aws_violation v;
    CHECK_INT(read_text(&r, BATCH,
                        "{'UsageRecords':[7,{'Timestamp':'x','Dimension':'d','Quantity':-3},null]}",
                        &v),
              RC_RANGE);
    if (CHECK_INT(r.count, 3)) {
        span_says(r.records[1].dimension, "d");
        CHECK_INT(r.records[1].quantity, -3);
        CHECK_INT(r.records[1].timestamp_us, 0);
        CHECK(r.records[0].json != NULL && !r.records[0].has_quantity);
    }
    CHECK_TEXT(v.where, "UsageRecords[0]");
    aws_request_clear(&r);
    // Quantities out of all bounds must not overflow the sum.
    CHECK_INT(read_text(&r, BATCH,
                        ALLOCATED("9007199254740992", REST("9007199254740992") "," PART(
                                                          "9007199254740992", TAG("a", "b"))),
                        &v),
              RC_RANGE);
    CHECK_INT(v.error, AWS_ERROR_VALIDATION);
    aws_request_clear(&r);
}

static void decodes_others(void)
{
    struct aws_request r;
    struct aws_violation v;
    CHECK_INT(
        read_text(&r, METER, METERED(",'UsageQuantity':4,'DryRun':true,'ClientToken':'t'"), &v),
        RC_OK);
    if (CHECK_INT(r.count, 1)) {
        CHECK_INT(r.records[0].quantity, 4);
        CHECK_INT(r.records[0].timestamp_us, 1000000);
        span_says(r.records[0].dimension, "d");
        CHECK(r.records[0].json == r.json);
    }
    CHECK(r.dry_run);
    span_says(r.client_token, "t");
    aws_request_clear(&r);
    CHECK_INT(read_text(&r, REGISTER, "{'ProductCode':'p','PublicKeyVersion':3,'Nonce':'n'}", &v),
              RC_OK);
    CHECK_INT(r.public_key_version, 3);
    span_says(r.nonce, "n");
    CHECK_INT(r.count, 0);
    aws_request_clear(&r);
    CHECK_INT(read_text(&r, RESOLVE, "{'RegistrationToken':'a+b/c='}", &v), RC_OK);
    span_says(r.registration_token, "a+b/c=");
    aws_request_clear(&r);
}

const struct unit_test REQUEST_TESTS[] = {
    {"JSON types", types},
    {"bodies that are no request", bodies},
    {"required members", required},
    {"constraints", constraints},
    {"decimal quantities", decimals},
    {"usage allocations", allocations},
    {"limits of count", limits},
    {"limit of size", sizes},
    {"a batch, decoded", decodes_batch},
    {"broken requests, decoded as far as possible", decodes_broken},
    {"other operations, decoded", decodes_others},
    {NULL, NULL},
};
