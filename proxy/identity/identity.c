// SPDX-License-Identifier: Apache-2.0
#include "proxy/identity/identity_inside.h"

#include <assert.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/identity/letters.h"

// A credential that never runs out is stated to be good for so long, as a role's session is.
#define STATED_LIFE_US (6 * US_PER_HOUR)

static const struct {
    enum target target;
    int status;
    const char *name, *message;
} ERRORS[IDENTITY_ERROR_COUNT] = {
    [IDENTITY_ERROR_NONE] = {.target = TARGET_COUNT, .status = 400, .name = "", .message = ""},
#define IDENTITY_ERROR(id, of, wire_name, usual, text)                                             \
    [IDENTITY_##id] = {.target = (of), .status = (usual), .name = (wire_name), .message = (text)},
#include "proxy/identity/error.def"
};

static char *uuid(const struct letters *l, const char *begin, const char *what)
{
    static const size_t PARTS[] = {8, 4, 4, 4, 12};
    struct buf text = {0};
    buf_add_text(&text, begin);
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        buf_add_text(&text, i == 0 ? "" : "-");
        letters_add(l, &text, what, i + 1, LETTERS_HEX, PARTS[i]);
    }
    return buf_take_text(&text);
}

static struct proofs *new_proofs(const struct letters *l, const struct identity_options *options)
{
    OWN(text) char *provider = letters_text(l, "", "provider", LETTERS_BASE32, 32);
    OWN_BUF struct buf issuer = {0};
    buf_addf(&issuer, "https://oidc.eks.%s.amazonaws.com/id/%s%c", options->region, provider, '\0');
    struct proofs_options of_proofs = {.seed = l->seed,
                                       .case_id = l->case_id,
                                       .issuer = issuer.data,
                                       .subject = "system:serviceaccount:default:" IDENTITY_ROLE,
                                       .now_us = options->now_us};
    return proofs_new(&of_proofs);
}

struct identity *identity_new(const struct identity_options *options)
{
    struct identity *id = x_alloc(sizeof *id);
    id->case_id = span_dup(options->case_id);
    struct letters l = {.seed = options->seed, .case_id = span_of(id->case_id)};
    struct buf arn = {0};
    id->account = x_strdup(options->account);
    buf_addf(&arn, "arn:aws:iam::%s:role/%s", id->account, IDENTITY_ROLE);
    id->role_arn = buf_take_text(&arn);
    id->role_id = letters_text(&l, "AROA", "role", LETTERS_BASE32, 17);
    id->instance_id = letters_text(&l, "i-0", "instance", LETTERS_HEX, 16);
    id->container_path = uuid(&l, "/v2/credentials/", "container");
    id->proofs = new_proofs(&l, options);
    return id;
}

void identity_free(struct identity **slot)
{
    struct identity *id = *slot;
    if (id == NULL) {
        return;
    }
    proofs_free(&id->proofs);
    x_free(id->account);
    x_free(id->role_arn);
    x_free(id->role_id);
    x_free(id->instance_id);
    x_free(id->container_path);
    x_free(id->case_id);
    x_free(id);
    *slot = NULL;
}

void identity_serve(struct identity *id, const struct sigv4_credential *credential, int64_t now_us)
{
    assert(credential->session_token != NULL);
    id->served = credential;
    id->served_us = now_us;
}

void identity_rotate(struct identity *id, int64_t now_us)
{
    proofs_renew(id->proofs, now_us);
}

const char *identity_container_path(const struct identity *id)
{
    return id->container_path;
}

const char *identity_container_token(const struct identity *id)
{
    return proofs_container(id->proofs);
}

const char *identity_web_token(const struct identity *id)
{
    return proofs_web(id->proofs);
}

const char *identity_role_arn(const struct identity *id)
{
    return id->role_arn;
}

void identity_tell_secrets(const struct identity *id,
                           void (*tell)(void *arg, const char *name, struct span value), void *arg)
{
    tell(arg, "container-token", span_of(proofs_container(id->proofs)));
    tell(arg, "web-identity-token", span_of(proofs_web(id->proofs)));
    tell(arg, "imds-token", span_of(proofs_imds_stem(id->proofs)));
}

int64_t identity_expiry_us(const struct sigv4_credential *credential, int64_t now_us)
{
    return credential->expires_us != 0 ? credential->expires_us : now_us + STATED_LIFE_US;
}

enum identity_error identity_error_find(enum target target, struct span name)
{
    for (unsigned i = IDENTITY_ERROR_NONE + 1; i < IDENTITY_ERROR_COUNT; i++) {
        if (ERRORS[i].target == target && span_is(name, ERRORS[i].name)) {
            return (enum identity_error)i;
        }
    }
    return IDENTITY_ERROR_NONE;
}

int identity_error_status(enum identity_error error)
{
    return ERRORS[error].status;
}

static const char *content_type_of(enum target target)
{
    static const char *const TYPES[TARGET_COUNT] = {[TARGET_IMDS] = "text/html; charset=utf-8",
                                                    [TARGET_CONTAINER] = "application/json",
                                                    [TARGET_STS] = "text/xml"};
    return TYPES[target];
}

void identity_refuse(struct identity_reply *out, const struct identity_request *request,
                     const struct identity_refusal *refusal)
{
    const char *message =
        refusal->message != NULL ? refusal->message : ERRORS[refusal->error].message;
    out->error = refusal->name != NULL ? refusal->name : ERRORS[refusal->error].name;
    out->status = refusal->status != 0 ? refusal->status : ERRORS[refusal->error].status;
    out->content_type = content_type_of(request->target);
    buf_reset(&out->body);
    if (refusal->empty_body) {
        return;
    }
    if (request->target == TARGET_IMDS) {
        imds_word(&out->body, out->status, message);
    } else if (request->target == TARGET_CONTAINER) {
        container_word(&out->body, out->error, out->status, message);
    } else {
        sts_word(&out->body, out->error, out->status, message, request->request_id);
    }
}

void identity_fail(struct identity_reply *out, const struct identity_request *request,
                   enum identity_error error, const char *message)
{
    struct identity_refusal refusal = {.error = error, .message = message};
    identity_refuse(out, request, &refusal);
}

// One row for each stand-in: how it answers, and what it is asked.
static const struct {
    void (*answer)(struct identity *id, const struct identity_request *request,
                   struct identity_reply *out);
    const char *(*asks)(const struct identity_request *request);
} STAND_INS[TARGET_COUNT] = {[TARGET_IMDS] = {imds_answer, imds_asks},
                             [TARGET_CONTAINER] = {container_answer, container_asks},
                             [TARGET_STS] = {sts_answer, sts_asks}};

const char *identity_asks(const struct identity_request *request)
{
    return STAND_INS[request->target].asks(request);
}

void identity_answer(struct identity *id, const struct identity_request *request,
                     struct identity_reply *out)
{
    *out = (struct identity_reply){.status = 200, .error = ""};
    out->asks = identity_asks(request);
    STAND_INS[request->target].answer(id, request, out);
}

void identity_reply_clear(struct identity_reply *reply)
{
    buf_clear(&reply->body);
}
