// SPDX-License-Identifier: Apache-2.0
// In real time an hour may turn during a case; such a case is played once more.
#include "tests/unit/play/stage.h"

#include <stdio.h>
#include <unistd.h>

#include "proxy/base/instant.h"

#define STEPS                                                                                      \
    "\"steps\": [{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", \"dimension\": "             \
    "\"requests\", \"quantity\": 7}}, {\"round\": {}}],"
// Makes a file beside its own directory, by which the clock of these tests knows that it is time.
#define TURN "cd \"$METERPROVER_STATE\"; : >>../turn; "

// 2026-11-18T10:15:00Z, and an hour later once the client has made its file.
static int64_t turning_wall_us(void *arg)
{
    const struct stage *s = arg;
    char path[160];
    (void)snprintf(path, sizeof path, "%s/scratch/turn", s->dir);
    return INT64_C(1794996900) * US_PER_S + (access(path, F_OK) == 0 ? US_PER_HOUR : 0);
}

static int64_t machine_monotonic_us(void *arg)
{
    (void)arg;
    struct clock machine = clock_system();
    return clock_monotonic_us(&machine);
}

static void play(struct stage *s, const char *script, bool told)
{
    stage_init(s, STEPS);
    s->clock =
        (struct clock){.monotonic_us = machine_monotonic_us, .wall_us = turning_wall_us, .arg = s};
    stage_play(s, script, told);
}

static void the_hour_turns(void)
{
    struct stage s;
    play(&s, HELLO("\"usage\",\"flush\"") TURN SERVE, false);
    CHECK_INT(s.begun, 2);
    CHECK_INT(s.ended, 1);
    // What is left is of the second time alone, which lay in one hour.
    const struct event *open = &s.it->events[0];
    CHECK_INT(open->kind, EVENT_OPEN);
    CHECK_INT(open->service_us, INT64_C(1794996900) * US_PER_S + US_PER_HOUR);
    CHECK_INT(stage_count(&s, "\"what\":\"start\""), 1);
    CHECK_TEXT(json_get_text(s.it->events[s.it->count - 1].json, "why"), "done");
    stage_clear(&s);
}

static void no_hour_turns(void)
{
    struct stage s;
    play(&s, HELLO("\"usage\",\"flush\"") SERVE, false);
    CHECK_INT(s.begun, 1);
    CHECK_INT(s.ended, 1);
    stage_clear(&s);
}

// Told time is ours: the machine's hour is of no account.
static void told_time_does_not_turn(void)
{
    struct stage s;
    play(&s, HELLO("\"usage\",\"flush\",\"clock\"") TURN SERVE, true);
    CHECK_INT(s.begun, 1);
    stage_clear(&s);
}

const struct unit_test HOUR_TESTS[] = {
    {"the hour turns", the_hour_turns},
    {"no hour turns", no_hour_turns},
    {"told time does not turn", told_time_does_not_turn},
    {NULL, NULL},
};
