// SPDX-License-Identifier: Apache-2.0
#include "suites/client/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum rc sink_open(struct sink *s, const char *path, struct diag *d)
{
    s->fd = -1;
    s->record = RC_OK;
    if (path == NULL) {
        return RC_OK;
    }
    s->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
    if (s->fd < 0) {
        enum rc code = errno == EMFILE || errno == ENFILE ? RC_LIMIT : RC_IO;
        return diag_fail(d, code, "the client's output cannot be kept in %s: %s", path,
                         strerror(errno));
    }
    return RC_OK;
}

static void write_all(struct sink *s, struct span text)
{
    while (text.len > 0 && s->record == RC_OK) {
        ssize_t n = write(s->fd, text.at, text.len);
        if (n >= 0) {
            text = span_slice(text, (size_t)n, text.len);
        } else if (errno != EINTR) {
            s->record = RC_IO;
        }
    }
}

static void keep(struct sink *s, struct span text)
{
    if (text.len == 0) {
        return;
    }
    if (s->scrub == NULL) {
        write_all(s, text);
        return;
    }
    buf_reset(&s->scrubbed);
    s->scrub(s->arg, text, &s->scrubbed);
    write_all(s, buf_span(&s->scrubbed));
}

// The length of the whole lines at the start of the text.
static size_t whole_lines(struct span text)
{
    const char *last = text.len == 0 ? NULL : memrchr(text.at, '\n', text.len);
    return last == NULL ? 0 : (size_t)(last - text.at) + 1;
}

void sink_add(struct sink *s, struct span bytes)
{
    if (s->fd < 0 || s->record != RC_OK) {
        return;
    }
    buf_add(&s->held, bytes);
    struct span held = buf_span(&s->held);
    size_t ready = whole_lines(held);
    if (ready == 0 && held.len >= s->max_hold_bytes) {
        ready = held.len;
    }
    keep(s, span_slice(held, 0, ready));
    buf_consume(&s->held, ready);
}

void sink_close(struct sink *s)
{
    if (s->fd >= 0) {
        keep(s, buf_span(&s->held));
        (void)close(s->fd);
        s->fd = -1;
    }
    buf_clear(&s->held);
    buf_clear(&s->scrubbed);
}
