// SPDX-License-Identifier: Apache-2.0
// The facts of a signature are gathered first, each on its own; then a table of checks, in the
// order in which AWS complains, gives the one error of the reply. So evidence can say that a
// signature was right although the request was refused, and why.
#include "proxy/aws/sigv4.h"

#include <string.h>

#include "proxy/aws/sigv4_canonical.h"
#include "proxy/aws/sigv4_parts.h"
#include "proxy/aws/sigv4_scope.h"
#include "proxy/base/alloc.h"
#include "proxy/base/digest.h"
#include "proxy/base/instant.h"

#define TOLERANCE_US (INT64_C(900) * US_PER_S)
#define CACHED_KEYS 16

// A derived key; good as long as the credential's text and its secret are the same.
struct cached_key {
    char *credential; // "AKID/20150830/us-east-1/service/aws4_request"; NULL: free
    char *secret;
    unsigned char key[SHA256_BYTES];
};

struct sigv4_verifier {
    sigv4_find_fn *find;
    void *arg;
    const char *service;
    struct cached_key keys[CACHED_KEYS];
    size_t next_key; // the oldest, replaced first
    struct buf canonical, to_sign;
};

struct trial {
    struct sigv4_verifier *verifier;
    const struct sigv4_request *request;
    struct sigv4_parts parts;
    struct span region; // the one that is expected; empty: any
    int64_t now_us;
    struct sigv4_result *result;
};

struct sigv4_verifier *sigv4_verifier_new_for(sigv4_find_fn *find, void *arg, const char *service)
{
    struct sigv4_verifier *v = x_alloc(sizeof *v);
    v->find = find;
    v->arg = arg;
    v->service = service;
    return v;
}

struct sigv4_verifier *sigv4_verifier_new(sigv4_find_fn *find, void *arg)
{
    return sigv4_verifier_new_for(find, arg, AWS_SIGNING_NAME);
}

static void forget(struct cached_key *k)
{
    x_free(k->credential);
    x_free(k->secret);
    *k = (struct cached_key){.credential = NULL};
}

void sigv4_verifier_free(struct sigv4_verifier **v)
{
    if (*v == NULL) {
        return;
    }
    for (size_t i = 0; i < CACHED_KEYS; i++) {
        forget(&(*v)->keys[i]);
    }
    buf_clear(&(*v)->canonical);
    buf_clear(&(*v)->to_sign);
    x_free(*v);
    *v = NULL;
}

static struct span bytes_of(const unsigned char key[SHA256_BYTES])
{
    return (struct span){.at = (const char *)key, .len = SHA256_BYTES};
}

// IAM User Guide, "Create a signed AWS API request", step 4.
static void derive(unsigned char key[SHA256_BYTES], const char *secret,
                   const struct sigv4_parts *parts)
{
    struct buf first = {0};
    unsigned char next[SHA256_BYTES];
    buf_add_text(&first, "AWS4");
    buf_add_text(&first, secret);
    hmac_sha256(key, buf_span(&first), parts->date);
    hmac_sha256(next, bytes_of(key), parts->region);
    hmac_sha256(key, bytes_of(next), parts->service);
    hmac_sha256(next, bytes_of(key), SPAN(SIGV4_TERMINATOR));
    memcpy(key, next, SHA256_BYTES);
    buf_clear(&first);
}

static const unsigned char *key_for(struct sigv4_verifier *v, const char *secret,
                                    const struct sigv4_parts *parts)
{
    for (size_t i = 0; i < CACHED_KEYS; i++) {
        struct cached_key *k = &v->keys[i];
        if (k->credential != NULL && span_is(parts->credential, k->credential) &&
            strcmp(k->secret, secret) == 0) {
            return k->key;
        }
    }
    struct cached_key *k = &v->keys[v->next_key];
    v->next_key = (v->next_key + 1) % CACHED_KEYS;
    forget(k);
    k->credential = span_dup(parts->credential);
    k->secret = x_strdup(secret);
    derive(k->key, secret, parts);
    return k->key;
}

// In a time that depends on the length alone.
static bool equal_in_constant_time(struct span a, struct span b)
{
    unsigned char difference = 0;
    for (size_t i = 0; a.len == b.len && i < a.len; i++) {
        difference |= (unsigned char)(a.at[i] ^ b.at[i]);
    }
    return a.len == b.len && difference == 0;
}

