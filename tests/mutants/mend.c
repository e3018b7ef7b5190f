// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/mend.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/reply.h"

#define CLOCK_IS_OFF_US (4 * 60 * US_PER_S) // AWS forgives 15 minutes, SDKs begin to correct at 4
#define ANOTHER_REGION "us-west-2"          // the bug fails-over

static bool is_one_of(struct span name, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

// "Sun, 30 Aug 2015 12:36:00 GMT" (RFC 9110 5.6.7, IMF-fixdate).
static bool read_date(int64_t *at_us, struct span text)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[INSTANT_TEXT];
    if (text.len != 29) {
        return false;
    }
    size_t month = 0;
    while (month < 12 && memcmp(MONTHS + 3 * month, text.at + 8, 3) != 0) {
        month++;
    }
    (void)snprintf(iso, sizeof iso, "%.4s-%02zu-%.2sT%.8sZ", text.at + 12, month + 1, text.at + 5,
                   text.at + 17);
    return instant_parse(at_us, span_of(iso)) == RC_OK;
}

// Whether the reply's Date shows that our clock is off; it is corrected then.
static bool mend_clock(struct wire *w, const struct wire_reply *reply)
{
    int64_t theirs_us = 0;
    int64_t ours_us = time(NULL) * US_PER_S;
    if (!read_date(&theirs_us, buf_span(&reply->date)) ||
        llabs(theirs_us - ours_us - w->skew_us) < CLOCK_IS_OFF_US) {
        return false;
    }
    w->skew_us = theirs_us - ours_us;
    return true;
}

bool mend(struct wire *w, const char *operation, const struct wire_reply *reply)
{
    static const char *const EXPIRED[] = {"ExpiredToken", "ExpiredTokenException"};
    static const char *const SKEWED[] = {"InvalidSignatureException", "RequestExpired",
                                         "RequestTimeTooSkewed", "SignatureDoesNotMatch"};
    bool is_lost = reply->delivery == DELIVERY_LOST || reply->status >= 500;
    if (is_lost && w->variants->on[BUG_FAILS_OVER]) {
        w->key.region = ANOTHER_REGION;
        return true;
    }
    if (reply->delivery != DELIVERY_WHOLE || reply->status / 100 != 4 ||
        w->variants->on[BUG_DROP_ON_CONFIG]) {
        return false;
    }
    OWN(json) cJSON *json = NULL;
    if (json_read(&json, NULL, buf_span(&reply->body), NULL, NULL) != RC_OK) {
        return false; // no error of the service
    }
    struct span error = reply_error(reply, json);
    // Said of a registration token by ResolveCustomer, of the keys by all others.
    if (is_one_of(error, EXPIRED, sizeof EXPIRED / sizeof EXPIRED[0]) &&
        strcmp(operation, "ResolveCustomer") != 0) {
        bool keeps = w->variants->on[BUG_REFRESH_BY_CLOCK] || w->variants->on[BUG_NEVER_REFRESHES];
        return !keeps && credentials_drop(&w->credentials);
    }
    return is_one_of(error, SKEWED, sizeof SKEWED / sizeof SKEWED[0]) &&
           !w->variants->on[BUG_OWN_CLOCK] && mend_clock(w, reply);
}
