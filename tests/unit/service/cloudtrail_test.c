// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/service/fixture.h"
#include "tests/unit/service/service_tests.h"

#include <string.h>

#include "proxy/base/own.h"
#include "proxy/service/cloudtrail.h"

// A call of the fixture as it would be recorded; the caller frees.
static char *recorded(struct fixture *f, enum operation operation)
{
    OWN(json) cJSON *reply = NULL;
    CHECK_INT(json_read(&reply, NULL, span_of(f->body), NULL, NULL), RC_OK);
    struct cloudtrail_call call = {
        .world = f->world,
        .operation = operation,
        .credential = "k1",
        .region = "us-east-1",
        .user_agent = SPAN("agent \"1\""),
        .request_id = "r-1",
        .number = 1,
        .now_us = f->now_us,
        .request = f->request.json,
        .response = reply,
        .error = span_of(aws_error_name(f->reply.error)),
        .text = span_of(f->reply.text),
    };
    struct buf out = {0};
    cloudtrail_add(&out, &call);
    return buf_take_text(&out);
}

static cJSON *parsed(const char *text)
{
    cJSON *tree = NULL;
    struct diag d = {0};
    CHECK_INT(json_read(&tree, NULL, span_of(text), NULL, &d), RC_OK);
    CHECK_TEXT(d.text, "");
    return tree;
}

// Whether a member's value is that JSON text.
static void check_member(const cJSON *record, const char *key, const char *json)
{
    struct buf out = {0};
    json_print(&out, json_get(record, key));
    OWN(text) char *text = buf_take_text(&out);
    unit_row(key);
    CHECK_TEXT(text, json);
    unit_row(NULL);
}

#define BATCH                                                                                      \
    "{\"UsageRecords\":[{\"Timestamp\":1794992400,\"CustomerAWSAccountId\":\"111122223333\","      \
    "\"Dimension\":\"req\",\"Quantity\":3,\"UsageAllocations\":[{\"AllocatedUsageQuantity\":3,"    \
    "\"Tags\":[{\"Key\":\"Team\",\"Value\":\"A\"}]}]}],\"ProductCode\":\"code-w\"}"

// The example of the guide, member by member.
static void sellers(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_ask(&f, OPERATION_BATCH_METER_USAGE, BATCH), AWS_ERROR_NONE);
    OWN(text) char *text = recorded(&f, OPERATION_BATCH_METER_USAGE);
    OWN(json) cJSON *record = parsed(text);
    const cJSON *user = json_get(record, "userIdentity");
    const char *account = json_get_text(record, "recipientAccountId");
    check_member(record, "eventVersion", "\"1.05\"");
    check_member(record, "eventTime", "\"2026-11-18T10:15:00Z\"");
    check_member(record, "eventSource", "\"metering-marketplace.amazonaws.com\"");
    check_member(record, "eventName", "\"BatchMeterUsage\"");
    check_member(record, "awsRegion", "\"us-east-1\"");
    check_member(record, "userAgent", "\"agent \\\"1\\\"\"");
    check_member(record, "requestID", "\"r-1\"");
    check_member(record, "readOnly", "false");
    check_member(record, "eventType", "\"AwsApiCall\"");
    check_member(record, "requestParameters",
                 "{\"usageRecords\":[{\"timestamp\":\"Nov 18, 2026 9:00:00 AM\","
                 "\"customerAWSAccountId\":\"111122223333\",\"dimension\":\"req\",\"quantity\":3,"
                 "\"usageAllocations\":[{\"allocatedUsageQuantity\":3,\"tags\":[{\"key\":\"Team\","
                 "\"value\":\"A\"}]}]}],\"productCode\":\"code-w\"}");
    const cJSON *response = json_get(record, "responseElements");
    const cJSON *result = json_get(response, "results")->child;
    check_member(result, "status", "\"Success\"");
    check_member(json_get(result, "usageRecord"), "timestamp", "\"Nov 18, 2026 9:00:00 AM\"");
    CHECK_TEXT(json_get_text(result, "meteringRecordId"), f.reply.outcomes[0].record_id);
    check_member(response, "unprocessedRecords", "[]");
    CHECK(json_get(record, "errorCode") == NULL && json_get(record, "errorMessage") == NULL);
    check_member(user, "type", "\"IAMUser\"");
    check_member(user, "userName", "\"k1\"");
    CHECK_TEXT(json_get_text(user, "accountId"), account);
    CHECK(account != NULL && strcmp(account, "111122223333") != 0);
    CHECK(json_get(user, "sessionContext") == NULL);
    fixture_close(&f);
}

static void failures(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    CHECK_INT(fixture_ask(&f, OPERATION_METER_USAGE,
                          "{\"ProductCode\":\"code-w\",\"Timestamp\":1794992400.5,"
                          "\"UsageDimension\":\"none\"}"),
              AWS_ERROR_INVALID_USAGE_DIMENSION);
    OWN(text) char *text = recorded(&f, OPERATION_METER_USAGE);
    OWN(json) cJSON *record = parsed(text);
    check_member(record, "errorCode", "\"InvalidUsageDimensionException\"");
    CHECK_TEXT(json_get_text(record, "errorMessage"), f.reply.text);
    check_member(record, "responseElements", "null");
    check_member(record, "requestParameters",
                 "{\"productCode\":\"code-w\",\"timestamp\":\"Nov 18, 2026 9:00:00 AM\","
                 "\"usageDimension\":\"none\"}");
    check_member(record, "recipientAccountId", "\"111122223333\"");
    fixture_close(&f);
}

