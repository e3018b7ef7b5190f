// SPDX-License-Identifier: Apache-2.0
// The one loop of a program, over libevent: descriptors, timers, signals, and what is done at the
// end of every turn. Nothing outside proxy/net includes libevent.
#ifndef PROXY_NET_LOOP_H
#define PROXY_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proxy/base/clock.h"
#include "proxy/base/rc.h"

struct loop;

// Timers are precise (EVENT_BASE_FLAG_PRECISE_TIMER). SIGPIPE is ignored from here on.
struct loop *loop_new(void);
// With another clock than the machine's. Its monotonic time must run as fast as the machine's.
struct loop *loop_new_with(const struct clock *clock);
// Every timer, watch and turn of it must be stopped before. Accepts NULL in *loop and nulls it.
void loop_free(struct loop **loop);
const struct clock *loop_clock(const struct loop *loop);
int64_t loop_now_us(const struct loop *loop); // monotonic
// Runs until loop_stop; RC_INTERNAL when libevent fails.
MUST_USE enum rc loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
// The greatest delay by which a timer fired late since the last call (our own lag), in
// microseconds.
int64_t loop_take_lag_us(struct loop *loop);

// LOOP_SCRATCH bytes that anybody may use within one callback: what is read first goes there, so
// that one fast client cannot hold the loop and an idle one holds no buffer.
#define LOOP_SCRATCH 65536
char *loop_scratch(struct loop *loop);

typedef void loop_fn(void *arg);

// Room for a libevent event, so that an owner can embed one without seeing libevent. Each byte
// counts: thousands of connections are idle at once.
struct loop_event {
    _Alignas(max_align_t) unsigned char room[128];
};

// A one-shot timer, embedded in its owner.
struct loop_timer {
    struct loop_event event;
    struct loop *loop;
    loop_fn *fn;
    void *arg;
    int64_t due_us;
};
void loop_timer_init(struct loop_timer *t, struct loop *loop, loop_fn *fn, void *arg);
// Fires once after delay_us (0: on the next turn); a second start moves it.
void loop_timer_start(struct loop_timer *t, int64_t delay_us);
// Fires once within this turn, after the callback that is running and those that are due before it;
// so nothing that starts itself again may use it.
void loop_timer_fire(struct loop_timer *t);
// Harmless when it is not running, or was never initialised (all zero).
void loop_timer_stop(struct loop_timer *t);
bool loop_timer_is_running(const struct loop_timer *t);

enum { LOOP_READ = 1, LOOP_WRITE = 2 };
typedef void loop_ready_fn(void *arg, int events);

// A descriptor that is watched, level-triggered; embedded in its owner, who owns the descriptor
// too.
struct loop_watch {
    struct loop_event read;
    struct loop_event *write; // NULL while it is not watched, which is nearly always
    int fd;
    struct loop *loop;
    loop_ready_fn *fn;
    void *arg;
    int events; // what is watched now
};
// Watches nothing until loop_watch_set.
void loop_watch_init(struct loop_watch *w, struct loop *loop, int fd, loop_ready_fn *fn, void *arg);
// events: LOOP_READ | LOOP_WRITE, or 0 for none. Must be 0 before the descriptor is closed, and
// before the owner is freed.
void loop_watch_set(struct loop_watch *w, int events);

// A signal handled on the loop.
struct loop_signal {
    struct loop_event event;
    loop_fn *fn;
    void *arg;
};
void loop_signal_start(struct loop_signal *s, struct loop *loop, int number, loop_fn *fn,
                       void *arg);
void loop_signal_stop(struct loop_signal *s);

// Called at the end of every turn in which something happened (journals flush here, the dead are
// freed here). Embedded in its owner.
struct loop_turn {
    struct loop_turn *next;
    struct loop *loop;
    loop_fn *fn;
    void *arg;
};
void loop_turn_start(struct loop_turn *t, struct loop *loop, loop_fn *fn, void *arg);
void loop_turn_stop(struct loop_turn *t);

#endif
