// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/credentials.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/wire.h"

#define EARLY_US US_PER_S // keys that end while a call is on its way are of no use
#define HAMMERING 100
#define ROLES "/latest/meta-data/iam/security-credentials/"

// Says a question and gives the body of a reply of 200; false for any other, and for none.
static bool ask(const struct credentials *c, const struct wire_question *question, struct buf *body)
{
    struct wire_reply reply;
    buf_reset(body);
    wire_ask(c->variants, question, &reply);
    bool is_good = reply.delivery == DELIVERY_WHOLE && reply.status == 200;
    if (is_good) {
        buf_add(body, buf_span(&reply.body));
    }
    wire_reply_clear(&reply);
    return is_good;
}

static void forget(struct credentials *c)
{
    char **const texts[] = {&c->access_key_id, &c->secret_access_key, &c->session_token};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        x_free(*texts[i]);
        *texts[i] = NULL;
    }
}

static enum rc keep(struct credentials *c, const struct span values[3], struct span expiration)
{
    int64_t expires_us = 0;
    if (values[0].len == 0 || values[1].len == 0 || values[2].len == 0 ||
        instant_parse(&expires_us, expiration) != RC_OK) {
        return RC_MISSING;
    }
    forget(c);
    c->access_key_id = span_dup(values[0]);
    c->secret_access_key = span_dup(values[1]);
    c->session_token = span_dup(values[2]);
    c->expires_us = expires_us;
    return RC_OK;
}

// The document that containers and instances are given.
static enum rc keep_json(struct credentials *c, const struct buf *body)
{
    OWN(json) cJSON *json = NULL;
    if (json_read(&json, NULL, buf_span(body), NULL, NULL) != RC_OK) {
        return RC_MISSING;
    }
    const struct span values[] = {json_span(json_get(json, "AccessKeyId")),
                                  json_span(json_get(json, "SecretAccessKey")),
                                  json_span(json_get(json, "Token"))};
    return keep(c, values, json_span(json_get(json, "Expiration")));
}

// What stands between <name> and </name>; none of it needs unescaping.
static struct span element(struct span xml, const char *name)
{
    char tag[40];
    (void)snprintf(tag, sizeof tag, "<%s>", name);
    for (size_t i = 0; i < xml.len; i++) {
        struct span rest = span_slice(xml, i, xml.len);
        if (span_starts(rest, span_of(tag))) {
            rest = span_slice(rest, strlen(tag), rest.len);
            return span_cut(&rest, '<');
        }
    }
    return (struct span){0};
}

static enum rc keep_xml(struct credentials *c, const struct buf *body)
{
    struct span xml = buf_span(body);
    const struct span values[] = {element(xml, "AccessKeyId"), element(xml, "SecretAccessKey"),
                                  element(xml, "SessionToken")};
    return keep(c, values, element(xml, "Expiration"));
}

// The text of a file without the end of its line; NULL when it cannot be read.
static char *read_text(const char *path)
{
    OWN_BUF struct buf text = {0};
    return file_read(&text, path, NULL) == RC_OK ? span_dup(span_trim(buf_span(&text))) : NULL;
}

