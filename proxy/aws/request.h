// SPDX-License-Identifier: Apache-2.0
// A request of the Metering Service, decoded and held against the shapes of the service model.
#ifndef PROXY_AWS_REQUEST_H
#define PROXY_AWS_REQUEST_H

#include "proxy/aws/error.h"
#include "proxy/aws/ruleset.h"
#include "proxy/base/json.h"

#define AWS_MAX_RECORDS 25
#define AWS_MAX_BODY_BYTES 1000000 // "less than 1 MB"

// One UsageRecord (or the one record that a MeterUsage request is). Absent members are empty spans.
struct usage_record {
    const cJSON *json;    // the record as sent; NULL while only its text is there
    struct span text;     // the record as sent, without blanks; empty where its tree is there
    int64_t timestamp_us; // sub-second digits kept
    struct span customer_identifier;
    struct span customer_account; // CustomerAWSAccountId
    struct span license_arn;
    struct span dimension;
    int64_t quantity; // 0 when absent; of a decimal quantity its whole part
    // The quantity in millionths: exact for decimal quantities (rule set 2026-10), where 17 and
    // 17.00 are the same quantity; cut at 9e18 where a whole number is out of all bounds.
    int64_t quantity_micros;
    bool has_quantity;        // either form
    bool is_decimal;          // it was sent as QuantityAsDecimal
    const cJSON *allocations; // UsageAllocations; NULL when absent
};

// What a request broke, for the error reply and the journal.
struct aws_violation {
    enum aws_error error; // AWS_ERROR_NONE: nothing
    char where[128];      // "UsageRecords[3].Quantity"
    char text[256];       // one sentence
};

struct aws_request {
    enum operation operation;
    const cJSON *json; // in the arena; NULL until aws_request_json where `text` is there
    struct span text;  // the body without blanks, where it was read without a tree
    struct arena arena;
    struct span product_code;     // empty when absent
    struct usage_record *records; // in the arena
    size_t count;                 // of all records sent, even if there are more than 25
    // RegisterUsage
    int64_t public_key_version;
    struct span nonce;
    // ResolveCustomer
    struct span registration_token;
    // MeterUsage
    struct span client_token;
    bool dry_run;
};

// Decodes and checks a body. Types that cannot be read give SerializationException; values outside
// their shape's constraints give ValidationException, or the modelled error that AWS documents for
// them (InvalidTagException, InvalidUsageAllocationsException). On RC_OK nothing is violated. On
// RC_RANGE the request is decoded as far as possible (records holds what could be read) and
// *violation says what was broken; on RC_SYNTAX the body is no JSON object. Of several violations
// the one stands that AWS would meet first: size, then types, then constraints (all of them are
// counted in the sentence), then what has an error of its own. An index in where counts from 0, one
// in AWS's sentence from 1. Members that the rule set does not know are ignored, as unknown ones.
// *out is always valid for aws_request_clear. rules gives limits that changed over time. body is
// borrowed for the call only.
MUST_USE enum rc aws_request_read(struct aws_request *out, enum operation operation,
                                  struct span body, const struct ruleset *rules,
                                  struct aws_violation *violation);
// The body as a tree, which is made now if it was read without one; then `json` of its records is
// there, too. NULL for a body that is no JSON.
const cJSON *aws_request_json(struct aws_request *request);
void aws_request_clear(struct aws_request *request);

#endif
