// SPDX-License-Identifier: Apache-2.0
// A web page in a browser on this machine can send requests here, and by DNS rebinding even read
// the answers. It cannot leave out its Origin where it sends anything of effect, nor name us by an
// address in Host when it was loaded from a name, nor send JSON without asking first, which nobody
// answers (there is no CORS).
#include "proxy/control/guard.h"

#include <stdio.h>
#include <string.h>

#include "proxy/net/address.h"

enum { TOKEN_MIN = 16, TOKEN_MAX = 512 };

struct span guard_trim(struct span text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.at[text.len - 1]) != NULL) {
        text.len--;
    }
    while (text.len > 0 && strchr(" \t\r\n", text.at[0]) != NULL) {
        text = span_slice(text, 1, text.len);
    }
    return text;
}

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~+/=", c) != NULL);
}

enum rc guard_set_token(struct guard *g, struct span text, struct diag *d)
{
    struct span token = guard_trim(text);
    bool is_good = token.len >= TOKEN_MIN && token.len <= TOKEN_MAX;
    for (size_t i = 0; i < token.len; i++) {
        is_good = is_good && is_token_char(token.at[i]);
    }
    if (!is_good) {
        return diag_fail(d, RC_USAGE,
                         "the token of --control-token-file is %d to %d letters, digits and "
                         "-._~+/=, alone in its file",
                         TOKEN_MIN, TOKEN_MAX);
    }
    g->has_token = true;
    sha256(g->token, token);
    return RC_OK;
}

// Digests are compared, so that the time tells nothing, not even of the length.
static bool is_token(const struct guard *g, struct span authorization)
{
    struct span scheme = span_slice(authorization, 0, 7);
    if (!span_equal_nocase(scheme, SPAN("Bearer "))) {
        return false;
    }
    unsigned char given[SHA256_BYTES];
    sha256(given, span_trim(span_slice(authorization, 7, authorization.len)));
    unsigned differs = 0;
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        differs |= (unsigned)(given[i] ^ g->token[i]);
    }
    return differs == 0;
}

static bool names_loopback(struct span authority)
{
    struct span rest = authority;
    struct span host = span_cut(&rest, ':');
    if (span_equal_nocase(host, SPAN("localhost"))) {
        return true;
    }
    struct sockaddr_storage at;
    socklen_t len = 0;
    char text[ADDRESS_TEXT];
    bool has_port = authority.len > 0 && authority.at[0] == '[' ? span_has(authority, SPAN("]:"))
                                                                : rest.at != NULL;
    (void)snprintf(text, sizeof text, "%.*s%s", (int)(authority.len < 60 ? authority.len : 60),
                   authority.len == 0 ? "" : authority.at, has_port ? "" : ":80");
    return address_parse(&at, &len, text, NULL) == RC_OK && address_is_loopback(&at);
}

// Whether nobody but a program asks that may.
static bool is_trusted(const struct guard *g, const struct h1_head *head, struct reply *reply)
{
    if (h1_find(head, "Origin") != NULL || h1_find(head, "Sec-Fetch-Site") != NULL) {
        reply_fail(reply, 403, "from_a_browser",
                   "requests with Origin or Sec-Fetch-Site come from web pages and are refused");
    } else if (!g->has_token && !names_loopback(head->authority)) {
        reply_fail(reply, 421, "wrong_host",
                   "Host must be localhost or a loopback address, as no token is asked for");
    } else if (g->has_token && !is_token(g, h1_value(head, "Authorization"))) {
        reply_fail(reply, 401, "unauthorized",
                   "Authorization: Bearer and the token of --control-token-file are needed");
    } else {
        return true;
    }
    return false;
}

// RFC 8259 11 knows no parameter of application/json; clients add a charset all the same.
static bool is_json(const struct h1_head *head)
{
    struct span rest = h1_value(head, "Content-Type");
    struct span type = span_trim(span_cut(&rest, ';'));
    struct span parameter = span_trim(rest);
    return span_equal_nocase(type, SPAN("application/json")) &&
           (parameter.len == 0 || span_equal_nocase(parameter, SPAN("charset=utf-8")));
}

static bool has_good_body(const struct h1_head *head, const struct route *route,
                          struct reply *reply)
{
    bool has_body = head->is_chunked || head->content_length > 0;
    if (route->max_body == 0) {
        if (has_body) {
            reply_fail(reply, 413, "too_large", "%s %s takes no body", route->method, route->path);
        }
        return !has_body;
    }
    if (head->has_content_length && head->content_length > route->max_body) {
        reply_fail(reply, 413, "too_large", "%s %s takes at most %zu bytes", route->method,
                   route->path, route->max_body);
        return false;
    }
    if (!is_json(head) || h1_find(head, "Content-Encoding") != NULL) {
        reply_fail(reply, 415, "not_json", "%s %s takes application/json, as it is", route->method,
                   route->path);
        return false;
    }
    return true;
}

const struct route *guard_admit(const struct guard *g, const struct h1_head *head,
                                struct reply *reply)
{
    if (!is_trusted(g, head, reply)) {
        return NULL;
    }
    if (head->form != H1_FORM_ORIGIN && head->form != H1_FORM_ABSOLUTE) {
        reply_fail(reply, 404, "no_such_route", "only paths are answered here");
        return NULL;
    }
    struct span query = head->path;
    const struct route *route = route_find(head->method, span_cut(&query, '?'), reply);
    return route != NULL && has_good_body(head, route, reply) ? route : NULL;
}
