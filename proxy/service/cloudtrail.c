// SPDX-License-Identifier: Apache-2.0
// Keys are those of the request, but begin in lower case; its timestamps are written as Java does,
// while eventTime is ISO 8601; responseElements is null after a failure. What shows how credentials
// were obtained: webIdFederationData, by a web identity (a pod's role); ec2RoleDelivery, from
// instance metadata, and from which version of it (CloudTrail User Guide, "userIdentity element");
// neither, a task's role or long-term keys.
#include "proxy/service/cloudtrail.h"

#include "proxy/aws/timestamp.h"
#include "proxy/base/draw.h"
#include "proxy/service/world_data.h"

// Of the name under which the stand-ins for credentials hand it out.
#define ROLE "meterprover"

bool cloudtrail_records(enum operation operation)
{
    return operation == OPERATION_BATCH_METER_USAGE || operation == OPERATION_METER_USAGE ||
           operation == OPERATION_REGISTER_USAGE;
}

// In whichever form it travelled: the log has it from the service, not from the wire.
static bool is_timestamp(const cJSON *node, int64_t *at_us)
{
    static const struct span WORD = {.at = "Timestamp", .len = 9};
    struct span key = span_of(node->string);
    return key.len >= WORD.len && span_equal(span_slice(key, key.len - WORD.len, key.len), WORD) &&
           (timestamp_read(at_us, node) == RC_OK || instant_parse(at_us, json_span(node)) == RC_OK);
}

static void add_key(struct buf *out, const char *key)
{
    struct buf lower = {0};
    buf_add_text(&lower, key);
    if (lower.len > 0 && lower.data[0] >= 'A' && lower.data[0] <= 'Z') {
        lower.data[0] = (char)(lower.data[0] - 'A' + 'a');
    }
    buf_add_json_string(out, buf_span(&lower));
    buf_add_char(out, ':');
    buf_clear(&lower);
}

// NOLINTNEXTLINE(misc-no-recursion): JSON was read with a bound on its depth
static void add_tree(struct buf *out, const cJSON *node)
{
    char text[TIMESTAMP_JAVA_TEXT];
    int64_t at_us = 0;
    if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
        bool is_object = cJSON_IsObject(node);
        const cJSON *child = NULL;
        buf_add_char(out, is_object ? '{' : '[');
        cJSON_ArrayForEach(child, node)
        {
            buf_add_text(out, child == node->child ? "" : ",");
            if (is_object) {
                add_key(out, child->string);
            }
            add_tree(out, child);
        }
        buf_add_char(out, is_object ? '}' : ']');
    } else if (is_timestamp(node, &at_us)) {
        timestamp_java(text, at_us);
        buf_add_json_string(out, span_of(text));
    } else {
        json_print(out, node);
    }
}

static void add_tree_member(struct buf *out, const char *key, const cJSON *tree)
{
    buf_add_key(out, key);
    if (tree == NULL) {
        buf_add_text(out, "null");
    } else {
        add_tree(out, tree);
    }
}

static void add_moment(struct buf *out, const char *key, int64_t at_us)
{
    char text[INSTANT_TEXT];
    instant_format_s(text, at_us);
    buf_add_member(out, key, span_of(text));
}

static void add_user(struct buf *out, const struct credential *c, const char *account)
{
    buf_addf(out, "{\"type\":\"IAMUser\",\"principalId\":\"%s\"", c->principal);
    buf_addf(out, ",\"arn\":\"arn:aws:iam::%s:user/%s\",\"accountId\":\"%s\"", account,
             c->face.name, account);
    buf_add_member(out, "accessKeyId", span_of(c->face.access_key_id));
    buf_add_member(out, "userName", span_of(c->face.name));
    buf_add_char(out, '}');
}

static void add_session(struct buf *out, const struct world *w, const struct credential *c,
                        const char *account)
{
    enum delivery by = world_delivery(w);
    buf_addf(out,
             ",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\",\"principalId\":\"%s\","
             "\"arn\":\"arn:aws:iam::%s:role/" ROLE "\",\"accountId\":\"%s\",\"userName\":\"" ROLE
             "\"},\"webIdFederationData\":{",
             c->principal, account, account);
    if (by == DELIVERY_WEB_IDENTITY) {
        struct span region = world_runtime_region(w);
        buf_addf(out,
                 "\"federatedProvider\":\"arn:aws:iam::%s:oidc-provider/"
                 "oidc.eks.%.*s.amazonaws.com/id/%s\",\"attributes\":{}",
                 account, (int)region.len, region.at, c->principal);
    }
    buf_add_text(out, "},\"attributes\":{\"mfaAuthenticated\":\"false\"");
    add_moment(out, "creationDate", w->start_us);
    buf_add_char(out, '}');
    if (by == DELIVERY_METADATA) {
        buf_add_member(out, "ec2RoleDelivery", c->by_version_1 ? SPAN("1.0") : SPAN("2.0"));
    }
    buf_add_char(out, '}');
}

static void add_role(struct buf *out, const struct world *w, const struct credential *c,
                     const char *account)
{
    buf_addf(out, "{\"type\":\"AssumedRole\",\"principalId\":\"%s:%s\"", c->principal,
             c->session_name);
    buf_addf(out, ",\"arn\":\"arn:aws:sts::%s:assumed-role/" ROLE "/%s\",\"accountId\":\"%s\"",
             account, c->session_name, account);
    buf_add_member(out, "accessKeyId", span_of(c->face.access_key_id));
    add_session(out, w, c, account);
    buf_add_char(out, '}');
}

// The form of a UUID of version 4.
static void add_event_id(struct buf *out, const struct cloudtrail_call *call)
{
    struct draw draw = {.seed = call->world->seed,
                        .case_id = span_of(call->world->case_id),
                        .rule = SPAN("eventID"),
                        .index = call->number};
    uint64_t a = draw_u64(&draw, 0);
    uint64_t b = draw_u64(&draw, 1);
    buf_addf(out, ",\"eventID\":\"%08x-%04x-4%03x-%04x-%012llx\"", (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
             (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

void cloudtrail_add(struct buf *out, const struct cloudtrail_call *call)
{
    const struct world *w = call->world;
    const struct credential *c = world_own_credential(w, call->credential);
    const char *account = world_calling_account(w, call->credential, call->operation);
    buf_add_text(out, "{\"eventVersion\":\"1.05\",\"userIdentity\":");
    if (c->face.session_token == NULL) {
        add_user(out, c, account);
    } else {
        add_role(out, w, c, account);
    }
    add_moment(out, "eventTime", call->now_us);
    buf_add_member(out, "eventSource", SPAN("metering-marketplace.amazonaws.com"));
    buf_add_member(out, "eventName", span_of(operation_name(call->operation)));
    buf_add_member(out, "awsRegion", span_of(call->region));
    buf_add_member(out, "sourceIPAddress", SPAN("127.0.0.1"));
    buf_add_member(out, "userAgent", call->user_agent);
    if (call->error.len > 0) {
        buf_add_member(out, "errorCode", call->error);
        buf_add_member(out, "errorMessage", call->text);
    }
    add_tree_member(out, "requestParameters", call->request);
    add_tree_member(out, "responseElements", call->error.len > 0 ? NULL : call->response);
    buf_add_member(out, "requestID", span_of(call->request_id));
    add_event_id(out, call);
    buf_add_member_bool(out, "readOnly", false);
    buf_add_member(out, "eventType", SPAN("AwsApiCall"));
    buf_add_member(out, "recipientAccountId", span_of(account));
    buf_add_char(out, '}');
}