static void add_encoded(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "&%s=", name);
    for (const char *c = value; *c != '\0'; c++) {
        bool is_plain = isalnum((unsigned char)*c) != 0 || strchr("-._~", *c) != NULL;
        buf_addf(out, is_plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
}

static enum rc from_web_identity(struct credentials *c)
{
    OWN(text) char *token = NULL;
    bool is_new = c->proof == NULL || !c->variants->on[BUG_TOKEN_READ_ONCE];
    token = is_new ? read_text(getenv("AWS_WEB_IDENTITY_TOKEN_FILE")) : x_strdup(c->proof);
    const char *role = getenv("AWS_ROLE_ARN");
    const char *session = getenv("AWS_ROLE_SESSION_NAME");
    const char *url = getenv("AWS_ENDPOINT_URL_STS");
    if (token == NULL || role == NULL || url == NULL) {
        return RC_MISSING;
    }
    OWN_BUF struct buf form = {0};
    buf_add_text(&form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15");
    add_encoded(&form, "RoleArn", role);
    add_encoded(&form, "RoleSessionName", session != NULL ? session : "mutant");
    add_encoded(&form, "WebIdentityToken", token);
    x_free(c->proof);
    c->proof = own_take_text(&token);
    OWN_BUF struct buf body = {0};
    struct wire_question question = {
        .method = "POST",
        .url = url,
        .headers = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n",
        .body = buf_span(&form)};
    return ask(c, &question, &body) ? keep_xml(c, &body) : RC_MISSING;
}

static enum rc from_container(struct credentials *c)
{
    const char *file = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *given = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    bool is_new = c->proof == NULL || !c->variants->on[BUG_TOKEN_READ_ONCE];
    OWN(text)
    char *token = !is_new         ? x_strdup(c->proof)
                  : file != NULL  ? read_text(file)
                  : given != NULL ? x_strdup(given)
                                  : NULL;
    OWN_BUF struct buf headers = {0};
    if (token != NULL) {
        buf_addf(&headers, "Authorization: %s\r\n", token);
        x_free(c->proof);
        c->proof = own_take_text(&token);
    }
    OWN(text) char *header = buf_take_text(&headers);
    OWN_BUF struct buf body = {0};
    struct wire_question question = {
        .method = "GET", .url = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), .headers = header};
    return ask(c, &question, &body) ? keep_json(c, &body) : RC_MISSING;
}

// One request to instance metadata, under header (NULL for none).
static bool ask_metadata(const struct credentials *c, const char *method, const char *path,
                         const char *header, struct buf *body)
{
    OWN_BUF struct buf url = {0};
    buf_addf(&url, "%s%s", getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"), path);
    OWN(text) char *url_text = buf_take_text(&url);
    struct wire_question question = {.method = method, .url = url_text, .headers = header};
    return ask(c, &question, body);
}

static enum rc from_metadata(struct credentials *c)
{
    OWN_BUF struct buf token = {0};
    OWN_BUF struct buf header = {0};
    OWN_BUF struct buf role = {0};
    OWN_BUF struct buf path = {0};
    if (!c->variants->on[BUG_IMDS_V1]) {
        if (!ask_metadata(c, "PUT", "/latest/api/token",
                          "X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", &token)) {
            return RC_MISSING;
        }
        buf_addf(&header, "X-aws-ec2-metadata-token: %.*s\r\n", (int)token.len, token.data);
    }
    OWN(text) char *header_text = buf_take_text(&header);
    if (!ask_metadata(c, "GET", ROLES, header_text, &role)) {
        return RC_MISSING;
    }
    buf_addf(&path, ROLES "%.*s", (int)role.len, role.data);
    OWN(text) char *path_text = buf_take_text(&path);
    OWN_BUF struct buf body = {0};
    return ask_metadata(c, "GET", path_text, header_text, &body) ? keep_json(c, &body) : RC_MISSING;
}

static const struct {
    const char *variable;
    enum rc (*fetch)(struct credentials *c);
} SOURCES[] = {
    {.variable = "AWS_WEB_IDENTITY_TOKEN_FILE", .fetch = from_web_identity},
    {.variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI", .fetch = from_container},
    {.variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT", .fetch = from_metadata},
};
#define SOURCE_COUNT (sizeof SOURCES / sizeof SOURCES[0])

// The place in SOURCES of the first from there on that the environment offers, or SOURCE_COUNT.
static size_t find_source(size_t i)
{
    while (i < SOURCE_COUNT && getenv(SOURCES[i].variable) == NULL) {
        i++;
    }
    return i;
}

// A web identity comes before a pod identity: on EKS AWS Marketplace takes the first only.
static size_t choose_source(const struct credentials *c)
{
    size_t first = find_source(0);
    size_t second = first < SOURCE_COUNT ? find_source(first + 1) : SOURCE_COUNT;
    return second < SOURCE_COUNT && c->variants->on[BUG_POD_FIRST] ? second : first;
}

bool credentials_from_environment(struct sign_key *key)
{
    key->access_key_id = getenv("AWS_ACCESS_KEY_ID");
    key->secret_access_key = getenv("AWS_SECRET_ACCESS_KEY");
    key->session_token = getenv("AWS_SESSION_TOKEN");
    return key->access_key_id != NULL && key->secret_access_key != NULL;
}

bool credentials_have_role(void)
{
    return find_source(0) < SOURCE_COUNT;
}

static enum rc refresh(struct credentials *c)
{
    size_t source = choose_source(c);
    enum rc rc = source < SOURCE_COUNT ? SOURCES[source].fetch(c) : RC_MISSING;
    for (unsigned i = 0; rc != RC_OK && c->variants->on[BUG_HAMMER_REFRESH] && i < HAMMERING; i++) {
        rc = SOURCES[source].fetch(c);
    }
    return rc;
}

enum rc credentials_get(struct credentials *c, int64_t now_us, struct sign_key *key)
{
    // Keys of long term are for those who have no role.
    bool has_keys = credentials_from_environment(key);
    if (has_keys && (!credentials_have_role() || c->variants->on[BUG_KEYS_FIRST])) {
        return RC_OK;
    }
    key->access_key_id = NULL;
    bool is_good = c->access_key_id != NULL &&
                   (c->expires_us - EARLY_US > now_us || c->variants->on[BUG_NEVER_REFRESHES]);
    // What has not quite ended still serves while nothing newer is to be had.
    if (!is_good && refresh(c) != RC_OK && (c->access_key_id == NULL || c->expires_us <= now_us)) {
        return RC_MISSING; // and *key is empty
    }
    key->access_key_id = c->access_key_id;
    key->secret_access_key = c->secret_access_key;
    key->session_token = c->variants->on[BUG_NO_SESSION_TOKEN] ? NULL : c->session_token;
    return RC_OK;
}

bool credentials_drop(struct credentials *c)
{
    bool has_others = c->access_key_id != NULL;
    forget(c);
    return has_others;
}

void credentials_clear(struct credentials *c)
{
    forget(c);
    x_free(c->proof);
    c->proof = NULL;
}
