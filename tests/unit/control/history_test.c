// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/history.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/control/control_tests.h"

static void add(struct history *h, unsigned number)
{
    char text[32];
    int len = snprintf(text, sizeof text, "line %u", number);
    history_add(h, number % 2 == 0 ? EVENT_REQUEST : EVENT_MATCH,
                (struct span){.at = text, .len = (size_t)len});
}

static void is_empty(void)
{
    struct history *h = history_new(1000);
    struct history_line line;
    CHECK_INT(history_last(h), 0);
    CHECK_INT(history_first(h), 1);
    CHECK(!history_after(h, 0, &line));
    CHECK(!history_after(h, UINT64_MAX, &line));
    history_free(&h);
    CHECK(h == NULL);
    history_free(&h);
}

static void keeps_in_order(void)
{
    struct history *h = history_new(1 << 20);
    for (unsigned i = 1; i <= 1000; i++) {
        add(h, i);
    }
    CHECK_INT(history_first(h), 1);
    CHECK_INT(history_last(h), 1000);
    struct history_line line = {0};
    for (unsigned i = 1; i <= 1000; i++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "line %u", i);
        CHECK(history_after(h, line.n, &line));
        CHECK(line.n == i && span_is(line.text, expected));
        CHECK(line.kind == (i % 2 == 0 ? EVENT_REQUEST : EVENT_MATCH));
    }
    CHECK(!history_after(h, line.n, &line));
    history_free(&h);
}

static void forgets_the_oldest(void)
{
    struct history *h = history_new(2000);
    for (unsigned i = 1; i <= 5000; i++) {
        add(h, i);
        CHECK(history_last(h) == i && history_first(h) <= i);
    }
    uint64_t first = history_first(h);
    CHECK(first > 4700 && first < 4850);
    struct history_line line = {0};
    CHECK(history_after(h, 3, &line));
    CHECK_INT(line.n, first);
    history_free(&h);
}

// Lines of every length, in blocks of every size: what is kept is the newest without a gap, as it
// was, and as much as fits but for what one line leaves free at the end.
static void keeps_what_fits(void)
{
    static char text[400];
    for (size_t size = 1; size < 1500; size += 37) {
        struct history *h = history_new(size);
        for (unsigned i = 1; i <= 300; i++) {
            size_t len = 1 + (i * 7919u) % sizeof text;
            memset(text, (char)('a' + i % 26), len);
            history_add(h, EVENT_MATCH, (struct span){.at = text, .len = len});
            struct history_line line = {.n = 0};
            size_t bytes = 0;
            uint64_t n = history_first(h);
            for (; history_after(h, line.n, &line); n++) {
                bool is_right = line.n == n && line.text.len == 1 + (n * 7919u) % sizeof text &&
                                line.text.at[0] == (char)('a' + n % 26) &&
                                line.text.at[line.text.len - 1] == line.text.at[0];
                if (!CHECK(is_right)) {
                    break;
                }
                bytes += line.text.len;
            }
            CHECK(n == i + 1);
            bool has_forgotten = history_first(h) > 1;
            CHECK(!has_forgotten || bytes + 2 * sizeof text >= size);
        }
        history_free(&h);
    }
}

// A line beyond the limit is kept all the same, alone.
static void keeps_the_newest(void)
{
    struct history *h = history_new(1);
    struct history_line line = {0};
    add(h, 1);
    add(h, 2);
    CHECK_INT(history_first(h), 2);
    CHECK(history_after(h, 0, &line));
    CHECK(line.n == 2 && span_is(line.text, "line 2"));
    history_free(&h);
}

const struct unit_test HISTORY_TESTS[] = {
    {"nothing yet", is_empty},
    {"lines in order", keeps_in_order},
    {"the oldest are forgotten", forgets_the_oldest},
    {"what fits is kept", keeps_what_fits},
    {"the newest is kept", keeps_the_newest},
    {NULL, NULL},
};
