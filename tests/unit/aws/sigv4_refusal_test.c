// SPDX-License-Identifier: Apache-2.0
// Requests signed here, each with one thing wrong, beside legal neighbours.
#include "tests/unit/aws/aws_tests.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/aws/sigv4_fixture.h"

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
    draft_start(&d);
    if (row->before != NULL) {
        row->before(&d);
    }
    draft_sign(&d);
    if (row->after != NULL) {
        row->after(&d);
    }
    struct keyring keys = keyring_with("token-1");
    keys.credential.expires_us = moment("2026-11-18T11:00:00Z");
    struct sigv4_verifier *v = sigv4_verifier_new(keyring_find, &keys);
    struct sigv4_result r;
    sigv4_verify(v, &d.l.request, span_of(row->region == NULL ? "us-east-1" : row->region),
                 moment(row->now == NULL ? "2026-11-18T10:15:01Z" : row->now), &r);
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

static void named_twice(struct draft *d)
{
    size_t len = strlen(d->authorization);
    (void)snprintf(d->authorization + len, sizeof d->authorization - len, ", SignedHeaders=" NAMES);
    set_header(d, "Authorization", d->authorization);
}

static void nothing_but_scheme(struct draft *d)
{
    drop_header(d, "X-Amz-Date");
    set_header(d, "Authorization", "AWS4-HMAC-SHA256 Other=1");
}

static void four_elements(struct draft *d)
{
    d->scope = "20261118/us-east-1/aws-marketplace";
    draft_authorize(d, "00");
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
        {.name = "a parameter twice",
         .after = named_twice,
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

static void signed_but_dropped(struct draft *d)
{
    drop_header(d, "X-Amz-Target");
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
        {.name = "signed, and lost on the way",
         .after = signed_but_dropped,
         .error = AWS_ERROR_INVALID_SIGNATURE,
         .invalid = true},
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

const struct unit_test SIGV4_REFUSAL_TESTS[] = {
    {"forms of the header", forms},
    {"scopes and keys", scopes_and_keys},
    {"times", times},
    {"expired credentials", expiry},
    {"what is signed", contents},
    {"names that must be signed", names},
    {NULL, NULL},
};
