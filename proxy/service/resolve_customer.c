// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/answer.h"

// A token says who bought what. It is good from its issue until its life is over, however often it
// is resolved (guide, saas-product-customer-setup), unless the world says that it resolves once:
// the reference names "the buyer has resubmitted the registration token" as a cause of
// ExpiredTokenException.

static enum aws_error judge_token(const struct world *w, const struct world_token *token,
                                  int64_t now_us)
{
    if (token == NULL || now_us < token->issued_us) {
        return AWS_ERROR_INVALID_TOKEN; // nobody can hold a token that is not issued yet
    }
    if (now_us >= token->issued_us + token->life_us || (w->tokens_once && token->used)) {
        return AWS_ERROR_EXPIRED_TOKEN;
    }
    return AWS_ERROR_NONE;
}

static void add_member(struct buf *body, const char *name, const char *value)
{
    if (value != NULL) {
        buf_add_text(body, body->len > 1 ? ",\"" : "\"");
        buf_add_text(body, name);
        buf_add_text(body, "\":");
        buf_add_json_string(body, span_of(value));
    }
}

static void add_metadata(struct buf *body, const struct world_customer *customer,
                         const struct world_product *product)
{
    buf_add_text(body, ",\"Metadata\":{\"AgreementId\":\"");
    world_add_agreement(body, customer, product);
    buf_add_text(body, "\"}");
}

void answer_resolve_customer(struct service *s, const struct service_call *call,
                             struct service_reply *reply)
{
    if (answer_if_disabled(s, call, REGION_SELLERS, reply)) {
        return;
    }
    struct world *w = s->world;
    struct span value = call->request->registration_token;
    const struct world_token *found = world_token_by_value(w, value);
    enum aws_error error = judge_token(w, found, call->now_us);
    if (error != AWS_ERROR_NONE || found == NULL) {
        answer_reject(reply, error, NULL);
        return;
    }
    world_own_token(w, span_of(found->symbol))->face.used = true;
    const struct customer *c = world_own_customer(w, span_of(found->customer));
    const struct product *p = world_own_product(w, span_of(found->product));
    // Accounts and licences came into the reply when records could name them.
    bool licensed = w->rules->has_licenses;
    buf_add_char(&reply->body, '{');
    add_member(&reply->body, "CustomerIdentifier", c->face.identifier);
    add_member(&reply->body, "CustomerAWSAccountId", licensed ? c->face.account : NULL);
    add_member(&reply->body, "ProductCode", p->face.code);
    add_member(&reply->body, "LicenseArn", licensed ? world_license(&c->face, &p->face) : NULL);
    if (w->rules->has_agreements) {
        add_metadata(&reply->body, &c->face, &p->face);
    }
    buf_add_char(&reply->body, '}');
    reply->customer = &c->face;
}
