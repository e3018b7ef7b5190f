// SPDX-License-Identifier: Apache-2.0
// The bytes of notices: JSON that holds what AWS documents, the same bytes for the same notice.
#include "suites/play/notice.h"

#include <stdio.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/service/world.h"
#include "tests/unit/play/stage.h"

static const struct world_product WIDGET = {.symbol = "widget", .code = "4b7hn2wq8x"};
static const struct world_customer ACME = {
    .symbol = "acme", .identifier = "kR4vTq9ZbXc", .account = "481516234200"};

static struct notice notice(const char *form, const char *action)
{
    return (struct notice){.form = form,
                           .action = action,
                           .identity = "n1",
                           .at_us = INT64_C(1794996900) * US_PER_S,
                           .product = &WIDGET,
                           .customer = &ACME,
                           .license = "arn:aws:license-manager::1:license:l-1"};
}

static cJSON *body(const struct notice *n)
{
    cJSON *tree = NULL;
    OWN_BUF struct buf text = {0};
    notice_body(n, &text);
    CHECK_INT(json_read(&tree, NULL, buf_span(&text), NULL, NULL), RC_OK);
    return tree;
}

static void sns(void)
{
    struct notice n = notice("sns", "subscribe-success");
    OWN(json) cJSON *envelope = body(&n);
    CHECK_TEXT(json_get_text(envelope, "Type"), "Notification");
    CHECK_TEXT(json_get_text(envelope, "TopicArn"),
               "arn:aws:sns:us-east-1:294406891311:aws-mp-subscription-notification-4b7hn2wq8x");
    CHECK_TEXT(json_get_text(envelope, "Timestamp"), "2026-11-18T10:15:00.000Z");
    CHECK_INT(json_span(json_get(envelope, "MessageId")).len, 36);
    OWN(json) cJSON *message = NULL;
    CHECK_INT(json_read(&message, NULL, json_span(json_get(envelope, "Message")), NULL, NULL),
              RC_OK);
    CHECK_TEXT(json_get_text(message, "action"), "subscribe-success");
    CHECK_TEXT(json_get_text(message, "customer-identifier"), "kR4vTq9ZbXc");
    CHECK_TEXT(json_get_text(message, "product-code"), "4b7hn2wq8x");
    CHECK(json_get(message, "isFreeTrialTermPresent") == NULL);
    CHECK_TEXT(notice_content_type(&n), "text/plain; charset=UTF-8");
}

static void free_trial_is_a_text(void)
{
    static const char *const TEXTS[] = {"false", "true"};
    for (size_t i = 0; i < 2; i++) {
        struct notice n = notice("sns", "subscribe-success");
        n.has_free_trial = true;
        n.free_trial = i == 1;
        OWN(json) cJSON *envelope = body(&n);
        OWN(json) cJSON *message = NULL;
        CHECK_INT(json_read(&message, NULL, json_span(json_get(envelope, "Message")), NULL, NULL),
                  RC_OK);
        CHECK_TEXT(json_get_text(message, "isFreeTrialTermPresent"), TEXTS[i]);
    }
}

static void events(void)
{
    static const struct {
        const char *action, *type, *status;
        bool has_license;
    } ROWS[] = {
        {"agreement-created", "Purchase Agreement Created - Proposer", "ACTIVE", false},
        {"agreement-amended", "Purchase Agreement Amended - Proposer", "ACTIVE", false},
        {"agreement-ended", "Purchase Agreement Ended - Proposer", "CANCELLED", false},
        {"license-updated", "License Updated - Manufacturer", NULL, true},
        {"license-deprovisioned", "License Deprovisioned - Manufacturer", NULL, true},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].action);
        struct notice n = notice("eventbridge", ROWS[i].action);
        OWN(json) cJSON *event = body(&n);
        const cJSON *detail = json_get(event, "detail");
        CHECK_TEXT(json_get_text(event, "detail-type"), ROWS[i].type);
        CHECK_TEXT(json_get_text(event, "source"), "aws.agreement-marketplace");
        CHECK_TEXT(json_get_text(event, "time"), "2026-11-18T10:15:00Z");
        CHECK_TEXT(json_get_text(json_get(detail, "acceptor"), "accountId"), "481516234200");
        CHECK_TEXT(json_get_text(json_get(detail, "agreement"), "status"), ROWS[i].status);
        CHECK_TEXT(json_get_text(json_get(detail, "license"), "arn"),
                   ROWS[i].has_license ? "arn:aws:license-manager::1:license:l-1" : NULL);
        CHECK_TEXT(json_get_text(json_get(detail, "product"), "code"),
                   ROWS[i].has_license ? "4b7hn2wq8x" : NULL);
    }
    unit_row(NULL);
}

// Delivered twice it has the same bytes; another notice has another id, of the same agreement.
static void identity(void)
{
    struct notice n = notice("eventbridge", "license-updated");
    struct notice other = n;
    other.identity = "n2";
    OWN(json) cJSON *first = body(&n);
    OWN(json) cJSON *again = body(&n);
    OWN(json) cJSON *second = body(&other);
    CHECK(cJSON_Compare(first, again, 1));
    CHECK(!span_equal(json_span(json_get(first, "id")), json_span(json_get(second, "id"))));
    CHECK(cJSON_Compare(json_get(first, "resources"), json_get(second, "resources"), 1));
}

static void forms_and_actions(void)
{
    CHECK(notice_is_known("sns", "entitlement-updated"));
    CHECK(!notice_is_known("sns", "license-updated"));
    CHECK(!notice_is_known("eventbridge", "subscribe-success"));
}

static void lines(void)
{
    static const char *const FORMS[][2] = {{"sns", "unsubscribe-pending"},
                                           {"eventbridge", "license-updated"}};
    for (size_t i = 0; i < 2; i++) {
        struct notice n = notice(FORMS[i][0], FORMS[i][1]);
        OWN_BUF struct buf line = {0};
        OWN_BUF struct buf text = {0};
        OWN(json) cJSON *tree = NULL;
        notice_line(&n, "n1", &line);
        notice_body(&n, &text);
        CHECK_INT(json_read(&tree, NULL, buf_span(&line), NULL, NULL), RC_OK);
        CHECK_TEXT(json_get_text(tree, "id"), "n1");
        CHECK_TEXT(json_get_text(tree, "form"), FORMS[i][0]);
        CHECK(span_equal(json_span(json_get(tree, "body")), buf_span(&text)));
        CHECK_TEXT(json_get_text(json_get(tree, "headers"), "x-amz-sns-message-type"),
                   i == 0 ? "Notification" : NULL);
    }
}

const struct unit_test NOTICE_TESTS[] = {
    {"sns", sns},           {"free trial is a text", free_trial_is_a_text}, {"events", events},
    {"identity", identity}, {"forms and actions", forms_and_actions},       {"lines", lines},
    {NULL, NULL},
};
