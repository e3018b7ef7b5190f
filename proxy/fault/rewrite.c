// SPDX-License-Identifier: Apache-2.0
// What breaks the framing of a reply (RFC 9112 6 and 7.1): a Content-Length that is not true, a
// chunk that is none.
#include "proxy/fault/stage.h"

#define LENGTH_NAME SPAN("Content-Length:")

// The line, with its CRLF, that begins with that name; at the head's end when there is none.
static struct span find_line(struct span head, struct span name)
{
    size_t at = 0;
    while (at < head.len) {
        size_t end = at;
        while (end + 1 < head.len && !(head.at[end] == '\r' && head.at[end + 1] == '\n')) {
            end++;
        }
        struct span line = span_slice(head, at, end + 2);
        if (line.len > name.len && span_equal_nocase(span_slice(line, 0, name.len), name)) {
            return line;
        }
        at = end + 2;
    }
    // Before the empty line.
    return (struct span){.at = head.at + head.len - 2, .len = 0};
}

void reply_set_framing(struct fault_reply *reply, struct span line)
{
    struct span whole = buf_span(reply->bytes);
    struct span head = span_slice(whole, 0, reply->head_bytes);
    struct span old = find_line(head, LENGTH_NAME);
    size_t at = (size_t)(old.at - head.at);
    struct buf fresh = {0};
    buf_add(&fresh, span_slice(whole, 0, at));
    buf_add(&fresh, line);
    buf_add(&fresh, span_slice(whole, at + old.len, whole.len));
    reply->head_bytes += line.len - old.len;
    buf_clear(reply->bytes);
    *reply->bytes = fresh;
}

enum rc length_init(struct fault_stage *stage, const cJSON *args, const struct draw *draw,
                    struct diag *d)
{
    (void)draw;
    if (!json_int(json_get(args, "by"), -INT32_MAX, INT32_MAX, &stage->by) || stage->by == 0) {
        return diag_fail(d, RC_RANGE, "a wrong length differs by at least one byte");
    }
    return RC_OK;
}

// A body shorter than what is to be taken away is announced as empty; an empty body as longer, so
// that the length is wrong in any case.
bool length_rewrite(const struct fault_stage *stage, struct fault_reply *reply)
{
    int64_t body = (int64_t)(reply->bytes->len - reply->head_bytes);
    int64_t length = body + stage->by;
    if (length < 0) {
        length = body == 0 ? -stage->by : 0;
    }
    struct buf line = {0};
    buf_addf(&line, "Content-Length: %lld\r\n", (long long)length);
    reply_set_framing(reply, buf_span(&line));
    buf_clear(&line);
    reply->promises_more = length > body;
    return true;
}

static void add_chunk(struct buf *out, const char *before, struct span data)
{
    buf_addf(out, "%s%zx\r\n", before, data.len);
    buf_add(out, data);
    buf_add_text(out, "\r\n");
}

// RFC 9112 7.1: a chunk's size is hexadecimal digits. The first half of the body comes in a good
// chunk, so that a client has begun to trust it; the second chunk's size is none.
bool chunk_rewrite(const struct fault_stage *stage, struct fault_reply *reply)
{
    (void)stage;
    reply_set_framing(reply, SPAN("Transfer-Encoding: chunked\r\n"));
    struct span whole = buf_span(reply->bytes);
    struct span body = span_slice(whole, reply->head_bytes, whole.len);
    struct span first = span_slice(body, 0, body.len / 2);
    struct buf fresh = {0};
    buf_add(&fresh, span_slice(whole, 0, reply->head_bytes));
    if (first.len > 0) {
        add_chunk(&fresh, "", first);
    }
    add_chunk(&fresh, "!", span_slice(body, first.len, body.len));
    buf_add_text(&fresh, "0\r\n\r\n");
    buf_clear(reply->bytes);
    *reply->bytes = fresh;
    return true;
}
