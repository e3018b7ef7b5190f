// SPDX-License-Identifier: Apache-2.0
#include "suites/play/page.h"

#include "proxy/base/alloc.h"
#include "proxy/service/world.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

// A text of the step, or the value of the token that it names.
static enum rc text_of(struct span *out, const cJSON *text, const struct world *w)
{
    *out = json_span(text);
    if (!span_starts(*out, SPAN("$token."))) {
        return RC_OK;
    }
    const struct world_token *token = world_token(w, span_slice(*out, 7, out->len));
    *out = span_of(token == NULL ? "" : token->value);
    return token == NULL ? RC_UNKNOWN : RC_OK;
}

// The URL standard's application/x-www-form-urlencoded percent-encode set, as browsers have it.
void page_encode(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '*' || c == '-' || c == '.' || c == '_';
        if (is_plain) {
            buf_add_char(out, (char)c);
        } else if (c == ' ') {
            buf_add_char(out, '+');
        } else {
            buf_addf(out, "%%%02X", c);
        }
    }
}

// name=value&… of an object of texts.
static enum rc add_fields(struct buf *b, const cJSON *fields, const struct world *w)
{
    const cJSON *field = NULL;
    cJSON_ArrayForEach(field, fields)
    {
        struct span value;
        enum rc rc = text_of(&value, field, w);
        if (rc != RC_OK) {
            return rc;
        }
        if (b->len > 0) {
            buf_add_char(b, '&');
        }
        page_encode(b, span_of(field->string));
        buf_add_char(b, '=');
        page_encode(b, value);
    }
    return RC_OK;
}

static enum rc add_headers(struct page *page, const cJSON *headers, const struct world *w)
{
    const cJSON *header = NULL;
    cJSON_ArrayForEach(header, headers)
    {
        struct span value;
        enum rc rc = text_of(&value, header, w);
        if (rc != RC_OK) {
            return rc;
        }
        X_GROW(page->headers, page->header_count, page->header_capacity);
        page->headers[page->header_count++] =
            (struct page_header){.name = header->string, .value = span_dup(value)};
    }
    return RC_OK;
}

enum rc page_render(struct page *out, const cJSON *args, const struct world *w)
{
    const char *method = json_get_text(args, "method");
    const char *type = json_get_text(args, "content_type");
    const cJSON *form = json_get(args, "form");
    const cJSON *body = json_get(args, "body");
    bool has_body = form != NULL || body != NULL;
    *out = (struct page){.method = method == NULL ? "POST" : method,
                         .user = json_get_text(args, "user"),
                         .content_type = type != NULL ? type
                                         : has_body   ? FORM_TYPE
                                                      : NULL};
    enum rc rc = add_fields(&out->query, json_get(args, "query"), w);
    if (rc == RC_OK) {
        rc = add_headers(out, json_get(args, "headers"), w);
    }
    if (rc == RC_OK && form != NULL) {
        rc = add_fields(&out->body, form, w);
    } else if (rc == RC_OK && body != NULL) {
        struct span text;
        rc = text_of(&text, body, w);
        buf_add(&out->body, text);
    }
    return rc;
}

void page_clear(struct page *page)
{
    buf_clear(&page->query);
    buf_clear(&page->body);
    for (size_t i = 0; i < page->header_count; i++) {
        x_free(page->headers[i].value);
    }
    x_free(page->headers);
    *page = (struct page){0};
}

void page_line(const struct page *page, const char *id, struct buf *out)
{
    buf_add_text(out, "{\"method\":");
    buf_add_json_string(out, span_of(page->method));
    if (id != NULL) {
        buf_add_member(out, "id", span_of(id));
    }
    if (page->user != NULL) {
        buf_add_member(out, "user", span_of(page->user));
    }
    buf_add_member(out, "query", buf_span(&page->query));
    buf_add_text(out, ",\"headers\":{");
    for (size_t i = 0; i < page->header_count; i++) {
        buf_add_text(out, i == 0 ? "" : ",");
        buf_add_json_string(out, span_of(page->headers[i].name));
        buf_add_char(out, ':');
        buf_add_json_string(out, span_of(page->headers[i].value));
    }
    buf_add_char(out, '}');
    if (page->content_type != NULL) {
        buf_add_member(out, "content_type", span_of(page->content_type));
    }
    buf_add_member(out, "body", buf_span(&page->body));
    buf_add_char(out, '}');
}
