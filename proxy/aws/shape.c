// SPDX-License-Identifier: Apache-2.0
// One table row per shape and member of the model's inputs. Two rows differ from the model on
// purpose: a tag's value may be empty or absent, because the text of the model says so ("The value
// can be empty or null") while its constraints do not, and a refusal that AWS may not make would
// be a false failure of the client.
#include "proxy/aws/shape.h"

#include <stddef.h>

#include "proxy/aws/pattern.h"
#include "proxy/aws/request.h"

#define UNLIMITED .min = SHAPE_NO_LIMIT, .max = SHAPE_NO_LIMIT
#define MEMBERS(table) .members = (table), .member_count = sizeof(table) / sizeof(table)[0]
#define IN_REQUEST(field) .home = HOME_REQUEST, .offset = offsetof(struct aws_request, field)
#define IN_RECORD(field) .home = HOME_RECORD, .offset = offsetof(struct usage_record, field)

static const struct shape BOOLEAN = {.name = "Boolean", .kind = SHAPE_BOOLEAN, UNLIMITED};
static const struct shape TIMESTAMP = {.name = "Timestamp", .kind = SHAPE_TIMESTAMP, UNLIMITED};
static const struct shape PRODUCT_CODE = {.name = "ProductCode",
                                          .kind = SHAPE_STRING,
                                          .min = 0,
                                          .max = 255,
                                          .pattern = "^[-a-zA-Z0-9/=:_.@]*$",
                                          .matches = pattern_product_code};
static const struct shape CUSTOMER_IDENTIFIER = {.name = "CustomerIdentifier",
                                                 .kind = SHAPE_STRING,
                                                 .min = 0,
                                                 .max = 255,
                                                 .pattern = "[\\s\\S]*"};
static const struct shape CUSTOMER_ACCOUNT = {.name = "CustomerAWSAccountId",
                                              .kind = SHAPE_STRING,
                                              .min = 1,
                                              .max = 255,
                                              .pattern = "^[0-9]+$",
                                              .matches = pattern_account};
static const struct shape LICENSE_ARN = {
    .name = "LicenseArn",
    .kind = SHAPE_STRING,
    UNLIMITED,
    .pattern = "^arn:aws[a-zA-Z-]*:[A-Za-z0-9][A-Za-z0-9_/.-]{0,62}:[A-Za-z0-9_/.-]{0,63}:"
               "[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,1023}$",
    .matches = pattern_license_arn};
static const struct shape USAGE_DIMENSION = {.name = "UsageDimension",
                                             .kind = SHAPE_STRING,
                                             .min = 1,
                                             .max = 255,
                                             .pattern = "[\\s\\S]+",
                                             .matches = pattern_some};
static const struct shape USAGE_QUANTITY = {.name = "UsageQuantity",
                                            .kind = SHAPE_INTEGER,
                                            .min = 0,
                                            .max = INT32_MAX,
                                            .is_quantity = true};
static const struct shape ALLOCATED_QUANTITY = {.name = "AllocatedUsageQuantity",
                                                .kind = SHAPE_INTEGER,
                                                .min = 0,
                                                .max = INT32_MAX,
                                                .is_quantity = true};
#define DECIMAL_SHAPE(shape_name)                                                                  \
    {                                                                                              \
        .name = (shape_name), .kind = SHAPE_STRING, .min = 1, .max = 17,                           \
        .pattern = "^(0|[1-9][0-9]{0,9})(\\.[0-9]{1,6})?$", .matches = pattern_decimal             \
    }
static const struct shape USAGE_DECIMAL = DECIMAL_SHAPE("UsageQuantityAsDecimalString");
static const struct shape ALLOCATED_DECIMAL =
    DECIMAL_SHAPE("AllocatedUsageQuantityAsDecimalString");
static const struct shape CLIENT_TOKEN = {
    .name = "ClientToken", .kind = SHAPE_STRING, .min = 1, .max = 64};
static const struct shape NONCE = {.name = "Nonce",
                                   .kind = SHAPE_STRING,
                                   .min = SHAPE_NO_LIMIT,
                                   .max = 255,
                                   .pattern = "[\\s\\S]*"};
static const struct shape VERSION_INTEGER = {
    .name = "VersionInteger", .kind = SHAPE_INTEGER, .min = 1, .max = SHAPE_NO_LIMIT};
