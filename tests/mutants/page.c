// SPDX-License-Identifier: Apache-2.0
// The registration page: a form that a buyer's browser posts, and the page that it gets.
#include "tests/mutants/market.h"

#include <string.h>

#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/talk.h"

#define FIELD "x-amzn-marketplace-token"
#define OFFER "x-amzn-marketplace-offer-type"

static int hex_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// One decoding: + is a blank, %XX a byte.
static char *decode(struct span text)
{
    struct buf out = {0};
    for (size_t i = 0; i < text.len; i++) {
        bool is_escape = text.at[i] == '%' && i + 2 < text.len && hex_of(text.at[i + 1]) >= 0 &&
                         hex_of(text.at[i + 2]) >= 0;
        if (is_escape) {
            buf_add_char(&out, (char)(hex_of(text.at[i + 1]) * 16 + hex_of(text.at[i + 2])));
            i += 2;
        } else {
            buf_add_char(&out, text.at[i] == '+' ? ' ' : text.at[i]);
        }
    }
    return buf_take_text(&out);
}

// The value of a field, decoded; NULL when it is not there. *others: how many other fields are.
static char *find_field(const struct meter *m, struct span form, const char *name)
{
    while (form.at != NULL && form.len > 0) {
        struct span pair = span_cut(&form, '&');
        struct span value = pair;
        struct span key = span_cut(&value, '=');
        OWN(text) char *plain = decode(key);
        if (strcmp(plain, name) != 0) {
            continue;
        }
        value = value.at == NULL ? SPAN("") : value;
        if (m->variants->on[BUG_PAGE_RAW]) {
            return span_dup(value);
        }
        char *decoded = decode(value);
        if (m->variants->on[BUG_PAGE_TWICE]) {
            OWN(text) char *once = decoded;
            decoded = decode(span_of(once));
        }
        return decoded;
    }
    return NULL;
}

static bool is_strange(const struct meter *m, struct span form)
{
    if (!m->variants->on[BUG_PAGE_STRICT]) {
        return false;
    }
    OWN(text) char *offer = find_field(m, form, OFFER);
    return offer != NULL;
}

static void reply(const struct meter *m, int64_t step, int status, const char *token)
{
    OWN_BUF struct buf line = {0};
    buf_addf(&line, "{\"mp\":\"page\",\"step\":%lld,\"status\":%d,\"headers\":{", (long long)step,
             status);
    buf_add_text(&line, "\"Content-Type\":\"text/html\",\"Set-Cookie\":[\"lang=en\"");
    if (m->variants->on[BUG_PAGE_COOKIE] && token != NULL) {
        OWN_BUF struct buf cookie = {0};
        buf_addf(&cookie, "registration=%s; HttpOnly", token);
        buf_add_char(&line, ',');
        buf_add_json_string(&line, buf_span(&cookie));
    } else if (status == 303) {
        buf_add_text(&line, ",\"session=5f0c1; HttpOnly; Secure\"");
    }
    buf_add_text(&line, "]}}");
    talk_line(buf_span(&line));
}

// The bug page-trusts-form: who the buyer is, is what the browser says.
static cJSON *believe(const struct meter *m, struct span form, cJSON *json)
{
    OWN(text) char *claimed = find_field(m, form, "CustomerIdentifier");
    OWN(text) char *account = find_field(m, form, "CustomerAWSAccountId");
    if (m->variants->on[BUG_PAGE_TRUSTS_FORM] && claimed != NULL) {
        cJSON_DeleteItemFromObjectCaseSensitive(json, "CustomerIdentifier");
        (void)cJSON_AddStringToObject(json, "CustomerIdentifier", claimed);
        cJSON_DeleteItemFromObjectCaseSensitive(json, "CustomerAWSAccountId");
        (void)cJSON_AddStringToObject(json, "CustomerAWSAccountId", account == NULL ? "" : account);
    }
    return json;
}

static void register_buyer(struct meter *m, struct span form, int64_t step, const char *token,
                           const char *user)
{
    static const int statuses[] = {
        [RESOLUTION_RESOLVED] = 303,
        [RESOLUTION_REFUSED] = 400,
        [RESOLUTION_FAILED] = 503,
        [RESOLUTION_AGAIN] = 503,
    };
    cJSON *json = NULL;
    enum resolution resolution = market_ask(m, token, &json);
    OWN(json) cJSON *who = believe(m, form, json);
    if (resolution == RESOLUTION_RESOLVED) {
        resolution = market_register(m, who, user);
    }
    if (m->variants->on[BUG_PAGE_LOGS]) {
        fprintf(stderr, "INFO registration with token %s\n", token);
    }
    reply(m, step, statuses[resolution], token);
    market_say_resolved(m, step, resolution, who);
}

void market_page(struct meter *m, const cJSON *args, int64_t step)
{
    const bool *on = m->variants->on;
    const char *method = json_get_text(args, "method");
    const char *user = json_get_text(args, "user");
    bool is_post = method != NULL && strcmp(method, "POST") == 0;
    struct span form = json_span(json_get(args, is_post || !on[BUG_PAGE_GET] ? "body" : "query"));
    if (!is_post && !on[BUG_PAGE_GET]) {
        reply(m, step, 405, NULL);
        return;
    }
    OWN(text) char *token = find_field(m, form, FIELD);
    if ((token == NULL || token[0] == '\0') && on[BUG_PAGE_EMPTY]) {
        x_free(token);
        token = x_strdup("none");
    }
    if (token == NULL || token[0] == '\0' || is_strange(m, form)) {
        reply(m, step, 400, NULL);
        return;
    }
    register_buyer(m, form, step, token, user == NULL ? "" : user);
}
