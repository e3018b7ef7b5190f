// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/alloc.h"
#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/fault/fault.h"
#include "proxy/recording/recording.h"
#include "proxy/scenario/check.h"

struct reading {
    struct recording *into;
    const char *path;
    unsigned line;
    struct diag *d;
};

static enum rc refuse(const struct reading *r, enum rc code, const char *what)
{
    return diag_fail_at(r->d, code, r->path, (struct place){.line = r->line, .column = 1}, "%s",
                        what);
}

bool recording_is(struct span text)
{
    OWN(json) cJSON *tree = NULL;
    struct span rest = text;
    return json_read(&tree, NULL, span_cut(&rest, '\n'), NULL, NULL) == RC_OK &&
           json_get(tree, "recording") != NULL;
}

// `then` has the shape of a rule's, by the same tables.
static enum rc check_shape(const struct reading *r, const cJSON *then,
                           const struct json_places *places)
{
    struct diag found = {0};
    struct problems *problems = problems_new(r->path);
    check_tree(then, TYPE_ACTIONS, &(struct check_options){.problems = problems, .places = places});
    enum rc rc = problems_tell(problems, NULL, &found);
    problems_free(&problems);
    found.place.line = r->line; // each line was read as a text of its own
    return rc == RC_OK ? rc : diag_fail_at(r->d, rc, r->path, found.place, "%s", found.text);
}

static const struct verb_table *actions(void)
{
    return verb_table_of(FORM_ACTION);
}

static const char *why_not(enum phase phase)
{
    return phase == PHASE_REQUEST ? "is for the stand-in service: a recording cannot do it"
                                  : "cannot be done there";
}

static enum rc read_actions(const struct reading *r, struct recorded *e, const cJSON *then)
{
    e->actions = x_alloc(((size_t)cJSON_GetArraySize(then) + 1) * sizeof *e->actions);
    for (const cJSON *node = then->child; node != NULL; node = node->next) {
        struct action *action = &e->actions[e->action_count++];
        action->verb = (enum action_verb)verb_find(actions(), span_of(node->child->string));
        action->args = node->child;
        action->place = (struct place){.line = r->line, .column = 1};
        if (!recording_holds(action->verb, e->phase)) {
            return diag_fail_at(r->d, RC_CONFLICT, r->path, action->place, "\"%s\" %s",
                                action_name(action->verb), why_not(e->phase));
        }
    }
    return RC_OK;
}

// Of a head: a reply, or a cut before the request is read, or it is read late or slowly.
static bool is_done_there(const struct recorded *e, const struct fault_plan *plan, size_t replies)
{
    return e->phase == PHASE_HEAD
               ? replies == 1 || fault_plan_cut_at(plan) == FAULT_BEFORE_REQUEST ||
                     !fault_plan_ends(plan)
               : replies == 1 || fault_plan_cut_at(plan) == FAULT_BEFORE_RESPONSE ||
                     fault_plan_rewrites(plan);
}

// A reply, once; or what lets none come.
static enum rc check_reply(const struct reading *r, const struct recorded *e)
{
    size_t replies = 0;
    for (size_t i = 0; i < e->action_count; i++) {
        replies += e->actions[i].verb == ACTION_RESPOND ? 1 : 0;
    }
    struct fault_plan plan;
    struct diag found = {0};
    struct draw draw = {.rule = SPAN("recording")};
    enum rc rc = fault_plan_init(&plan, e->actions, e->action_count, &draw, &found);
    bool is_done = rc == RC_OK && is_done_there(e, &plan, replies);
    fault_plan_clear(&plan);
    if (rc != RC_OK) {
        return refuse(r, rc, found.text);
    }
    if (replies > 1) {
        return refuse(r, RC_CONFLICT, "an exchange has only one reply");
    }
    return is_done ? RC_OK
                   : refuse(r, RC_MISSING, "there is neither a reply nor what lets none come");
}

// One thing is done to a handshake, or to a port.
static enum rc check_then(const struct reading *r, const struct recorded *e)
{
    if (e->phase == PHASE_REQUEST || e->phase == PHASE_HEAD) {
        return check_reply(r, e);
    }
    return e->action_count == 1 ? RC_OK : refuse(r, RC_CONFLICT, "one action is done there, alone");
}

static enum rc read_then(const struct reading *r, struct recorded *e,
                         const struct json_places *places)
{
    const cJSON *then = json_get(e->tree, "then");
    e->left_out = json_get_text(e->tree, "left_out");
    if (e->left_out != NULL || e->ends > 0) {
        return RC_OK;
    }
    enum rc rc =
        then == NULL ? refuse(r, RC_MISSING, "\"then\" is missing") : check_shape(r, then, places);
    rc = rc == RC_OK ? read_actions(r, e, then) : rc;
    return rc == RC_OK ? check_then(r, e) : rc;
}

