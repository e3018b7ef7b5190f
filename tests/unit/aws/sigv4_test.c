// SPDX-License-Identifier: Apache-2.0
// Vectors that AWS published, requests that real SDKs sent (see sigv4/make_golden.*), and requests
// signed here, each with one thing wrong beside a legal neighbour.
#include "tests/unit/aws/aws_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/aws/sigv4_canonical.h"
#include "proxy/aws/sigv4_scope.h"
#include "proxy/base/digest.h"
#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define MAX_HEADERS 24

struct keyring {
    struct sigv4_credential credential;
    unsigned asked;
};

static const struct sigv4_credential *find(void *arg, struct span access_key_id)
{
    struct keyring *k = arg;
    k->asked++;
    return span_is(access_key_id, k->credential.access_key_id) ? &k->credential : NULL;
}

static struct keyring keyring_with(const char *token)
{
    return (struct keyring){.credential = {.name = "k1",
                                           .access_key_id = "AKIDEXAMPLE",
                                           .secret_access_key = SECRET,
                                           .session_token = token}};
}

static int64_t at(const char *text)
{
    int64_t at_us = 0;
    CHECK_INT(instant_parse(&at_us, span_of(text)), RC_OK);
    return at_us;
}

struct loaded {
    struct sigv4_header headers[MAX_HEADERS];
    struct sigv4_request request;
};

static void add_header(struct loaded *l, struct span name, struct span value)
{
    if (CHECK(l->request.header_count < MAX_HEADERS)) {
        l->headers[l->request.header_count++] =
            (struct sigv4_header){.name = name, .value = span_trim(value)};
    }
}

// Spans point into json.
static void load(struct loaded *l, const cJSON *json)
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

static cJSON *read_data(const char *name)
{
    char path[512];
    struct diag d = {0};
    cJSON *json = NULL;
    (void)snprintf(path, sizeof path, "%s/sigv4/%s.json", TEST_DATA, name);
    CHECK_INT(json_read_file(&json, NULL, path, &d), RC_OK);
    return json;
}

static void check_vector(const cJSON *vector)
{
    struct loaded l;
    char authorization[512];
    load(&l, vector);
    (void)snprintf(authorization, sizeof authorization,
                   "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
                   "aws4_request, SignedHeaders=%s, Signature=%s",
                   json_get_text(vector, "signed"), json_get_text(vector, "signature"));
    add_header(&l, SPAN("Host"), SPAN("example.amazonaws.com"));
    add_header(&l, SPAN("X-Amz-Date"), SPAN("20150830T123600Z"));
    add_header(&l, SPAN("Authorization"), span_of(authorization));
    OWN(text) char *token = span_dup(sigv4_header_value(&l.request, "X-Amz-Security-Token"));
    struct keyring keys = keyring_with(token[0] == '\0' ? NULL : token);
    struct sigv4_verifier *v = sigv4_verifier_new_for(find, &keys, "service");
    struct sigv4_result result;
    sigv4_verify(v, &l.request, SPAN("us-east-1"), at("2015-08-30T12:40:00Z"), &result);
    CHECK_TEXT(result.text, "");
    CHECK_INT(result.error, AWS_ERROR_NONE);
    CHECK(result.is_valid && result.scope_ok && result.fresh && result.token_ok);
    // One more byte of body breaks it.
    l.request.body = SPAN("tampered");
    sigv4_verify(v, &l.request, SPAN("us-east-1"), at("2015-08-30T12:40:00Z"), &result);
    CHECK_INT(result.error, AWS_ERROR_INVALID_SIGNATURE);
    CHECK(!result.is_valid);
    sigv4_verifier_free(&v);
}

static void published(void)
{
    OWN(json) cJSON *json = read_data("published");
    const cJSON *vector = NULL;
    int count = 0;
    cJSON_ArrayForEach(vector, json_get(json, "vectors"))
    {
        unit_row(json_get_text(vector, "name"));
        check_vector(vector);
        count++;
    }
    unit_row(NULL);
    CHECK(count >= 30);
}

