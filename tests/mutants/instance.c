// SPDX-License-Identifier: Apache-2.0
#include "tests/mutants/instance.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void instance_render_own(struct buf *out, const struct meter *m, const struct book_record *r)
{
    const bool *on = m->variants->on;
    if (r->token != NULL && !on[BUG_NO_TOKEN]) {
        OWN_BUF struct buf token = {0};
        if (on[BUG_NEW_TOKEN]) {
            buf_addf(&token, "%s-%u", r->token, r->sendings);
        } else {
            buf_add_text(&token, on[BUG_ONE_TOKEN] ? "the-one-token" : r->token);
        }
        buf_add_member(out, "ClientToken", buf_span(&token));
    }
    buf_add_text(out, on[BUG_DRY_LEFT_ON] ? ",\"DryRun\":true" : "");
}

// A report of nothing, which the service does not take when it is a dry run.
static void render_nothing(struct buf *out, const struct meter *m, bool is_dry_run)
{
    OWN(json) cJSON *world = read_world();
    const cJSON *products = json_get(world, "products");
    const cJSON *product = products == NULL ? NULL : products->child;
    const cJSON *dimensions = json_get(product, "dimensions");
    buf_add_text(out, "{\"ProductCode\":");
    buf_add_json_string(out, json_span(json_get(product, "code")));
    buf_addf(out, ",\"Timestamp\":%lld,\"UsageDimension\":", (long long)(m->now_us / US_PER_S));
    buf_add_json_string(out, json_span(dimensions == NULL ? NULL : dimensions->child));
    buf_addf(out, ",\"UsageQuantity\":0,\"ClientToken\":\"start-%lld\",\"DryRun\":%s}",
             (long long)m->now_us, is_dry_run ? "true" : "false");
}

// Whether the reply says that a call would have been allowed: by an id, or by an error of its own.
static bool is_allowed(const struct meter *m, const struct wire_reply *reply, const cJSON *json)
{
    const bool *on = m->variants->on;
    if (reply->status == 200) {
        return json_get(json, "MeteringRecordId") != NULL && !on[BUG_DRY_NEEDS_ERROR];
    }
    return span_is(reply_error(reply, json), "DryRunOperation") && !on[BUG_DRY_NEEDS_200];
}

// "registered", "denied" where it will not change by itself, or "failed" when it is not known yet.
static const char *state_of(const struct meter *m, const struct wire_reply *reply,
                            const cJSON *json)
{
    if (reply->delivery != DELIVERY_WHOLE) {
        return "failed";
    }
    if (is_allowed(m, reply, json)) {
        return "registered";
    }
    enum remedy remedy = reply_remedy(reply->status, reply_error(reply, json));
    return remedy == REMEDY_WAIT || remedy == REMEDY_DOUBT ? "failed" : "denied";
}

// What came of the step that asked; "failed" leaves it open.
static void say(struct meter *m, const char *state)
{
    bool is_denied = strcmp(state, "denied") == 0;
    OWN_BUF struct buf line = {0};
    m->is_asking = strcmp(state, "failed") == 0;
    if (is_denied && m->variants->on[LEGAL_ENDS_DENIED]) {
        exit(EXIT_FAILURE);
    }
    if (is_denied) {
        talk_general_alert("the program may not meter its use, and does not serve");
    }
    buf_addf(&line, "{\"mp\":\"register\",\"step\":%lld,\"state\":\"%s\"}",
             (long long)m->asked_step, m->variants->on[BUG_SERVES_ANYWAY] ? "registered" : state);
    talk_line(buf_span(&line));
}

void instance_note(struct meter *m, const struct wire_reply *reply)
{
    const bool *on = m->variants->on;
    if (!m->is_instance) {
        return;
    }
    struct pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN};
    m->is_deaf = m->is_deaf || (on[BUG_DEAF] && poll(&waiting, 1, 0) > 0);
    m->failures += reply->status == 200 ? 0 : 1;
    if (on[BUG_CLOSES_EARLY] && m->failures == 3 && m->asked_step != 0) {
        say(m, "denied");
    }
    if (m->is_asking && on[LEGAL_BY_REPORT]) {
        OWN(json) cJSON *json = NULL;
        enum rc rc = json_read(&json, NULL, buf_span(&reply->body), NULL, NULL);
        say(m, rc == RC_OK ? state_of(m, reply, json) : "failed");
    }
}

void instance_start(struct meter *m)
{
    OWN_BUF struct buf body = {0};
    struct wire_reply reply;
    if (m->is_instance && m->variants->on[BUG_START_ZERO]) {
        render_nothing(&body, m, false);
        wire_call(m->wire, "MeterUsage", buf_span(&body), &reply);
        wire_reply_clear(&reply);
    }
}

void instance_deny(struct meter *m)
{
    if (m->asked_step != 0) {
        say(m, "denied");
    }
}

static void ask(struct meter *m)
{
    OWN_BUF struct buf body = {0};
    struct wire_reply reply;
    OWN(json) cJSON *json = NULL;
    render_nothing(&body, m, true);
    pace_keep(m);
    wire_call(m->wire, "MeterUsage", buf_span(&body), &reply);
    pace_heed(m, reply.retry_after_ms);
    enum rc rc = json_read(&json, NULL, buf_span(&reply.body), NULL, NULL);
    if (m->variants->on[BUG_CRASH_ON_ERROR] && reply.status != 200) {
        exit(EXIT_FAILURE);
    }
    say(m, rc == RC_OK || reply.status != 200 ? state_of(m, &reply, json) : "failed");
    wire_reply_clear(&reply);
}

void instance_ask(struct meter *m, int64_t step)
{
    m->asked_step = step;
    if (m->variants->on[LEGAL_BY_REPORT]) {
        say(m, "failed");
    } else {
        ask(m);
    }
}

void instance_ask_again(struct meter *m)
{
    if (m->is_asking && !m->variants->on[LEGAL_BY_REPORT] && !pace_must_wait(m)) {
        ask(m);
    }
}