// Which connection, or which head: only what was done before a request was read says so.
static enum rc read_phase(const struct reading *r, struct recorded *e)
{
    struct span phase = json_span(json_get(e->when, "phase"));
    struct span operation = json_span(json_get(e->when, "operation"));
    int64_t nth = 0;
    int64_t ends = 0;
    e->phase = phase_find(phase);
    if (phase.len == 0) {
        return RC_OK;
    }
    if (e->phase == PHASE_REQUEST) {
        return refuse(r, RC_UNKNOWN, "\"phase\" is \"connect\", \"tls\" or \"head\"");
    }
    if (e->phase == PHASE_CONNECT) {
        (void)json_int(json_get(e->tree, "ends"), 1, INT64_MAX, &ends);
        e->ends = (uint64_t)ends;
        return RC_OK;
    }
    e->operation = operation_find(operation);
    if (e->phase == PHASE_HEAD && e->operation == OPERATION_NONE &&
        !span_is(operation, RECORDING_NO_OPERATION)) {
        return refuse(r, RC_UNKNOWN,
                      "\"operation\" is one of the service's, or \"" RECORDING_NO_OPERATION "\"");
    }
    if (!json_int(json_get(e->when, "nth"), 1, INT64_MAX, &nth)) {
        return refuse(r, RC_MISSING, "\"nth\", which one it was from 1, is missing");
    }
    e->nth = (uint64_t)nth;
    return RC_OK;
}

static enum rc read_drawn(const struct reading *r, struct recorded *e)
{
    const cJSON *drawn = json_get(e->tree, "drawn");
    int64_t index = 0;
    e->is_drawn = drawn != NULL;
    e->drawn = (struct draw){.case_id = json_span(json_get(drawn, "case")),
                             .rule = json_span(json_get(drawn, "rule"))};
    bool is_good = drawn == NULL ||
                   (span_to_u64(json_span(json_get(drawn, "seed")), UINT64_MAX, &e->drawn.seed) &&
                    json_int(json_get(drawn, "index"), 1, INT64_MAX, &index));
    e->drawn.index = (uint64_t)index;
    return is_good ? RC_OK
                   : refuse(r, RC_SYNTAX,
                            "\"drawn\" is what was drawn from: a seed as text, a case, a rule, and "
                            "its index from 1");
}

static enum rc read_exchange(const struct reading *r, struct recorded *e,
                             const struct json_places *places)
{
    int64_t n = 0;
    e->when = json_get(e->tree, "when");
    if (!json_int(json_get(e->tree, "n"), 1, INT64_MAX, &n)) {
        return refuse(r, RC_MISSING, "\"n\", the exchange's number, is missing");
    }
    e->n = (uint64_t)n;
    if (instant_parse(&e->at_us, json_span(json_get(e->tree, "at"))) != RC_OK) {
        return refuse(r, RC_MISSING, "\"at\" is no moment such as 2026-11-18T10:15:00.123Z");
    }
    if (!cJSON_IsObject(e->when)) {
        return refuse(r, RC_MISSING, "\"when\", what was asked, is missing");
    }
    enum rc rc = read_phase(r, e);
    rc = rc == RC_OK ? read_drawn(r, e) : rc;
    return rc == RC_OK ? read_then(r, e, places) : rc;
}

static enum rc read_line(struct reading *r, struct span line)
{
    struct diag found = {0};
    struct json_places *places = NULL;
    struct recorded e = {.n = 0};
    enum rc rc = json_read(&e.tree, &places, line, NULL, &found);
    if (rc != RC_OK) {
        found.place.line = r->line;
        return diag_fail_at(r->d, rc, r->path, found.place, "%s", found.text);
    }
    bool is_head = r->line == 1;
    if (is_head) {
        int64_t version = 0;
        bool is_known = json_int(json_get(e.tree, "recording"), 1, 1, &version);
        rc = is_known ? RC_OK : refuse(r, RC_UNSUPPORTED, "this is no recording of version 1");
        if (instant_parse(&r->into->at_us, json_span(json_get(e.tree, "at"))) != RC_OK) {
            r->into->at_us = 0;
        }
    } else {
        rc = read_exchange(r, &e, places);
    }
    json_places_free(&places);
    if (is_head || rc != RC_OK) {
        cJSON_Delete(e.tree);
        x_free(e.actions);
        return rc;
    }
    X_GROW(r->into->items, r->into->count, r->into->capacity);
    r->into->items[r->into->count++] = e;
    r->into->exchanges += e.phase == PHASE_REQUEST ? 1 : 0;
    return RC_OK;
}

enum rc recording_read(struct recording **out, struct span text, const char *path, struct diag *d)
{
    struct recording *recording = x_alloc(sizeof *recording);
    struct reading r = {.into = recording, .path = path, .d = d};
    struct span rest = text;
    enum rc rc = RC_OK;
    while (rc == RC_OK && rest.len > 0) {
        struct span line = span_cut(&rest, '\n');
        r.line++;
        recording->is_cut = rest.at == NULL; // a line without newline was not written whole
        rc = recording->is_cut ? RC_OK : read_line(&r, line);
    }
    if (rc == RC_OK && (r.line == 0 || (r.line == 1 && recording->is_cut))) {
        rc = refuse(&r, RC_SYNTAX, "this is no recording");
    }
    if (rc != RC_OK) {
        recording_free(&recording);
        return rc;
    }
    *out = recording;
    return RC_OK;
}

enum rc recording_read_file(struct recording **out, const char *path, struct diag *d)
{
    OWN_BUF struct buf text = {0};
    enum rc rc = file_read(&text, path, d);
    return rc == RC_OK ? recording_read(out, buf_span(&text), path, d) : rc;
}

void recording_free(struct recording **r)
{
    if (*r == NULL) {
        return;
    }
    for (size_t i = 0; i < (*r)->count; i++) {
        cJSON_Delete((*r)->items[i].tree);
        x_free((*r)->items[i].actions);
    }
    x_free((*r)->items);
    x_free(*r);
    *r = NULL;
}
