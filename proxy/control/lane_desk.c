// SPDX-License-Identifier: Apache-2.0
// Calls about the lane itself: whether it serves, where, what it would bill, what time it is.
#include <stdio.h>

#include "proxy/base/instant.h"
#include "proxy/control/desk.h"
#include "proxy/service/ledger.h"

// Entries of one page.
#define LEDGER_PAGE 1000

void desk_health(struct desk *desk, struct call *call, struct reply *reply)
{
    if (!desk_query_takes(call, "", reply)) {
        return;
    }
    struct lane_facts facts;
    struct diag why = {0};
    const struct journal *j = lane_journal(desk->lane);
    bool is_kept = journal_error(j, &why) == RC_OK;
    lane_facts(desk->lane, &facts);
    reply->status = is_kept ? 200 : 503;
    struct buf *b = &reply->body;
    buf_add_text(b, "{\"status\":");
    buf_add_json_string(b, is_kept ? SPAN("ok") : SPAN("evidence is lost"));
    buf_add_member(b, "version", SPAN(METERPROVER_VERSION));
    buf_add_member_i64(b, "requests", (int64_t)facts.requests);
    buf_add_member_i64(b, "pasts", (int64_t)facts.pasts);
    buf_add_text(b, ",\"journal\":{\"last\":");
    buf_add_u64(b, history_last(desk->history));
    buf_add_member_i64(b, "lost", (int64_t)journal_lost(j));
    buf_add_member(b, "path", span_of(journal_path(j)));
    buf_add_member(b, "error", span_of(why.text));
    buf_add_text(b, "}}");
}

static void add_urls(struct buf *b, const struct lane_facts *facts)
{
    buf_add_text(b, ",\"urls\":{");
    bool is_first = true;
    for (unsigned i = 0; i < TARGET_COUNT; i++) {
        if (facts->urls[i] != NULL) {
            buf_add_text(b, is_first ? "" : ",");
            buf_add_json_string(b, span_of(target_name((enum target)i)));
            buf_add_char(b, ':');
            buf_add_json_string(b, span_of(facts->urls[i]));
            is_first = false;
        }
    }
    buf_add_char(b, '}');
}

void desk_lanes(struct desk *desk, struct call *call, struct reply *reply)
{
    if (!desk_query_takes(call, "", reply)) {
        return;
    }
    struct lane_facts facts;
    struct buf *b = &reply->body;
    lane_facts(desk->lane, &facts);
    reply->status = 200;
    buf_add_text(b, "{\"lanes\":[{\"case\":");
    buf_add_json_string(b, span_of(facts.case_id));
    buf_add_member(b, "profile", span_of(facts.profile));
    buf_add_member(b, "credentials", span_of(facts.source));
    buf_add_member_bool(b, "has_scenario", facts.scenario != NULL);
    buf_add_member_i64(b, "requests", (int64_t)facts.requests);
    if (facts.upstream != NULL) {
        buf_add_member(b, "upstream", span_of(facts.upstream));
    }
    add_urls(b, &facts);
    buf_add_text(b, "}]}");
}

static bool page_number(const struct call *call, const char *key, uint64_t max, uint64_t *out,
                        struct reply *reply)
{
    struct span text = desk_query_value(call, key);
    if (text.at == NULL || span_to_u64(text, max, out)) {
        return true;
    }
    reply_fail(reply, 422, "bad_value", "\"%s\" is a whole number, at most %llu", key,
               (unsigned long long)max);
    return false;
}