static const char *const GOLDEN[] = {"boto-batch-long-term-key", "boto-batch-session-token",
                                     "boto-meter-session-token", "boto-resolve-long-term-key",
                                     "js-batch-session-token"};

static void check_golden(const cJSON *json)
{
    struct loaded l;
    load(&l, json);
    struct keyring keys = keyring_with(json_get_text(json, "token"));
    struct sigv4_verifier *v = sigv4_verifier_new(find, &keys);
    struct sigv4_result result;
    sigv4_verify(v, &l.request, SPAN("us-east-1"), at("2026-11-18T10:15:01Z"), &result);
    CHECK_TEXT(result.text, "");
    CHECK_INT(result.error, AWS_ERROR_NONE);
    CHECK(result.is_valid && result.scope_ok && result.fresh && result.token_ok);
    CHECK_TEXT(result.access_key_id, "AKIDEXAMPLE");
    CHECK_TEXT(result.region, "us-east-1");
    CHECK_TEXT(result.service, "aws-marketplace");
    CHECK_INT(result.signed_us, at("2026-11-18T10:15:00Z"));
    CHECK(result.credential == &keys.credential);
    sigv4_verifier_free(&v);
}

// Our texts against those of botocore, which the files hold.
static void check_texts(const cJSON *json)
{
    struct loaded l;
    struct sigv4_parts parts;
    struct buf canonical = {0};
    struct buf to_sign = {0};
    load(&l, json);
    sigv4_parts_read(&parts, &l.request);
    sigv4_add_canonical(&canonical, &l.request, &parts, false);
    sigv4_add_string_to_sign(&to_sign, &parts, buf_span(&canonical));
    OWN(text) char *canonical_text = buf_take_text(&canonical);
    OWN(text) char *to_sign_text = buf_take_text(&to_sign);
    CHECK_TEXT(canonical_text, json_get_text(json, "canonical_request"));
    CHECK_TEXT(to_sign_text, json_get_text(json, "string_to_sign"));
}

static void golden(void)
{
    for (size_t i = 0; i < sizeof GOLDEN / sizeof GOLDEN[0]; i++) {
        unit_row(GOLDEN[i]);
        OWN(json) cJSON *json = read_data(GOLDEN[i]);
        check_golden(json);
        if (json_get(json, "canonical_request") != NULL) {
            check_texts(json);
        }
    }
    unit_row(NULL);
}

// A request that is signed here, so that single things can be wrong in it.
struct draft {
    struct loaded l;
    const char *scope; // after the access key
    const char *names, *secret, *key_id;
    char authorization[1024];
    char value[64];
};

#define NAMES "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
#define SCOPE "20261118/us-east-1/aws-marketplace/aws4_request"

static void set_header(struct draft *d, const char *name, const char *value)
{
    for (size_t i = 0; i < d->l.request.header_count; i++) {
        if (span_is(d->l.headers[i].name, name)) {
            d->l.headers[i].value = span_of(value);
            return;
        }
    }
    add_header(&d->l, span_of(name), span_of(value));
}

static void drop_header(struct draft *d, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->l.request.header_count; i++) {
        if (!span_is(d->l.headers[i].name, name)) {
            d->l.headers[kept++] = d->l.headers[i];
        }
    }
    d->l.request.header_count = kept;
}

static void start(struct draft *d)
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

static void authorize(struct draft *d, const char *signature)
{
    (void)snprintf(d->authorization, sizeof d->authorization,
                   "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s", d->key_id,
                   d->scope, d->names, signature);
    set_header(d, "Authorization", d->authorization);
}

static void sign(struct draft *d)
{
    struct sigv4_parts parts;
    struct buf canonical = {0};
    struct buf to_sign = {0};
    unsigned char key[SHA256_BYTES];
    char hex[SHA256_HEX];
    char first[128];
    authorize(d, "0");
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
    authorize(d, hex);
    buf_clear(&canonical);
    buf_clear(&to_sign);
}

