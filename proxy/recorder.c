// SPDX-License-Identifier: Apache-2.0
#include "proxy/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/evidence/disk.h"
#include "proxy/evidence/secrets.h"
#include "proxy/lane_inside.h"
#include "proxy/recording/content.h"
#include "proxy/recording/recording.h"

#define MAX_FIELDS 64

struct recorder {
    char *path;
    int fd;
    int failed;       // the errno of the first failure
    uint64_t written; // exchanges
    uint64_t lost;    // after the failure
    struct secrets *secrets;
};

static void write_line(struct recorder *r, struct span line)
{
    r->failed = r->failed != 0 ? r->failed : disk_write(r->fd, line);
}

enum rc recorder_open(struct recorder **out, const char *path, const char *program, int64_t at_us,
                      struct diag *d)
{
    OWN_BUF struct buf head = {0};
    int fd = -1;
    enum rc rc = disk_open_new(&fd, path, d);
    if (rc != RC_OK) {
        return rc;
    }
    struct recorder *r = x_alloc(sizeof *r);
    *r = (struct recorder){.path = x_strdup(path), .fd = fd, .secrets = secrets_new()};
    recording_write_head(&head, program, at_us);
    write_line(r, buf_span(&head));
    if (r->failed != 0) {
        return recorder_close(&r, d);
    }
    *out = r;
    return RC_OK;
}

// A reply may repeat what was sent: those of the world, of whoever signs, and registration tokens.
static void know_secrets(struct recorder *r, const struct exchange *x)
{
    const struct world *world = x->lane->world;
    for (size_t i = 0; i < world_credential_count(world); i++) {
        const struct sigv4_credential *c = world_credential(world, i);
        secrets_add(r->secrets, "key", span_of(c->secret_access_key));
        secrets_add(r->secrets, "session-token", span_of(c->session_token));
    }
    secrets_add(r->secrets, "session-token", h1_value(x->head, "X-Amz-Security-Token"));
    secrets_add(r->secrets, "registration-token", x->request.registration_token);
}

// Of a head that we emitted.
static size_t read_fields(struct h1_field fields[MAX_FIELDS], struct span head)
{
    size_t count = 0;
    struct span rest = head;
    (void)span_cut(&rest, '\n');
    while (rest.len > 0 && count < MAX_FIELDS) {
        struct span value = span_cut(&rest, '\r');
        struct span name = span_cut(&value, ':');
        if (name.len > 0) {
            fields[count++] = (struct h1_field){.name = name, .value = span_trim(value)};
        }
        (void)span_cut(&rest, '\n');
    }
    return count;
}

// What the rule does beside the reply, each with a comma before it.
static void add_actions(struct buf *out, const struct exchange *x)
{
    struct draw draw = {.seed = x->lane->options.seed,
                        .case_id = span_of(x->lane->case_id),
                        .rule = span_of(x->rule == NULL ? "" : x->rule->name),
                        .index = x->rule_index};
    for (size_t i = 0; x->rule != NULL && i < x->rule->action_count; i++) {
        const struct action *action = &x->rule->actions[i];
        if (recording_holds(action->verb, PHASE_REQUEST) && action->verb != ACTION_RESPOND) {
            buf_add_char(out, ',');
            fault_resolve(out, action, &draw);
        }
    }
}

// A rule's retry_after is told as such, for its date is of its moment.
static size_t keep_fields(struct h1_field kept[MAX_FIELDS], const struct exchange *x,
                          const struct recorder_reply *reply)
{
    bool has_retry = false;
    for (size_t i = 0; x->rule != NULL && i < x->rule->action_count; i++) {
        has_retry = has_retry || x->rule->actions[i].verb == ACTION_RETRY_AFTER;
    }
    size_t count = 0;
    for (size_t i = 0; i < reply->field_count && count < MAX_FIELDS; i++) {
        struct span name = reply->fields[i].name;
        bool is_retry = span_equal_nocase(name, SPAN("Retry-After")) ||
                        span_equal_nocase(name, SPAN("x-amz-retry-after"));
        // What the client asked for itself is no part of what it was answered.
        bool is_own =
            span_equal_nocase(name, SPAN("Connection")) &&
            (!x->head->keep_alive || !span_equal_nocase(reply->fields[i].value, SPAN("close")));
        if (!(has_retry && is_retry) && !is_own) {
            kept[count++] = reply->fields[i];
        }
    }
    return count;
}

static void write_exchange(struct recorder *r, const struct told *told)
{
    OWN_BUF struct buf line = {0};
    OWN_BUF struct buf safe = {0};
    recording_write(&line, told);
    bool has_secret = secrets_redact_json(r->secrets, &safe, buf_span(&line));
    write_line(r, has_secret ? buf_span(&safe) : buf_span(&line));
    *(r->failed == 0 ? &r->written : &r->lost) += 1;
}

bool recorder_wants(const struct exchange *x)
{
    return x->lane->options.recorder != NULL && x->target == TARGET_SERVICE;
}

void recorder_tell(const struct exchange *x, const struct recorder_reply *reply)
{
    if (!recorder_wants(x)) {
        return;
    }
    struct recorder *r = x->lane->options.recorder;
    OWN_BUF struct buf actions = {0};
    struct h1_field fields[MAX_FIELDS];
    struct asked asked = {.method = x->head->method,
                          .path = x->head->path,
                          .target = h1_value(x->head, "X-Amz-Target"),
                          .body = buf_span(&x->body)};
    OWN(json) cJSON *when = content_of(&asked);
    add_actions(&actions, x);
    struct told told = {
        .n = r->written + r->lost + 1,
        .at_us = clock_wall_us(loop_clock(x->lane->loop)),
        .when = when,
        .left_out =
            reply->body.len > RECORDER_BODY_BYTES ? "the reply is too long" : reply->left_out,
        .is_answered = reply->is_made,
        .status = reply->status,
        .fields = fields,
        .field_count = keep_fields(fields, x, reply),
        .body = reply->body,
        .actions = buf_span(&actions),
    };
    know_secrets(r, x);
    write_exchange(r, &told);
}

void recorder_take(const struct exchange *x)
{
    if (!recorder_wants(x)) {
        return;
    }
    struct h1_field fields[MAX_FIELDS];
    struct span out = buf_span(&x->out);
    struct recorder_reply reply = {
        // Of what a rule cuts before anybody answers nothing but the cut is there.
        .is_made = x->executed || x->rule == NULL || strcmp(x->origin, "proxy") != 0,
        .status = x->status,
        .fields = fields,
        .field_count = read_fields(fields, span_slice(out, 0, x->head_bytes)),
        .body = span_slice(out, x->head_bytes, out.len),
    };
    recorder_tell(x, &reply);
}

enum rc recorder_close(struct recorder **slot, struct diag *d)
{
    struct recorder *r = *slot;
    if (r == NULL) {
        return RC_OK;
    }
    if (close(r->fd) != 0 && r->failed == 0) {
        r->failed = errno;
    }
    enum rc rc = r->failed == 0 ? RC_OK
                                : diag_fail(d, RC_IO,
                                            "cannot write the recording %s: %s; it holds %" PRIu64
                                            " exchanges, and %" PRIu64 " are lost",
                                            r->path, strerror(r->failed), r->written, r->lost);
    secrets_free(&r->secrets);
    x_free(r->path);
    x_free(r);
    *slot = NULL;
    return rc;
}
