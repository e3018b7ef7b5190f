// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/event_log.h"

#include "proxy/base/own.h"

const struct h1_setup H1_SETUPS[] = {
    {.name = "request", .kind = H1_REQUEST},
    {.name = "response", .kind = H1_RESPONSE},
    {.name = "head", .kind = H1_RESPONSE, .answers = "HEAD"},
    {.name = "connect", .kind = H1_RESPONSE, .answers = "CONNECT"},
    {.name = "tight",
     .kind = H1_REQUEST,
     .limits = {.max_start_line = 48,
                .max_field_bytes = 96,
                .max_fields = 3,
                .max_body = 16,
                .max_chunk_line = 24,
                .max_chunk_extensions = 32,
                .max_trailer_bytes = 40}},
    {.name = "brief", .kind = H1_RESPONSE, .limits = {.max_start_line = 24, .max_body = 16}},
    {.name = NULL},
};

static void add_quoted(struct buf *text, struct span bytes)
{
    buf_add_char(text, '"');
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.at[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
            buf_addf(text, "\\x%02x", c);
        } else {
            buf_add_char(text, (char)c);
        }
    }
    buf_add_char(text, '"');
}

static void add_named(struct buf *text, const char *name, struct span value)
{
    buf_add_text(text, name);
    buf_add_char(text, ' ');
    add_quoted(text, value);
    buf_add_char(text, '\n');
}

static void add_fields(struct buf *text, const char *word, const struct h1_field *fields,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_text(text, word);
        buf_add_char(text, ' ');
        add_quoted(text, fields[i].name);
        buf_add_char(text, ' ');
        add_quoted(text, fields[i].value);
        buf_add_char(text, '\n');
    }
}

static void add_start_line(struct buf *text, const struct h1_head *head)
{
    static const char *const FORMS[] = {[H1_FORM_NONE] = "none",
                                        [H1_FORM_ORIGIN] = "origin",
                                        [H1_FORM_ABSOLUTE] = "absolute",
                                        [H1_FORM_AUTHORITY] = "authority",
                                        [H1_FORM_ASTERISK] = "asterisk"};
    if (head->status != 0) {
        buf_addf(text, "  HTTP/1.%d status %d", head->minor, head->status);
        add_named(text, " reason", head->reason);
        return;
    }
    buf_addf(text, "  HTTP/1.%d form %s\n", head->minor, FORMS[head->form]);
    add_named(text, "  method", head->method);
    add_named(text, "  target", head->target);
    add_named(text, "  authority", head->authority);
    add_named(text, "  path", head->path);
}

static void add_framing(struct buf *text, const struct h1_head *head)
{
    buf_add_text(text, "  framing");
    if (head->has_content_length) {
        buf_add_text(text, " length=");
        buf_add_u64(text, head->content_length);
    }
    buf_add_text(text, head->is_chunked ? " chunked" : "");
    buf_add_text(text, head->is_until_close ? " until-close" : "");
    buf_add_text(text, head->has_body ? " body" : " no-body");
    buf_add_text(text, head->keep_alive ? " keep-alive" : " close");
    buf_add_text(text, head->expects_continue ? " expects-continue" : "");
    buf_add_text(text, head->opens_tunnel ? " tunnel" : "");
    buf_add_char(text, '\n');
}

void event_log_add_head(struct buf *text, const struct h1_head *head)
{
    add_start_line(text, head);
    add_fields(text, "  field", head->fields, head->field_count);
    add_framing(text, head);
}

void event_log_init(struct event_log *log, const struct h1_setup *setup)
{
    *log =
        (struct event_log){.parser = h1_parser_new(setup->kind, &setup->limits), .is_sound = true};
    if (setup->answers != NULL) {
        h1_parser_answers(log->parser, span_of(setup->answers));
    }
}

void event_log_clear(struct event_log *log)
{
    h1_parser_free(&log->parser);
    buf_clear(&log->text);
    buf_clear(&log->body);
}

static void flush_body(struct event_log *log)
{
    if (log->body.len > 0) {
        add_named(&log->text, "body", buf_span(&log->body));
        buf_reset(&log->body);
    }
}

static void tell_error(struct event_log *log)
{
    const struct h1_error *error = h1_parser_error(log->parser);
    buf_addf(&log->text, "refused %d %s line %u: %s\n", error->status, error->name, error->line,
             error->text);
    event_log_add_head(&log->text, h1_parser_head(log->parser));
    log->is_refused = true;
}

static void tell_end(struct event_log *log)
{
    size_t count = 0;
    const struct h1_field *trailers = h1_parser_trailers(log->parser, &count);
    buf_add_text(&log->text, "end\n");
    add_fields(&log->text, "  trailer", trailers, count);
    log->is_sound = log->is_sound && !h1_parser_is_inside(log->parser);
}

static void tell(struct event_log *log, enum h1_event event)
{
    if (event != H1_BODY && event != H1_NEED_MORE) {
        flush_body(log);
    }
    switch (event) {
    case H1_HEAD:
        buf_add_text(&log->text, "head\n");
        event_log_add_head(&log->text, h1_parser_head(log->parser));
        log->is_sound = log->is_sound && h1_parser_is_inside(log->parser);
        break;
    case H1_END:
        tell_end(log);
        break;
    case H1_ERROR:
        tell_error(log);
        break;
    case H1_CLOSED:
        buf_add_text(&log->text, "closed\n");
        break;
    case H1_BODY:
    case H1_NEED_MORE:
        break;
    }
}

// The body is a slice of what was just consumed, and never empty.
static bool is_slice(struct span body, struct span before, struct span after)
{
    return body.len > 0 && body.at >= before.at && body.at + body.len == after.at;
}

void event_log_feed(struct event_log *log, struct span piece)
{
    char *copy = x_alloc(piece.len);
    for (size_t i = 0; i < piece.len; i++) {
        copy[i] = piece.at[i];
    }
    struct span input = {.at = copy, .len = piece.len};
    enum h1_event event = H1_HEAD;
    while (event != H1_NEED_MORE && event != H1_ERROR) {
        struct span body = {0};
        struct span before = input;
        event = h1_parser_next(log->parser, &input, &body);
        if (event == H1_BODY) {
            log->is_sound = log->is_sound && is_slice(body, before, input);
            buf_add(&log->body, body);
        }
        log->is_sound = log->is_sound && event != H1_CLOSED;
        if (event != H1_ERROR || !log->is_refused) {
            tell(log, event);
        } else {
            log->is_sound = log->is_sound && input.len == before.len;
        }
    }
    log->is_sound = log->is_sound && (event == H1_ERROR || input.len == 0);
    x_free(copy);
}

void event_log_finish(struct event_log *log)
{
    enum h1_event event = h1_parser_finish(log->parser);
    bool is_known = event == H1_END || event == H1_CLOSED || event == H1_ERROR;
    log->is_sound = log->is_sound && is_known && (event == H1_ERROR || !log->is_refused);
    if (!log->is_refused) {
        tell(log, event);
    }
}
