// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/answer.h"

#include <string.h>

#include "proxy/aws/timestamp.h"
#include "proxy/base/alloc.h"
#include "proxy/base/own.h"

// A task or pod registers once, and is told by a signed token that it may run. Whether it may is
// asked the first time only (model, RegisterUsage): later calls of the same task or pod are
// answered even if the customer has left. What it costs is counted by AWS, not by this service:
// nothing goes into the ledger.

static bool has_registered(const struct service *s, const struct registration *r)
{
    for (size_t i = 0; i < s->registered_count; i++) {
        const struct registration *other = &s->registered[i];
        if (other->product == r->product && strcmp(other->instance, r->instance) == 0) {
            return true;
        }
    }
    return false;
}

static bool runs_in_container(const struct world *w)
{
    return w->platform == PLATFORM_ECS || w->platform == PLATFORM_EKS;
}

// In the order in which it is asked; AWS documents none.
static enum aws_error judge(const struct service *s, const struct service_call *call)
{
    const struct world *w = s->world;
    if (!span_equal(answer_region(s, call), world_runtime_region(w))) {
        return AWS_ERROR_INVALID_REGION;
    }
    return call->request->public_key_version > w->public_key_version
               ? AWS_ERROR_INVALID_PUBLIC_KEY_VERSION
               : AWS_ERROR_NONE;
}

static enum aws_error judge_first(const struct service *s, const struct service_call *call,
                                  const struct customer *buyer)
{
    if (!runs_in_container(s->world)) {
        return AWS_ERROR_PLATFORM_NOT_SUPPORTED;
    }
    return answer_is_subscribed(&buyer->face, 0, call->now_us) ? AWS_ERROR_NONE
                                                               : AWS_ERROR_CUSTOMER_NOT_ENTITLED;
}

static bool add_signature(struct service *s, const struct service_call *call, struct buf *out)
{
    const struct aws_request *request = call->request;
    struct jwt_claims claims = {.product_code = request->product_code,
                                .public_key_version = request->public_key_version,
                                .nonce = request->nonce,
                                .issued_us = call->wire_us,
                                .capital = s->world->capital_claims};
    return jwt_add(out, &claims, call->forgery, &s->signer);
}

// "Only included when public key version has expired."
static void render(const struct service *s, const struct service_call *call, struct span signature,
                   struct buf *body)
{
    bool is_old = call->request->public_key_version < s->world->public_key_version;
    buf_add(body, SPAN("{"));
    if (is_old || call->forgery == JWT_ROTATION) {
        buf_add(body, SPAN("\"PublicKeyRotationTimestamp\":"));
        timestamp_add(body, s->world->key_rotation_us / US_PER_S * US_PER_S);
        buf_add_char(body, ',');
    }
    buf_add(body, SPAN("\"Signature\":"));
    buf_add_json_string(body, signature);
    buf_add_char(body, '}');
}

void answer_register_usage(struct service *s, const struct service_call *call,
                           struct service_reply *reply)
{
    if (answer_if_disabled(s, call, REGION_REGISTRATION, reply)) {
        return;
    }
    enum aws_error error = judge(s, call);
    if (error != AWS_ERROR_NONE) {
        answer_reject(reply, error, NULL);
        return;
    }
    const struct product *product = answer_product(s, call->request->product_code, reply);
    if (product == NULL) {
        return;
    }
    const struct credential *caller = answer_caller(s, call);
    const struct customer *buyer = world_buyer(s->world, caller);
    struct registration registration = {.product = product, .instance = caller->instance};
    bool is_known = has_registered(s, &registration);
    error = is_known ? AWS_ERROR_NONE : judge_first(s, call, buyer);
    OWN_BUF struct buf signature = {0};
    if (error == AWS_ERROR_NONE && !add_signature(s, call, &signature)) {
        error = AWS_ERROR_INTERNAL_SERVICE_ERROR;
    }
    if (error != AWS_ERROR_NONE) {
        answer_reject(reply, error, NULL);
        return;
    }
    if (!is_known) {
        X_GROW(s->registered, s->registered_count, s->registered_capacity);
        s->registered[s->registered_count++] = registration;
    }
    reply->customer = &buyer->face;
    render(s, call, buf_span(&signature), &reply->body);
}
