// SPDX-License-Identifier: Apache-2.0
// AssumeRoleWithWebIdentity of the AWS Security Token Service (API Reference 2011-06-15), which is
// the one operation that a client calls without credentials. Query protocol: a form goes in, XML
// comes out.
#include "proxy/identity/identity_inside.h"

#include <stdio.h>
#include <string.h>

#include "proxy/base/own.h"
#include "proxy/identity/form.h"

#define OPERATION "AssumeRoleWithWebIdentity"
#define VERSION "2011-06-15"
#define NAMESPACE "https://sts.amazonaws.com/doc/2011-06-15/"
#define DURATION_MIN_S 900
#define DURATION_MAX_S 43200

struct call {
    struct identity *id;
    const struct identity_request *request;
    struct identity_reply *out;
    struct buf action, version, role_arn, session, token, duration;
    char message[256];
};

// A request in the address (GET) means the same as one in the body.
static struct span form_of(const struct identity_request *request)
{
    struct span rest = request->head->path;
    (void)span_cut(&rest, '?');
    return span_is(request->head->method, "GET") ? rest : request->body;
}

static void read_call(struct call *c)
{
    const struct {
        const char *name;
        struct buf *into;
    } fields[] = {{"Action", &c->action},          {"Version", &c->version},
                  {"RoleArn", &c->role_arn},       {"RoleSessionName", &c->session},
                  {"WebIdentityToken", &c->token}, {"DurationSeconds", &c->duration}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        (void)form_value(form_of(c->request), fields[i].name, fields[i].into);
    }
}

static void clear_call(struct call *c)
{
    buf_clear(&c->action);
    buf_clear(&c->version);
    buf_clear(&c->role_arn);
    buf_clear(&c->session);
    buf_clear(&c->token);
    buf_clear(&c->duration);
}

const char *sts_asks(const struct identity_request *request)
{
    OWN_BUF struct buf action = {0};
    (void)form_value(form_of(request), "Action", &action);
    return span_is(buf_span(&action), OPERATION) ? OPERATION : "";
}

static bool is_session_name(struct span name)
{
    static const char MORE[] = "_+=,.@-";
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && memchr(MORE, c, sizeof MORE - 1) == NULL) {
            return false;
        }
    }
    return name.len >= 2 && name.len <= 64;
}

static bool is_duration(struct span text)
{
    uint64_t seconds = 0;
    return text.len == 0 ||
           (span_to_u64(text, DURATION_MAX_S, &seconds) && seconds >= DURATION_MIN_S);
}

// A check gives IDENTITY_ERROR_NONE, or an error and, where its own words do not do, a message.
typedef enum identity_error check_fn(struct call *c);

static enum identity_error check_action(struct call *c)
{
    if (c->action.len == 0) {
        return IDENTITY_STS_MISSING_ACTION;
    }
    bool is_known =
        span_is(buf_span(&c->action), OPERATION) && span_is(buf_span(&c->version), VERSION);
    return is_known ? IDENTITY_ERROR_NONE : IDENTITY_STS_INVALID_ACTION;
}

static enum identity_error check_members(struct call *c)
{
    const struct {
        const char *name;
        bool is_given, is_good;
        const char *rule;
    } rows[] = {
        {"roleArn", c->role_arn.len > 0, c->role_arn.len >= 20 && c->role_arn.len <= 2048,
         "Member must have a length from 20 to 2048"},
        {"roleSessionName", c->session.len > 0, is_session_name(buf_span(&c->session)),
         "Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}"},
        {"webIdentityToken", c->token.len > 0, c->token.len >= 4 && c->token.len <= 20000,
         "Member must have a length from 4 to 20000"},
        {"durationSeconds", true, is_duration(buf_span(&c->duration)),
         "Member must have a value from 900 to 43200"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!rows[i].is_given || !rows[i].is_good) {
            (void)snprintf(c->message, sizeof c->message,
                           "1 validation error detected: %s at '%s' failed to satisfy constraint: "
                           "%s",
                           rows[i].is_given ? "Value" : "Value null", rows[i].name,
                           rows[i].is_given ? rows[i].rule : "Member must not be null");
            return IDENTITY_STS_VALIDATION;
        }
    }
    return IDENTITY_ERROR_NONE;
}

