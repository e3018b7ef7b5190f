// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/emit.h"

#include <assert.h>

#include "proxy/http/chars.h"

struct span h1_reason(int status)
{
    static const struct span REASONS[600] = {
#define H1_STATUS(code, phrase) [code] = {.at = (phrase), .len = sizeof(phrase) - 1},
#include "proxy/http/status.def"
    };
    bool is_known = status >= 0 && status < 600 && REASONS[status].at != NULL;
    return is_known ? REASONS[status] : SPAN("");
}

static bool is_framing(struct span name)
{
    return span_equal_nocase(name, SPAN("content-length")) ||
           span_equal_nocase(name, SPAN("transfer-encoding"));
}

static enum rc check_fields(const struct h1_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!h1_is_token(fields[i].name) || !h1_all(fields[i].value, H1_VALUE)) {
            return RC_SYNTAX;
        }
    }
    return RC_OK;
}

static enum rc check_framing(const struct h1_fields *fields)
{
    for (size_t i = 0; fields->framing != H1_FRAME_AS_GIVEN && i < fields->count; i++) {
        if (is_framing(fields->at[i].name)) {
            return RC_CONFLICT;
        }
    }
    return RC_OK;
}

static enum rc check_section(const struct h1_fields *fields)
{
    enum rc rc = check_fields(fields->at, fields->count);
    return rc == RC_OK ? check_framing(fields) : rc;
}

static void add_field(struct buf *out, struct span name, struct span value)
{
    buf_add(out, name);
    buf_add(out, SPAN(": "));
    buf_add(out, value);
    buf_add(out, SPAN("\r\n"));
}

static void add_fields(struct buf *out, const struct h1_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_field(out, fields[i].name, fields[i].value);
    }
}

static void add_section(struct buf *out, const struct h1_fields *fields)
{
    add_fields(out, fields->at, fields->count);
    if (fields->framing == H1_FRAME_LENGTH) {
        buf_add(out, SPAN("Content-Length: "));
        buf_add_u64(out, fields->content_length);
        buf_add(out, SPAN("\r\n"));
    } else if (fields->framing == H1_FRAME_CHUNKED) {
        add_field(out, SPAN("Transfer-Encoding"), SPAN("chunked"));
    }
    if (fields->close) {
        add_field(out, SPAN("Connection"), SPAN("close"));
    }
    buf_add(out, SPAN("\r\n"));
}

static struct span version(bool is_http10)
{
    return is_http10 ? SPAN("HTTP/1.0") : SPAN("HTTP/1.1");
}

enum rc h1_emit_response(struct buf *out, const struct h1_response_head *head)
{
    if (head->status < 100 || head->status > 599) {
        return RC_RANGE;
    }
    struct span reason = head->reason.at == NULL ? h1_reason(head->status) : head->reason;
    enum rc rc = h1_all(reason, H1_VALUE) ? check_section(&head->fields) : RC_SYNTAX;
    if (rc != RC_OK) {
        return rc;
    }
    buf_add(out, version(head->is_http10));
    buf_add_char(out, ' ');
    buf_add_u64(out, (uint64_t)head->status);
    buf_add_char(out, ' ');
    buf_add(out, reason);
    buf_add(out, SPAN("\r\n"));
    add_section(out, &head->fields);
    return RC_OK;
}

enum rc h1_emit_request(struct buf *out, const struct h1_request_head *head)
{
    bool is_sound =
        h1_is_token(head->method) && head->target.len > 0 && h1_all(head->target, H1_TARGET);
    enum rc rc = is_sound ? check_section(&head->fields) : RC_SYNTAX;
    if (rc != RC_OK) {
        return rc;
    }
    buf_add(out, head->method);
    buf_add_char(out, ' ');
    buf_add(out, head->target);
    buf_add_char(out, ' ');
    buf_add(out, version(head->is_http10));
    buf_add(out, SPAN("\r\n"));
    add_section(out, &head->fields);
    return RC_OK;
}

void h1_emit_chunk_start(struct buf *out, uint64_t size)
{
    char digits[16];
    size_t at = sizeof digits;
    // RFC 9112 7.1: a size of zero would end the body.
    assert(size > 0);
    for (; size > 0; size >>= 4) {
        digits[--at] = "0123456789abcdef"[size & 15];
    }
    buf_add(out, (struct span){.at = digits + at, .len = sizeof digits - at});
    buf_add(out, SPAN("\r\n"));
}

void h1_emit_chunk_end(struct buf *out)
{
    buf_add(out, SPAN("\r\n"));
}

void h1_emit_chunk(struct buf *out, struct span data)
{
    if (data.len > 0) {
        h1_emit_chunk_start(out, data.len);
        buf_add(out, data);
        h1_emit_chunk_end(out);
    }
}

enum rc h1_emit_last_chunk(struct buf *out, const struct h1_field *trailers, size_t count)
{
    enum rc rc = check_fields(trailers, count);
    if (rc != RC_OK) {
        return rc;
    }
    buf_add(out, SPAN("0\r\n"));
    add_fields(out, trailers, count);
    buf_add(out, SPAN("\r\n"));
    return RC_OK;
}
