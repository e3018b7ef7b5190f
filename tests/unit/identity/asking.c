// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/identity/identity_tests.h"

#include <string.h>

#include "proxy/base/alloc.h"

static const struct sigv4_credential K1 = {.name = "k1",
                                           .access_key_id = "ASIAIOSFODNN7EXAMPLE",
                                           .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY",
                                           .session_token = "IQoJb3JpZ2luX2Vj/+a==",
                                           .expires_us = NOW_US + 3600 * US_PER_S};

void asking_begin(struct asking *a, bool imds_v1)
{
    struct identity_options options = {.region = "eu-west-1",
                                       .account = "123456789012",
                                       .seed = 7,
                                       .case_id = SPAN("CRD-01"),
                                       .now_us = NOW_US};
    *a = (struct asking){
        .id = identity_new(&options), .now_us = NOW_US, .region = "eu-west-1", .imds_v1 = imds_v1};
    identity_serve(a->id, &K1, NOW_US);
}

static void forget(struct asking *a)
{
    identity_reply_clear(&a->reply);
    x_free(a->text);
    a->text = NULL;
}

void asking_end(struct asking *a)
{
    forget(a);
    identity_free(&a->id);
}

int asking_ask(struct asking *a, enum target target, const char *method, const char *path,
               const char *name, const char *value, const char *body)
{
    struct h1_field field = {.name = span_of(name), .value = span_of(value)};
    struct h1_head head = {.method = span_of(method),
                           .path = span_of(path),
                           .fields = &field,
                           .field_count = name == NULL ? 0 : 1};
    struct identity_request request = {.target = target,
                                       .head = &head,
                                       .body = span_of(body),
                                       .now_us = a->now_us,
                                       .region = a->region,
                                       .imds_v1 = a->imds_v1,
                                       .request_id = "req-1"};
    forget(a);
    identity_answer(a->id, &request, &a->reply);
    a->text = span_dup(buf_span(&a->reply.body));
    return a->reply.status;
}

bool asking_says(const struct asking *a, const char *text)
{
    bool says = strstr(a->text, text) != NULL;
    if (!says) {
        unit_check_text(a->text, text, "the reply's body", __FILE__, __LINE__);
    }
    return says;
}
