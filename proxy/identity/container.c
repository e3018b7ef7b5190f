// SPDX-License-Identifier: Apache-2.0
// The endpoint of container credentials (SDKs and Tools Reference, "Container credential
// provider"): one address, one token in the Authorization header, one document.
#include "proxy/identity/identity_inside.h"

#include <string.h>

#define CREDENTIALS_PATH "/v2/credentials"

static struct span path_of(const struct identity_request *request)
{
    struct span rest = request->head->path;
    return span_cut(&rest, '?');
}

const char *container_asks(const struct identity_request *request)
{
    return span_starts(path_of(request), SPAN(CREDENTIALS_PATH)) ? "credentials" : "";
}

static void give(const struct identity *id, int64_t now_us, struct buf *b)
{
    const struct sigv4_credential *c = id->served;
    char expiration[INSTANT_TEXT];
    instant_format_s(expiration, identity_expiry_us(c, now_us));
    buf_add_text(b, "{\"RoleArn\":");
    buf_add_json_string(b, span_of(id->role_arn));
    buf_add_member(b, "AccessKeyId", span_of(c->access_key_id));
    buf_add_member(b, "SecretAccessKey", span_of(c->secret_access_key));
    buf_add_member(b, "Token", span_of(c->session_token));
    buf_add_member(b, "Expiration", span_of(expiration));
    buf_add_member(b, "AccountId", span_of(id->account));
    buf_add_char(b, '}');
}

void container_answer(struct identity *id, const struct identity_request *request,
                      struct identity_reply *out)
{
    struct span path = path_of(request);
    struct span token = h1_value(request->head, "Authorization");
    if (!span_is(request->head->method, "GET")) {
        identity_fail(out, request, IDENTITY_CONTAINER_METHOD, NULL);
    } else if (span_is(path, CREDENTIALS_PATH) || span_is(path, CREDENTIALS_PATH "/")) {
        identity_fail(out, request, IDENTITY_CONTAINER_NO_ID, NULL);
    } else if (!span_is(path, id->container_path)) {
        identity_fail(out, request, IDENTITY_CONTAINER_INVALID_ID, NULL);
    } else if (proofs_check_container(id->proofs, token) != PROOF_GOOD) {
        identity_fail(out, request, IDENTITY_CONTAINER_UNAUTHORIZED, NULL);
    } else {
        give(id, request->now_us, &out->body);
        out->content_type = "application/json";
        out->served = id->served;
    }
}

void container_word(struct buf *body, const char *name, int status, const char *message)
{
    buf_add_text(body, "{\"code\":");
    buf_add_json_string(body, span_of(name));
    buf_add_member(body, "message", span_of(message));
    buf_add_member_i64(body, "HTTPErrorCode", status);
    buf_add_char(body, '}');
}
