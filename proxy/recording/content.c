// SPDX-License-Identifier: Apache-2.0
// A registration token lets whoever has it register as that buyer, so that none is kept. A client
// that sends another token must not get the reply to this one, so its digest is kept: tokens are
// long and random, and cannot be guessed from it.
#include "proxy/recording/content.h"

#include <stdio.h>
#include <string.h>

#include "proxy/aws/operation.h"
#include "proxy/base/digest.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

// A larger body is no request of this service: its digest is enough to tell it from others.
#define MAX_TREE_BYTES ((size_t)4 << 20)

static void add_text(cJSON *object, const char *key, struct span text)
{
    OWN(text) char *copy = span_dup(text);
    (void)cJSON_AddStringToObject(object, key, copy);
}

static cJSON *hidden(const cJSON *token)
{
    OWN_BUF struct buf text = {0};
    char digest[SHA256_HEX];
    char shown[SHA256_HEX + sizeof "[sha256:]"];
    if (!cJSON_IsString(token)) {
        json_print(&text, token);
    }
    sha256_hex(digest, cJSON_IsString(token) ? json_span(token) : buf_span(&text));
    (void)snprintf(shown, sizeof shown, "[sha256:%s]", digest);
    return cJSON_CreateString(shown);
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by JSON_MAX_DEPTH
static void hide_tokens(cJSON *node)
{
    cJSON *next = NULL;
    for (cJSON *child = node->child; child != NULL; child = next) {
        next = child->next;
        if (child->string != NULL && strcmp(child->string, "RegistrationToken") == 0) {
            (void)cJSON_ReplaceItemInObjectCaseSensitive(node, "RegistrationToken", hidden(child));
        } else {
            hide_tokens(child);
        }
    }
}

// The path without what a presigned URL adds.
static void add_path(cJSON *object, struct span path)
{
    OWN_BUF struct buf kept = {0};
    struct span query = path;
    buf_add(&kept, span_cut(&query, '?'));
    char mark = '?';
    while (query.at != NULL) {
        struct span parameter = span_cut(&query, '&');
        if (!span_equal_nocase(span_slice(parameter, 0, 6), SPAN("X-Amz-"))) {
            buf_add_char(&kept, mark);
            buf_add(&kept, parameter);
            mark = '&';
        }
    }
    add_text(object, "path", buf_span(&kept));
}

static void add_operation(cJSON *object, struct span target)
{
    enum operation operation = operation_from_target(target);
    if (target.len > 0) {
        add_text(object, "operation",
                 operation == OPERATION_NONE ? target : span_of(operation_name(operation)));
    }
}

static void add_body(cJSON *object, struct span body)
{
    OWN(json) cJSON *tree = NULL;
    char digest[SHA256_HEX];
    if (body.len <= MAX_TREE_BYTES && json_read(&tree, NULL, body, NULL, NULL) == RC_OK) {
        hide_tokens(tree);
        (void)cJSON_AddItemToObject(object, "body", own_take_json(&tree));
    } else { // what is no JSON may hold a secret anywhere
        sha256_hex(digest, body);
        add_text(object, "sha256", span_of(digest));
    }
}

cJSON *content_of(const struct asked *asked)
{
    cJSON *object = cJSON_CreateObject();
    add_text(object, "method", asked->method);
    add_path(object, asked->path);
    add_operation(object, asked->target);
    if (asked->body.len > 0) {
        add_body(object, asked->body);
    }
    return object;
}
