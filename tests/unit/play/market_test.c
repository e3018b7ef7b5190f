// SPDX-License-Identifier: Apache-2.0
// Pages, notices and registrations as the client is told of them, and what is written down of its
// answers.
#include "proxy/base/own.h"
#include "tests/unit/play/stage.h"

// Answers the line that was just read by its own number.
#define NUMBER "n=${line#*\\\"step\\\":}; n=${n%%,*}; "
#define ANSWER(json) "echo \"" json "\"; "
#define SAY_DONE ANSWER("{\\\"mp\\\":\\\"done\\\",\\\"step\\\":$n}")
#define TOKEN "mpt-Qx7vJ2kLw9sYc4Zb8Rt3Fh6Nd1Ga5Pe0"

static void play(struct stage *s, const char *members, const char *script)
{
    stage_init(s, members);
    stage_play(s, script, true);
    CHECK_TEXT(json_get_text(s->it->events[s->it->count - 1].json, "why"), "done");
}

#define PAGE_STEPS                                                                                 \
    "\"requires\": [\"page\"], \"steps\": [{\"page\": {\"id\": \"p1\", \"form\": "                 \
    "{\"x-amzn-marketplace-token\": \"$token.t1\"}}}],"

static const struct event *page_answer(struct stage *s, const char *headers)
{
    OWN_BUF struct buf script = {0};
    buf_add_text(
        &script,
        HELLO(
            "\"page\",\"clock\"") "while read line; do " NUMBER "echo "
                                  "\"{\\\"mp\\\":\\\"page\\\",\\\"step\\\":$n,\\\"status\\\":303");
    buf_add_text(&script, headers);
    buf_add_text(&script, "}\"; " SAY_DONE "done");
    buf_add_char(&script, '\0');
    play(s, PAGE_STEPS, script.data);
    return stage_find(s, EVENT_ANSWER, "mp", "page");
}

static void pages(void)
{
    static const struct {
        const char *name, *headers, *tokens; // NULL: the fact is not known
    } ROWS[] = {
        {"no headers", "", NULL},
        {"no cookie", ",\\\"headers\\\":{\\\"Location\\\":\\\"/" TOKEN "\\\"}", "[]"},
        {"the token in a cookie",
         ",\\\"headers\\\":{\\\"set-cookie\\\":[\\\"a=b\\\",\\\"t=" TOKEN "\\\"]}", "[\"t1\"]"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct stage s;
        unit_row(ROWS[i].name);
        const struct event *answer = page_answer(&s, ROWS[i].headers);
        if (CHECK(answer != NULL)) {
            const cJSON *tokens = json_get(answer->json, "cookie_tokens");
            OWN_BUF struct buf text = {0};
            json_print(&text, tokens);
            buf_add_char(&text, '\0');
            CHECK_INT(json_get_int(answer->json, "status", 0), 303);
            CHECK_TEXT(tokens == NULL ? NULL : text.data, ROWS[i].tokens);
        }
        CHECK_INT(stage_count(&s, "x-amzn-marketplace-token=" TOKEN), 1);
        CHECK(stage_find(&s, EVENT_LEAK, "what", "token") == NULL);
        stage_clear(&s);
    }
    unit_row(NULL);
}

static void a_token_in_the_log(void)
{
    struct stage s;
    play(&s, PAGE_STEPS,
         HELLO("\"page\",\"clock\"") "while read line; do " NUMBER "echo registered " TOKEN
                                     " >&2; " SAY_DONE "done");
    const struct event *leak = stage_find(&s, EVENT_LEAK, "what", "token");
    CHECK(leak != NULL && span_is(json_span(json_get(leak->json, "name")), "t1"));
    stage_clear(&s);
}

// A copy has the bytes of the first; a notice of its own has others.
static void notices(void)
{
    struct stage s;
    play(&s,
         "\"requires\": [\"notice\", \"clock\"], \"steps\": ["
         "{\"notice\": {\"id\": \"n1\", \"form\": \"sns\", \"action\": \"subscribe-success\", "
         "\"customer\": \"acme\"}}, {\"clock\": \"+5m\"},"
         "{\"notice\": {\"id\": \"n2\", \"form\": \"sns\", \"action\": \"subscribe-success\", "
         "\"customer\": \"acme\", \"copy_of\": \"n1\"}},"
         "{\"notice\": {\"id\": \"n3\", \"form\": \"sns\", \"action\": \"subscribe-success\", "
         "\"customer\": \"acme\"}}],",
         HELLO("\"notice\",\"clock\"") SERVE);
    const struct event *first = stage_find(&s, EVENT_STEP, "id", "n1");
    const struct event *copy = stage_find(&s, EVENT_STEP, "id", "n2");
    const struct event *other = stage_find(&s, EVENT_STEP, "id", "n3");
    if (CHECK(first != NULL && copy != NULL && other != NULL)) {
        const cJSON *bodies[3];
        const struct event *const events[] = {first, copy, other};
        for (size_t i = 0; i < 3; i++) {
            bodies[i] = json_get(json_get(json_get(events[i]->json, "line"), "notice"), "body");
        }
        CHECK(json_span(bodies[0]).len > 0);
        CHECK(span_equal(json_span(bodies[0]), json_span(bodies[1])));
        CHECK(!span_equal(json_span(bodies[0]), json_span(bodies[2])));
    }
    stage_clear(&s);
}

#define REGISTER(args)                                                                             \
    "\"requires\": [\"register\"], \"steps\": [{\"register\": {\"id\": \"r1\"" args "}}],"

// A container that is not entitled may end instead of answering, where the case says so.
static void may_exit(void)
{
    struct stage s;
    stage_init(&s, REGISTER(", \"may_exit\": true"));
    stage_play(&s, HELLO("\"register\",\"clock\"") "read line; exit 1", true);
    const struct event *exit = stage_find(&s, EVENT_EXIT, "text", "exited with code 1");
    CHECK(exit != NULL && !json_is_true(json_get(exit->json, "expected")));
    CHECK_TEXT(json_get_text(s.it->events[s.it->count - 1].json, "why"), "done");
    stage_clear(&s);
    stage_init(&s, REGISTER(""));
    stage_play(&s, HELLO("\"register\",\"clock\"") "read line; exit 1", true);
    CHECK_TEXT(json_get_text(s.it->events[s.it->count - 1].json, "why"), "exit");
    stage_clear(&s);
}

const struct unit_test MARKET_TESTS[] = {
    {"pages", pages},     {"a token in the log", a_token_in_the_log},
    {"notices", notices}, {"may exit", may_exit},
    {NULL, NULL},
};
