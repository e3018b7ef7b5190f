// SPDX-License-Identifier: Apache-2.0
// Another scenario, or the same one anew, in a lane that serves. Requests that are under way point
// into what was played until then, so it is kept, as a past, until the last of them has ended.
#include <assert.h>
#include <string.h>

#include "proxy/base/alloc.h"
#include "proxy/lane_inside.h"
#include "proxy/net/upstream.h"
#include "proxy/passage.h"
#include "proxy/replayer.h"

struct past {
    struct past *next;
    struct scenario_file *file; // owned; NULL: somebody else's, or still played
    const struct scenario *scenario;
    struct world *world;
    struct ledger *ledger;
    struct service *service;
    struct sigv4_verifier *verifier;
    struct rules *rules;
    uint64_t era;
};

static void free_past(struct past *p)
{
    rules_free(&p->rules);
    sigv4_verifier_free(&p->verifier);
    service_free(&p->service);
    ledger_free(&p->ledger);
    world_free(&p->world);
    scenario_file_free(&p->file);
    x_free(p);
}

// Another past of the same scenario, which was reset, needs its file still.
static void hand_on(struct lane *lane, struct past *p)
{
    for (struct past *heir = lane->pasts; heir != NULL && p->file != NULL; heir = heir->next) {
        if (heir != p && heir->scenario == p->scenario) {
            heir->file = p->file;
            p->file = NULL;
        }
    }
}

void lane_forget_pasts(struct lane *lane)
{
    struct past **link = &lane->pasts;
    while (*link != NULL) {
        struct past *p = *link;
        if (connection_refers(lane, p->era, p->file == NULL ? NULL : p->scenario)) {
            link = &p->next;
        } else {
            hand_on(lane, p);
            *link = p->next;
            free_past(p);
        }
    }
}

void lane_clear_pasts(struct lane *lane)
{
    while (lane->pasts != NULL) {
        struct past *p = lane->pasts;
        lane->pasts = p->next;
        free_past(p);
    }
}

// The port of each target is its own, and where clients find credentials is told them once.
static enum rc check_source(const struct lane *lane, const struct scenario *s, struct diag *d)
{
    struct lane_options options = lane->options;
    options.scenario = s;
    const char *now = lane_source(&lane->options);
    const char *then = lane_source(&options);
    if (strcmp(now, then) == 0) {
        return RC_OK;
    }
    return diag_fail(d, RC_CONFLICT,
                     "its clients find their credentials by %s, but those of this proxy by %s; "
                     "--credentials settles it for every scenario",
                     then, now);
}

// What its world says may contradict ours: it is made once to see, and thrown away.
static enum rc check_world(const struct lane *lane, const struct scenario *s, struct diag *d)
{
    struct world *trial = NULL;
    enum rc rc = lane_make_world(&trial, lane, s, d);
    rc = rc == RC_OK ? lane_identity_fits(lane, trial, d) : rc;
    world_free(&trial);
    return rc;
}

enum rc lane_may_load(struct lane *lane, const struct scenario *s, struct diag *d)
{
    enum rc rc = s == NULL ? RC_OK : lane_supports(s, d);
    if (rc == RC_OK && s != NULL && lane->options.upstream != NULL) {
        rc = passage_supports(s, d);
    }
    if (rc == RC_OK && s != NULL && lane->options.replay != NULL) {
        rc = replayer_supports(s, d);
    }
    rc = rc == RC_OK ? lane_check_transport(lane, s, d) : rc;
    rc = rc == RC_OK ? check_source(lane, s, d) : rc;
    return rc == RC_OK ? check_world(lane, s, d) : rc;
}

// What is played now goes to the pasts, and its file unless it is played on.
static void retire(struct lane *lane, struct scenario_file *file)
{
    struct past *p = x_alloc(sizeof *p);
    *p = (struct past){.next = lane->pasts,
                       .file = file == lane->file ? NULL : lane->file,
                       .scenario = lane->options.scenario,
                       .world = lane->world,
                       .ledger = lane->ledger,
                       .service = lane->service,
                       .verifier = lane->verifier,
                       .rules = lane->rules,
                       .era = lane->era++};
    lane->pasts = p;
    lane->file = file;
    lane->rules = NULL;
    quotas_clear(&lane->quotas);
    buf_reset(&lane->trail);
}

static enum rc begin(struct lane *lane, struct diag *d)
{
    const struct scenario *s = lane->options.scenario;
    x_free(lane->case_id);
    lane->case_id = x_strdup(s == NULL ? lane->world_case : s->id);
    lane_choose_seed(lane);
    lane->skew_us = lane_skew_of(s);
    lane_start_clock(lane);
    enum rc rc = lane_open_world(lane, d); // lane_may_load has made this world once: it can be made
    assert(rc == RC_OK);
    lane_tell_secrets(lane);
    lane_open_rules(lane);
    lane_identity_clear(lane);
    rc = lane_identity_open(lane, d);
    lane_identity_begin(lane);
    return rc;
}

static enum rc play(struct lane *lane, struct scenario_file *file, const struct scenario *s,
                    int64_t start_us, struct diag *d)
{
    enum rc rc = refusal_end(lane);
    if (rc != RC_OK) {
        return diag_fail(d, rc, "cannot listen again where %s was", lane_endpoint(lane));
    }
    retire(lane, file);
    lane->options.scenario = s;
    lane->options.start_us = start_us;
    rc = begin(lane, d);
    if (rc == RC_OK && lane->rules != NULL && refusal_follow(lane) != RC_OK) {
        rc = diag_fail(d, RC_IO, "cannot hold the port of %s without listening",
                       lane_endpoint(lane));
    }
    return rc;
}

enum rc lane_load(struct lane *lane, struct scenario_file **file, const struct scenario *s,
                  int64_t start_us, struct diag *d)
{
    enum rc rc = lane_may_load(lane, s, d);
    if (rc != RC_OK) {
        return rc;
    }
    struct scenario_file *taken = *file;
    *file = NULL;
    return play(lane, taken, s, start_us, d);
}

enum rc lane_reset(struct lane *lane, struct diag *d)
{
    return play(lane, lane->file, lane->options.scenario, lane->options.start_us, d);
}

void lane_facts(const struct lane *lane, struct lane_facts *out)
{
    *out = (struct lane_facts){.case_id = lane->case_id,
                               .profile = lane->options.profile,
                               .source = lane_source(&lane->options),
                               .scenario = lane->options.scenario,
                               .rules = lane->rules,
                               .told_time = lane->options.told_time,
                               .service_us = lane_service_us(lane),
                               .wire_us = lane_wire_us(lane),
                               .began_us = lane->began_us,
                               .requests = lane->requests,
                               .exchanges = lane->exchanges};
    if (lane->options.upstream != NULL) {
        out->upstream = upstream_origin(lane->options.upstream)->text;
    }
    for (const struct past *p = lane->pasts; p != NULL; p = p->next) {
        out->pasts++;
    }
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        out->urls[i] = lane->ports[i].url;
    }
}
