// SPDX-License-Identifier: Apache-2.0
#include "suites/client/attach_post.h"

#include <string.h>

#include "suites/client/attach_answer.h"

static bool is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// The form that AWS Marketplace has a buyer's browser send.
static void fill_form(struct attach_post *out, struct span token)
{
    buf_add_text(&out->form, "x-amzn-marketplace-token=");
    for (size_t i = 0; i < token.len; i++) {
        unsigned char c = (unsigned char)token.at[i];
        if (is_unreserved(c)) {
            buf_add_char(&out->form, (char)c);
        } else {
            buf_addf(&out->form, "%%%02X", c);
        }
    }
    out->request.type = SPAN("application/x-www-form-urlencoded");
    out->request.body = buf_span(&out->form);
}

// What the arguments of a `page` or a `notice` line describe.
static void fill(struct attach_post *out, const cJSON *args)
{
    const char *method = json_get_text(args, "method");
    const cJSON *header = NULL;
    const cJSON *headers = json_get(args, "headers");
    cJSON_ArrayForEach(header, headers)
    {
        if (out->request.extra_count < ATTACH_MAX_HEADERS) {
            out->extra[out->request.extra_count++] =
                (struct h1_field){.name = span_of(header->string), .value = json_span(header)};
        }
    }
    out->request.method = method == NULL ? SPAN("POST") : span_of(method);
    out->request.query = json_span(json_get(args, "query"));
    out->request.type = json_span(json_get(args, "content_type"));
    out->request.extra = out->extra;
    out->request.body = json_span(json_get(args, "body"));
}

static const struct url *url_for(const char *verb, const struct attach_ways *ways,
                                 bool resolves_by_page)
{
    if (strcmp(verb, "page") == 0 || (strcmp(verb, "resolve") == 0 && resolves_by_page)) {
        return ways->registration_url;
    }
    return strcmp(verb, "notice") == 0 ? ways->notice_url : NULL;
}

bool attach_post_of(struct attach_post *out, const cJSON *line, const char *verb,
                    const struct attach_ways *ways, bool resolves_by_page)
{
    const cJSON *args = json_get(line, verb);
    *out = (struct attach_post){.request = {.url = url_for(verb, ways, resolves_by_page),
                                            .method = SPAN("POST"),
                                            .wanted = ATTACH_CUSTOMER_HEADER}};
    if (out->request.url == NULL) {
        return false;
    }
    if (strcmp(verb, "resolve") == 0) {
        fill_form(out, json_span(json_get(args, "token")));
    } else {
        fill(out, args);
    }
    return true;
}

void attach_post_clear(struct attach_post *post)
{
    buf_clear(&post->form);
}
