// SPDX-License-Identifier: Apache-2.0
// One turn is one EVLOOP_ONCE: what became ready is handled, then the turn's owners are called
// (they write journals and free the dead), so nothing is freed while a callback may still see it.
#include "proxy/net/loop.h"

#include <assert.h>
#include <signal.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "proxy/base/alloc.h"

_Static_assert(sizeof(struct event) <= sizeof(struct loop_event), "an event fits its room");

// The one place that knows what is in the room.
static struct event *in(struct loop_event *room)
{
    return (struct event *)(void *)room->room;
}

struct loop {
    struct event_base *base;
    struct clock clock;
    struct loop_turn *turns;
    int64_t lag_us;
    bool is_stopped;
    char scratch[LOOP_SCRATCH];
};

struct loop *loop_new(void)
{
    struct clock clock = clock_system();
    return loop_new_with(&clock);
}

struct loop *loop_new_with(const struct clock *clock)
{
    struct loop *loop = x_alloc(sizeof *loop);
    struct event_config *config = event_config_new();
    assert(config != NULL);
    int set = event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    assert(set == 0);
    (void)set;
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    assert(loop->base != NULL);
    loop->clock = *clock;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    return loop;
}

void loop_free(struct loop **loop)
{
    if (*loop != NULL) {
        assert((*loop)->turns == NULL);
        event_base_free((*loop)->base);
        x_free(*loop);
        *loop = NULL;
    }
}

const struct clock *loop_clock(const struct loop *loop)
{
    return &loop->clock;
}

int64_t loop_now_us(const struct loop *loop)
{
    return clock_monotonic_us(&loop->clock);
}

static void end_turn(struct loop *loop)
{
    struct loop_turn *next = NULL;
    for (struct loop_turn *t = loop->turns; t != NULL; t = next) {
        next = t->next; // the owner may stop its own turn
        t->fn(t->arg);
    }
}

char *loop_scratch(struct loop *loop)
{
    return loop->scratch;
}

enum rc loop_run(struct loop *loop)
{
    loop->is_stopped = false;
    while (!loop->is_stopped) {
        if (event_base_loop(loop->base, EVLOOP_ONCE) != 0) {
            return RC_INTERNAL; // nothing is left to wait for, or libevent failed
        }
        end_turn(loop);
    }
    return RC_OK;
}

void loop_stop(struct loop *loop)
{
    loop->is_stopped = true;
    (void)event_base_loopbreak(loop->base);
}

int64_t loop_take_lag_us(struct loop *loop)
{
    int64_t lag_us = loop->lag_us;
    loop->lag_us = 0;
    return lag_us;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct loop_timer *t = arg;
    int64_t late_us = loop_now_us(t->loop) - t->due_us;
    if (late_us > t->loop->lag_us) {
        t->loop->lag_us = late_us;
    }
    t->fn(t->arg);
}

void loop_timer_init(struct loop_timer *t, struct loop *loop, loop_fn *fn, void *arg)
{
    *t = (struct loop_timer){.loop = loop, .fn = fn, .arg = arg};
    int good = event_assign(in(&t->event), loop->base, -1, 0, on_timer, t);
    assert(good == 0);
    (void)good;
}

void loop_timer_start(struct loop_timer *t, int64_t delay_us)
{
    if (delay_us < 0) {
        delay_us = 0;
    }
    t->due_us = loop_now_us(t->loop) + delay_us;
    struct timeval wait = {.tv_sec = (time_t)(delay_us / 1000000),
                           .tv_usec = (suseconds_t)(delay_us % 1000000)};
    (void)event_add(in(&t->event), &wait);
}

void loop_timer_fire(struct loop_timer *t)
{
    loop_timer_stop(t);
    t->due_us = loop_now_us(t->loop);
    event_active(in(&t->event), EV_TIMEOUT, 0);
}

void loop_timer_stop(struct loop_timer *t)
{
    if (t->loop != NULL) {
        (void)event_del(in(&t->event));
    }
}

bool loop_timer_is_running(const struct loop_timer *t)
{
    return t->loop != NULL &&
           event_pending((const struct event *)(const void *)t->event.room, EV_TIMEOUT, NULL) != 0;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct loop_watch *w = arg;
    w->fn(w->arg,
          ((what & EV_READ) != 0 ? LOOP_READ : 0) | ((what & EV_WRITE) != 0 ? LOOP_WRITE : 0));
}

void loop_watch_init(struct loop_watch *w, struct loop *loop, int fd, loop_ready_fn *fn, void *arg)
{
    *w = (struct loop_watch){.loop = loop, .fd = fd, .fn = fn, .arg = arg};
    int bad = event_assign(in(&w->read), loop->base, fd, EV_READ | EV_PERSIST, on_ready, w);
    assert(bad == 0);
    (void)bad;
}

static void watch_read(struct loop_watch *w, bool is)
{
    if (is && (w->events & LOOP_READ) == 0) {
        (void)event_add(in(&w->read), NULL);
    } else if (!is && (w->events & LOOP_READ) != 0) {
        (void)event_del(in(&w->read));
    }
}

// libevent looks at no event again after its callback, so it may be freed there.
static void watch_write(struct loop_watch *w, bool is)
{
    if (is && w->write == NULL) {
        w->write = x_alloc(sizeof *w->write);
        int bad =
            event_assign(in(w->write), w->loop->base, w->fd, EV_WRITE | EV_PERSIST, on_ready, w);
        assert(bad == 0);
        (void)bad;
        (void)event_add(in(w->write), NULL);
    } else if (!is && w->write != NULL) {
        (void)event_del(in(w->write));
        x_free(w->write);
        w->write = NULL;
    }
}

void loop_watch_set(struct loop_watch *w, int events)
{
    if (w->loop == NULL) {
        return;
    }
    watch_read(w, (events & LOOP_READ) != 0);
    watch_write(w, (events & LOOP_WRITE) != 0);
    w->events = events;
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)number;
    (void)what;
    struct loop_signal *s = arg;
    s->fn(s->arg);
}

void loop_signal_start(struct loop_signal *s, struct loop *loop, int number, loop_fn *fn, void *arg)
{
    *s = (struct loop_signal){.fn = fn, .arg = arg};
    int good =
        event_assign(in(&s->event), loop->base, number, EV_SIGNAL | EV_PERSIST, on_signal, s);
    assert(good == 0);
    (void)good;
    (void)event_add(in(&s->event), NULL);
}

void loop_signal_stop(struct loop_signal *s)
{
    if (s->fn != NULL) {
        (void)event_del(in(&s->event));
        s->fn = NULL;
    }
}

void loop_turn_start(struct loop_turn *t, struct loop *loop, loop_fn *fn, void *arg)
{
    *t = (struct loop_turn){.next = loop->turns, .loop = loop, .fn = fn, .arg = arg};
    loop->turns = t;
}

void loop_turn_stop(struct loop_turn *t)
{
    if (t->loop == NULL) {
        return;
    }
    for (struct loop_turn **at = &t->loop->turns; *at != NULL; at = &(*at)->next) {
        if (*at == t) {
            *at = t->next;
            break;
        }
    }
    t->loop = NULL;
}