static enum identity_error check_token(struct call *c)
{
    int64_t expired_us = 0;
    enum proof proof =
        proofs_check_web(c->id->proofs, buf_span(&c->token), c->request->now_us, &expired_us);
    if (proof == PROOF_EXPIRED) {
        char now[INSTANT_TEXT];
        char end[INSTANT_TEXT];
        instant_format_s(now, c->request->now_us);
        instant_format_s(end, expired_us);
        (void)snprintf(c->message, sizeof c->message,
                       "Token expired: current date/time %s must be before the expiration "
                       "date/time %s",
                       now, end);
        return IDENTITY_STS_EXPIRED;
    }
    return proof == PROOF_GOOD ? IDENTITY_ERROR_NONE : IDENTITY_STS_INVALID_TOKEN;
}

static enum identity_error check_role(struct call *c)
{
    return span_is(buf_span(&c->role_arn), c->id->role_arn) ? IDENTITY_ERROR_NONE
                                                            : IDENTITY_STS_ACCESS_DENIED;
}

// What came from a client was held against a pattern before; our own values need no escape.
static void give(const struct call *c)
{
    const struct identity *id = c->id;
    const struct sigv4_credential *k = id->served;
    struct span session = buf_span(&c->session);
    char expiration[INSTANT_TEXT];
    instant_format_s(expiration, identity_expiry_us(k, c->request->now_us));
    struct buf *b = &c->out->body;
    buf_add_text(b, "<" OPERATION "Response xmlns=\"" NAMESPACE "\">\n  <" OPERATION "Result>\n");
    buf_addf(b,
             "    <Audience>sts.amazonaws.com</Audience>\n    <AssumedRoleUser>\n"
             "      <AssumedRoleId>%s:%.*s</AssumedRoleId>\n"
             "      <Arn>arn:aws:sts::%s:assumed-role/" IDENTITY_ROLE "/%.*s</Arn>\n"
             "    </AssumedRoleUser>\n",
             id->role_id, (int)session.len, session.at, id->account, (int)session.len, session.at);
    buf_addf(b,
             "    <SubjectFromWebIdentityToken>system:serviceaccount:default:" IDENTITY_ROLE
             "</SubjectFromWebIdentityToken>\n    <Credentials>\n"
             "      <AccessKeyId>%s</AccessKeyId>\n      <SecretAccessKey>%s</SecretAccessKey>\n"
             "      <SessionToken>%s</SessionToken>\n      <Expiration>%s</Expiration>\n"
             "    </Credentials>\n",
             k->access_key_id, k->secret_access_key, k->session_token, expiration);
    buf_addf(b,
             "  </" OPERATION "Result>\n  <ResponseMetadata>\n    <RequestId>%s</RequestId>\n"
             "  </ResponseMetadata>\n</" OPERATION "Response>\n",
             c->request->request_id);
    c->out->content_type = "text/xml";
    c->out->served = k;
}

void sts_answer(struct identity *id, const struct identity_request *request,
                struct identity_reply *out)
{
    static check_fn *const CHECKS[] = {check_action, check_members, check_token, check_role};
    struct call c = {.id = id, .request = request, .out = out};
    enum identity_error error = IDENTITY_ERROR_NONE;
    read_call(&c);
    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0] && error == IDENTITY_ERROR_NONE; i++) {
        error = CHECKS[i](&c);
    }
    if (error == IDENTITY_ERROR_NONE) {
        give(&c);
    } else {
        identity_fail(out, request, error, c.message[0] == '\0' ? NULL : c.message);
    }
    clear_call(&c);
}

static void add_escaped(struct buf *b, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            buf_add_text(b, "&amp;");
            break;
        case '<':
            buf_add_text(b, "&lt;");
            break;
        case '>':
            buf_add_text(b, "&gt;");
            break;
        default:
            buf_add_char(b, *c);
        }
    }
}

void sts_word(struct buf *body, const char *name, int status, const char *message,
              const char *request_id)
{
    buf_addf(body,
             "<ErrorResponse xmlns=\"" NAMESPACE "\">\n  <Error>\n    <Type>%s</Type>\n    <Code>",
             status < 500 ? "Sender" : "Receiver");
    add_escaped(body, name);
    buf_add_text(body, "</Code>\n    <Message>");
    add_escaped(body, message);
    buf_addf(body, "</Message>\n  </Error>\n  <RequestId>%s</RequestId>\n</ErrorResponse>\n",
             request_id);
}
