// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/aws/aws_tests.h"

#include "proxy/aws/error.h"
#include "proxy/base/alloc.h"

static void operations(void)
{
    for (size_t i = OPERATION_NONE + 1; i < OPERATION_COUNT; i++) {
        enum operation operation = (enum operation)i;
        CHECK(operation_name(operation)[0] != '\0');
        CHECK_INT(operation_find(span_of(operation_name(operation))), operation);
    }
    CHECK_TEXT(operation_name(OPERATION_NONE), "");
    CHECK_INT(operation_find(span_of("")), OPERATION_NONE);
    CHECK_INT(operation_find(span_of("batchMeterUsage")), OPERATION_NONE);
}

static void targets(void)
{
    static const struct {
        const char *name;
        enum operation operation;
    } ROWS[] = {
        {"AWSMPMeteringService.BatchMeterUsage", OPERATION_BATCH_METER_USAGE},
        {"AWSMPMeteringService.ResolveCustomer", OPERATION_RESOLVE_CUSTOMER},
        {"AWSMPMeteringService.", OPERATION_NONE},
        {"AWSMPMeteringService.BatchMeterUsageX", OPERATION_NONE},
        {"AWSMPEntitlementService.MeterUsage", OPERATION_NONE},
        {"MeterUsage", OPERATION_NONE},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        CHECK_INT(operation_from_target(span_of(ROWS[i].name)), ROWS[i].operation);
    }
    unit_row(NULL);
}

static void table(void)
{
    int pairs = 0;
    for (size_t i = AWS_ERROR_NONE + 1; i < AWS_ERROR_COUNT; i++) {
        enum aws_error error = (enum aws_error)i;
        const char *name = aws_error_name(error);
        unit_row(name);
        CHECK(name[0] != '\0' && aws_error_message(error)[0] != '\0');
        CHECK(aws_error_status(error) >= 400 && aws_error_status(error) < 600);
        // One name stands twice on purpose; by name the modelled one is found.
        enum aws_error expected =
            error == AWS_ERROR_EXPIRED_CREDENTIALS ? AWS_ERROR_EXPIRED_TOKEN : error;
        CHECK_INT(aws_error_find(span_of(name)), expected);
        for (size_t j = 0; j < OPERATION_COUNT; j++) {
            pairs += aws_error_is_modelled(error, (enum operation)j) ? 1 : 0;
        }
    }
    unit_row(NULL);
    CHECK_INT(pairs, 34);
    CHECK_INT(aws_error_find(span_of("Throttling")), AWS_ERROR_NONE);
    CHECK_INT(aws_error_find(span_of("")), AWS_ERROR_NONE);
}

static void modelled(void)
{
    CHECK(aws_error_is_modelled(AWS_ERROR_DISABLED_API, OPERATION_BATCH_METER_USAGE));
    CHECK(!aws_error_is_modelled(AWS_ERROR_DISABLED_API, OPERATION_METER_USAGE));
    CHECK(aws_error_is_modelled(AWS_ERROR_EXPIRED_TOKEN, OPERATION_RESOLVE_CUSTOMER));
    CHECK(!aws_error_is_modelled(AWS_ERROR_EXPIRED_CREDENTIALS, OPERATION_RESOLVE_CUSTOMER));
    CHECK(!aws_error_is_modelled(AWS_ERROR_THROTTLING, OPERATION_NONE));
    CHECK(!aws_error_is_modelled(AWS_ERROR_NONE, OPERATION_METER_USAGE));
    CHECK_INT(aws_error_status(AWS_ERROR_THROTTLING), 400);
    CHECK_INT(aws_error_status(AWS_ERROR_INTERNAL_SERVICE_ERROR), 500);
    CHECK_INT(aws_error_status(AWS_ERROR_UNKNOWN_OPERATION), 404);
}

static void check_render(const struct aws_error_form *form, const char *body, const char *header)
{
    struct buf got_body = {0};
    struct buf got_header = {0};
    aws_error_render(&got_body, &got_header, AWS_ERROR_INVALID_TOKEN, form);
    char *body_text = buf_take_text(&got_body);
    char *header_text = buf_take_text(&got_header);
    CHECK_TEXT(body_text, body);
    CHECK_TEXT(header_text, header);
    x_free(body_text);
    x_free(header_text);
}

static void renders(void)
{
    static const struct {
        const char *name;
        struct aws_error_form form;
        const char *body, *header;
    } ROWS[] = {
        {.name = "usual",
         .body = "{\"__type\":\"InvalidTokenException\","
                 "\"message\":\"Registration token is invalid.\"}",
         .header = ""},
        {.name = "namespaced, Message",
         .form = {.how = AWS_ERROR_NAMESPACED, .capital_message = true, .message = "a\"b"},
         .body = "{\"__type\":\"com.amazonaws.marketplacemetering#InvalidTokenException\","
                 "\"Message\":\"a\\\"b\"}",
         .header = ""},
        {.name = "code with URI",
         .form = {.where = AWS_ERROR_IN_CODE, .how = AWS_ERROR_WITH_URI, .message = ""},
         .body = "{\"code\":\"InvalidTokenException:http://internal.amazon.com/coral/"
                 "com.amazonaws.marketplacemetering/\",\"message\":\"\"}",
         .header = ""},
        {.name = "header",
         .form = {.where = AWS_ERROR_IN_HEADER, .message = "m"},
         .body = "{\"message\":\"m\"}",
         .header = "InvalidTokenException"},
        {.name = "header, empty body, another name",
         .form = {.where = AWS_ERROR_IN_HEADER, .empty_body = true, .name = "Odd"},
         .body = "",
         .header = "Odd"},
        {.name = "empty body hides the type",
         .form = {.empty_body = true},
         .body = "",
         .header = ""},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        check_render(&ROWS[i].form, ROWS[i].body, ROWS[i].header);
    }
    unit_row("no form");
    check_render(NULL, ROWS[0].body, "");
    unit_row(NULL);
}

const struct unit_test ERROR_TESTS[] = {
    {"operations by name", operations},
    {"operations by target", targets},
    {"the table of errors", table},
    {"which operation models what", modelled},
    {"rendered", renders},
    {NULL, NULL},
};
