// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/history.h"

#include <stdio.h>

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
    CHECK(first > 4900 && first < 5000);
    struct history_line line = {0};
    CHECK(history_after(h, 3, &line));
    CHECK_INT(line.n, first);
    history_free(&h);
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
    {"the newest is kept", keeps_the_newest},
    {NULL, NULL},
};
