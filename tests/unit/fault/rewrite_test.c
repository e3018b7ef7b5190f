// SPDX-License-Identifier: Apache-2.0
// What changes the bytes of a reply: wrong lengths, malformed chunks, garbage.
#include <string.h>

#include "tests/unit/fault/fault_tests.h"

#define HEAD(length)                                                                               \
    "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: " length "\r\nX-After: 1\r\n\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\nX-After: 1\r\n\r\n"

struct rewritten {
    struct buf bytes;
    size_t head_bytes;
    bool is_reply;
};

static struct rewritten apply(const char *actions, const char *head, const char *body,
                              uint64_t index)
{
    struct rewritten out = {.bytes = {0}};
    struct fault_plan plan;
    buf_add_text(&out.bytes, head);
    struct fault_reply reply = {.bytes = &out.bytes, .head_bytes = out.bytes.len};
    buf_add_text(&out.bytes, body);
    CHECK_INT(plan_make(&plan, actions, index, NULL), RC_OK);
    out.is_reply = fault_plan_rewrite(&plan, &reply);
    out.head_bytes = reply.head_bytes;
    fault_plan_clear(&plan);
    return out;
}

static void check_span(struct span actual, const char *expected)
{
    OWN(text) char *text = span_dup(actual);
    CHECK_TEXT(text, expected);
}

static void check(const char *actions, const char *head, const char *body, const char *new_head,
                  const char *new_body)
{
    struct rewritten out = apply(actions, head, body, 1);
    struct span whole = buf_span(&out.bytes);
    CHECK(out.is_reply);
    CHECK_INT(out.head_bytes, strlen(new_head));
    check_span(span_slice(whole, 0, out.head_bytes), new_head);
    check_span(span_slice(whole, out.head_bytes, whole.len), new_body);
    buf_clear(&out.bytes);
}