static const struct shape NON_EMPTY_STRING = {.name = "NonEmptyString",
                                              .kind = SHAPE_STRING,
                                              UNLIMITED,
                                              .pattern = "[\\s\\S]+",
                                              .matches = pattern_some};

#define TAG_PATTERN "^[a-zA-Z0-9+ -=._:\\/@]+$"
static const struct shape TAG_KEY = {.name = "TagKey",
                                     .kind = SHAPE_STRING,
                                     .min = 1,
                                     .max = 100,
                                     .pattern = TAG_PATTERN,
                                     .matches = pattern_tag,
                                     .error = AWS_ERROR_INVALID_TAG};
static const struct shape TAG_VALUE = {.name = "TagValue",
                                       .kind = SHAPE_STRING,
                                       .min = 0,
                                       .max = 256,
                                       .pattern = TAG_PATTERN,
                                       .matches = pattern_tag,
                                       .error = AWS_ERROR_INVALID_TAG};
static const struct shape_member TAG_MEMBERS[] = {
    {.name = "Key", .shape = &TAG_KEY, .required = true},
    {.name = "Value", .shape = &TAG_VALUE},
};
static const struct shape TAG = {
    .name = "Tag", .kind = SHAPE_STRUCTURE, UNLIMITED, MEMBERS(TAG_MEMBERS)};
static const struct shape TAG_LIST = {.name = "TagList",
                                      .kind = SHAPE_LIST,
                                      .min = 1,
                                      .max = 5,
                                      .element = &TAG,
                                      .error = AWS_ERROR_INVALID_TAG};

static const struct shape_member ALLOCATION_MEMBERS[] = {
    {.name = "AllocatedUsageQuantity",
     .shape = &ALLOCATED_QUANTITY,
     .required = true,
     .optional_with = FEATURE_DECIMALS},
    {.name = "AllocatedUsageQuantityAsDecimal",
     .shape = &ALLOCATED_DECIMAL,
     .needs = FEATURE_DECIMALS},
    {.name = "Tags", .shape = &TAG_LIST},
};
static const struct shape ALLOCATION = {
    .name = "UsageAllocation", .kind = SHAPE_STRUCTURE, UNLIMITED, MEMBERS(ALLOCATION_MEMBERS)};
static const struct shape ALLOCATIONS = {.name = "UsageAllocations",
                                         .kind = SHAPE_LIST,
                                         .min = 1,
                                         .max = 2500,
                                         .element = &ALLOCATION,
                                         .error = AWS_ERROR_INVALID_USAGE_ALLOCATIONS};

static const struct shape_member RECORD_MEMBERS[] = {
    {.name = "Timestamp", .shape = &TIMESTAMP, .required = true, IN_RECORD(timestamp_us)},
    {.name = "CustomerIdentifier",
     .shape = &CUSTOMER_IDENTIFIER,
     .required = true,
     .optional_with = FEATURE_LICENSES,
     IN_RECORD(customer_identifier)},
    {.name = "Dimension", .shape = &USAGE_DIMENSION, .required = true, IN_RECORD(dimension)},
    {.name = "Quantity",
     .shape = &USAGE_QUANTITY,
     .required = true,
     .optional_with = FEATURE_ALLOCATIONS,
     IN_RECORD(quantity)},
    {.name = "QuantityAsDecimal", .shape = &USAGE_DECIMAL, .needs = FEATURE_DECIMALS},
    {.name = "UsageAllocations",
     .shape = &ALLOCATIONS,
     .needs = FEATURE_ALLOCATIONS,
     IN_RECORD(allocations)},
    {.name = "CustomerAWSAccountId",
     .shape = &CUSTOMER_ACCOUNT,
     .needs = FEATURE_LICENSES,
     IN_RECORD(customer_account)},
    {.name = "LicenseArn",
     .shape = &LICENSE_ARN,
     .needs = FEATURE_LICENSES,
     IN_RECORD(license_arn)},
};
static const struct shape RECORD = {
    .name = "UsageRecord", .kind = SHAPE_STRUCTURE, UNLIMITED, MEMBERS(RECORD_MEMBERS)};
static const struct shape RECORD_LIST = {.name = "UsageRecordList",
                                         .kind = SHAPE_LIST,
                                         .min = 0,
                                         .max = AWS_MAX_RECORDS,
                                         .element = &RECORD};

