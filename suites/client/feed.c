// SPDX-License-Identifier: Apache-2.0
#include "suites/client/feed.h"

#include <errno.h>
#include <unistd.h>

static void close_end(struct feed *f)
{
    if (f->fd >= 0) {
        loop_watch_set(&f->watch, 0);
        (void)close(f->fd);
        f->fd = -1;
    }
    buf_clear(&f->unsent);
    f->sent = 0;
}

static void forget_taken(struct feed *f, size_t taken)
{
    f->sent += taken;
    // Moving the rest to the front after each write would be quadratic for a slow reader.
    if (f->sent > f->unsent.len / 2) {
        buf_consume(&f->unsent, f->sent);
        f->sent = 0;
    }
}

static void flush(struct feed *f)
{
    while (feed_waiting(f) > 0) {
        ssize_t n = write(f->fd, f->unsent.data + f->sent, feed_waiting(f));
        if (n >= 0) {
            forget_taken(f, (size_t)n);
        } else if (errno == EAGAIN) {
            loop_watch_set(&f->watch, LOOP_WRITE);
            return;
        } else if (errno != EINTR) {
            close_end(f);
            loop_timer_start(&f->told, 0);
            return;
        }
    }
    loop_watch_set(&f->watch, 0);
    if (f->is_closing) {
        close_end(f);
    }
}

static void on_feed_ready(void *arg, int events)
{
    (void)events;
    flush(arg);
}

void feed_init(struct feed *f, struct loop *loop, int fd, size_t max_bytes, loop_fn *on_broken,
               void *arg)
{
    *f = (struct feed){.fd = fd, .max_bytes = max_bytes, .on_broken = on_broken, .arg = arg};
    loop_watch_init(&f->watch, loop, fd, on_feed_ready, f);
    loop_timer_init(&f->told, loop, on_broken, arg);
}

enum rc feed_send(struct feed *f, struct span line)
{
    if (f->fd < 0 || f->is_closing) {
        return RC_CLOSED;
    }
    if (line.len >= f->max_bytes || feed_waiting(f) > f->max_bytes - line.len - 1) {
        return RC_LIMIT;
    }
    bool is_first = feed_waiting(f) == 0;
    buf_add(&f->unsent, line);
    buf_add_char(&f->unsent, '\n');
    if (is_first) {
        flush(f);
    }
    return f->fd < 0 ? RC_CLOSED : RC_OK;
}

size_t feed_waiting(const struct feed *f)
{
    return f->unsent.len - f->sent;
}

void feed_close_when_taken(struct feed *f)
{
    f->is_closing = true;
    if (f->fd >= 0 && feed_waiting(f) == 0) {
        close_end(f);
    }
}

void feed_clear(struct feed *f)
{
    loop_timer_stop(&f->told);
    close_end(f);
}
