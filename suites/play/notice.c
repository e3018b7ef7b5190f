// SPDX-License-Identifier: Apache-2.0
// Shapes are those of the AWS Marketplace user guide ("SaaS notifications", "Amazon EventBridge
// events"). Ids that AWS would make up are drawn from the notice itself, so that the same notice
// has the same bytes wherever it is rendered.
#include "suites/play/notice.h"

#include <assert.h>

#include "proxy/base/alloc.h"
#include "proxy/base/digest.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/service/world.h"

#define REGION "us-east-1" // of every topic and every event of AWS Marketplace
#define MARKETPLACE_ACCOUNT "294406891311"
#define SELLER_ACCOUNT "604183927715"
#define UUID_TEXT 37

static const struct row {
    const char *form, *action;
    const char *kind;           // the topic's name, or the event's detail-type
    const char *intent, *state; // of the agreement; NULL where the event has none
    bool is_license;            // the event bears product and licence
} ROWS[] = {
    {"sns", "subscribe-success", "aws-mp-subscription-notification", NULL, NULL, false},
    {"sns", "subscribe-fail", "aws-mp-subscription-notification", NULL, NULL, false},
    {"sns", "unsubscribe-pending", "aws-mp-subscription-notification", NULL, NULL, false},
    {"sns", "unsubscribe-success", "aws-mp-subscription-notification", NULL, NULL, false},
    {"sns", "entitlement-updated", "aws-mp-entitlement-notification", NULL, NULL, false},
    // Who is manufacturer and proposer at once gets the proposer's events of agreements only.
    {"eventbridge", "agreement-created", "Purchase Agreement Created - Proposer", "NEW", "ACTIVE",
     false},
    {"eventbridge", "agreement-amended", "Purchase Agreement Amended - Proposer", "AMEND", "ACTIVE",
     false},
    {"eventbridge", "agreement-ended", "Purchase Agreement Ended - Proposer", NULL, "CANCELLED",
     false},
    {"eventbridge", "license-updated", "License Updated - Manufacturer", NULL, NULL, true},
    {"eventbridge", "license-deprovisioned", "License Deprovisioned - Manufacturer", NULL, NULL,
     true},
};

static const struct row *row_of(const char *form, const char *action)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (span_is(span_of(form), ROWS[i].form) && span_is(span_of(action), ROWS[i].action)) {
            return &ROWS[i];
        }
    }
    return NULL;
}

bool notice_is_known(const char *form, const char *action)
{
    return row_of(form, action) != NULL;
}

static bool is_sns(const struct notice *n)
{
    return span_is(span_of(n->form), "sns");
}

const char *notice_content_type(const struct notice *n)
{
    return is_sns(n) ? "text/plain; charset=UTF-8" : "application/json; charset=utf-8";
}

// What tells this message from every other, and `what` from the other ids in it.
static void draw(char out[SHA256_HEX], const struct notice *n, const char *what)
{
    OWN_BUF struct buf seed = {0};
    buf_addf(&seed, "%s\n%s\n%s\n%s\n%s\n%lld\n%s", n->form, n->action, n->identity,
             n->customer->symbol, n->product->symbol, (long long)n->at_us, what);
    sha256_hex(out, buf_span(&seed));
}

// A random UUID in form (RFC 9562 section 5.4).
static void draw_uuid(char out[UUID_TEXT], const struct notice *n, const char *what)
{
    char hex[SHA256_HEX];
    draw(hex, n, what);
    hex[12] = '4';
    hex[16] = '8';
    size_t at = 0;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            out[at++] = '-';
        }
        out[at++] = hex[i];
    }
    out[at] = '\0';
}

// An id that stays the same for one product.
static void add_id(struct buf *b, const char *prefix, const struct notice *n)
{
    char hex[SHA256_HEX];
    OWN_BUF struct buf seed = {0};
    buf_addf(&seed, "%s\n%s\n", prefix, n->product->code);
    sha256_hex(hex, buf_span(&seed));
    buf_addf(b, "%s%.13s", prefix, hex);
}

static void add_first_member(struct buf *b, const char *key, struct span value)
{
    buf_addf(b, "{\"%s\":", key);
    buf_add_json_string(b, value);
}

static void add_topic(struct buf *b, const struct notice *n)
{
    buf_addf(b, "arn:aws:sns:" REGION ":" MARKETPLACE_ACCOUNT ":%s-%s",
             row_of(n->form, n->action)->kind, n->product->code);
}

// What the seller's code is after: the text of Message.
static void add_sns_message(struct buf *b, const struct notice *n)
{
    OWN_BUF struct buf offer = {0};
    add_id(&offer, "offer-", n);
    add_first_member(b, "action", span_of(n->action));
    if (n->customer->identifier != NULL) {
        buf_add_member(b, "customer-identifier", span_of(n->customer->identifier));
    }
    buf_add_member(b, "product-code", span_of(n->product->code));
    if (!span_is(span_of(n->action), "entitlement-updated")) {
        buf_add_member(b, "offer-identifier", buf_span(&offer));
    }
    if (n->has_free_trial) {
        buf_add_member(b, "isFreeTrialTermPresent", n->free_trial ? SPAN("true") : SPAN("false"));
    }
    buf_add_char(b, '}');
}