static const struct shape_member BATCH_MEMBERS[] = {
    {.name = "UsageRecords", .shape = &RECORD_LIST, .required = true},
    {.name = "ProductCode",
     .shape = &PRODUCT_CODE,
     .required = true,
     .optional_with = FEATURE_LICENSES,
     IN_REQUEST(product_code)},
};
static const struct shape_member METER_MEMBERS[] = {
    {.name = "ProductCode", .shape = &PRODUCT_CODE, .required = true, IN_REQUEST(product_code)},
    {.name = "Timestamp", .shape = &TIMESTAMP, .required = true, IN_RECORD(timestamp_us)},
    {.name = "UsageDimension", .shape = &USAGE_DIMENSION, .required = true, IN_RECORD(dimension)},
    {.name = "UsageQuantity",
     .shape = &USAGE_QUANTITY,
     .required = true,
     .optional_with = FEATURE_ALLOCATIONS,
     IN_RECORD(quantity)},
    {.name = "UsageQuantityAsDecimal", .shape = &USAGE_DECIMAL, .needs = FEATURE_DECIMALS},
    {.name = "DryRun",
     .shape = &BOOLEAN,
     .required = true,
     .optional_with = FEATURE_ALLOCATIONS,
     IN_REQUEST(dry_run)},
    {.name = "UsageAllocations",
     .shape = &ALLOCATIONS,
     .needs = FEATURE_ALLOCATIONS,
     IN_RECORD(allocations)},
    {.name = "ClientToken", .shape = &CLIENT_TOKEN, IN_REQUEST(client_token)},
};
static const struct shape_member REGISTER_MEMBERS[] = {
    {.name = "ProductCode", .shape = &PRODUCT_CODE, .required = true, IN_REQUEST(product_code)},
    {.name = "PublicKeyVersion",
     .shape = &VERSION_INTEGER,
     .required = true,
     IN_REQUEST(public_key_version)},
    {.name = "Nonce", .shape = &NONCE, IN_REQUEST(nonce)},
};
static const struct shape_member RESOLVE_MEMBERS[] = {
    {.name = "RegistrationToken",
     .shape = &NON_EMPTY_STRING,
     .required = true,
     IN_REQUEST(registration_token)},
};

#define INPUT(shape_name, table)                                                                   \
    {                                                                                              \
        .name = (shape_name), .kind = SHAPE_STRUCTURE, UNLIMITED, MEMBERS(table)                   \
    }
static const struct shape INPUTS[OPERATION_COUNT] = {
    [OPERATION_BATCH_METER_USAGE] = INPUT("BatchMeterUsageRequest", BATCH_MEMBERS),
    [OPERATION_METER_USAGE] = INPUT("MeterUsageRequest", METER_MEMBERS),
    [OPERATION_REGISTER_USAGE] = INPUT("RegisterUsageRequest", REGISTER_MEMBERS),
    [OPERATION_RESOLVE_CUSTOMER] = INPUT("ResolveCustomerRequest", RESOLVE_MEMBERS),
};

const struct shape *shape_of_input(enum operation operation)
{
    return operation > OPERATION_NONE && operation < OPERATION_COUNT ? &INPUTS[operation] : NULL;
}

bool shape_is_record(const struct shape *shape)
{
    return shape == &RECORD;
}

const char *shape_kind_name(enum shape_kind kind)
{
    static const char *const NAMES[SHAPE_KINDS] = {
        [SHAPE_STRUCTURE] = "structure", [SHAPE_LIST] = "list",
        [SHAPE_STRING] = "string",       [SHAPE_INTEGER] = "integer",
        [SHAPE_BOOLEAN] = "boolean",     [SHAPE_TIMESTAMP] = "timestamp",
    };
    return NAMES[kind];
}

static bool has_feature(const struct ruleset *rules, enum feature feature)
{
    return feature == FEATURE_NONE || (feature == FEATURE_ALLOCATIONS && rules->has_allocations) ||
           (feature == FEATURE_LICENSES && rules->has_licenses) ||
           (feature == FEATURE_DECIMALS && rules->has_decimals);
}

bool shape_knows(const struct shape_member *member, const struct ruleset *rules)
{
    return has_feature(rules, member->needs);
}

bool shape_requires(const struct shape_member *member, const struct ruleset *rules)
{
    return member->required &&
           (member->optional_with == FEATURE_NONE || !has_feature(rules, member->optional_with));
}

int64_t shape_max(const struct shape *shape, const struct ruleset *rules)
{
    return shape->is_quantity ? rules->max_quantity : shape->max;
}
