// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/aws/sigv4_fixture.h"

#include <stdio.h>
#include <string.h>

#include "proxy/aws/sigv4_canonical.h"
#include "proxy/base/digest.h"
#include "proxy/base/instant.h"
#include "tests/unit/unit.h"

const struct sigv4_credential *keyring_find(void *arg, struct span access_key_id)
{
    const struct keyring *k = arg;
    return span_is(access_key_id, k->credential.access_key_id) ? &k->credential : NULL;
}

struct keyring keyring_with(const char *token)
{
    return (struct keyring){.credential = {.name = "k1",
                                           .access_key_id = "AKIDEXAMPLE",
                                           .secret_access_key = SECRET,
                                           .session_token = token}};
}

int64_t moment(const char *text)
{
    int64_t at_us = 0;
    CHECK_INT(instant_parse(&at_us, span_of(text)), RC_OK);
    return at_us;
}

void add_header(struct loaded *l, struct span name, struct span value)
{
    if (CHECK(l->request.header_count < MAX_HEADERS)) {
        l->headers[l->request.header_count++] =
            (struct sigv4_header){.name = name, .value = span_trim(value)};
    }
}

// Spans point into json.
void load(struct loaded *l, const cJSON *json)
{
    const cJSON *pair = NULL;
    l->request = (struct sigv4_request){.method = json_span(json_get(json, "method")),
                                        .target = json_span(json_get(json, "target")),
                                        .headers = l->headers,
                                        .body = json_span(json_get(json, "body"))};
    cJSON_ArrayForEach(pair, json_get(json, "headers"))
    {
        add_header(l, json_span(cJSON_GetArrayItem(pair, 0)),
                   json_span(cJSON_GetArrayItem(pair, 1)));
    }
}

void set_header(struct draft *d, const char *name, const char *value)
{
    for (size_t i = 0; i < d->l.request.header_count; i++) {
        if (span_is(d->l.headers[i].name, name)) {
            d->l.headers[i].value = span_of(value);
            return;
        }
    }
    add_header(&d->l, span_of(name), span_of(value));
}

void drop_header(struct draft *d, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->l.request.header_count; i++) {
        if (!span_is(d->l.headers[i].name, name)) {
            d->l.headers[kept++] = d->l.headers[i];
        }
    }
    d->l.request.header_count = kept;
}

void draft_start(struct draft *d)
{
    *d = (struct draft){.scope = SCOPE, .names = NAMES, .secret = SECRET, .key_id = "AKIDEXAMPLE"};
    d->l.request = (struct sigv4_request){
        .method = SPAN("POST"), .target = SPAN("/"), .headers = d->l.headers, .body = SPAN("{}")};
    set_header(d, "Host", "localhost");
    set_header(d, "Content-Type", "application/x-amz-json-1.1");
    set_header(d, "X-Amz-Date", "20261118T101500Z");
    set_header(d, "X-Amz-Security-Token", "token-1");
    set_header(d, "X-Amz-Target", "AWSMPMeteringService.BatchMeterUsage");
}

static struct span bytes_of(const unsigned char *key)
{
    return (struct span){.at = (const char *)key, .len = SHA256_BYTES};
}

void draft_authorize(struct draft *d, const char *signature)
{
    (void)snprintf(d->authorization, sizeof d->authorization,
                   "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s", d->key_id,
                   d->scope, d->names, signature);
    set_header(d, "Authorization", d->authorization);
}

void draft_sign(struct draft *d)
{
    struct sigv4_parts parts;
    struct buf canonical = {0};
    struct buf to_sign = {0};
    unsigned char key[SHA256_BYTES];
    char hex[SHA256_HEX];
    char first[128];
    draft_authorize(d, "0");
    sigv4_parts_read(&parts, &d->l.request);
    sigv4_add_canonical(&canonical, &d->l.request, &parts, false);
    sigv4_add_string_to_sign(&to_sign, &parts, buf_span(&canonical));
    (void)snprintf(first, sizeof first, "AWS4%s", d->secret);
    struct span scope = span_of(d->scope);
    struct span secret = span_of(first);
    while (scope.at != NULL) {
        unsigned char next[SHA256_BYTES];
        hmac_sha256(next, secret, span_cut(&scope, '/'));
        memcpy(key, next, sizeof key);
        secret = bytes_of(key);
    }
    hmac_sha256(key, secret, buf_span(&to_sign));
    digest_to_hex(hex, key);
    draft_authorize(d, hex);
    buf_clear(&canonical);
    buf_clear(&to_sign);
}
