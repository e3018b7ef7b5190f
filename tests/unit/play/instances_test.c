// SPDX-License-Identifier: Apache-2.0
// Several processes of one client: each has its own stdin, hello and end.
#include "tests/unit/play/stage.h"

#define WORDS "\"usage\",\"flush\",\"clock\",\"restart\",\"instances\""
#define NUMBER "n=${line#*\\\"step\\\":}; n=${n%%,*}; "
#define ANSWER_ALL                                                                                 \
    "while read line; do " NUMBER "echo \"{\\\"mp\\\":\\\"done\\\",\\\"step\\\":$n}\"; done; "
#define USAGE(id)                                                                                  \
    "{\"usage\": {\"id\": \"" id "\", \"customer\": \"acme\", \"dimension\": \"requests\", "       \
    "\"quantity\": 7, \"at\": \"hour-1\"}"
#define TWO                                                                                        \
    "\"requires\": [\"instances\", \"restart\", \"clock\"], \"client\": {\"instances\": 2}, "

// How many events of that kind and member speak of the instance.
static size_t count_of(const struct stage *s, enum event_kind kind, const char *key,
                       const char *value, int64_t instance)
{
    size_t n = 0;
    for (size_t i = 0; i < s->it->count; i++) {
        const struct event *e = &s->it->events[i];
        const char *text = json_get_text(e->json, key);
        n += e->kind == kind && text != NULL && span_is(span_of(text), value) &&
                     json_get_int(e->json, "instance", 0) == instance
                 ? 1
                 : 0;
    }
    return n;
}

static void play(struct stage *s, const char *members)
{
    stage_init(s, members);
    stage_play(s, HELLO(WORDS) ANSWER_ALL, true);
    CHECK_TEXT(json_get_text(s->it->events[s->it->count - 1].json, "why"), "done");
}

static void each_hears_its_own(void)
{
    struct stage s;
    play(&s, TWO "\"steps\": [{\"start\": {}, \"instance\": 2}, " USAGE("u1") "}, " USAGE(
                 "u2") ", \"instance\": 2}, {\"flush\": {}, \"instance\": 2}, {\"flush\": {}}],");
    for (int64_t i = 1; i <= 2; i++) {
        CHECK_INT(count_of(&s, EVENT_CLIENT, "what", "start", i), 1);
        CHECK_INT(count_of(&s, EVENT_ANSWER, "mp", "hello", i), 1);
        CHECK_INT(count_of(&s, EVENT_ANSWER, "mp", "done", i), 2);
        CHECK_INT(count_of(&s, EVENT_STEP, "sends", "usage", i), 1);
    }
    stage_clear(&s);
}

// One is killed and started again; the other never notices.
static void one_restarts(void)
{
    struct stage s;
    play(&s, TWO "\"steps\": [{\"start\": {}, \"instance\": 2}, " USAGE("u1") "}, " USAGE(
                 "u2") ", \"instance\": 2, \"await\": false}, {\"restart\": {\"signal\": "
                       "\"KILL\"}, \"instance\": 2}, {\"flush\": {}, \"instance\": 2}, {\"flush\": "
                       "{}}],");
    CHECK_INT(count_of(&s, EVENT_CLIENT, "what", "start", 1), 1);
    CHECK_INT(count_of(&s, EVENT_CLIENT, "what", "start", 2), 2);
    CHECK_INT(count_of(&s, EVENT_EXIT, "text", "ended by SIGKILL", 2), 1);
    CHECK_INT(count_of(&s, EVENT_STEP, "sends", "flush", 1), 1);
    stage_clear(&s);
}

// Whoever runs is told to send: the case is settled only when all of them have had their turn.
static void a_drain_reaches_all(void)
{
    struct stage s;
    play(&s, TWO
         "\"limits\": {\"deadline_s\": 5}, \"steps\": [{\"start\": {}, \"instance\": 2}, " USAGE(
             "u1") "}, {\"drain\": {}}],");
    size_t first = count_of(&s, EVENT_STEP, "sends", "flush", 1);
    CHECK(first > 0);
    CHECK_INT(count_of(&s, EVENT_STEP, "sends", "flush", 2), first);
    stage_clear(&s);
}

static void needs_support(void)
{
    struct stage s;
    stage_init(&s, TWO "\"steps\": [{\"start\": {}, \"instance\": 2}, " USAGE("u1") "}],");
    stage_play(&s, HELLO("\"usage\",\"flush\",\"clock\",\"restart\"") ANSWER_ALL, true);
    const struct event *end = &s.it->events[s.it->count - 1];
    CHECK_TEXT(json_get_text(end->json, "why"), "unsupported");
    CHECK_TEXT(json_get_text(end->json, "text"), "the client does not support \"instances\"");
    stage_clear(&s);
}

// What the case asks for reaches the client; what was given on the command line stays beside it.
static void variables(void)
{
    struct stage s;
    stage_init(&s,
               "\"client\": {\"env\": {\"TZ\": \"Asia/Tokyo\"}}, \"steps\": [" USAGE("u1") "}],");
    stage_play(
        &s, "echo \"zone $TZ\" >&2; test \"$TZ\" = Asia/Tokyo || exit 7; " HELLO(WORDS) ANSWER_ALL,
        true);
    CHECK_TEXT(json_get_text(s.it->events[s.it->count - 1].json, "why"), "done");
    stage_clear(&s);
}

const struct unit_test INSTANCES_TESTS[] = {
    {"each hears its own", each_hears_its_own},
    {"one restarts", one_restarts},
    {"a drain reaches all", a_drain_reaches_all},
    {"needs support", needs_support},
    {"variables", variables},
    {NULL, NULL},
};
