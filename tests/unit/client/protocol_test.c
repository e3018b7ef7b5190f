// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/client_tests.h"

#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "suites/client/protocol.h"

#define NOW_US (INT64_C(1794996900) * US_PER_S) // 2026-11-18T10:15:00Z

static void renders_lines(void)
{
    OWN_BUF struct buf line = {0};
    protocol_hello(&line, SPAN("BMU-\"R02"), NOW_US);
    OWN(text) char *hello = buf_take_text(&line);
    CHECK_TEXT(hello, "{\"hello\":1,\"case\":\"BMU-\\\"R02\",\"now\":\"2026-11-18T10:15:00Z\"}");
    protocol_step(&line, 3, "usage", SPAN("{\n\"id\":\r\n\"u1\"}"), NOW_US + 999999);
    OWN(text) char *step = buf_take_text(&line);
    CHECK_TEXT(step, "{\"step\":3,\"usage\":{ \"id\":  \"u1\"},\"now\":\"2026-11-18T10:15:00Z\"}");
    OWN(json) cJSON *tree = NULL;
    CHECK_INT(json_read(&tree, NULL, span_of(step), NULL, NULL), RC_OK);
}

static void reads_answers(void)
{
    static const struct {
        const char *name, *text;
        enum answer_kind kind;
        enum answer_state state;
        unsigned step;
    } ROWS[] = {
        {"hello", "{\"mp\":\"hello\",\"contract\":1,\"supports\":[\"usage\",\"verify-signature\"]}",
         ANSWER_HELLO, ANSWER_STATE_NONE, 0},
        {"hello of one who can nothing", "{\"mp\":\"hello\",\"contract\":1,\"supports\":[]}",
         ANSWER_HELLO, ANSWER_STATE_NONE, 0},
        {"done", "{\"mp\":\"done\",\"step\":12}", ANSWER_DONE, ANSWER_STATE_NONE, 12},
        {"blanks and CR", " \t{ \"step\" : 1 , \"mp\":\"done\" } \r", ANSWER_DONE,
         ANSWER_STATE_NONE, 1},
        {"unknown members", "{\"mp\":\"done\",\"step\":1,\"took\":{\"ms\":3}}", ANSWER_DONE,
         ANSWER_STATE_NONE, 1},
        {"pending", "{\"mp\":\"usage\",\"id\":\"u2\",\"state\":\"pending\",\"reason\":\"busy\"}",
         ANSWER_USAGE, ANSWER_STATE_PENDING, 0},
        {"unknown", "{\"mp\":\"usage\",\"id\":\"u2\",\"state\":\"unknown\",\"record\":null}",
         ANSWER_USAGE, ANSWER_STATE_UNKNOWN, 0},
        {"metered", "{\"mp\":\"usage\",\"id\":\"u2\",\"state\":\"metered\",\"record\":\"r\"}",
         ANSWER_USAGE, ANSWER_STATE_METERED, 0},
        {"rejected", "{\"mp\":\"usage\",\"id\":\"u2\",\"state\":\"rejected\",\"step\":4}",
         ANSWER_USAGE, ANSWER_STATE_REJECTED, 0},
        {"resolved", "{\"mp\":\"resolve\",\"step\":2,\"state\":\"resolved\",\"customer\":\"c\"}",
         ANSWER_RESOLVE, ANSWER_STATE_RESOLVED, 2},
        {"refused", "{\"mp\":\"resolve\",\"step\":2,\"state\":\"refused\"}", ANSWER_RESOLVE,
         ANSWER_STATE_REFUSED, 2},
        {"resolve failed", "{\"mp\":\"resolve\",\"step\":2,\"state\":\"failed\"}", ANSWER_RESOLVE,
         ANSWER_STATE_RESOLVE_FAILED, 2},
        {"registered", "{\"mp\":\"register\",\"step\":2,\"state\":\"registered\"}", ANSWER_REGISTER,
         ANSWER_STATE_REGISTERED, 2},
        {"denied", "{\"mp\":\"register\",\"step\":2,\"state\":\"denied\"}", ANSWER_REGISTER,
         ANSWER_STATE_DENIED, 2},
        {"register failed", "{\"mp\":\"register\",\"step\":2,\"state\":\"failed\"}",
         ANSWER_REGISTER, ANSWER_STATE_REGISTER_FAILED, 2},
        {"alert", "{\"mp\":\"alert\",\"about\":[\"u1\",\"u2\"],\"text\":\"help\"}", ANSWER_ALERT,
         ANSWER_STATE_NONE, 0},
        {"alert about nothing", "{\"mp\":\"alert\",\"text\":\"help\"}", ANSWER_ALERT,
         ANSWER_STATE_NONE, 0},
        {"unsupported", "{\"mp\":\"unsupported\",\"step\":1}", ANSWER_UNSUPPORTED,
         ANSWER_STATE_NONE, 1},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct answer answer;
        OWN(json) cJSON *tree = NULL;
        char why[ANSWER_WHY] = "";
        CHECK_INT(protocol_read(&answer, &tree, span_of(ROWS[i].text), why), ANSWER_IS);
        CHECK_TEXT(why, "");
        CHECK_INT(answer.kind, ROWS[i].kind);
        CHECK_INT(answer.state, ROWS[i].state);
        CHECK_INT(answer.step, ROWS[i].step);
        CHECK(tree != NULL && answer.tree == tree);
        CHECK_TEXT(answer.id, answer.kind == ANSWER_USAGE ? "u2" : NULL);
    }
    unit_row(NULL);
}

