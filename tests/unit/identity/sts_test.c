// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/identity/identity_tests.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"

struct fields {
    const char *action, *version, *role, *session, *token, *duration; // NULL: left out
};

static void add(struct buf *b, const char *name, const char *value)
{
    if (value != NULL) {
        buf_addf(b, "%s%s=%s", b->len == 0 ? "" : "&", name, value);
    }
}

static int post(struct asking *a, const struct fields *f)
{
    OWN_BUF struct buf form = {0};
    add(&form, "Action", f->action);
    add(&form, "Version", f->version);
    add(&form, "RoleArn", f->role);
    add(&form, "RoleSessionName", f->session);
    add(&form, "WebIdentityToken", f->token);
    add(&form, "DurationSeconds", f->duration);
    buf_add_char(&form, '\0');
    return asking_ask(a, TARGET_STS, "POST", "/", NULL, NULL, form.data);
}

static struct fields good(const struct asking *a)
{
    return (struct fields){.action = "AssumeRoleWithWebIdentity",
                           .version = "2011-06-15",
                           .role = identity_role_arn(a->id),
                           .session = "seller-1",
                           .token = identity_web_token(a->id)};
}

static void credentials(void)
{
    struct asking a;
    asking_begin(&a, false);
    struct fields f = good(&a);
    f.duration = "900";
    CHECK_INT(post(&a, &f), 200);
    CHECK_TEXT(a.reply.content_type, "text/xml");
    CHECK_TEXT(a.reply.asks, "AssumeRoleWithWebIdentity");
    CHECK_TEXT(a.reply.served->name, "k1");
    CHECK(asking_says(&a, "<AssumeRoleWithWebIdentityResponse "
                          "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"));
    CHECK(asking_says(&a, "<AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>"));
    CHECK(asking_says(&a, "<SecretAccessKey>wJalrXUtnFEMI/K7MDENG+bPxRfiCY</SecretAccessKey>"));
    CHECK(asking_says(&a, "<SessionToken>IQoJb3JpZ2luX2Vj/+a==</SessionToken>"));
    CHECK(asking_says(&a, "<Expiration>2026-11-18T11:15:00Z</Expiration>"));
    CHECK(asking_says(&a, ":assumed-role/meterprover/seller-1</Arn>"));
    CHECK(asking_says(&a, "<RequestId>req-1</RequestId>"));
    asking_end(&a);
}

static void in_the_address(void)
{
    struct asking a;
    asking_begin(&a, false);
    OWN_BUF struct buf path = {0};
    buf_addf(&path,
             "/?Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=s1&RoleArn=%s"
             "&WebIdentityToken=%s%c",
             identity_role_arn(a.id), identity_web_token(a.id), '\0');
    CHECK_INT(asking_ask(&a, TARGET_STS, "GET", path.data, NULL, NULL, ""), 200);
    asking_end(&a);
}

