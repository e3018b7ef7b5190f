// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/reply.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"

// Smithy, awsJson1_1, "Operation error serialization": in a header, in `code` or in `__type`; cut
// at the first colon, and only what follows a number sign.
struct span reply_error(const struct wire_reply *reply, const cJSON *json)
{
    struct span text = buf_span(&reply->error_type);
    text = text.len > 0 ? text : json_span(json_get(json, "__type"));
    text = text.len > 0 ? text : json_span(json_get(json, "code"));
    struct span name = span_cut(&text, ':');
    struct span rest = name;
    (void)span_cut(&rest, '#');
    return rest.at != NULL ? rest : name;
}

struct span reply_nested_error(const struct wire_reply *reply, const cJSON *json)
{
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, json)
    {
        if (json_get(member, "__type") != NULL) {
            return json_span(json_get(member, "__type"));
        }
    }
    return reply_error(reply, json);
}

bool reply_has_integer_times(struct span body)
{
    const struct span name = SPAN("\"Timestamp\":");
    for (size_t i = 0; i + name.len < body.len; i++) {
        if (!span_starts(span_slice(body, i, body.len), name)) {
            continue;
        }
        i += name.len;
        while (i < body.len && body.at[i] >= '0' && body.at[i] <= '9') {
            i++;
        }
        if (i < body.len && body.at[i] != ',' && body.at[i] != '}') {
            return false;
        }
    }
    return true;
}

enum remedy reply_remedy(int status, struct span name)
{
    static const struct {
        const char *name;
        enum remedy remedy;
    } rows[] = {
        {.name = "ThrottlingException", .remedy = REMEDY_WAIT},
        {.name = "TooManyRequestsException", .remedy = REMEDY_WAIT},
        {.name = "TimestampOutOfBoundsException", .remedy = REMEDY_ISOLATE},
        {.name = "InvalidUsageDimensionException", .remedy = REMEDY_ISOLATE},
        {.name = "InvalidCustomerIdentifierException", .remedy = REMEDY_ISOLATE},
        {.name = "InvalidTagException", .remedy = REMEDY_ISOLATE},
        {.name = "InvalidUsageAllocationsException", .remedy = REMEDY_ISOLATE},
        {.name = "InvalidLicenseException", .remedy = REMEDY_ISOLATE},
        {.name = "CustomerNotEntitledException", .remedy = REMEDY_ISOLATE},
        {.name = "DuplicateRequestException", .remedy = REMEDY_DUPLICATE},
        {.name = "IdempotencyConflictException", .remedy = REMEDY_DUPLICATE},
        {.name = "ValidationException", .remedy = REMEDY_ISOLATE},
        {.name = "InvalidParameterValue", .remedy = REMEDY_ISOLATE},
    };
    if (status >= 500 || status < 400) {
        return REMEDY_DOUBT;
    }
    if (status == 413) { // RFC 9110 15.5.14: fewer records are smaller
        return REMEDY_ISOLATE;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (span_is(name, rows[i].name)) {
            return rows[i].remedy;
        }
    }
    return status == 429 ? REMEDY_WAIT : REMEDY_OPERATOR;
}

static bool member_is(const cJSON *object, const char *key, const char *expected)
{
    const char *text = json_get_text(object, key);
    return expected[0] == '\0' || (text != NULL && strcmp(text, expected) == 0);
}

// Whether an echoed UsageRecord has the key of the one that was sent.
static bool speaks_of(const cJSON *echo, const struct book_record *r)
{
    const cJSON *timestamp = json_get(echo, "Timestamp");
    if (!cJSON_IsNumber(timestamp) || !member_is(echo, "CustomerIdentifier", r->identifier) ||
        !member_is(echo, "CustomerAWSAccountId", r->account) ||
        !member_is(echo, "LicenseArn", r->license) || !member_is(echo, "Dimension", r->dimension)) {
        return false;
    }
    int64_t echoed_us = (int64_t)(timestamp->valuedouble * (double)US_PER_S);
    return instant_hour(echoed_us) == instant_hour(r->sent_us);
}

const cJSON *reply_result(const cJSON *json, const struct book_record *record)
{
    const cJSON *found = NULL;
    const cJSON *result = NULL;
    cJSON_ArrayForEach(result, json_get(json, "Results"))
    {
        if (!speaks_of(json_get(result, "UsageRecord"), record)) {
            continue;
        }
        if (found != NULL && !span_equal(json_span(json_get(found, "Status")),
                                         json_span(json_get(result, "Status")))) {
            return NULL;
        }
        found = result;
    }
    return found;
}

bool reply_is_ours(const cJSON *result, const struct book_record *record)
{
    return json_get_int(json_get(result, "UsageRecord"), "Quantity", -1) == record->sent_quantity;
}

bool reply_is_unprocessed(const cJSON *json, const struct book_record *record)
{
    const cJSON *echo = NULL;
    cJSON_ArrayForEach(echo, json_get(json, "UnprocessedRecords"))
    {
        if (speaks_of(echo, record)) {
            return true;
        }
    }
    return false;
}