static void leaves_logs_alone(void)
{
    static const char *const ROWS[] = {
        "",
        "plain text",
        "{\"level\":\"info\"}",
        "{\"level\":\"mp\"}",
        "{\"about\":{\"mp\":\"done\"}}",
        "{not JSON",
        "[{\"mp\":\"done\"}]",
        "sent {\"mp\":\"done\"}",
        "\"mp\"",
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i]);
        struct answer answer;
        cJSON *tree = NULL;
        char why[ANSWER_WHY] = "";
        CHECK_INT(protocol_read(&answer, &tree, span_of(ROWS[i]), why), ANSWER_IS_LOG);
        CHECK(tree == NULL);
    }
    unit_row(NULL);
}

#define FORM_HELLO "{\"mp\":\"hello\",\"contract\":1,\"supports\":[\"usage\",\"flush\"]}"
#define FORM_PAGE "{\"mp\":\"page\",\"step\":N,\"status\":303,\"headers\":{\"NAME\":\"VALUE\"}}"
#define FORM_DONE "{\"mp\":\"done\",\"step\":N}"
#define FORM_USAGE "{\"mp\":\"usage\",\"id\":\"ID\",\"state\":\"pending|unknown|metered|rejected\"}"
#define FORM_ALERT "{\"mp\":\"alert\",\"about\":[\"ID\"],\"text\":\"TEXT\"}"