static bool is_complete(const struct sigv4_parts *p)
{
    return p->authorizations == 1 && p->is_well_formed && span_is(p->scheme, SIGV4_ALGORITHM) &&
           p->elements == 5 && p->signature.len > 0 && p->signed_names.len > 0 && p->signed_us != 0;
}

// The date of the scope is the day of the date that is signed, in UTC.
static bool scope_date_matches(const struct sigv4_parts *p)
{
    char date[SIGV4_DATE_TEXT];
    sigv4_date_format(date, p->signed_us);
    return span_equal(p->date, span_slice(span_of(date), 0, 8));
}

static bool signature_is_right(struct trial *t)
{
    const struct sigv4_parts *p = &t->parts;
    struct sigv4_verifier *v = t->verifier;
    if (!is_complete(p) || t->result->credential == NULL || !scope_date_matches(p) ||
        !span_is(p->terminator, SIGV4_TERMINATOR) || !sigv4_names_are_ordered(p)) {
        return false;
    }
    unsigned char mac[SHA256_BYTES];
    char hex[SHA256_HEX];
    buf_reset(&v->canonical);
    buf_reset(&v->to_sign);
    sigv4_add_canonical(&v->canonical, t->request, p, false);
    sigv4_add_string_to_sign(&v->to_sign, p, buf_span(&v->canonical));
    const unsigned char *key = key_for(v, t->result->credential->secret_access_key, p);
    hmac_sha256(mac, bytes_of(key), buf_span(&v->to_sign));
    digest_to_hex(hex, mac);
    return equal_in_constant_time(p->signature, span_of(hex));
}

static bool token_is_right(const struct sigv4_credential *credential, struct span token)
{
    if (credential == NULL) {
        return false;
    }
    return credential->session_token == NULL
               ? token.at == NULL
               : equal_in_constant_time(token, span_of(credential->session_token));
}

static bool date_is_near(const struct trial *t)
{
    int64_t signed_us = t->parts.signed_us;
    return signed_us >= t->now_us - TOLERANCE_US && signed_us <= t->now_us + TOLERANCE_US;
}

static bool credential_lives(const struct trial *t)
{
    const struct sigv4_credential *c = t->result->credential;
    return c == NULL || c->expires_us == 0 || t->now_us < c->expires_us;
}

static bool region_is_right(const struct trial *t)
{
    return t->region.len == 0 || span_equal(t->parts.region, t->region);
}

static void copy_span(char *out, size_t size, struct span text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0) {
        memcpy(out, text.at, len);
    }
    out[len] = '\0';
}

// What is said, whether it is true or not.
static void gather_claim(struct trial *t)
{
    struct sigv4_result *r = t->result;
    const struct sigv4_parts *p = &t->parts;
    copy_span(r->access_key_id, sizeof r->access_key_id, p->key_id);
    copy_span(r->region, sizeof r->region, p->region);
    copy_span(r->service, sizeof r->service, p->service);
    r->signed_us = p->signed_us;
    r->credential = p->key_id.len == 0 ? NULL : t->verifier->find(t->verifier->arg, p->key_id);
}

static void gather(struct trial *t)
{
    struct sigv4_result *r = t->result;
    const struct sigv4_parts *p = &t->parts;
    gather_claim(t);
    r->is_valid = signature_is_right(t);
    r->scope_ok = span_is(p->service, t->verifier->service) && region_is_right(t);
    r->fresh = p->signed_us != 0 && date_is_near(t) && credential_lives(t);
    r->token_ok = token_is_right(r->credential, p->token);
}

// A check gives AWS_ERROR_NONE, or an error; the text may be left empty for the usual sentence.
typedef enum aws_error check_fn(const struct trial *t, struct buf *text);

static enum aws_error check_presence(const struct trial *t, struct buf *text)
{
    if (t->parts.authorizations > 0) {
        return AWS_ERROR_NONE;
    }
    if (t->parts.in_query) {
        buf_add_text(text, "Missing Authentication Token: a signature in the query string is not "
                           "accepted here, sign with the Authorization header.");
    }
    return AWS_ERROR_MISSING_AUTHENTICATION_TOKEN;
}

