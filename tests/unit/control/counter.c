// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/control/counter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp_world_file.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"

#define START_US (INT64_C(1794996900) * US_PER_S) // 2026-11-18T10:15:00Z

static void on_line(void *arg, enum event_kind kind, struct span line)
{
    desk_line(arg, kind, line);
}

static void need(bool good, const char *what, const struct diag *d)
{
    if (!good) {
        (void)fprintf(stderr, "counter: %s: %s\n", what, d->text);
        abort();
    }
}

void counter_open(struct counter *c, bool told_time, size_t history_bytes)
{
    struct diag d = {0};
    *c = (struct counter){.loop = loop_new()};
    need(json_read(&c->world, NULL, span_of(WORLD_FILE), "world.json", &d) == RC_OK, "world", &d);
    desk_init(&c->desk, history_bytes, START_US);
    struct lane_options options = {.loop = c->loop,
                                   .profile = "saas",
                                   .listen = "127.0.0.1:0",
                                   .seed = 7,
                                   .world_base = c->world,
                                   .told_time = told_time,
                                   .start_us = START_US,
                                   .observer = {.event = on_line, .arg = &c->desk}};
    need(lane_open(&c->lane, &options, &d) == RC_OK, "lane", &d);
    desk_open(&c->desk, c->lane);
}

static void forget(struct counter *c)
{
    cJSON_Delete(c->reply);
    c->reply = NULL;
    wait_free(&c->wait);
}

void counter_close(struct counter *c)
{
    forget(c);
    lane_free(&c->lane);
    desk_clear(&c->desk);
    loop_free(&c->loop);
    cJSON_Delete(c->world);
}

int counter_call(struct counter *c, const char *method, const char *target, const char *body)
{
    struct reply reply = {0};
    struct span query = span_of(target);
    struct span path = span_cut(&query, '?');
    forget(c);
    struct call call = {.route = route_find(span_of(method), path, &reply),
                        .query = query,
                        .body = span_of(body),
                        .from = "127.0.0.1:5",
                        .agent = SPAN("unit")};
    if (call.route != NULL) {
        desk_answer(&c->desk, &call, &reply);
    }
    need(call.tree == NULL, "the call's tree", &(struct diag){.text = "not released"});
    c->wait = call.wait;
    c->status = reply.status;
    if (reply.status != 0) {
        struct diag d = {0};
        need(json_read(&c->reply, NULL, buf_span(&reply.body), "reply", &d) == RC_OK, "reply", &d);
    }
    reply_clear(&reply);
    return c->status;
}

const char *counter_error(const struct counter *c)
{
    return json_get_text(json_get(c->reply, "error"), "code");
}

int counter_load(struct counter *c, const char *rules)
{
    OWN_BUF struct buf text = {0};
    buf_addf(&text,
             "{\"scenario\": 1, \"id\": \"C-1\", \"title\": \"t\", \"operation\": "
             "\"BatchMeterUsage\", \"profiles\": [\"saas\"], \"requirement\": {\"text\": \"t\", "
             "\"level\": \"may\", \"basis\": \"derived\", \"sources\": [\"s\"]}, \"steps\": "
             "[{\"usage\": {\"id\": \"u1\", \"customer\": \"acme\", \"dimension\": \"requests\", "
             "\"quantity\": 7, \"at\": \"hour-1\"}}, {\"round\": {}}, {\"drain\": {}}], "
             "\"rules\": %s,\n \"exercised\": {\"requests\": {\"count\": {\"min\": 1}}}, "
             "\"expect\": [{\"id\": \"billed\", \"ledger\": {\"complete\": false}}]}%c",
             rules, '\0');
    return counter_call(c, "PUT", "/v1/scenario", text.data);
}

void counter_tell(struct counter *c, enum event_kind kind, const char *members)
{
    struct journal *j = lane_journal(c->lane);
    struct buf *b = journal_begin(j, kind);
    buf_add_text(b, members);
    (void)journal_end(j);
}
