// SPDX-License-Identifier: Apache-2.0
#include "proxy/control/desk.h"

#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"
#include "proxy/scenario/vocabulary.h"

void desk_init(struct desk *d, size_t history_bytes, int64_t told_start_us)
{
    *d = (struct desk){.told_start_us = told_start_us, .history = history_new(history_bytes)};
}

void desk_clear(struct desk *d)
{
    history_free(&d->history);
    tally_clear(&d->tally);
    rules_free(&d->matcher);
}

// Moments in a call's `when` count from the beginning, as those of the scenario do, but in whole
// milliseconds, which is what the journal tells. A scenario without rules serves, as only the one
// `when` is asked about.
static void make_matcher(struct desk *d, const struct lane_facts *facts)
{
    static const struct scenario EMPTY = {.id = "control"};
    struct rules_options options = {.scenario = &EMPTY,
                                    .metering = scenario_metering(facts->profile),
                                    .start_us = facts->began_us - facts->began_us % US_PER_MS};
    rules_free(&d->matcher);
    d->matcher = rules_new(&options);
}

void desk_begin(struct desk *d)
{
    struct lane_facts facts;
    lane_facts(d->lane, &facts);
    tally_begin(&d->tally, facts.scenario, facts.exchanges);
    make_matcher(d, &facts);
    d->beginnings++;
}

void desk_open(struct desk *d, struct lane *lane)
{
    d->lane = lane;
    desk_begin(d);
}

void desk_line(struct desk *d, enum event_kind kind, struct span line)
{
    history_add(d->history, kind, line);
    tally_line(&d->tally, kind, line);
}

static bool read_body(struct call *call, struct reply *reply)
{
    struct diag why = {0};
    if (json_read(&call->tree, &call->places, call->body, "body", &why) != RC_OK) {
        char text[900];
        diag_print(&why, text, sizeof text);
        reply_fail(reply, 400, "no_json", "%s", text);
    } else if (!cJSON_IsObject(call->tree)) {
        reply_fail(reply, 422, "no_object", "the body is an object, not %s",
                   json_type_name(call->tree));
    } else {
        return true;
    }
    return false;
}

void desk_answer(struct desk *d, struct call *call, struct reply *reply)
{
    bool has_body = strcmp(call->route->method, "POST") == 0;
    if (!has_body || read_body(call, reply)) {
        call->route->handler(d, call, reply);
    }
    cJSON_Delete(call->tree);
    call->tree = NULL;
    json_places_free(&call->places);
}

struct journal *desk_journal(struct desk *d, const struct call *call, const char *what)
{
    struct journal *j = lane_journal(d->lane);
    (void)journal_begin(j, EVENT_CONTROL);
    journal_text(j, "what", span_of(what));
    journal_text(j, "from", span_of(call->from));
    journal_text(j, "agent", call->agent);
    return j;
}

void desk_lost(struct desk *d, const struct call *call, const struct diag *why, struct reply *reply)
{
    struct journal *j = desk_journal(d, call, "failed");
    journal_text(j, "text", span_of(why->text));
    (void)journal_end(j);
    reply_fail(reply, 500, "lost", "%s", why->text);
}

bool desk_takes(const struct call *call, const char *keys, struct reply *reply)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, call->tree)
    {
        if (!words_have(keys, span_of(item->string))) {
            reply_fail(reply, 422, "unknown_key", "%s takes no \"%.100s\"", call->route->path,
                       item->string);
            return false;
        }
    }
    return true;
}

bool desk_number(const struct call *call, const char *key, int64_t min, int64_t max,
                 int64_t otherwise, int64_t *out, struct reply *reply)
{
    const cJSON *item = json_get(call->tree, key);
    *out = otherwise;
    if (item == NULL || json_int(item, min, max, out)) {
        return true;
    }
    reply_fail(reply, 422, "bad_value", "\"%s\" is a whole number from %lld to %lld", key,
               (long long)min, (long long)max);
    return false;
}

static struct span next_pair(struct span *query, struct span *key)
{
    struct span value = span_cut(query, '&');
    *key = span_cut(&value, '=');
    return value;
}

bool desk_query_takes(const struct call *call, const char *keys, struct reply *reply)
{
    struct span query = call->query;
    while (query.len > 0) {
        struct span key;
        (void)next_pair(&query, &key);
        if (!words_have(keys, key)) {
            reply_fail(reply, 422, "unknown_key", "%s takes no \"%.*s\"", call->route->path,
                       (int)(key.len < 100 ? key.len : 100), key.at);
            return false;
        }
    }
    return true;
}

struct span desk_query_value(const struct call *call, const char *key)
{
    struct span query = call->query;
    while (query.len > 0) {
        struct span name;
        struct span value = next_pair(&query, &name);
        if (span_is(name, key)) {
            return value;
        }
    }
    return (struct span){0};
}