// The header's own text is not repeated: another scheme's would be a password or a bearer token.
static enum aws_error check_form(const struct trial *t, struct buf *text)
{
    const struct sigv4_parts *p = &t->parts;
    if (p->authorizations > 1) {
        buf_add_text(text, "More than one Authorization header is given.");
    } else if (!span_is(p->scheme, SIGV4_ALGORITHM)) {
        buf_add_text(text, "Unsupported AWS 'algorithm': the Authorization header must begin with "
                           "'" SIGV4_ALGORITHM "'.");
    } else if (!p->is_well_formed) {
        buf_add_text(text, "An element of the Authorization header is not a valid key=value pair "
                           "(missing equal-sign), or stands twice.");
    }
    return text->len == 0 ? AWS_ERROR_NONE : AWS_ERROR_INCOMPLETE_SIGNATURE;
}

static enum aws_error check_parameters(const struct trial *t, struct buf *text)
{
    const struct sigv4_parts *p = &t->parts;
    const struct {
        bool given;
        const char *sentence;
    } rows[] = {
        {p->credential.len > 0, "Authorization header requires 'Credential' parameter. "},
        {p->signature.len > 0, "Authorization header requires 'Signature' parameter. "},
        {p->signed_names.len > 0, "Authorization header requires 'SignedHeaders' parameter. "},
        {p->date_value.at != NULL, "Authorization header requires existence of either a "
                                   "'X-Amz-Date' or a 'Date' header. "},
        {p->credential.len == 0 || p->elements == 5,
         "Credential must have exactly 5 slash-delimited elements, e.g. "
         "keyid/date/region/service/term. "},
        {p->date_value.at == NULL || p->signed_us != 0,
         "Date must be in ISO-8601 'basic format' (20150830T123600Z), or in the Date header as "
         "HTTP has it. "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_add_text(text, rows[i].given ? "" : rows[i].sentence);
    }
    if (text->len == 0) {
        return AWS_ERROR_NONE;
    }
    text->len--; // the last blank
    return AWS_ERROR_INCOMPLETE_SIGNATURE;
}

static enum aws_error check_scope(const struct trial *t, struct buf *text)
{
    const struct sigv4_parts *p = &t->parts;
    if (!scope_date_matches(p)) {
        char date[SIGV4_DATE_TEXT];
        sigv4_date_format(date, p->signed_us);
        buf_addf(text,
                 "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                 "from HTTP: '%.*s' != '%.8s', from '%s'.",
                 (int)(p->date.len > 32 ? 32 : p->date.len), p->date.at, date, date);
    } else if (!region_is_right(t)) {
        buf_add_text(text, "Credential should be scoped to a valid region.");
    } else if (!span_is(p->service, t->verifier->service)) {
        buf_addf(text, "Credential should be scoped to correct service: '%s'.",
                 t->verifier->service);
    } else if (!span_is(p->terminator, SIGV4_TERMINATOR)) {
        buf_add_text(text, "Credential should be scoped with a valid terminator: "
                           "'" SIGV4_TERMINATOR "'.");
    }
    return text->len == 0 ? AWS_ERROR_NONE : AWS_ERROR_INVALID_SIGNATURE;
}

static enum aws_error check_date(const struct trial *t, struct buf *text)
{
    char signed_at[SIGV4_DATE_TEXT];
    char bound[SIGV4_DATE_TEXT];
    char now[SIGV4_DATE_TEXT];
    if (date_is_near(t)) {
        return AWS_ERROR_NONE;
    }
    bool early = t->parts.signed_us < t->now_us;
    sigv4_date_format(signed_at, t->parts.signed_us);
    sigv4_date_format(now, t->now_us);
    sigv4_date_format(bound, early ? t->now_us - TOLERANCE_US : t->now_us + TOLERANCE_US);
    buf_addf(text,
             early ? "Signature expired: %s is now earlier than %s (%s - 15 min.)"
                   : "Signature not yet current: %s is still later than %s (%s + 15 min.)",
             signed_at, bound, now);
    return AWS_ERROR_INVALID_SIGNATURE;
}

static enum aws_error check_credential(const struct trial *t, struct buf *text)
{
    (void)text;
    if (t->result->credential == NULL || !t->result->token_ok) {
        return AWS_ERROR_UNRECOGNIZED_CLIENT;
    }
    return credential_lives(t) ? AWS_ERROR_NONE : AWS_ERROR_EXPIRED_CREDENTIALS;
}

// IAM User Guide, "Create a canonical request": the headers must include host and every x-amz-
// header of the request. The security token is the exception that AWS publishes a vector for: "for
// some services" it may be added after the signature is made. (amz-sdk-invocation-id and
// amz-sdk-request are none of these; boto3 leaves them unsigned, the SDK for JavaScript signs
// them.)
static bool must_be_signed(struct span name)
{
    struct span prefix = SPAN("x-amz-");
    return span_equal_nocase(span_slice(name, 0, prefix.len), prefix) &&
           !span_equal_nocase(name, SPAN("x-amz-security-token"));
}

static enum aws_error check_signed_names(const struct trial *t, struct buf *text)
{
    if (!sigv4_names_are_ordered(&t->parts)) {
        buf_add_text(text, "SignedHeaders must be lower-case names in alphabetical order.");
    } else if (!sigv4_is_signed(&t->parts, SPAN("host"))) {
        buf_add_text(text, "'Host' or ':authority' must be a 'SignedHeader' in the AWS "
                           "Authorization.");
    }
    for (size_t i = 0; i < t->request->header_count && text->len == 0; i++) {
        struct span name = t->request->headers[i].name;
        if (must_be_signed(name) && !sigv4_is_signed(&t->parts, name)) {
            buf_addf(text, "'%.*s' must be a 'SignedHeader' in the AWS Authorization.",
                     (int)(name.len > 100 ? 100 : name.len), name.at);
        }
    }
    return text->len == 0 ? AWS_ERROR_NONE : AWS_ERROR_INVALID_SIGNATURE;
}

static enum aws_error check_payload(const struct trial *t, struct buf *text)
{
    char hash[SHA256_HEX];
    struct span claimed = t->parts.content_sha256;
    if (claimed.at == NULL || span_is(claimed, "UNSIGNED-PAYLOAD")) {
        return AWS_ERROR_NONE;
    }
    if (span_is(claimed, sigv4_body_sha256(hash, t->request))) {
        return AWS_ERROR_NONE;
    }
    buf_add_text(text, "The value of the 'x-amz-content-sha256' header is not the hash of the "
                       "body.");
    return AWS_ERROR_INVALID_SIGNATURE;
}

static enum aws_error check_signature(const struct trial *t, struct buf *text)
{
    (void)text;
    return t->result->is_valid ? AWS_ERROR_NONE : AWS_ERROR_INVALID_SIGNATURE;
}

void sigv4_verify(struct sigv4_verifier *v, const struct sigv4_request *request, struct span region,
                  int64_t now_us, struct sigv4_result *result)
{
    static check_fn *const CHECKS[] = {
        check_presence,   check_form,         check_parameters, check_scope,     check_date,
        check_credential, check_signed_names, check_payload,    check_signature,
    };
    struct trial t = {
        .verifier = v, .request = request, .region = region, .now_us = now_us, .result = result};
    struct buf text = {0};
    *result = (struct sigv4_result){.error = AWS_ERROR_NONE};
    sigv4_parts_read(&t.parts, request);
    gather(&t);
    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0] && result->error == AWS_ERROR_NONE;
         i++) {
        result->error = CHECKS[i](&t, &text);
    }
    copy_span(result->text, sizeof result->text,
              text.len > 0 ? buf_span(&text) : span_of(aws_error_message(result->error)));
    buf_clear(&text);
}

void sigv4_claim(struct sigv4_verifier *v, const struct sigv4_request *request,
                 struct sigv4_result *result)
{
    struct trial t = {.verifier = v, .request = request, .result = result};
    *result = (struct sigv4_result){.error = AWS_ERROR_NONE};
    sigv4_parts_read(&t.parts, request);
    gather_claim(&t);
}

void sigv4_explain(struct sigv4_verifier *v, const struct sigv4_request *request, struct buf *out)
{
    struct sigv4_parts parts;
    sigv4_parts_read(&parts, request);
    if (!is_complete(&parts)) {
        buf_add_text(out, "The request bears no complete signature.\n");
        return;
    }
    buf_reset(&v->canonical);
    sigv4_add_canonical(&v->canonical, request, &parts, false);
    buf_add_text(out, "The Canonical String for this request should have been\n'");
    sigv4_add_canonical(out, request, &parts, true);
    buf_add_text(out, "'\n\nThe String-to-Sign should have been\n'");
    sigv4_add_string_to_sign(out, &parts, buf_span(&v->canonical));
    buf_add_text(out, "'\n");
}