void wrong_lengths(void)
{
    static const struct {
        const char *name, *by, *length, *body, *wrong;
    } ROWS[] = {
        {"longer", "5", HEAD("10"), "0123456789", HEAD("15")},
        {"shorter", "-3", HEAD("10"), "0123456789", HEAD("7")},
        {"shorter by all", "-10", HEAD("10"), "0123456789", HEAD("0")},
        {"shorter than nothing", "-11", HEAD("10"), "0123456789", HEAD("0")},
        {"an empty body, longer", "2", HEAD("0"), "", HEAD("2")},
        {"an empty body cannot be shorter", "-2", HEAD("0"), "", HEAD("2")},
        {"the longest", "1000000", HEAD("1"), "x", HEAD("1000001")},
        {"in small letters", "1", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n", "x",
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"},
        {"there was none", "1", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "x",
         "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\n"},
        {"only the field's own name counts", "1",
         "HTTP/1.1 200 OK\r\nX-Content-Length: 9\r\nContent-Length-Y: 9\r\nContent-Length: "
         "1\r\n\r\n",
         "x",
         "HTTP/1.1 200 OK\r\nX-Content-Length: 9\r\nContent-Length-Y: 9\r\nContent-Length: "
         "2\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN_BUF struct buf actions = {0};
        buf_addf(&actions, "[{\"wrong_length\":{\"by\":%s}}]%c", ROWS[i].by, '\0');
        unit_row(ROWS[i].name);
        check(actions.data, ROWS[i].length, ROWS[i].body, ROWS[i].wrong, ROWS[i].body);
    }
    unit_row(NULL);
}

void malformed_chunks(void)
{
    static const struct {
        const char *name, *head, *body, *chunks;
    } ROWS[] = {
        {"half of it is good", HEAD("10"), "0123456789", "5\r\n01234\r\n!5\r\n56789\r\n0\r\n\r\n"},
        {"sizes are hexadecimal", HEAD("34"), "0123456789abcdefg0123456789abcdefg",
         "11\r\n0123456789abcdefg\r\n!11\r\n0123456789abcdefg\r\n0\r\n\r\n"},
        {"one byte", HEAD("1"), "x", "!1\r\nx\r\n0\r\n\r\n"},
        {"an empty body", HEAD("0"), "", "!0\r\n\r\n0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i].name);
        check("[{\"malformed_chunk\":{}}]", ROWS[i].head, ROWS[i].body, CHUNKED, ROWS[i].chunks);
    }
    unit_row(NULL);
}

void garbage(void)
{
    static const char SEVENTY[] = "[{\"garbage\":{\"bytes\":70}}]";
    struct rewritten first = apply(SEVENTY, HEAD("1"), "x", 1);
    struct rewritten again = apply(SEVENTY, HEAD("3"), "xyz", 1);
    struct rewritten other = apply(SEVENTY, HEAD("1"), "x", 2);
    struct rewritten usual = apply("[{\"garbage\":{}}]", HEAD("1"), "x", 1);
    CHECK(!first.is_reply);
    CHECK_INT(first.head_bytes, 0);
    CHECK_INT(first.bytes.len, 70);
    CHECK_INT(usual.bytes.len, 64);
    CHECK(span_equal(buf_span(&first.bytes), buf_span(&again.bytes))); // seeded
    CHECK(!span_equal(buf_span(&first.bytes), buf_span(&other.bytes)));
    int different = 0;
    for (size_t i = 8; i < 70; i++) {
        different += first.bytes.data[i] != first.bytes.data[i - 8] ? 1 : 0;
    }
    CHECK(different > 50); // nothing repeats
    buf_clear(&first.bytes);
    buf_clear(&again.bytes);
    buf_clear(&other.bytes);
    buf_clear(&usual.bytes);
    for (uint64_t index = 1; index <= 200; index++) { // never the beginning of a status line
        struct rewritten one = apply("[{\"garbage\":{\"bytes\":1}}]", HEAD("1"), "x", index);
        CHECK((one.bytes.data[0] & 0x80) != 0);
        buf_clear(&one.bytes);
    }
}

void let_alone(void)
{
    static const char *const ROWS[] = {
        "[]",
        "[{\"commit\":{}}]",
        "[{\"delay\":\"1s\"}]",
        "[{\"truncate\":{\"after_bytes\":1}}]",
        "[{\"drip\":{\"bytes\":1,\"every\":\"1s\"}}]",
        "[{\"rate_limit\":{\"bytes_per_s\":1}}]",
        "[{\"idle_close\":{\"after\":\"1s\"}}]",
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unit_row(ROWS[i]);
        check(ROWS[i], HEAD("3"), "xyz", HEAD("3"), "xyz");
    }
    unit_row(NULL);
}

// Whatever the reply promised, the connection ends after it.
void ends(void)
{
    static const struct {
        const char *actions;
        size_t limit;
        enum fault_end end;
    } ROWS[] = {
        {"[{\"wrong_length\":{\"by\":5}}]", 300, FAULT_FIN},
        {"[{\"malformed_chunk\":{}}]", 300, FAULT_FIN},
        {"[{\"garbage\":{}}]", 300, FAULT_FIN},
        {"[{\"idle_close\":{\"after\":\"1s\"}}]", 300, FAULT_GO_ON},
        {"[{\"wrong_length\":{\"by\":5}},{\"hang\":{\"at\":\"response\",\"after_bytes\":200}}]",
         200, FAULT_HANG},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct fault_plan plan;
        struct fault_view view = {.head_bytes = 100, .total_bytes = 300};
        unit_row(ROWS[i].actions);
        CHECK_INT(plan_make(&plan, ROWS[i].actions, 1, NULL), RC_OK);
        struct fault_say say = fault_plan_ask(&plan, &view);
        CHECK_INT(say.limit, ROWS[i].limit);
        CHECK_INT(say.wake_us, 0);
        CHECK_INT(say.end, ROWS[i].end);
        CHECK_INT(fault_plan_cut_at(&plan), FAULT_IN_RESPONSE);
        fault_plan_clear(&plan);
    }
    unit_row(NULL);
}

void idle(void)
{
    static const struct {
        const char *actions;
        int64_t idle_us;
    } ROWS[] = {
        {"[]", -1},
        {"[{\"delay\":\"2s\"}]", -1},
        {"[{\"idle_close\":{\"after\":\"300ms\"}}]", 300000},
        {"[{\"idle_close\":{\"after\":\"0s\"}}]", 0},
        {"[{\"delay\":\"1ms\"},{\"idle_close\":{\"after\":\"2s\"}}]", 2000000},
        {"[{\"idle_close\":{\"after\":\"2s\"}},{\"idle_close\":{\"after\":\"1s\"}}]", 1000000},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct fault_plan plan;
        unit_row(ROWS[i].actions);
        CHECK_INT(plan_make(&plan, ROWS[i].actions, 1, NULL), RC_OK);
        CHECK_INT(fault_plan_idle_us(&plan), ROWS[i].idle_us);
        fault_plan_clear(&plan);
    }
    unit_row(NULL);
}