typedef void change_fn(struct draft *d);

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which rows are read
struct row {
    const char *name;
    change_fn *before, *after; // of the signing; NULL: nothing
    const char *now;           // NULL: a second after the signing
    const char *region;        // NULL: us-east-1
    enum aws_error error;
    const char *text; // NULL: the usual one
    bool invalid, scope_bad, stale, token_bad;
};

static void check_row(const struct row *row)
{
    struct draft d;
    start(&d);
    if (row->before != NULL) {
        row->before(&d);
    }
    sign(&d);
    if (row->after != NULL) {
        row->after(&d);
    }
    struct keyring keys = keyring_with("token-1");
    keys.credential.expires_us = at("2026-11-18T11:00:00Z");
    struct sigv4_verifier *v = sigv4_verifier_new(find, &keys);
    struct sigv4_result r;
    sigv4_verify(v, &d.l.request, span_of(row->region == NULL ? "us-east-1" : row->region),
                 at(row->now == NULL ? "2026-11-18T10:15:01Z" : row->now), &r);
    CHECK_TEXT(aws_error_name(r.error), aws_error_name(row->error));
    CHECK_INT(r.error, row->error);
    CHECK_TEXT(r.text, row->text == NULL ? aws_error_message(row->error) : row->text);
    CHECK_INT(r.is_valid, !row->invalid);
    CHECK_INT(r.scope_ok, !row->scope_bad);
    CHECK_INT(r.fresh, !row->stale);
    CHECK_INT(r.token_ok, !row->token_bad);
    sigv4_verifier_free(&v);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unit_row(rows[i].name);
        check_row(&rows[i]);
    }
    unit_row(NULL);
}
#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof(rows)[0])

static void no_authorization(struct draft *d)
{
    drop_header(d, "Authorization");
}

static void presigned(struct draft *d)
{
    drop_header(d, "Authorization");
    d->l.request.target = SPAN("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00");
}

static void bearer(struct draft *d)
{
    set_header(d, "Authorization", "Bearer c2VjcmV0");
}

static void sigv4a(struct draft *d)
{
    set_header(d, "Authorization", "AWS4-ECDSA-P256-SHA256 Credential=A/b/c/d, Signature=0");
}

static void two_authorizations(struct draft *d)
{
    add_header(&d->l, SPAN("Authorization"), span_of(d->authorization));
}

static void no_signature(struct draft *d)
{
    (void)snprintf(d->authorization, sizeof d->authorization,
                   "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" SCOPE ", SignedHeaders=" NAMES);
    set_header(d, "Authorization", d->authorization);
}

static void no_pairs(struct draft *d)
{
    set_header(d, "Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" SCOPE ", x");
}

static void nothing_but_scheme(struct draft *d)
{
    drop_header(d, "X-Amz-Date");
    set_header(d, "Authorization", "AWS4-HMAC-SHA256 Other=1");
}

static void four_elements(struct draft *d)
{
    d->scope = "20261118/us-east-1/aws-marketplace";
    authorize(d, "00");
}

static void extended_date(struct draft *d)
{
    set_header(d, "X-Amz-Date", "2026-11-18T10:15:00Z");
}

static void impossible_date(struct draft *d)
{
    set_header(d, "X-Amz-Date", "20261131T101500Z");
}

// Legal: no blanks after the commas.
static void tight_commas(struct draft *d)
{
    char *out = d->authorization;
    for (const char *in = d->authorization; *in != '\0'; in++) {
        *out++ = *in;
        if (in[0] == ',' && in[1] == ' ') {
            in++;
        }
    }
    *out = '\0';
    set_header(d, "Authorization", d->authorization);
}

