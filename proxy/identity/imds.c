// SPDX-License-Identifier: Apache-2.0
// EC2 instance metadata, version 2 (EC2 User Guide, "Use the Instance Metadata Service"): a token
// is put, then shown with every request. Version 1, without token, only where it is asked for.
#include "proxy/identity/identity_inside.h"

#include <string.h>

#define TOKEN_PATH "/latest/api/token"
#define ROLES_PATH "/latest/meta-data/iam/security-credentials"
#define TOKEN_HEADER "X-aws-ec2-metadata-token"
#define TTL_HEADER "X-aws-ec2-metadata-token-ttl-seconds"
#define TTL_MAX_S 21600

struct asked {
    struct identity *id;
    const struct identity_request *request;
    struct identity_reply *out;
};

static void give_roles(const struct asked *a)
{
    buf_add_text(&a->out->body, IDENTITY_ROLE);
}

static void add_moment(struct buf *b, const char *key, int64_t at_us)
{
    char text[INSTANT_TEXT];
    instant_format_s(text, at_us);
    buf_addf(b, ",\n  \"%s\" : \"%s\"", key, text);
}

static void add_text(struct buf *b, const char *key, const char *value)
{
    buf_addf(b, ",\n  \"%s\" : ", key);
    buf_add_json_string(b, span_of(value));
}

static void give_credentials(const struct asked *a)
{
    const struct sigv4_credential *c = a->id->served;
    struct buf *b = &a->out->body;
    buf_add_text(b, "{\n  \"Code\" : \"Success\"");
    add_moment(b, "LastUpdated", a->id->served_us);
    add_text(b, "Type", "AWS-HMAC");
    add_text(b, "AccessKeyId", c->access_key_id);
    add_text(b, "SecretAccessKey", c->secret_access_key);
    add_text(b, "Token", c->session_token);
    add_moment(b, "Expiration", identity_expiry_us(c, a->request->now_us));
    buf_add_text(b, "\n}");
    a->out->served = c;
    a->out->is_version_1 = h1_find(a->request->head, TOKEN_HEADER) == NULL;
}

static void give_document(const struct asked *a)
{
    struct buf *b = &a->out->body;
    buf_add_text(b, "{\n  \"version\" : \"2017-09-30\"");
    add_text(b, "accountId", a->id->account);
    add_text(b, "architecture", "x86_64");
    buf_addf(b, ",\n  \"availabilityZone\" : \"%sa\"", a->request->region);
    add_text(b, "imageId", "ami-0a1b2c3d4e5f60718");
    add_text(b, "instanceId", a->id->instance_id);
    add_text(b, "instanceType", "t3.micro");
    add_text(b, "privateIp", "127.0.0.1");
    add_text(b, "region", a->request->region);
    buf_add_text(b, "\n}");
}

static void give_region(const struct asked *a)
{
    buf_add_text(&a->out->body, a->request->region);
}

static void give_zone(const struct asked *a)
{
    buf_addf(&a->out->body, "%sa", a->request->region);
}

static void give_instance_id(const struct asked *a)
{
    buf_add_text(&a->out->body, a->id->instance_id);
}

static const struct {
    const char *path, *asks;
    void (*give)(const struct asked *a);
} PATHS[] = {
    {ROLES_PATH, "roles", give_roles},
    {ROLES_PATH "/" IDENTITY_ROLE, "credentials", give_credentials},
    {"/latest/dynamic/instance-identity/document", "instance-identity", give_document},
    {"/latest/meta-data/placement/region", "region", give_region},
    {"/latest/meta-data/placement/availability-zone", "availability-zone", give_zone},
    {"/latest/meta-data/instance-id", "instance-id", give_instance_id},
};

#define PATH_COUNT (sizeof PATHS / sizeof PATHS[0])

// SDKs ask for some of them with a slash at the end, for some without; both are answered.
static struct span path_of(const struct identity_request *request)
{
    struct span rest = request->head->path;
    struct span path = span_cut(&rest, '?');
    bool is_folder = path.len > 1 && path.at[path.len - 1] == '/';
    return span_slice(path, 0, path.len - (is_folder ? 1 : 0));
}

static size_t find_path(struct span path)
{
    size_t i = 0;
    while (i < PATH_COUNT && !span_is(path, PATHS[i].path)) {
        i++;
    }
    return i;
}

const char *imds_asks(const struct identity_request *request)
{
    struct span path = path_of(request);
    size_t i = find_path(path);
    if (i < PATH_COUNT) {
        return PATHS[i].asks;
    }
    return span_is(path, TOKEN_PATH) ? "token" : "";
}

static void put_token(const struct asked *a)
{
    uint64_t ttl_s = 0;
    const struct h1_head *head = a->request->head;
    if (!span_is(head->method, "PUT")) {
        identity_fail(a->out, a->request, IDENTITY_IMDS_METHOD, NULL);
    } else if (h1_find(head, "X-Forwarded-For") != NULL) {
        // A token is for who is on the instance: what a proxy passes on is refused.
        identity_fail(a->out, a->request, IDENTITY_IMDS_FORBIDDEN, NULL);
    } else if (!span_to_u64(h1_value(head, TTL_HEADER), TTL_MAX_S, &ttl_s) || ttl_s == 0) {
        identity_fail(a->out, a->request, IDENTITY_IMDS_BAD_REQUEST, NULL);
    } else {
        a->out->token_ttl_s = (unsigned)ttl_s;
        proofs_issue_imds(a->id->proofs, &a->out->body, a->request->now_us, (unsigned)ttl_s);
    }
}

static bool may_read(const struct asked *a)
{
    const struct h1_field *token = h1_find(a->request->head, TOKEN_HEADER);
    if (token == NULL) {
        return a->request->imds_v1;
    }
    return proofs_check_imds(a->id->proofs, token->value, a->request->now_us) == PROOF_GOOD;
}

void imds_answer(struct identity *id, const struct identity_request *request,
                 struct identity_reply *out)
{
    struct asked a = {.id = id, .request = request, .out = out};
    size_t i = find_path(path_of(request));
    out->content_type = "text/plain";
    if (span_is(path_of(request), TOKEN_PATH)) {
        put_token(&a);
    } else if (!span_is(request->head->method, "GET")) {
        identity_fail(out, request, IDENTITY_IMDS_METHOD, NULL);
    } else if (!may_read(&a)) {
        identity_fail(out, request, IDENTITY_IMDS_UNAUTHORIZED, NULL);
    } else if (i == PATH_COUNT) {
        identity_fail(out, request, IDENTITY_IMDS_NOT_FOUND, NULL);
    } else {
        PATHS[i].give(&a);
    }
}

void imds_word(struct buf *body, int status, const char *message)
{
    buf_addf(body,
             "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<html>\n <head>\n"
             "  <title>%d - %s</title>\n </head>\n <body>\n  <h1>%d - %s</h1>\n </body>\n</html>\n",
             status, message, status, message);
}