// What shows which role a buyer's program has.
static void roles(void)
{
    static const struct {
        const char *name, *platform, *source, *session_begins, *federated, *delivery;
        bool is_version_1;
    } ROWS[] = {{"given on EC2", "ec2", NULL, "i-", NULL, "2.0", false},
                {"given on ECS", "ecs", NULL, "", NULL, NULL, false},
                {"given on EKS", "eks", "static", "botocore-session-", "oidc", NULL, false},
                {"an instance's", "ec2", "imds", "i-", NULL, "2.0", false},
                {"by version 1", "ec2", "imds", "i-", NULL, "1.0", true},
                {"a pod with its node's role", "eks", "imds", "i-", NULL, "2.0", false},
                {"a pod's", "eks", "web-identity", "botocore-session-", "oidc", NULL, false},
                {"a seller's", "ecs", "web-identity", "botocore-session-", "oidc", NULL, false},
                {"a pod's association", "eks", "pod-identity", "", NULL, NULL, false},
                {"a task's", "ecs", "container", "", NULL, NULL, false}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN_BUF struct buf world = {0};
        buf_addf(&world,
                 "{\"platform\":\"%s\",\"credentials\":[{\"name\":\"k1\",\"session\":true}]}%c",
                 ROWS[i].platform, '\0');
        struct fixture f;
        unit_row(ROWS[i].name);
        if (!fixture_open_from(&f, world.data, ROWS[i].source)) {
            continue;
        }
        world_tell_metadata(f.world, world_credential(f.world, 0), ROWS[i].is_version_1);
        CHECK_INT(fixture_ask(&f, OPERATION_METER_USAGE,
                              "{\"ProductCode\":\"code-w\",\"Timestamp\":1794992400,"
                              "\"UsageDimension\":\"req\"}"),
                  AWS_ERROR_NONE);
        OWN(text) char *text = recorded(&f, OPERATION_METER_USAGE);
        OWN(json) cJSON *record = parsed(text);
        const cJSON *user = json_get(record, "userIdentity");
        const cJSON *session = json_get(user, "sessionContext");
        const char *federated =
            json_get_text(json_get(session, "webIdFederationData"), "federatedProvider");
        struct span arn = json_span(json_get(user, "arn"));
        OWN_BUF struct buf begins = {0};
        buf_addf(&begins, "arn:aws:sts::111122223333:assumed-role/meterprover/%s",
                 ROWS[i].session_begins);
        CHECK_TEXT(json_get_text(user, "type"), "AssumedRole");
        CHECK(span_starts(arn, buf_span(&begins)));
        CHECK(strncmp(json_get_text(user, "accessKeyId"), "ASIA", 4) == 0);
        CHECK_INT(federated != NULL, ROWS[i].federated != NULL);
        CHECK_TEXT(json_get_text(session, "ec2RoleDelivery"), ROWS[i].delivery);
        CHECK_TEXT(json_get_text(json_get(session, "attributes"), "mfaAuthenticated"), "false");
        CHECK(strstr(text, world_credential(f.world, 0)->session_token) == NULL);
        fixture_close(&f);
    }
    unit_row(NULL);
}

// A reply may write a moment in any form; the log has one.
static void forms_of_moments(void)
{
    struct fixture f;
    if (!fixture_open(&f, NULL)) {
        return;
    }
    static const char *const FORMS[] = {"1794992400", "1.7949924E9", "\"2026-11-18T09:00:00Z\""};
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        OWN_BUF struct buf body = {0};
        buf_addf(&body, "{\"PublicKeyRotationTimestamp\":%s,\"Other\":1}%c", FORMS[i], '\0');
        x_free(f.body);
        f.body = x_strdup(body.data);
        OWN(text) char *text = recorded(&f, OPERATION_REGISTER_USAGE);
        OWN(json) cJSON *record = parsed(text);
        check_member(record, "responseElements",
                     "{\"publicKeyRotationTimestamp\":\"Nov 18, 2026 9:00:00 AM\",\"other\":1}");
    }
    fixture_close(&f);
}

static void operations(void)
{
    CHECK(cloudtrail_records(OPERATION_BATCH_METER_USAGE));
    CHECK(cloudtrail_records(OPERATION_METER_USAGE));
    CHECK(cloudtrail_records(OPERATION_REGISTER_USAGE));
    CHECK(!cloudtrail_records(OPERATION_RESOLVE_CUSTOMER));
    CHECK(!cloudtrail_records(OPERATION_NONE));
}

const struct unit_test CLOUDTRAIL_TESTS[] = {
    {"a seller's call", sellers},         {"failures", failures},
    {"roles of buyers' programs", roles}, {"forms of moments", forms_of_moments},
    {"what is recorded", operations},     {NULL, NULL},
};
