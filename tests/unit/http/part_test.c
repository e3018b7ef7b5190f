// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/http_tests.h"

#include <string.h>

#include "proxy/base/own.h"
#include "proxy/http/chars.h"
#include "proxy/http/chunk.h"
#include "proxy/http/target.h"

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"
#define SUB_DELIMS "!$&'()*+,;="

static bool is_in(int c, const char *list)
{
    return c != 0 && strchr(list, c) != NULL;
}

// The table is held against the lists as the RFCs spell them.
static void characters(void)
{
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool is_value = i == '\t' || (i >= 0x20 && i <= 0x7e) || i >= 0x80;
        CHECK_INT(h1_is(c, H1_TOKEN), is_in(i, ALPHA DIGIT "!#$%&'*+-.^_`|~"));
        CHECK_INT(h1_is(c, H1_TARGET), is_in(i, ALPHA DIGIT "-._~:/?[]@%" SUB_DELIMS));
        CHECK_INT(h1_is(c, H1_HOST), is_in(i, ALPHA DIGIT "-._~%" SUB_DELIMS));
        CHECK_INT(h1_is(c, H1_DIGIT), is_in(i, DIGIT));
        CHECK_INT(h1_is(c, H1_HEX), is_in(i, DIGIT "abcdefABCDEF"));
        CHECK_INT(h1_is(c, H1_VALUE), is_value);
    }
    CHECK(h1_is_token(span_of("a-b")) && !h1_is_token(span_of("")) && !h1_is_token(span_of("a b")));
}

// In memory of exactly its size, so that a sanitizer sees a look beyond its end.
static struct span exact(const char *text, char **owned)
{
    size_t len = strlen(text);
    *owned = x_alloc(len);
    return (struct span){.at = memcpy(*owned, text, len), .len = len};
}

static void authorities(void)
{
    static const struct {
        const char *text;
        bool with_optional_port, with_required_port;
    } ROWS[] = {
        {"h", true, false},
        {"h:1", true, true},
        {"h:65535", true, true},
        {"h:65536", false, false},
        {"h:0", true, false},
        {"h:", true, false},
        {"h:1:2", false, false},
        {"h:-1", false, false},
        {"127.0.0.1:80", true, true},
        {"a%2fb:1", true, true},
        {"a%2", false, false},
        {"[::1]", true, false},
        {"[::1]:443", true, true},
        {"[::1]443", false, false},
        {"[::1", false, false},
        {"[]", false, false},
        {"[1.2.3.4]", false, false},
        {"::1", false, false},
        {"", false, false},
        {":1", false, false},
        {"u@h", false, false},
        {"h/p", false, false},
        {"a b", false, false},
        {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", false, false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        unit_row(ROWS[i].text);
        OWN(text) char *text_owned = NULL;
        struct span text = exact(ROWS[i].text, &text_owned);
        CHECK_INT(h1_is_authority(text, H1_PORT_OPTIONAL), ROWS[i].with_optional_port);
        CHECK_INT(h1_is_authority(text, H1_PORT_REQUIRED), ROWS[i].with_required_port);
    }
    unit_row(NULL);
}

static void chunk_lines(void)
{
    static const struct {
        const char *line;
        enum h1_fault fault;
        uint64_t size;
        size_t extension_bytes;
    } ROWS[] = {
        {"0", H1_FAULT_NONE, 0, 0},
        {"00fF", H1_FAULT_NONE, 255, 0},
        {"aBcDeF90", H1_FAULT_NONE, 0xabcdef90, 0},
        {"ffffffffffffffff", H1_FAULT_NONE, UINT64_MAX, 0},
        {"00000000000000000001", H1_FAULT_NONE, 1, 0},
        {"10000000000000000", H1_FAULT_BODY_LONG, 0, 0},
        {"", H1_FAULT_CHUNK_SIZE, 0, 0},
        {"g", H1_FAULT_CHUNK_SIZE, 0, 0},
        {"1g", H1_FAULT_CHUNK_SIZE, 0, 0},
        {"1;a", H1_FAULT_NONE, 1, 2},
        {"1 ;\ta = \"x\\\"y\" ;b=c", H1_FAULT_NONE, 1, 18},
        {"1;a=\"\"", H1_FAULT_NONE, 1, 5},
        {"1;a=\"\\", H1_FAULT_CHUNK_EXTENSION, 0, 0},
        {"1;a=\"\\\"", H1_FAULT_CHUNK_EXTENSION, 0, 0},
        {"1;a=\"b\"c", H1_FAULT_CHUNK_EXTENSION, 0, 0},
        {"1;", H1_FAULT_CHUNK_EXTENSION, 0, 0},
        {"1;;a", H1_FAULT_CHUNK_EXTENSION, 0, 0},
        {"1 ", H1_FAULT_CHUNK_EXTENSION, 0, 0},
        {"1;a ", H1_FAULT_CHUNK_EXTENSION, 0, 0},
        {"1;a=b=c", H1_FAULT_CHUNK_EXTENSION, 0, 0},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct h1_chunk chunk;
        OWN(text) char *line_owned = NULL;
        struct span line = exact(ROWS[i].line, &line_owned);
        unit_row(ROWS[i].line);
        CHECK_INT(h1_read_chunk_line(line, &chunk), ROWS[i].fault);
        if (ROWS[i].fault == H1_FAULT_NONE) {
            CHECK(chunk.size == ROWS[i].size);
            CHECK_INT(chunk.extension_bytes, ROWS[i].extension_bytes);
        }
    }
    unit_row(NULL);
}

static void field_questions(void)
{
    static const struct h1_field FIELDS[] = {
        {.name = {"Connection", 10}, .value = {"close, X-Mine", 13}},
        {.name = {"connection", 10}, .value = {",x-other ,", 10}},
        {.name = {"X-Mine", 6}, .value = {"1", 1}},
        {.name = {"x-mine", 6}, .value = {"2", 1}},
    };
    struct h1_head head = {.fields = FIELDS, .field_count = 4};
    CHECK(h1_find(&head, "x-MINE") == &FIELDS[2] && h1_find(&head, "x-min") == NULL);
    CHECK(span_is(h1_value(&head, "x-mine"), "1"));
    CHECK(h1_value(&head, "absent").at == NULL && h1_value(&head, "absent").len == 0);
    CHECK(h1_list_has(&head, "connection", span_of("CLOSE")));
    CHECK(h1_list_has(&head, "connection", span_of("x-other")));
    CHECK(!h1_list_has(&head, "connection", span_of("clos")));
    CHECK(!h1_list_has(&head, "connection", span_of("")));
    CHECK(!h1_list_has(&head, "x-mine", span_of("close")));
    CHECK(h1_is_hop_by_hop(&head, span_of("X-OTHER")));
    CHECK(h1_is_hop_by_hop(&head, span_of("Transfer-Encoding")));
    CHECK(h1_is_hop_by_hop(&head, span_of("keep-alive")));
    CHECK(!h1_is_hop_by_hop(&head, span_of("Content-Length")));
    CHECK(!h1_is_hop_by_hop(&head, span_of("Host")));
}

const struct unit_test PART_TESTS[] = {{"characters", characters},
                                       {"authorities", authorities},
                                       {"chunk lines", chunk_lines},
                                       {"field questions", field_questions},
                                       {NULL, NULL}};
