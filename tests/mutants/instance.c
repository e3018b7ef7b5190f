// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/instance.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"
#include "tests/mutants/pace.h"
#include "tests/mutants/reply.h"
#include "tests/mutants/talk.h"

static cJSON *read_world(void)
{
    cJSON *world = NULL;
    const char *text = getenv("METERPROVER_WORLD");
    return json_read(&world, NULL, span_of(text), NULL, NULL) == RC_OK ? world : NULL;
}

void instance_know(struct meter *m)
{
    OWN(json) cJSON *world = read_world();
    struct span profile = json_span(json_get(world, "profile"));
    m->is_agent = span_is(profile, "agentcore");
    m->is_instance =
        m->is_agent || span_is(profile, "ami") || span_is(profile, "container-metered");
    m->book->adds_up = m->is_agent;
}

void instance_render_token(struct buf *out, const struct meter *m, const struct book_record *r)
{
    (void)m;
    if (r->token != NULL) {
        buf_add_member(out, "ClientToken", span_of(r->token));
    }
}

// A report of nothing, which the service does not take: "DryRun: true".
static void render_dry_run(struct buf *out, const struct meter *m)
{
    OWN(json) cJSON *world = read_world();
    const cJSON *products = json_get(world, "products");
    const cJSON *product = products == NULL ? NULL : products->child;
    const cJSON *dimensions = json_get(product, "dimensions");
    buf_add_text(out, "{\"ProductCode\":");
    buf_add_json_string(out, json_span(json_get(product, "code")));
    buf_addf(out, ",\"Timestamp\":%lld,\"UsageDimension\":", (long long)(m->now_us / US_PER_S));
    buf_add_json_string(out, json_span(dimensions == NULL ? NULL : dimensions->child));
    buf_add_text(out, ",\"UsageQuantity\":0,\"DryRun\":true}");
}

// Whether the reply says that a call would have been allowed: by an id, or by an error of its own.
static bool is_allowed(const struct wire_reply *reply, const cJSON *json)
{
    return reply->status == 200 ? json_get(json, "MeteringRecordId") != NULL
                                : span_is(reply_error(reply, json), "DryRunOperation");
}

// "registered", "denied" where it will not change by itself, or "failed" when it is not known yet.
static const char *state_of(const struct wire_reply *reply, const cJSON *json)
{
    if (reply->delivery != DELIVERY_WHOLE) {
        return "failed";
    }
    if (is_allowed(reply, json)) {
        return "registered";
    }
    enum remedy remedy = reply_remedy(reply->status, reply_error(reply, json));
    return remedy == REMEDY_WAIT || remedy == REMEDY_DOUBT ? "failed" : "denied";
}

static void say(int64_t step, const char *state)
{
    OWN_BUF struct buf line = {0};
    buf_addf(&line, "{\"mp\":\"register\",\"step\":%lld,\"state\":\"%s\"}", (long long)step, state);
    talk_line(buf_span(&line));
}

void instance_ask(struct meter *m, int64_t step)
{
    OWN_BUF struct buf body = {0};
    struct wire_reply reply;
    OWN(json) cJSON *json = NULL;
    render_dry_run(&body, m);
    pace_keep(m);
    wire_call(m->wire, "MeterUsage", buf_span(&body), &reply);
    pace_heed(m, reply.retry_after_ms);
    enum rc rc = json_read(&json, NULL, buf_span(&reply.body), NULL, NULL);
    const char *state = rc == RC_OK || reply.status != 200 ? state_of(&reply, json) : "failed";
    m->asked_step = strcmp(state, "failed") == 0 ? step : 0;
    if (strcmp(state, "denied") == 0) {
        talk_general_alert("the program may not meter its use, and does not serve");
    }
    say(step, state);
    wire_reply_clear(&reply);
}

void instance_ask_again(struct meter *m)
{
    if (m->asked_step != 0 && !pace_must_wait(m)) {
        instance_ask(m, m->asked_step);
    }
}
