// SPDX-License-Identifier: Apache-2.0
#include "suites/client/attach_answer.h"
#include "suites/client/attach_post.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "tests/unit/client/client_tests.h"

static const struct attach_ways NONE = {0};

// What a line becomes: its JSON after it was taken, or "" when it is dropped.
static char *taken(const struct attach_options *o, const char *line)
{
    struct answer answer = {0};
    OWN(json) cJSON *tree = NULL;
    char why[ANSWER_WHY];
    struct buf out = {0};
    CHECK_INT(protocol_read(&answer, &tree, span_of(line), why), ANSWER_IS);
    if (attach_takes(o, &answer, tree)) {
        json_print(&out, tree);
        CHECK(answer.kind != ANSWER_USAGE || strcmp(answer.id, json_get_text(tree, "id")) == 0);
    }
    return buf_take_text(&out);
}

static void hears_of_one_case_only(void)
{
    static const struct {
        const char *said, *taken;
    } ROWS[] = {
        {"{\"mp\":\"usage\",\"id\":\"7.u1\",\"state\":\"metered\"}",
         "{\"mp\":\"usage\",\"id\":\"u1\",\"state\":\"metered\"}"},
        {"{\"mp\":\"usage\",\"id\":\"6.u1\",\"state\":\"metered\"}", ""},
        {"{\"mp\":\"usage\",\"id\":\"u1\",\"state\":\"metered\"}", ""},
        {"{\"mp\":\"alert\",\"about\":[\"6.u1\",\"7.u1\",\"7.u2\"],\"text\":\"t\"}",
         "{\"mp\":\"alert\",\"about\":[\"u1\",\"u2\"],\"text\":\"t\"}"},
        {"{\"mp\":\"alert\",\"about\":[\"6.u1\"],\"text\":\"t\"}", ""},
        {"{\"mp\":\"alert\",\"about\":[],\"text\":\"t\"}",
         "{\"mp\":\"alert\",\"about\":[],\"text\":\"t\"}"},
        {"{\"mp\":\"alert\",\"text\":\"t\"}", "{\"mp\":\"alert\",\"text\":\"t\"}"},
        {"{\"mp\":\"done\",\"step\":3}", "{\"mp\":\"done\",\"step\":3}"},
    };
    struct attach_options o = {.ways = &NONE, .prefix = "7."};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].said);
        OWN(text) char *seen = taken(&o, ROWS[i].said);
        CHECK_TEXT(seen, ROWS[i].taken);
    }
    unit_row(NULL);
}

