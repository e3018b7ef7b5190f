// SPDX-License-Identifier: Apache-2.0
// How clients end: restarted by a signal, or when the case is over.
#include "proxy/base/own.h"
#include "tests/unit/play/stage.h"

#define USAGE                                                                                      \
    "{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", \"dimension\": \"requests\", "           \
    "\"quantity\": 7}}"
#define WORDS "\"usage\",\"flush\",\"clock\",\"restart\""

// The signal that the case names is the one that comes, and the end of the client is expected.
static void restarted_by_each_signal(void)
{
    static const struct {
        const char *name, *full, *trap, *text;
    } ROWS[] = {
        {"TERM", "SIGTERM", "trap 'exit 11' TERM; ", "exited with code 11"},
        {"INT", "SIGINT", "trap 'exit 12' INT; ", "exited with code 12"},
        {"HUP", "SIGHUP", "trap 'exit 13' HUP; ", "exited with code 13"},
        {"KILL", "SIGKILL", "", "ended by SIGKILL"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct stage s;
        OWN_BUF struct buf members = {0};
        OWN_BUF struct buf script = {0};
        unit_row(ROWS[i].name);
        buf_addf(&members,
                 "\"steps\": [" USAGE ", {\"restart\": {\"signal\": \"%s\"}}, {\"round\": {}}],%c",
                 ROWS[i].name, '\0');
        // The second life takes up the numbers of the steps where the first one left them.
        buf_addf(&script,
                 "%s"
                 "cd \"$METERPROVER_STATE\"; n=$(cat n 2>/dev/null || echo 0); " HELLO(
                     WORDS) "while read line; do echo $((n+1)) >n; " DONE "done; %c",
                 ROWS[i].trap, '\0');
        stage_init(&s, members.data);
        stage_play(&s, script.data, true);
        const struct event *signal = stage_find(&s, EVENT_CLIENT, "what", "signal");
        const struct event *exit = stage_find(&s, EVENT_EXIT, "text", ROWS[i].text);
        CHECK(signal != NULL && span_is(json_span(json_get(signal->json, "signal")), ROWS[i].full));
        CHECK(exit != NULL && json_is_true(json_get(exit->json, "expected")));
        CHECK_INT(stage_count(&s, "\"what\":\"start\""), 2);
        CHECK_TEXT(json_get_text(s.it->events[s.it->count - 1].json, "why"), "done");
        stage_clear(&s);
    }
    unit_row(NULL);
}

// Once its stdin is closed a client may wait for SIGTERM, and end with a code of its own: the
// journal says that it was signalled, so that the judge does not call it a crash.
static void leaves_when_told(void)
{
    struct stage s;
    stage_init(&s, "\"steps\": [" USAGE ", {\"round\": {}}],");
    stage_play(&s, "trap 'exit 143' TERM; " HELLO(WORDS) SERVE "while :; do sleep 0.1; done", true);
    const struct event *signal = stage_find(&s, EVENT_CLIENT, "what", "signal");
    const struct event *exit = stage_find(&s, EVENT_EXIT, "text", "exited with code 143");
    CHECK(signal != NULL && span_is(json_span(json_get(signal->json, "why")), "leave"));
    CHECK(exit != NULL && signal != NULL && signal->seq < exit->seq);
    CHECK_TEXT(json_get_text(s.it->events[s.it->count - 1].json, "why"), "done");
    stage_clear(&s);
}

// A client that leaves by itself is told nothing.
static void leaves_by_itself(void)
{
    struct stage s;
    stage_init(&s, "\"steps\": [" USAGE ", {\"round\": {}}],");
    stage_play(&s, HELLO(WORDS) SERVE "exit 0", true);
    CHECK(stage_find(&s, EVENT_CLIENT, "what", "signal") == NULL);
    CHECK(stage_find(&s, EVENT_EXIT, "text", "exited with code 0") != NULL);
    stage_clear(&s);
}

// What the client sends in its last moment, and does not wait for, a real service would take.
static void last_requests_are_taken(void)
{
    struct stage s;
    stage_init(&s, "\"steps\": [" USAGE ", {\"round\": {}}],");
    s.shell = "bash"; // for /dev/tcp
    stage_play(
        &s,
        HELLO(WORDS) SERVE
        "at=${METERPROVER_ENDPOINT#http://}; body=$(printf '%400000s'); "
        "for i in {1..10}; do exec {to}<>/dev/tcp/${at%:*}/${at#*:}; all=\"$all $to\"; done; "
        "for to in $all; do printf 'POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: "
        "400000\\r\\n\\r\\n%s' \"$body\" >&$to; done; kill -9 $$",
        true);
    CHECK_INT(stage_count(&s, "\"event\":\"request\""), 10);
    stage_clear(&s);
}

// METERPROVER_DEADLINE_S is the deadline that is kept, --timeout-multiplier included.
static void deadline_is_told(void)
{
    static const struct {
        const char *name, *limits;
        double multiplier;
        const char *text;
    } ROWS[] = {
        {"usual", "", 1, "exited with code 30"},
        {"stretched", "", 2.5, "exited with code 75"},
        {"the case's own", "\"limits\": {\"deadline_s\": 7},", 3, "exited with code 21"},
        {"cut down to whole seconds", "\"limits\": {\"deadline_s\": 7},", 0.5,
         "exited with code 3"},
        {"never none", "\"limits\": {\"deadline_s\": 7},", 0.1, "exited with code 1"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct stage s;
        OWN_BUF struct buf members = {0};
        unit_row(ROWS[i].name);
        buf_addf(&members, "%s\"steps\": [" USAGE "],%c", ROWS[i].limits, '\0');
        stage_init(&s, members.data);
        s.setting.timeout_multiplier = ROWS[i].multiplier;
        stage_play(&s, "exit \"$METERPROVER_DEADLINE_S\"", true);
        CHECK(stage_find(&s, EVENT_EXIT, "text", ROWS[i].text) != NULL);
        stage_clear(&s);
    }
    unit_row(NULL);
}

const struct unit_test ENDING_TESTS[] = {
    {"restarted by each signal", restarted_by_each_signal},
    {"leaves when told", leaves_when_told},
    {"leaves by itself", leaves_by_itself},
    {"last requests are taken", last_requests_are_taken},
    {"deadline is told", deadline_is_told},
    {NULL, NULL},
};