static void http_date(struct draft *d)
{
    drop_header(d, "X-Amz-Date");
    set_header(d, "Date", "Wed, 18 Nov 2026 10:15:00 GMT");
    d->names = "content-type;date;host;x-amz-security-token;x-amz-target";
}

static void forms(void)
{
#define NO_FACTS .invalid = true, .scope_bad = true, .token_bad = true
    static const struct row ROWS[] = {
        {.name = "right"},
        {.name = "tight commas", .after = tight_commas},
        {.name = "Date as HTTP has it", .before = http_date},
        {.name = "none",
         .after = no_authorization,
         .error = AWS_ERROR_MISSING_AUTHENTICATION_TOKEN,
         NO_FACTS},
        {.name = "presigned",
         .after = presigned,
         .error = AWS_ERROR_MISSING_AUTHENTICATION_TOKEN,
         .text = "Missing Authentication Token: a signature in the query string is not accepted "
                 "here, sign with the Authorization header.",
         NO_FACTS},
        {.name = "bearer",
         .after = bearer,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "Unsupported AWS 'algorithm': the Authorization header must begin with "
                 "'AWS4-HMAC-SHA256'.",
         NO_FACTS},
        {.name = "another algorithm",
         .after = sigv4a,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "Unsupported AWS 'algorithm': the Authorization header must begin with "
                 "'AWS4-HMAC-SHA256'.",
         NO_FACTS},
        {.name = "two headers",
         .after = two_authorizations,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "More than one Authorization header is given.",
         .invalid = true},
        {.name = "no signature",
         .after = no_signature,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "Authorization header requires 'Signature' parameter.",
         .invalid = true},
        {.name = "no pairs",
         .after = no_pairs,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "An element of the Authorization header is not a valid key=value pair (missing "
                 "equal-sign), or stands twice.",
         .invalid = true},
        {.name = "everything missing",
         .after = nothing_but_scheme,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "Authorization header requires 'Credential' parameter. Authorization header "
                 "requires 'Signature' parameter. Authorization header requires 'SignedHeaders' "
                 "parameter. Authorization header requires existence of either a 'X-Amz-Date' or a "
                 "'Date' header.",
         NO_FACTS,
         .stale = true},
        {.name = "four elements",
         .after = four_elements,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "Credential must have exactly 5 slash-delimited elements, e.g. "
                 "keyid/date/region/service/term.",
         .invalid = true},
        {.name = "extended date",
         .after = extended_date,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "Date must be in ISO-8601 'basic format' (20150830T123600Z), or in the Date "
                 "header as HTTP has it.",
         .invalid = true,
         .stale = true},
        {.name = "31 November",
         .after = impossible_date,
         .error = AWS_ERROR_INCOMPLETE_SIGNATURE,
         .text = "Date must be in ISO-8601 'basic format' (20150830T123600Z), or in the Date "
                 "header as HTTP has it.",
         .invalid = true,
         .stale = true},
    };
    CHECK_ROWS(ROWS);
}

static void other_service(struct draft *d)
{
    d->scope = "20261118/us-east-1/execute-api/aws4_request";
}

static void other_region(struct draft *d)
{
    d->scope = "20261118/eu-west-1/aws-marketplace/aws4_request";
}

static void other_day(struct draft *d)
{
    d->scope = "20261117/us-east-1/aws-marketplace/aws4_request";
}

static void other_end(struct draft *d)
{
    d->scope = "20261118/us-east-1/aws-marketplace/aws5_request";
}

static void other_key(struct draft *d)
{
    d->key_id = "AKIDUNKNOWN";
}

static void other_secret(struct draft *d)
{
    d->secret = "another secret";
}

static void other_token(struct draft *d)
{
    set_header(d, "X-Amz-Security-Token", "token-2");
}

static void no_token(struct draft *d)
{
    drop_header(d, "X-Amz-Security-Token");
    d->names = "content-type;host;x-amz-date;x-amz-target";
}

