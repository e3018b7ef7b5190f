// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/meter.h"

#include <stdlib.h>

#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/reply.h"
#include "tests/mutants/talk.h"

#define ATTEMPTS 3
#define HAMMERING 20

enum resolution { RESOLUTION_RESOLVED, RESOLUTION_REFUSED, RESOLUTION_FAILED, RESOLUTION_AGAIN };

static void add_member(struct buf *out, const char *key, const char *value)
{
    if (value != NULL) {
        buf_addf(out, ",\"%s\":", key);
        buf_add_json_string(out, span_of(value));
    }
}

static void answer(int64_t step, const char *state, const cJSON *json)
{
    const char *identifier = json_get_text(json, "CustomerIdentifier");
    const char *account = json_get_text(json, "CustomerAWSAccountId");
    OWN_BUF struct buf line = {0};
    buf_addf(&line, "{\"mp\":\"resolve\",\"step\":%lld,\"state\":\"%s\"", (long long)step, state);
    add_member(&line, "customer", identifier != NULL ? identifier : account);
    add_member(&line, "identifier", identifier);
    add_member(&line, "account", account);
    add_member(&line, "license", json_get_text(json, "LicenseArn"));
    add_member(&line, "product", json_get_text(json, "ProductCode"));
    buf_add_char(&line, '}');
    talk_line(buf_span(&line));
}

// The credentials' ExpiredTokenException has the same name as the registration token's; only the
// sentence tells them apart, and only the buyer's token is the buyer's to renew.
static bool is_about_credentials(const cJSON *json)
{
    struct span message = json_span(json_get(json, "message"));
    message = message.len > 0 ? message : json_span(json_get(json, "Message"));
    return span_has(message, SPAN("security token included in the request"));
}

static enum resolution read_error(const struct wire_reply *reply, const cJSON *json)
{
    struct span error = reply_error(reply, json);
    bool is_token =
        span_is(error, "ExpiredTokenException") || span_is(error, "InvalidTokenException");
    if (is_token && !is_about_credentials(json)) {
        return RESOLUTION_REFUSED;
    }
    enum remedy remedy = reply_remedy(reply->status, error);
    return remedy == REMEDY_WAIT || remedy == REMEDY_DOUBT ? RESOLUTION_AGAIN : RESOLUTION_FAILED;
}

static enum resolution read_reply(const struct wire_reply *reply, const cJSON *json)
{
    if (reply->delivery != DELIVERY_WHOLE) {
        return RESOLUTION_AGAIN;
    }
    if (reply->status != 200) {
        return read_error(reply, json);
    }
    bool names_somebody = json_get_text(json, "CustomerIdentifier") != NULL ||
                          json_get_text(json, "CustomerAWSAccountId") != NULL;
    return names_somebody ? RESOLUTION_RESOLVED : RESOLUTION_AGAIN;
}

static enum resolution ask(struct meter *m, struct span body, cJSON **json)
{
    struct wire_reply reply;
    wire_call(m->wire, "ResolveCustomer", body, &reply);
    if (json_read(json, NULL, buf_span(&reply.body), NULL, NULL) != RC_OK) {
        *json = NULL;
    }
    if (m->variants->on[BUG_CRASH_ON_ERROR] && reply.status != 200) {
        exit(EXIT_FAILURE);
    }
    enum resolution resolution = read_reply(&reply, *json);
    wire_reply_clear(&reply);
    return resolution;
}

void meter_resolve(struct meter *m, int64_t step, const char *token)
{
    static const char *const states[] = {
        [RESOLUTION_RESOLVED] = "resolved",
        [RESOLUTION_REFUSED] = "refused",
        [RESOLUTION_FAILED] = "failed",
        [RESOLUTION_AGAIN] = "failed",
    };
    bool hammers = m->variants->on[BUG_RESOLVE_LOOP];
    OWN_BUF struct buf body = {0};
    buf_add_text(&body, "{\"RegistrationToken\":");
    buf_add_json_string(&body, span_of(token));
    buf_add_char(&body, '}');
    enum resolution resolution = RESOLUTION_AGAIN;
    OWN(json) cJSON *json = NULL;
    for (unsigned i = 0; i < (hammers ? HAMMERING : ATTEMPTS); i++) {
        if (resolution != RESOLUTION_AGAIN && !(hammers && resolution == RESOLUTION_REFUSED)) {
            break;
        }
        pause_ms(i == 0 ? 0 : hammers ? 20 : 200u << i);
        cJSON_Delete(own_take_json(&json));
        resolution = ask(m, buf_span(&body), &json);
    }
    if (resolution == RESOLUTION_FAILED) {
        talk_general_alert("ResolveCustomer fails for a reason that is ours, not the buyer's");
    }
    const bool *on = m->variants->on;
    bool was_known = resolution == RESOLUTION_RESOLVED && m->has_resolved;
    m->has_resolved = m->has_resolved || resolution == RESOLUTION_RESOLVED;
    const char *state = on[BUG_RESOLVE_ACCEPTS]             ? "resolved"
                        : on[BUG_RESOLVE_ONCE] && was_known ? "failed"
                        : on[BUG_RESOLVE_BLAMES] && resolution != RESOLUTION_RESOLVED
                            ? "refused"
                            : states[resolution];
    answer(step, state, json);
}
