// SPDX-License-Identifier: Apache-2.0
// A `notice` step as bytes: what AWS Marketplace tells a seller of a subscription, as Amazon SNS
// delivers it to an HTTPS endpoint or a queue, or as an event of Amazon EventBridge. Pure.
//
// What AWS cannot be imitated in is the signature of an SNS message: ours has the right shape and
// proves nothing, and its certificate is not to be fetched.
#ifndef SUITES_PLAY_NOTICE_H
#define SUITES_PLAY_NOTICE_H

#include "proxy/base/buf.h"
#include "proxy/base/json.h"

struct world_customer;
struct world_product;

struct notice {
    const char *form;   // "sns" or "eventbridge"
    const char *action; // "subscribe-success", as in the step
    // What makes the message one of its own: the same text, time and contents give the same bytes,
    // as when a message is delivered twice.
    const char *identity;
    int64_t at_us; // when it was published, in service time
    const struct world_product *product;
    const struct world_customer *customer;
    const char *license;             // the customer's for that product; NULL when it has none
    bool has_free_trial, free_trial; // isFreeTrialTermPresent, which is a text there
};

// Whether a message of that form can say that.
bool notice_is_known(const char *form, const char *action);

// "text/plain; charset=UTF-8" (SNS) or "application/json; charset=utf-8" (EventBridge).
const char *notice_content_type(const struct notice *n);
// The whole body, appended. The notice must be known.
void notice_body(const struct notice *n, struct buf *out);
// Headers beside Content-Type, as one JSON object of texts, appended: what SNS adds; {} otherwise.
void notice_headers(const struct notice *n, struct buf *out);

// All of it as one JSON object, for a line of the script contract: {"id":…,"form":…,"headers":{…},
// "content_type":"…","body":"…"}.
void notice_line(const struct notice *n, const char *id, struct buf *out);

#endif