static void says_what_was_expected(void)
{
    static const struct {
        const char *name, *text, *why;
    } ROWS[] = {
        {"not JSON", "{\"mp\":'done'}",
         "this is not one JSON object (character 7: a value is expected here)"},
        {"two objects", "{\"mp\":\"done\",\"step\":1}{}",
         "this is not one JSON object (character 23: something stands after the end of the value)"},
        {"duplicate", "{\"mp\":\"done\",\"step\":1,\"step\":2}",
         "this is not one JSON object (character 23: the key \"step\" stands twice in one object)"},
        {"no such kind", "{\"mp\":\"ready\"}",
         "\"mp\" must be one of hello done usage resolve register page notice alert unsupported"},
        {"kind is a number", "{\"mp\":1}",
         "\"mp\" must be one of hello done usage resolve register page notice alert unsupported"},
        {"contract absent", "{\"mp\":\"hello\",\"supports\":[]}",
         "\"contract\" is missing; the form is " FORM_HELLO},
        {"contract 2", "{\"mp\":\"hello\",\"contract\":2,\"supports\":[]}",
         "\"contract\" must be 1, the version of the contract; the form is " FORM_HELLO},
        {"supports a string", "{\"mp\":\"hello\",\"contract\":1,\"supports\":\"usage\"}",
         "\"supports\" must be an array of lower-case words; the form is " FORM_HELLO},
        {"supports Usage", "{\"mp\":\"hello\",\"contract\":1,\"supports\":[\"Usage\"]}",
         "\"supports\" must be an array of lower-case words; the form is " FORM_HELLO},
        {"supports null", "{\"mp\":\"hello\",\"contract\":1,\"supports\":null}",
         "\"supports\" must be an array of lower-case words; the form is " FORM_HELLO},
        {"step absent", "{\"mp\":\"done\"}", "\"step\" is missing; the form is " FORM_DONE},
        {"step 0", "{\"mp\":\"done\",\"step\":0}",
         "\"step\" must be the number of a step; the form is " FORM_DONE},
        {"step text", "{\"mp\":\"done\",\"step\":\"1\"}",
         "\"step\" must be the number of a step; the form is " FORM_DONE},
        {"step fraction", "{\"mp\":\"done\",\"step\":1.5}",
         "\"step\" must be the number of a step; the form is " FORM_DONE},
        {"id absent", "{\"mp\":\"usage\",\"state\":\"metered\"}",
         "\"id\" is missing; the form is " FORM_USAGE},
        {"id empty", "{\"mp\":\"usage\",\"id\":\"\",\"state\":\"metered\"}",
         "\"id\" must be a string that is not empty; the form is " FORM_USAGE},
        {"state of another kind", "{\"mp\":\"usage\",\"id\":\"u\",\"state\":\"resolved\"}",
         "\"state\" must be one of the states of this form; the form is " FORM_USAGE},
        {"state in capitals", "{\"mp\":\"usage\",\"id\":\"u\",\"state\":\"Metered\"}",
         "\"state\" must be one of the states of this form; the form is " FORM_USAGE},
        {"record a number", "{\"mp\":\"usage\",\"id\":\"u\",\"state\":\"metered\",\"record\":1}",
         "\"record\" must be a string; the form is " FORM_USAGE},
        {"resolve says registered", "{\"mp\":\"resolve\",\"step\":1,\"state\":\"registered\"}",
         "\"state\" must be one of the states of this form; the form is "
         "{\"mp\":\"resolve\",\"step\":N,\"state\":\"resolved|refused|failed\"}"},
        {"register says resolved", "{\"mp\":\"register\",\"step\":1,\"state\":\"resolved\"}",
         "\"state\" must be one of the states of this form; the form is "
         "{\"mp\":\"register\",\"step\":N,\"state\":\"registered|denied|failed\"}"},
        {"page without status", "{\"mp\":\"page\",\"step\":1}",
         "\"status\" is missing; the form is " FORM_PAGE},
        {"page with a text for status", "{\"mp\":\"page\",\"step\":1,\"status\":\"200\"}",
         "\"status\" must be an HTTP status from 100 to 599; the form is " FORM_PAGE},
        {"page with a list of headers",
         "{\"mp\":\"page\",\"step\":1,\"status\":200,\"headers\":[]}",
         "\"headers\" must be an object of texts, or of arrays of texts, by name; the form "
         "is " FORM_PAGE},
        {"page with a number in a header",
         "{\"mp\":\"page\",\"step\":1,\"status\":200,\"headers\":{\"Set-Cookie\":[\"a\",1]}}",
         "\"headers\" must be an object of texts, or of arrays of texts, by name; the form "
         "is " FORM_PAGE},
        {"notice says metered", "{\"mp\":\"notice\",\"step\":1,\"state\":\"metered\"}",
         "\"state\" must be one of the states of this form; the form is "
         "{\"mp\":\"notice\",\"step\":N,\"state\":\"done|refused\"}"},
        {"alert without text", "{\"mp\":\"alert\",\"about\":[]}",
         "\"text\" is missing; the form is " FORM_ALERT},
        {"alert about a string", "{\"mp\":\"alert\",\"about\":\"u1\",\"text\":\"x\"}",
         "\"about\" must be an array of usage ids; the form is " FORM_ALERT},
        {"unsupported what", "{\"mp\":\"unsupported\"}",
         "\"step\" is missing; the form is {\"mp\":\"unsupported\",\"step\":N}"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        struct answer answer;
        cJSON *tree = NULL;
        char why[ANSWER_WHY] = "";
        CHECK_INT(protocol_read(&answer, &tree, span_of(ROWS[i].text), why), ANSWER_IS_BROKEN);
        CHECK_TEXT(why, ROWS[i].why);
        CHECK(tree == NULL);
    }
    unit_row(NULL);
}

// The form that a finding quotes must name the states that the table allows, and be unique.
static void forms_agree_with_states(void)
{
    for (size_t i = 0; i < ANSWER_STATE_COUNT; i++) {
        unsigned forms = 0;
        const char *name = answer_state_name((enum answer_state)i);
        unit_row(name);
        for (size_t k = 0; k < ANSWER_COUNT; k++) {
            forms += strstr(answer_form((enum answer_kind)k), name) != NULL;
        }
        CHECK(forms >= 1);
    }
    unit_row(NULL);
    CHECK_TEXT(answer_state_name(ANSWER_STATE_NONE), "");
    CHECK_TEXT(answer_name(ANSWER_UNSUPPORTED), "unsupported");
}

const struct unit_test PROTOCOL_TESTS[] = {{"renders lines", renders_lines},
                                           {"reads answers", reads_answers},
                                           {"leaves logs alone", leaves_logs_alone},
                                           {"says what was expected", says_what_was_expected},
                                           {"forms agree with states", forms_agree_with_states},
                                           {NULL, NULL}};