static void scopes_and_keys(void)
{
    static const struct row ROWS[] = {
        {.name = "service",
         .before = other_service,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "Credential should be scoped to correct service: 'aws-marketplace'.",
         .scope_bad = true},
        {.name = "region",
         .before = other_region,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "Credential should be scoped to a valid region.",
         .scope_bad = true},
        {.name = "region as expected", .before = other_region, .region = "eu-west-1"},
        {.name = "any region", .before = other_region, .region = ""},
        {.name = "day",
         .before = other_day,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                 "from HTTP: '20261117' != '20261118', from '20261118T101500Z'.",
         .invalid = true},
        {.name = "terminator",
         .before = other_end,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "Credential should be scoped with a valid terminator: 'aws4_request'.",
         .invalid = true},
        {.name = "unknown key",
         .before = other_key,
         .error = AWS_ERROR_UNRECOGNIZED_CLIENT,
         .invalid = true,
         .token_bad = true},
        {.name = "wrong secret",
         .before = other_secret,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .invalid = true},
        {.name = "another token, signed",
         .before = other_token,
         .error = AWS_ERROR_UNRECOGNIZED_CLIENT,
         .token_bad = true},
        {.name = "no token",
         .before = no_token,
         .error = AWS_ERROR_UNRECOGNIZED_CLIENT,
         .token_bad = true},
    };
    CHECK_ROWS(ROWS);
}

static void times(void)
{
    static const struct row ROWS[] = {
        {.name = "15 minutes late", .now = "2026-11-18T10:30:00Z"},
        {.name = "and a second",
         .now = "2026-11-18T10:30:01Z",
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "Signature expired: 20261118T101500Z is now earlier than 20261118T101501Z "
                 "(20261118T103001Z - 15 min.)",
         .stale = true},
        {.name = "15 minutes early", .now = "2026-11-18T10:00:00Z"},
        {.name = "and a second more",
         .now = "2026-11-18T09:59:59Z",
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "Signature not yet current: 20261118T101500Z is still later than "
                 "20261118T101459Z (20261118T095959Z + 15 min.)",
         .stale = true},
    };
    CHECK_ROWS(ROWS);
}

static void late_date(struct draft *d)
{
    set_header(d, "X-Amz-Date", "20261118T105500Z");
}

static void expiry(void)
{
    static const struct row ROWS[] = {
        {.name = "last moment", .before = late_date, .now = "2026-11-18T10:59:59.999Z"},
        {.name = "over",
         .before = late_date,
         .now = "2026-11-18T11:00:00Z",
         .error = AWS_ERROR_EXPIRED_CREDENTIALS,
         .text = "The security token included in the request is expired",
         .stale = true},
    };
    CHECK_ROWS(ROWS);
}

static void tampered_body(struct draft *d)
{
    d->l.request.body = SPAN("{ }");
}

static void tampered_target(struct draft *d)
{
    set_header(d, "X-Amz-Target", "AWSMPMeteringService.MeterUsage");
}

static void tampered_host(struct draft *d)
{
    set_header(d, "Host", "localhost:80");
}

static void unsigned_header_changes(struct draft *d)
{
    set_header(d, "User-Agent", "anything");
    set_header(d, "amz-sdk-request", "attempt=2");
}

static void wider_blanks(struct draft *d)
{
    set_header(d, "Content-Type", "application/x-amz-json-1.1");
    set_header(d, "X-Amz-Target", "a  b");
}

static void narrower_blanks(struct draft *d)
{
    set_header(d, "X-Amz-Target", "a b");
}

static void capital_signature(struct draft *d)
{
    size_t len = strlen(d->authorization);
    for (size_t i = len - 64; i < len; i++) {
        char c = d->authorization[i];
        d->authorization[i] = (char)(c >= 'a' && c <= 'f' ? c - 32 : c);
    }
}

static void short_signature(struct draft *d)
{
    d->authorization[strlen(d->authorization) - 1] = '\0';
    set_header(d, "Authorization", d->authorization);
}

