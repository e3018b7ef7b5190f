// SPDX-License-Identifier: Apache-2.0
// Notices: what AWS Marketplace tells of a subscription, by Amazon SNS or Amazon EventBridge.
#include "tests/mutants/market.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/talk.h"

// What one says, in the terms of both forms.
struct told {
    const char *what; // an action of SNS, or a detail-type of EventBridge
    const char *identifier, *account, *license, *product;
    int64_t at_us;
    bool is_trial;
};

static const char *text_or_empty(const cJSON *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return text == NULL ? "" : text;
}

static bool read_sns(const struct meter *m, const cJSON *envelope, cJSON **message,
                     struct told *told)
{
    if (strcmp(text_or_empty(envelope, "Type"), "Notification") != 0 ||
        json_read(message, NULL, json_span(json_get(envelope, "Message")), NULL, NULL) != RC_OK) {
        return false;
    }
    const char *trial = json_get_text(*message, "isFreeTrialTermPresent");
    *told = (struct told){
        .what = text_or_empty(*message, "action"),
        .identifier = text_or_empty(*message, "customer-identifier"),
        .account = "",
        .license = "",
        .product = text_or_empty(*message, "product-code"),
        .is_trial =
            trial != NULL && (strcmp(trial, "true") == 0 || m->variants->on[BUG_TRUTHY_TRIAL]),
    };
    return instant_parse(&told->at_us, json_span(json_get(envelope, "Timestamp"))) == RC_OK;
}

static bool read_event(const cJSON *event, struct told *told)
{
    const cJSON *detail = json_get(event, "detail");
    *told = (struct told){
        .what = text_or_empty(event, "detail-type"),
        .identifier = "",
        .account = text_or_empty(json_get(detail, "acceptor"), "accountId"),
        .license = text_or_empty(json_get(detail, "license"), "arn"),
        .product = text_or_empty(json_get(detail, "product"), "code"),
    };
    return instant_parse(&told->at_us, json_span(json_get(event, "time"))) == RC_OK;
}

static void become_active(struct subscriber *s, const struct told *told)
{
    if (s->standing != STANDING_ACTIVE) {
        s->since_us = s->since_us == 0 ? told->at_us : s->since_us;
    }
    s->standing = STANDING_ACTIVE;
    s->closing_us = 0;
    s->is_trial = told->is_trial;
}

static void become_closing(struct subscriber *s, const struct told *told)
{
    if (s->standing != STANDING_CLOSING) {
        s->closing_us = told->at_us;
    }
    s->standing = STANDING_CLOSING;
}

static void become_gone(struct subscriber *s, const struct told *told)
{
    (void)told;
    s->standing = STANDING_GONE;
}

static void become_failed(struct subscriber *s, const struct told *told)
{
    (void)told;
    s->standing = STANDING_FAILED;
    talk_general_alert("a subscription has failed");
}

// What is not listed changes nothing for metering: agreements come and go while a licence lives.
static const struct {
    const char *what;
    void (*change)(struct subscriber *s, const struct told *told);
} changes[] = {
    {.what = "subscribe-success", .change = become_active},
    {.what = "subscribe-fail", .change = become_failed},
    {.what = "unsubscribe-pending", .change = become_closing},
    {.what = "unsubscribe-success", .change = become_gone},
    {.what = "License Updated - Manufacturer", .change = become_active},
    {.what = "License Deprovisioned - Manufacturer", .change = become_closing},
};

static size_t change_of(const struct meter *m, const char *what)
{
    const bool *on = m->variants->on;
    if (on[BUG_ENDED_STOPS] && span_starts(span_of(what), SPAN("Purchase Agreement Ended"))) {
        what = "unsubscribe-success";
    }
    if (on[BUG_PENDING_STOPS] && strcmp(what, "unsubscribe-pending") == 0) {
        what = "unsubscribe-success";
    }
    size_t i = 0;
    while (i < sizeof changes / sizeof changes[0] && strcmp(changes[i].what, what) != 0) {
        i++;
    }
    return i;
}

// The bug ended-stops: an agreement names its account only.
static const struct subscriber *any_of(const struct book *b, const char *account)
{
    for (size_t i = 0; i < b->subscriber_count; i++) {
        if (strcmp(b->subscribers[i].account, account) == 0) {
            return &b->subscribers[i];
        }
    }
    return NULL;
}

static char *either(const char *told, const char *known)
{
    return x_strdup(told[0] != '\0' ? told : known);
}

// Notices arrive at least once, in any order: the newest that was published counts.
static enum rc take(struct meter *m, const struct told *told)
{
    const bool *on = m->variants->on;
    size_t change = change_of(m, told->what);
    if (change == sizeof changes / sizeof changes[0] || on[BUG_NO_NOTICES]) {
        return RC_OK;
    }
    bool is_wide = on[BUG_ALL_LICENSES] && changes[change].change == become_closing;
    const char *license = is_wide ? "" : told->license;
    const struct subscriber *known =
        license[0] == '\0' && told->identifier[0] == '\0' && !is_wide
            ? any_of(m->book, told->account)
            : subscriber_find(m->book, told->identifier, license, told->account);
    bool is_old = known != NULL && told->at_us < known->told_us;
    bool is_ended = known != NULL && known->closing_us != 0;
    if ((is_old && !on[BUG_ORDER_BLIND]) ||
        (on[BUG_NEVER_RESUMES] && is_ended && changes[change].change == become_active)) {
        return RC_OK;
    }
    OWN(text) char *identifier = either(told->identifier, known == NULL ? "" : known->identifier);
    OWN(text) char *account = either(told->account, known == NULL ? "" : known->account);
    OWN(text) char *arn = either(license, known == NULL ? "" : known->license);
    OWN(text) char *product = either(told->product, known == NULL ? "" : known->product);
    OWN(text) char *user = x_strdup(known == NULL ? "" : known->user);
    struct subscriber s = {.identifier = identifier,
                           .account = account,
                           .license = arn,
                           .product = product,
                           .user = user,
                           .standing = STANDING_ACTIVE};
    if (known != NULL) {
        s.standing = known->standing;
        s.since_us = known->since_us;
        s.closing_us = known->closing_us;
        s.is_trial = known->is_trial;
    } else {
        s.standing = STANDING_AWAITED;
    }
    changes[change].change(&s, told);
    s.told_us = told->at_us;
    return subscriber_put(m->book, &s);
}

void market_notice(struct meter *m, const cJSON *args, int64_t step)
{
    OWN(json) cJSON *body = NULL;
    OWN(json) cJSON *message = NULL;
    struct told told;
    bool is_sns = strcmp(text_or_empty(args, "form"), "sns") == 0;
    bool is_read = json_read(&body, NULL, json_span(json_get(args, "body")), NULL, NULL) == RC_OK &&
                   (is_sns ? read_sns(m, body, &message, &told) : read_event(body, &told));
    if (!is_read || (told.product[0] != '\0' && !market_sells(told.product)) ||
        take(m, &told) != RC_OK) {
        OWN_BUF struct buf line = {0};
        buf_addf(&line, "{\"mp\":\"notice\",\"step\":%lld,\"state\":\"refused\"}", (long long)step);
        talk_line(buf_span(&line));
    }
}