static void add_sns(struct buf *out, const struct notice *n)
{
    char id[UUID_TEXT];
    char signature[SHA256_HEX];
    char at[INSTANT_TEXT];
    OWN_BUF struct buf topic = {0};
    OWN_BUF struct buf message = {0};
    draw_uuid(id, n, "message");
    draw(signature, n, "signature");
    instant_format(at, n->at_us);
    add_topic(&topic, n);
    add_sns_message(&message, n);
    add_first_member(out, "Type", SPAN("Notification"));
    buf_add_member(out, "MessageId", span_of(id));
    buf_add_member(out, "TopicArn", buf_span(&topic));
    buf_add_member(out, "Message", buf_span(&message));
    buf_add_member(out, "Timestamp", span_of(at));
    buf_add_member(out, "SignatureVersion", SPAN("1"));
    buf_add_member(out, "Signature", span_of(signature));
    buf_add_member(out, "SigningCertURL",
                   SPAN("https://sns." REGION ".amazonaws.com/"
                        "SimpleNotificationService-00000000000000000000000000000000.pem"));
    buf_add_member(out, "UnsubscribeURL",
                   SPAN("https://sns." REGION ".amazonaws.com/?Action=Unsubscribe"));
    buf_add_char(out, '}');
}

static void add_agreement(struct buf *out, const struct notice *n, struct span id)
{
    const struct row *row = row_of(n->form, n->action);
    char at[INSTANT_TEXT];
    instant_format(at, n->at_us);
    buf_add_text(out, ",\"agreement\":");
    add_first_member(out, "id", id);
    if (row->intent != NULL) {
        buf_add_member(out, "intent", span_of(row->intent));
    }
    if (row->state != NULL) {
        buf_add_member(out, "status", span_of(row->state));
    }
    if (row->intent != NULL) {
        buf_add_member(out, "acceptanceTime", span_of(at));
        buf_add_member(out, "startTime", span_of(at));
    }
    buf_add_char(out, '}');
}

static void add_detail(struct buf *out, const struct notice *n, struct span agreement)
{
    char request[UUID_TEXT];
    OWN_BUF struct buf offer = {0};
    OWN_BUF struct buf product = {0};
    draw_uuid(request, n, "request");
    add_id(&offer, "offer-", n);
    add_id(&product, "prod-", n);
    buf_add_text(out, ",\"detail\":");
    add_first_member(out, "requestId", span_of(request));
    buf_add_member(out, "catalog", SPAN("AWSMarketplace"));
    add_agreement(out, n, agreement);
    if (row_of(n->form, n->action)->is_license) {
        buf_add_text(out, ",\"product\":");
        add_first_member(out, "code", span_of(n->product->code));
        buf_add_member(out, "id", buf_span(&product));
        buf_add_text(out, "},\"license\":");
        add_first_member(out, "arn", span_of(n->license));
        buf_add_char(out, '}');
    }
    buf_add_text(out, ",\"acceptor\":");
    add_first_member(out, "accountId", span_of(n->customer->account));
    buf_add_text(out, "},\"proposer\":{\"accountId\":\"" SELLER_ACCOUNT "\"},\"offer\":");
    add_first_member(out, "id", buf_span(&offer));
    buf_add_text(out, "}}");
}

static void add_event(struct buf *out, const struct notice *n)
{
    char id[UUID_TEXT];
    char at[INSTANT_TEXT];
    OWN_BUF struct buf agreement = {0};
    draw_uuid(id, n, "event");
    instant_format_s(at, n->at_us);
    world_add_agreement(&agreement, n->customer, n->product);
    add_first_member(out, "version", SPAN("0"));
    buf_add_member(out, "id", span_of(id));
    buf_add_member(out, "detail-type", span_of(row_of(n->form, n->action)->kind));
    buf_add_member(out, "source", SPAN("aws.agreement-marketplace"));
    buf_add_member(out, "account", SPAN(SELLER_ACCOUNT));
    buf_add_member(out, "time", span_of(at));
    buf_add_member(out, "region", SPAN(REGION));
    buf_addf(out, ",\"resources\":[\"arn:aws:aws-marketplace::aws:agreement:%.*s\"]",
             (int)agreement.len, agreement.data);
    add_detail(out, n, buf_span(&agreement));
    buf_add_char(out, '}');
}

void notice_body(const struct notice *n, struct buf *out)
{
    assert(notice_is_known(n->form, n->action));
    if (is_sns(n)) {
        add_sns(out, n);
    } else {
        add_event(out, n);
    }
}

void notice_headers(const struct notice *n, struct buf *out)
{
    if (!is_sns(n)) {
        buf_add_text(out, "{}");
        return;
    }
    char id[UUID_TEXT];
    OWN_BUF struct buf topic = {0};
    draw_uuid(id, n, "message");
    add_topic(&topic, n);
    add_first_member(out, "x-amz-sns-message-type", SPAN("Notification"));
    buf_add_member(out, "x-amz-sns-message-id", span_of(id));
    buf_add_member(out, "x-amz-sns-topic-arn", buf_span(&topic));
    buf_add_char(out, '}');
}

void notice_line(const struct notice *n, const char *id, struct buf *out)
{
    OWN_BUF struct buf body = {0};
    notice_body(n, &body);
    add_first_member(out, "form", span_of(n->form));
    if (id != NULL) {
        buf_add_member(out, "id", span_of(id));
    }
    buf_add_text(out, ",\"headers\":");
    notice_headers(n, out);
    buf_add_member(out, "content_type", span_of(notice_content_type(n)));
    buf_add_member(out, "body", buf_span(&body));
    buf_add_char(out, '}');
}