static void refusals(void)
{
    struct asking a;
    asking_begin(&a, false);
    struct fields f = good(&a);
    char long_name[66];
    memset(long_name, 'x', 65);
    long_name[65] = '\0';
    const struct {
        const char *what;
        struct fields fields;
        int status;
        const char *error, *text;
    } rows[] = {
        {"no action",
         {NULL, f.version, f.role, f.session, f.token, NULL},
         400,
         "MissingAction",
         "<Type>Sender</Type>"},
        {"another action",
         {"AssumeRole", f.version, f.role, f.session, f.token, NULL},
         400,
         "InvalidAction",
         "InvalidAction"},
        {"another version",
         {f.action, "2010-05-08", f.role, f.session, f.token, NULL},
         400,
         "InvalidAction",
         "2011-06-15"},
        {"no role",
         {f.action, f.version, NULL, f.session, f.token, NULL},
         400,
         "ValidationError",
         "Value null at 'roleArn'"},
        {"short role",
         {f.action, f.version, "arn:aws:iam::1", f.session, f.token, NULL},
         400,
         "ValidationError",
         "'roleArn'"},
        {"another role",
         {f.action, f.version, "arn:aws:iam::111122223333:role/meterprover", f.session, f.token,
          NULL},
         403,
         "AccessDenied",
         "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
        {"no session",
         {f.action, f.version, f.role, NULL, f.token, NULL},
         400,
         "ValidationError",
         "'roleSessionName'"},
        {"session with a blank",
         {f.action, f.version, f.role, "a%20b", f.token, NULL},
         400,
         "ValidationError",
         "'roleSessionName'"},
        {"long session",
         {f.action, f.version, f.role, long_name, f.token, NULL},
         400,
         "ValidationError",
         "'roleSessionName'"},
        {"no token",
         {f.action, f.version, f.role, f.session, NULL, NULL},
         400,
         "ValidationError",
         "'webIdentityToken'"},
        {"another token",
         {f.action, f.version, f.role, f.session, "eyJhbGciOiJub25lIn0..", NULL},
         400,
         "InvalidIdentityToken",
         "could not be validated"},
        {"short duration",
         {f.action, f.version, f.role, f.session, f.token, "899"},
         400,
         "ValidationError",
         "'durationSeconds'"},
        {"long duration",
         {f.action, f.version, f.role, f.session, f.token, "43201"},
         400,
         "ValidationError",
         "'durationSeconds'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_row(rows[i].what);
        CHECK_INT(post(&a, &rows[i].fields), rows[i].status);
        CHECK_TEXT(a.reply.error, rows[i].error);
        CHECK(asking_says(&a, rows[i].text));
        CHECK(a.reply.served == NULL);
    }
    unit_row(NULL);
    asking_end(&a);
}

static void expired_tokens(void)
{
    struct asking a;
    asking_begin(&a, false);
    OWN(text) char *old = span_dup(span_of(identity_web_token(a.id)));
    a.now_us = NOW_US + 86400 * US_PER_S;
    struct fields f = good(&a);
    CHECK_INT(post(&a, &f), 400);
    CHECK_TEXT(a.reply.error, "ExpiredTokenException");
    CHECK(asking_says(&a, "current date/time 2026-11-19T10:15:00Z must be before the expiration "
                          "date/time 2026-11-19T10:15:00Z"));
    a.now_us = NOW_US;
    identity_rotate(a.id, NOW_US);
    f = good(&a);
    CHECK_INT(post(&a, &f), 200);
    f.token = old;
    CHECK_INT(post(&a, &f), 400);
    CHECK_TEXT(a.reply.error, "ExpiredTokenException");
    asking_end(&a);
}

// Every error by its name, as the target it belongs to words it.
static void errors_by_name(void)
{
    static const struct {
        enum target target;
        const char *name;
        int status;
        const char *text;
    } ROWS[] = {
        {TARGET_STS, "IDPCommunicationError", 400, "<Code>IDPCommunicationError</Code>"},
        {TARGET_STS, "IDPRejectedClaim", 403, "<Code>IDPRejectedClaim</Code>"},
        {TARGET_STS, "ServiceUnavailable", 503, "<Type>Receiver</Type>"},
        {TARGET_IMDS, "ServiceUnavailable", 503, "<title>503 - Service Unavailable</title>"},
        {TARGET_CONTAINER, "InternalServerError", 500, "\"HTTPErrorCode\":500"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct h1_head head = {.method = SPAN("GET"), .path = SPAN("/")};
        struct identity_request request = {
            .target = ROWS[i].target, .head = &head, .request_id = "r"};
        struct identity_reply reply = {.status = 0};
        struct identity_refusal refusal = {
            .error = identity_error_find(ROWS[i].target, span_of(ROWS[i].name))};
        unit_row(ROWS[i].name);
        CHECK(refusal.error != IDENTITY_ERROR_NONE);
        identity_refuse(&reply, &request, &refusal);
        CHECK_INT(reply.status, ROWS[i].status);
        CHECK_TEXT(reply.error, ROWS[i].name);
        CHECK(span_has(buf_span(&reply.body), span_of(ROWS[i].text)));
        identity_reply_clear(&reply);
    }
    unit_row(NULL);
    CHECK_INT(identity_error_find(TARGET_IMDS, SPAN("IDPCommunicationError")), IDENTITY_ERROR_NONE);
    CHECK_INT(identity_error_find(TARGET_SERVICE, SPAN("")), IDENTITY_ERROR_NONE);
}

static void own_words_are_escaped(void)
{
    struct h1_head head = {.method = SPAN("POST"), .path = SPAN("/")};
    struct identity_request request = {.target = TARGET_STS, .head = &head, .request_id = "r"};
    struct identity_reply reply = {.status = 0};
    struct identity_refusal refusal = {.name = "A<B", .message = "x & y > z", .status = 418};
    identity_refuse(&reply, &request, &refusal);
    CHECK_INT(reply.status, 418);
    CHECK(span_has(buf_span(&reply.body), SPAN("<Code>A&lt;B</Code>")));
    CHECK(span_has(buf_span(&reply.body), SPAN("<Message>x &amp; y &gt; z</Message>")));
    identity_reply_clear(&reply);
}

const struct unit_test STS_TESTS[] = {
    {"credentials", credentials},
    {"in the address", in_the_address},
    {"refusals", refusals},
    {"expired tokens", expired_tokens},
    {"errors by name", errors_by_name},
    {"own words are escaped", own_words_are_escaped},
    {NULL, NULL},
};
