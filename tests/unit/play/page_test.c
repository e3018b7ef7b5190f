// SPDX-License-Identifier: Apache-2.0
// The bytes of a registration page: encoded once, as a browser does.
#include "suites/play/page.h"

#include "mp_world_file.h"
#include "proxy/base/own.h"
#include "proxy/service/world.h"
#include "tests/unit/play/stage.h"

#define TOKENS "{\"tokens\":[{\"name\":\"t1\",\"value\":\"a+b/c%41== \",\"customer\":\"acme\"}]}"

static struct world *open_world(void)
{
    OWN(json) cJSON *base = NULL;
    OWN(json) cJSON *overrides = NULL;
    struct world *w = NULL;
    CHECK_INT(json_read(&base, NULL, span_of(WORLD_FILE), NULL, NULL), RC_OK);
    CHECK_INT(json_read(&overrides, NULL, span_of(TOKENS), NULL, NULL), RC_OK);
    struct world_options options = {
        .base = base, .overrides = overrides, .seed = 1, .case_id = SPAN("T-1")};
    CHECK_INT(world_new(&w, &options, NULL), RC_OK);
    return w;
}

static void lines(void)
{
    static const struct {
        const char *name, *args, *line;
    } ROWS[] = {
        {"a token in a form",
         "{\"form\":{\"x-amzn-marketplace-token\":\"$token.t1\",\"a b\":\"*-._~\u00e9\"}}",
         "{\"method\":\"POST\",\"id\":\"p1\",\"query\":\"\",\"headers\":{},\"content_type\":"
         "\"application/x-www-form-urlencoded\",\"body\":"
         "\"x-amzn-marketplace-token=a%2Bb%2Fc%2541%3D%3D+&a+b=*-._%7E%C3%A9\"}"},
        {"a query", "{\"method\":\"GET\",\"query\":{\"x-amzn-marketplace-token\":\"$token.t1\"}}",
         "{\"method\":\"GET\",\"id\":\"p1\",\"query\":"
         "\"x-amzn-marketplace-token=a%2Bb%2Fc%2541%3D%3D+\",\"headers\":{},\"body\":\"\"}"},
        {"a body as it is",
         "{\"body\":\"a=%zz&&\",\"content_type\":\"text/plain\",\"headers\":{\"Cookie\":\"s=1\"}}",
         "{\"method\":\"POST\",\"id\":\"p1\",\"query\":\"\",\"headers\":{\"Cookie\":\"s=1\"},"
         "\"content_type\":\"text/plain\",\"body\":\"a=%zz&&\"}"},
        {"an empty form", "{\"form\":{}}",
         "{\"method\":\"POST\",\"id\":\"p1\",\"query\":\"\",\"headers\":{},\"content_type\":"
         "\"application/x-www-form-urlencoded\",\"body\":\"\"}"},
    };
    struct world *w = open_world();
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN(json) cJSON *args = NULL;
        OWN_BUF struct buf line = {0};
        struct page page;
        unit_row(ROWS[i].name);
        CHECK_INT(json_read(&args, NULL, span_of(ROWS[i].args), NULL, NULL), RC_OK);
        CHECK_INT(page_render(&page, args, w), RC_OK);
        page_line(&page, "p1", &line);
        buf_add_char(&line, '\0');
        CHECK_TEXT(line.data, ROWS[i].line);
        page_clear(&page);
    }
    unit_row(NULL);
    world_free(&w);
}

static void no_such_token(void)
{
    static const char *const ROWS[] = {
        "{\"form\":{\"a\":\"$token.t9\"}}",
        "{\"query\":{\"a\":\"$token.t9\"}}",
        "{\"headers\":{\"a\":\"$token.t9\"}}",
        "{\"body\":\"$token.t9\"}",
    };
    struct world *w = open_world();
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN(json) cJSON *args = NULL;
        struct page page;
        unit_row(ROWS[i]);
        CHECK_INT(json_read(&args, NULL, span_of(ROWS[i]), NULL, NULL), RC_OK);
        CHECK_INT(page_render(&page, args, w), RC_UNKNOWN);
        page_clear(&page);
    }
    unit_row(NULL);
    world_free(&w);
}

const struct unit_test PAGE_TESTS[] = {
    {"lines", lines},
    {"no such token", no_such_token},
    {NULL, NULL},
};
