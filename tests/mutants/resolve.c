// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/market.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/reply.h"
#include "tests/mutants/talk.h"

#define ATTEMPTS 3
#define HAMMERING 20

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

enum resolution market_ask(struct meter *m, const char *token, cJSON **json)
{
    const bool *on = m->variants->on;
    bool hammers = on[BUG_RESOLVE_LOOP];
    unsigned attempts = hammers ? HAMMERING : on[BUG_RESOLVE_BLAMES_AT_ONCE] ? 1 : ATTEMPTS;
    OWN_BUF struct buf body = {0};
    buf_add_text(&body, "{\"RegistrationToken\":");
    buf_add_json_string(&body, span_of(token));
    buf_add_char(&body, '}');
    enum resolution resolution = RESOLUTION_AGAIN;
    *json = NULL;
    for (unsigned i = 0; i < attempts; i++) {
        if (resolution != RESOLUTION_AGAIN && !(hammers && resolution == RESOLUTION_REFUSED)) {
            break;
        }
        pause_ms(i == 0 ? 0 : hammers ? 20 : 200u << i);
        cJSON_Delete(*json);
        resolution = ask(m, buf_span(&body), json);
    }
    if (resolution == RESOLUTION_FAILED) {
        talk_general_alert("ResolveCustomer fails for a reason that is ours, not the buyer's");
    }
    return resolution;
}

void market_say_resolved(struct meter *m, int64_t step, enum resolution resolution,
                         const cJSON *json)
{
    static const char *const states[] = {
        [RESOLUTION_RESOLVED] = "resolved",
        [RESOLUTION_REFUSED] = "refused",
        [RESOLUTION_FAILED] = "failed",
        [RESOLUTION_AGAIN] = "failed",
    };
    const bool *on = m->variants->on;
    bool was_known = resolution == RESOLUTION_RESOLVED && m->has_resolved;
    m->has_resolved = m->has_resolved || resolution == RESOLUTION_RESOLVED;
    bool blames = on[BUG_RESOLVE_BLAMES] || on[BUG_RESOLVE_BLAMES_AT_ONCE];
    const char *state = on[BUG_RESOLVE_ACCEPTS]                       ? "resolved"
                        : on[BUG_RESOLVE_ONCE] && was_known           ? "failed"
                        : blames && resolution != RESOLUTION_RESOLVED ? "refused"
                                                                      : states[resolution];
    answer(step, state, json);
}

bool market_sells(const char *product)
{
    OWN(json) cJSON *world = NULL;
    const char *text = getenv("METERPROVER_WORLD");
    if (json_read(&world, NULL, span_of(text), NULL, NULL) != RC_OK) {
        return true; // it was not told what it sells
    }
    const cJSON *mine = NULL;
    cJSON_ArrayForEach(mine, json_get(world, "products"))
    {
        const char *code = json_get_text(mine, "code");
        if (code != NULL && strcmp(code, product) == 0) {
            return true;
        }
    }
    return false;
}

static char *text_of(const cJSON *json, const char *key)
{
    const char *text = json_get_text(json, key);
    return x_strdup(text == NULL ? "" : text);
}

enum resolution market_register(struct meter *m, const cJSON *json, const char *user)
{
    const bool *on = m->variants->on;
    OWN(text) char *identifier = text_of(json, "CustomerIdentifier");
    OWN(text) char *account = text_of(json, "CustomerAWSAccountId");
    OWN(text) char *license = text_of(json, "LicenseArn");
    OWN(text) char *product = text_of(json, "ProductCode");
    char nobody[] = "";
    OWN(text) char *name = x_strdup(user);
    if (!on[BUG_PAGE_ANY_PRODUCT] && product[0] != '\0' && !market_sells(product)) {
        return RESOLUTION_REFUSED;
    }
    struct subscriber s = {.identifier = identifier,
                           .account = account,
                           .license = license,
                           .product = product,
                           .user = name,
                           .standing = STANDING_AWAITED};
    const struct subscriber *known = subscriber_find(m->book, identifier, license, nobody);
    if (known != NULL) {
        bool is_other = known->user[0] != '\0' && strcmp(known->user, user) != 0;
        if (is_other && user[0] != '\0' && !on[BUG_PAGE_RELINKS]) {
            return RESOLUTION_REFUSED;
        }
        s.standing = known->standing == STANDING_GONE || known->standing == STANDING_FAILED
                         ? STANDING_AWAITED
                         : known->standing;
        s.since_us = known->since_us;
        s.closing_us = known->closing_us;
        s.told_us = known->told_us;
        s.is_trial = known->is_trial;
    }
    return subscriber_put(m->book, &s) == RC_OK ? RESOLUTION_RESOLVED : RESOLUTION_AGAIN;
}

void market_resolve(struct meter *m, const cJSON *args, int64_t step)
{
    const char *token = json_get_text(args, "token");
    OWN(json) cJSON *json = NULL;
    enum resolution resolution = market_ask(m, token == NULL ? "" : token, &json);
    if (resolution == RESOLUTION_RESOLVED) {
        resolution = market_register(m, json, "");
    }
    market_say_resolved(m, step, resolution, json);
}