static void adds_what_the_ways_bring(void)
{
    static const struct url SOMEWHERE = {0};
    static const struct {
        struct attach_ways ways;
        const char *said, *supports;
        bool by_page;
    } ROWS[] = {
        {{.trigger = "t"}, "[\"usage\",\"restart\",\"instances\"]", "[\"usage\"]", false},
        {{.trigger = "t", .restart = "r"}, "[\"usage\"]", "[\"usage\",\"restart\"]", false},
        {{.registration_url = &SOMEWHERE}, "[]", "[\"resolve\",\"page\"]", true},
        {{.trigger = "t", .registration_url = &SOMEWHERE},
         "[\"resolve\"]",
         "[\"resolve\",\"page\"]",
         false},
        {{.notice_url = &SOMEWHERE}, "[\"page\"]", "[\"page\",\"notice\"]", false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct attach_options o = {.ways = &ROWS[i].ways, .prefix = ""};
        OWN_BUF struct buf line = {0};
        buf_addf(&line, "{\"mp\":\"hello\",\"contract\":1,\"supports\":%s}%c", ROWS[i].said, '\0');
        unit_row(ROWS[i].supports);
        OWN(text) char *seen = taken(&o, line.data);
        OWN(json) cJSON *tree = NULL;
        OWN_BUF struct buf words = {0};
        CHECK_INT(json_read(&tree, NULL, span_of(seen), NULL, NULL), RC_OK);
        json_print(&words, json_get(tree, "supports"));
        CHECK(span_is(buf_span(&words), ROWS[i].supports));
        CHECK_INT(json_is_true(json_get(tree, ATTACH_BY_PAGE)), ROWS[i].by_page);
    }
    unit_row(NULL);
}

static bool is_new(const struct attach_options *o, const char *hello)
{
    OWN(json) cJSON *tree = NULL;
    CHECK_INT(json_read(&tree, NULL, span_of(hello), NULL, NULL), RC_OK);
    return attach_is_new_life(o, tree);
}

static void knows_a_life_again(void)
{
    OWN(text) char *life = NULL;
    struct attach_options o = {.life = &life};
    CHECK(is_new(&o, "{\"life\":\"a\"}"));
    CHECK(is_new(&o, "{\"life\":\"a\"}")); // nobody has asked for another
    o.was_restarted = true;
    CHECK(!is_new(&o, "{\"life\":\"a\"}"));
    CHECK(is_new(&o, "{\"life\":\"b\"}"));
    CHECK(is_new(&o, "{}"));
}

static void posts_what_a_line_says(void)
{
    static const struct url PAGE = {0};
    static const struct attach_ways WAYS = {.registration_url = &PAGE};
    struct attach_post post;
    OWN(json) cJSON *line = NULL;
    CHECK_INT(json_read(&line, NULL, SPAN("{\"resolve\":{\"token\":\"a+b/c%=\"},\"usage\":{}}"),
                        NULL, NULL),
              RC_OK);
    CHECK(attach_post_of(&post, line, "resolve", &WAYS, true));
    CHECK(post.request.url == &PAGE);
    CHECK(span_is(post.request.body, "x-amzn-marketplace-token=a%2Bb%2Fc%25%3D"));
    attach_post_clear(&post);
    CHECK(!attach_post_of(&post, line, "resolve", &WAYS, false));
    CHECK(!attach_post_of(&post, line, "usage", &WAYS, true));
    CHECK(!attach_post_of(&post, line, "notice", &WAYS, true));
}

// A page says by its status what became of the buyer; SNS knows but taken and not taken.
static void says_what_a_status_means(void)
{
    static const struct {
        int status;
        const char *page, *notice;
    } ROWS[] = {{200, "resolved", "done"},   {303, "resolved", "refused"},
                {400, "refused", "refused"}, {404, "refused", "refused"},
                {503, "failed", "refused"},  {0, "failed", "refused"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct visit_result result = {.end = ROWS[i].status == 0 ? VISIT_CUT : VISIT_ANSWERED,
                                      .status = ROWS[i].status};
        OWN_BUF struct buf page = {0};
        OWN_BUF struct buf notice = {0};
        attach_say_page(&page, 5, &result);
        attach_say_notice(&notice, 5, &result);
        OWN_BUF struct buf state = {0};
        buf_addf(&state, "\"state\":\"%s\"", ROWS[i].page);
        CHECK(span_has(buf_span(&page), buf_span(&state)));
        CHECK_INT(span_has(buf_span(&page), SPAN("\"mp\":\"page\"")), ROWS[i].status != 0);
        CHECK(span_has(buf_span(&page), SPAN("{\"mp\":\"done\",\"step\":5}\n")));
        buf_reset(&state);
        buf_addf(&state, "\"state\":\"%s\"", ROWS[i].notice);
        CHECK(span_has(buf_span(&notice), buf_span(&state)));
    }
}

const struct unit_test ATTACH_TESTS[] = {
    {"hears of one case only", hears_of_one_case_only},
    {"adds what the ways bring", adds_what_the_ways_bring},
    {"knows a life again", knows_a_life_again},
    {"posts what a line says", posts_what_a_line_says},
    {"says what a status means", says_what_a_status_means},
    {NULL, NULL},
};
