// SPDX-License-Identifier: Apache-2.0
// Calls for the journal's lines, in pages.
#include "proxy/control/filter.h"

enum {
    PAGE_LINES = 1000,    // at most, in one answer
    PAGE_USUAL = 100,     // unless the call says
    PAGE_BYTES = 1048576, // an answer that is longer ends after the line that made it so
    PAGE_WORK = 262144    // what may be read for one answer: a millisecond or two
};

struct page {
    uint64_t next;
    int64_t lines;
    bool has_more;
};

static struct page add_lines(struct buf *b, const struct desk *desk, const struct filter *f,
                             uint64_t after, int64_t limit)
{
    struct page page = {.next = after};
    struct history_line line;
    size_t begin = b->len;
    size_t work = 0;
    while (history_after(desk->history, page.next, &line)) {
        bool is_enough = work > PAGE_WORK || b->len - begin > PAGE_BYTES;
        if (is_enough || page.lines == limit) {
            page.has_more = true;
            break;
        }
        page.next = line.n;
        work += filter_cost(f, &line);
        if (filter_holds(f, desk->matcher, &line)) {
            buf_add_text(b, page.lines++ == 0 ? "" : ",");
            buf_add(b, line.text);
        }
    }
    return page;
}

void desk_query(struct desk *desk, struct call *call, struct reply *reply)
{
    struct filter filter;
    int64_t after = 0;
    int64_t limit = 0;
    if (!desk_takes(call, "after|limit|" FILTER_KEYS, reply) ||
        !desk_number(call, "after", 0, INT64_MAX, 0, &after, reply) ||
        !desk_number(call, "limit", 1, PAGE_LINES, PAGE_USUAL, &limit, reply) ||
        !filter_read(&filter, desk, call, reply)) {
        return;
    }
    struct buf *b = &reply->body;
    uint64_t first = history_first(desk->history);
    reply->status = 200;
    buf_add_text(b, "{\"events\":[");
    struct page page = add_lines(b, desk, &filter, (uint64_t)after, limit);
    buf_add_char(b, ']');
    buf_add_member_i64(b, "next", (int64_t)page.next);
    buf_add_member_bool(b, "more", page.has_more);
    buf_add_member_i64(b, "first", (int64_t)first);
    buf_add_member_i64(b, "last", (int64_t)history_last(desk->history));
    buf_add_member_bool(b, "complete", (uint64_t)after + 1 >= first);
    buf_add_char(b, '}');
}