// In pages, as a ledger has no end: what is rendered at once holds the lane's clients up.
void desk_ledger(struct desk *desk, struct call *call, struct reply *reply)
{
    const struct ledger *l = lane_ledger(desk->lane);
    uint64_t after = 0;
    uint64_t limit = LEDGER_PAGE;
    if (!desk_query_takes(call, "after|limit", reply) ||
        !page_number(call, "after", UINT32_MAX, &after, reply) ||
        !page_number(call, "limit", LEDGER_PAGE, &limit, reply)) {
        return;
    }
    struct lane_facts facts;
    lane_facts(desk->lane, &facts);
    if (facts.upstream != NULL) {
        reply_fail(reply, 409, "no_books", "what %s bills stands in its own books", facts.upstream);
        return;
    }
    struct buf *b = &reply->body;
    size_t at = after < ledger_count(l) ? (size_t)after : ledger_count(l);
    size_t end = limit < ledger_count(l) - at ? at + (size_t)limit : ledger_count(l);
    reply->status = 200;
    buf_add_text(b, "{\"entries\":[");
    for (size_t i = at; i < end; i++) {
        buf_add_text(b, i == at ? "" : ",");
        ledger_render_entry(ledger_at(l, i), b);
    }
    buf_add_char(b, ']');
    buf_add_member_i64(b, "count", (int64_t)ledger_count(l));
    buf_add_member_i64(b, "next", (int64_t)end);
    buf_add_member_bool(b, "more", end < ledger_count(l));
    buf_add_char(b, '}');
}

static void tell_clock(const struct desk *desk, struct reply *reply)
{
    struct lane_facts facts;
    char wire[INSTANT_TEXT];
    char service[INSTANT_TEXT];
    lane_facts(desk->lane, &facts);
    instant_format(wire, facts.wire_us);
    instant_format(service, facts.service_us);
    reply->status = 200;
    buf_add_text(&reply->body, "{\"time\":");
    buf_add_json_string(&reply->body, facts.told_time ? SPAN("told") : SPAN("real"));
    buf_add_member(&reply->body, "wire", span_of(wire));
    buf_add_member(&reply->body, "service", span_of(service));
    buf_add_char(&reply->body, '}');
}

void desk_clock(struct desk *desk, struct call *call, struct reply *reply)
{
    if (desk_query_takes(call, "", reply)) {
        tell_clock(desk, reply);
    }
}

// A moment of a scenario ("+1h", "hour+1") counted from now, or one of the calendar.
static bool read_moment(const struct call *call, int64_t now_us, int64_t *at_us,
                        struct reply *reply)
{
    struct span text = json_span(json_get(call->tree, "to"));
    struct moment_context context = {.now_us = now_us, .start_us = now_us};
    struct diag why = {0};
    if (text.len > 0 && (instant_parse(at_us, text) == RC_OK ||
                         moment_resolve(at_us, text, &context, &why) == RC_OK)) {
        return true;
    }
    reply_fail(reply, 422, "bad_value",
               "\"to\" is a moment such as \"+1h\", \"hour+1\" or \"2026-11-18T12:00:00Z\"%s%s",
               why.text[0] == '\0' ? "" : ": ", why.text);
    return false;
}

void desk_move_clock(struct desk *desk, struct call *call, struct reply *reply)
{
    struct lane_facts facts;
    int64_t at_us = 0;
    lane_facts(desk->lane, &facts);
    if (!desk_takes(call, "to", reply) || !read_moment(call, facts.service_us, &at_us, reply)) {
        return;
    }
    if (!facts.told_time) {
        reply_fail(reply, 409, "real_time",
                   "service time is this machine's; only told time (--time told) can be moved");
        return;
    }
    if (at_us < facts.service_us) {
        reply_fail(reply, 409, "backwards", "service time goes forward only");
        return;
    }
    char to[INSTANT_TEXT];
    instant_format(to, at_us);
    struct journal *j = desk_journal(desk, call, "clock");
    journal_text(j, "to", span_of(to));
    (void)journal_end(j);
    lane_move_clock(desk->lane, at_us, 0);
    tell_clock(desk, reply);
}

void desk_reset(struct desk *desk, struct call *call, struct reply *reply)
{
    struct diag why = {0};
    if (!desk_takes(call, "", reply)) {
        return;
    }
    (void)journal_end(desk_journal(desk, call, "reset"));
    enum rc rc = lane_reset(desk->lane, &why);
    desk_begin(desk);
    if (rc != RC_OK) {
        desk_lost(desk, call, &why, reply);
    } else {
        reply_done(reply);
    }
}