static void host_unsigned(struct draft *d)
{
    d->names = "content-type;x-amz-date;x-amz-security-token;x-amz-target";
}

static void target_unsigned(struct draft *d)
{
    d->names = "content-type;host;x-amz-date;x-amz-security-token";
}

static void added_after_signing(struct draft *d)
{
    set_header(d, "x-amz-meta-x", "1");
}

static void token_unsigned(struct draft *d)
{
    d->names = "content-type;host;x-amz-date;x-amz-target";
}

static void names_unordered(struct draft *d)
{
    d->names = "host;content-type;x-amz-date;x-amz-security-token;x-amz-target";
}

static void names_capital(struct draft *d)
{
    d->names = "Host;content-type;x-amz-date;x-amz-security-token;x-amz-target";
}

static void body_hash(struct draft *d, const char *hash)
{
    set_header(d, "X-Amz-Content-Sha256", hash);
    d->names = "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;"
               "x-amz-target";
}

static void right_hash(struct draft *d)
{
    body_hash(d, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
}

static void wrong_hash(struct draft *d)
{
    body_hash(d, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8b");
}

static void unsigned_payload(struct draft *d)
{
    body_hash(d, "UNSIGNED-PAYLOAD");
}

static void whole_uri(struct draft *d)
{
    d->l.request.target = SPAN("http://metering.marketplace.us-east-1.amazonaws.com/");
}

static void contents(void)
{
    static const struct row ROWS[] = {
        {.name = "body",
         .after = tampered_body,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .invalid = true},
        {.name = "operation",
         .after = tampered_target,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .invalid = true},
        {.name = "host",
         .after = tampered_host,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .invalid = true},
        {.name = "unsigned headers may change", .after = unsigned_header_changes},
        {.name = "blanks are one", .before = wider_blanks, .after = narrower_blanks},
        {.name = "capitals",
         .after = capital_signature,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .invalid = true},
        {.name = "a digit short",
         .after = short_signature,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .invalid = true},
        {.name = "body hash", .before = right_hash},
        {.name = "wrong body hash",
         .before = wrong_hash,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "The value of the 'x-amz-content-sha256' header is not the hash of the body."},
        {.name = "unsigned payload", .before = unsigned_payload, .after = tampered_body},
        {.name = "the path of a whole URI", .after = whole_uri},
    };
    CHECK_ROWS(ROWS);
}

static void names(void)
{
    static const struct row ROWS[] = {
        {.name = "host",
         .before = host_unsigned,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
        {.name = "operation",
         .before = target_unsigned,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."},
        {.name = "added after",
         .after = added_after_signing,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "'x-amz-meta-x' must be a 'SignedHeader' in the AWS Authorization."},
        {.name = "token added after is published", .before = token_unsigned},
        {.name = "order",
         .before = names_unordered,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "SignedHeaders must be lower-case names in alphabetical order.",
         .invalid = true},
        {.name = "capitals",
         .before = names_capital,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .text = "SignedHeaders must be lower-case names in alphabetical order.",
         .invalid = true},
    };
    CHECK_ROWS(ROWS);
}

static void long_term_token(void)
{
    struct draft d;
    struct sigv4_result r;
    start(&d);
    sign(&d);
    struct keyring keys = keyring_with(NULL);
    struct sigv4_verifier *v = sigv4_verifier_new(find, &keys);
    sigv4_verify(v, &d.l.request, SPAN("us-east-1"), at("2026-11-18T10:15:00Z"), &r);
    CHECK_INT(r.error, AWS_ERROR_UNRECOGNIZED_CLIENT);
    CHECK(r.is_valid && !r.token_ok);
    sigv4_verifier_free(&v);
    sigv4_verifier_free(&v); // harmless
}

static bool verify_again(struct sigv4_verifier *v, const char *key_id, const char *secret)
{
    struct draft d;
    struct sigv4_result r;
    start(&d);
    d.key_id = key_id;
    d.secret = secret;
    sign(&d);
    sigv4_verify(v, &d.l.request, SPAN(""), at("2026-11-18T10:15:00Z"), &r);
    return r.error == AWS_ERROR_NONE;
}

// A key derived from a secret that has been replaced must not be used, nor another credential's.
static void cache(void)
{
    struct keyring keys = keyring_with("token-1");
    struct sigv4_verifier *v = sigv4_verifier_new(find, &keys);
    CHECK(verify_again(v, "AKIDEXAMPLE", SECRET));
    CHECK(verify_again(v, "AKIDEXAMPLE", SECRET));
    keys.credential.secret_access_key = "rotated";
    CHECK(!verify_again(v, "AKIDEXAMPLE", SECRET));
    CHECK(verify_again(v, "AKIDEXAMPLE", "rotated"));
    for (int i = 0; i < 40; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "AKID%d", i);
        keys.credential.access_key_id = id;
        CHECK(verify_again(v, id, "rotated"));
        CHECK(!verify_again(v, "AKIDEXAMPLE", "rotated"));
    }
    sigv4_verifier_free(&v);
}

static void long_values(void)
{
    char id[400];
    memset(id, 'A', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    struct draft d;
    struct sigv4_result r;
    start(&d);
    d.key_id = id;
    sign(&d);
    struct keyring keys = keyring_with("token-1");
    struct sigv4_verifier *v = sigv4_verifier_new(find, &keys);
    sigv4_verify(v, &d.l.request, SPAN(""), at("2026-11-18T10:15:00Z"), &r);
    CHECK_INT(r.error, AWS_ERROR_UNRECOGNIZED_CLIENT);
    CHECK_INT(strlen(r.access_key_id), sizeof r.access_key_id - 1);
    sigv4_verifier_free(&v);
}

static void explains(void)
{
    OWN(json) cJSON *json = read_data("boto-meter-session-token");
    struct loaded l;
    struct buf b = {0};
    load(&l, json);
    struct keyring keys = keyring_with(json_get_text(json, "token"));
    struct sigv4_verifier *v = sigv4_verifier_new(find, &keys);
    sigv4_explain(v, &l.request, &b);
    OWN(text) char *text = buf_take_text(&b);
    CHECK_TEXT(text, "The Canonical String for this request should have been\n'POST\n/\n\n"
                     "content-type:application/x-amz-json-1.1\nhost:127.0.0.1:8080\n"
                     "x-amz-date:20261118T101500Z\nx-amz-security-token:[153 bytes]\n"
                     "x-amz-target:AWSMPMeteringService.MeterUsage\n\n"
                     "content-type;host;x-amz-date;x-amz-security-token;x-amz-target\n"
                     "0ad6a121cb588cdd95c5dbbf56529df0f029ff51738044bbd2c00f72d6106ea2'\n\n"
                     "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20261118T101500Z\n"
                     "20261118/us-east-1/aws-marketplace/aws4_request\n"
                     "8c9b010b5f8071c2336e9509c6d4499977732f977b429d19b8a03695c1e4ba5e'\n");
    l.request.header_count = 0;
    sigv4_explain(v, &l.request, &b);
    OWN(text) char *nothing = buf_take_text(&b);
    CHECK_TEXT(nothing, "The request bears no complete signature.\n");
    sigv4_verifier_free(&v);
}

const struct unit_test SIGV4_TESTS[] = {
    {"vectors that AWS published", published},
    {"requests of real SDKs", golden},
    {"forms of the header", forms},
    {"scopes and keys", scopes_and_keys},
    {"times", times},
    {"expired credentials", expiry},
    {"what is signed", contents},
    {"names that must be signed", names},
    {"a token that nobody gave", long_term_token},
    {"derived keys are kept", cache},
    {"values that are too long", long_values},
    {"explained", explains},
    {NULL, NULL},
};
