// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/reply.h"

#include <stdarg.h>
#include <stdio.h>

void reply_clear(struct reply *r)
{
    buf_clear(&r->body);
    buf_clear(&r->allow);
    *r = (struct reply){0};
}

static void begin(struct reply *r, int status, const char *code, const char *message)
{
    r->status = status;
    buf_reset(&r->body);
    buf_add_text(&r->body, "{\"error\":{\"code\":");
    buf_add_json_string(&r->body, span_of(code));
    buf_add_member(&r->body, "message", span_of(message));
}

void reply_fail(struct reply *r, int status, const char *code, const char *format, ...)
{
    char text[800];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    begin(r, status, code, text);
    buf_add_text(&r->body, "}}");
}

void reply_fail_with(struct reply *r, int status, const char *code, const char *message,
                     struct span problems)
{
    begin(r, status, code, message);
    buf_add_text(&r->body, ",\"problems\":[");
    bool is_first = true;
    while (problems.len > 0) {
        struct span line = span_cut(&problems, '\n');
        if (line.len > 0) {
            buf_add_text(&r->body, is_first ? "" : ",");
            buf_add_json_string(&r->body, line);
            is_first = false;
        }
    }
    buf_add_text(&r->body, "]}}");
}

void reply_done(struct reply *r)
{
    r->status = 200;
    buf_add_text(&r->body, "{\"done\":true}");
}
