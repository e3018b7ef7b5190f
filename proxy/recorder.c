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

struct recorder {
    char *path;
    int fd;
    int failed;       // the errno of the first failure
    uint64_t written; // lines behind the head
    uint64_t lost;    // after the failure
    uint64_t window;  // the line of the window that is open; 0: none
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

// Of a head that we emitted. Where interim replies stand before it, theirs are no part of it.
static size_t read_fields(struct h1_field fields[H1_MAX_FIELDS], struct span head)
{
    size_t count = 0;
    struct span rest = head;
    (void)span_cut(&rest, '\n');
    while (rest.len > 0) {
        struct span value = span_cut(&rest, '\r');
        struct span name = span_cut(&value, ':');
        (void)span_cut(&rest, '\n');
        if (name.len == 0 && rest.len > 0) {
            count = 0;
            (void)span_cut(&rest, '\n'); // the next one's status line
        } else if (name.len > 0 && count < H1_MAX_FIELDS) {
            fields[count++] = (struct h1_field){.name = name, .value = span_trim(value)};
        }
    }
    return count;
}

// What a rule does beside the reply, each with a comma before it. Whether bytes are drawn in it.
static bool add_actions(struct buf *out, const struct rule *rule, const struct draw *draw)
{
    bool is_drawn = false;
    for (size_t i = 0; rule != NULL && i < rule->action_count; i++) {
        const struct action *action = &rule->actions[i];
        if (recording_holds(action->verb, rule->phase) && action->verb != ACTION_RESPOND) {
            buf_add_char(out, ',');
            fault_resolve(out, action, draw);
        }
        is_drawn = is_drawn || action->verb == ACTION_GARBAGE || action->verb == ACTION_TLS_GARBAGE;
    }
    return is_drawn;
}

static struct draw draw_of(const struct lane *lane, const struct rule *rule, uint64_t index)
{
    return lane_draw(lane, span_of(rule == NULL ? NULL : rule->name), index);
}

// A rule's retry_after is told as such, for its date is of its moment.
static size_t keep_fields(struct h1_field kept[H1_MAX_FIELDS], const struct exchange *x,
                          const struct recorder_reply *reply)
{
    bool has_retry = false;
    for (size_t i = 0; x->rule != NULL && i < x->rule->action_count; i++) {
        has_retry = has_retry || x->rule->actions[i].verb == ACTION_RETRY_AFTER;
    }
    size_t count = 0;
    for (size_t i = 0; i < reply->field_count && count < H1_MAX_FIELDS; i++) {
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

// Takes its number, and writes it.
static void write_told(struct recorder *r, const struct lane *lane, struct told *told)
{
    told->n = r->written + r->lost + 1;
    told->at_us = clock_wall_us(loop_clock(lane->loop));
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

static void tell(const struct exchange *x, const struct recorder_reply *reply, const cJSON *when)
{
    struct recorder *r = x->lane->options.recorder;
    OWN_BUF struct buf actions = {0};
    struct h1_field fields[H1_MAX_FIELDS];
    struct draw draw = draw_of(x->lane, x->rule, x->rule_index);
    bool is_drawn = add_actions(&actions, x->rule, &draw);
    struct told told = {
        .when = when,
        .left_out =
            reply->body.len > RECORDER_BODY_BYTES ? "the reply is too long" : reply->left_out,
        .is_answered = reply->is_made,
        .status = reply->status,
        .fields = fields,
        .field_count = keep_fields(fields, x, reply),
        .body = reply->body,
        .actions = buf_span(&actions),
        .drawn = is_drawn ? &draw : NULL,
    };
    know_secrets(r, x);
    write_told(r, x->lane, &told);
}

void recorder_tell(const struct exchange *x, const struct recorder_reply *reply)
{
    if (!recorder_wants(x)) {
        return;
    }
    struct asked asked = {.method = x->head->method,
                          .path = x->head->path,
                          .target = h1_value(x->head, "X-Amz-Target"),
                          .body = buf_span(&x->body)};
    OWN(json) cJSON *when = content_of(&asked);
    tell(x, reply, when);
}

// What stands in x->out.
static struct recorder_reply made(const struct exchange *x, struct h1_field fields[H1_MAX_FIELDS])
{
    struct span out = buf_span(&x->out);
    return (struct recorder_reply){
        // Of what a rule cuts before anybody answers nothing but the cut is there.
        .is_made = x->executed || x->rule == NULL || strcmp(x->origin, "proxy") != 0,
        .status = x->status,
        .fields = fields,
        .field_count = read_fields(fields, span_slice(out, 0, x->head_bytes)),
        .body = span_slice(out, x->head_bytes, out.len),
    };
}

void recorder_take(const struct exchange *x)
{
    struct h1_field fields[H1_MAX_FIELDS];
    if (recorder_wants(x)) {
        struct recorder_reply reply = made(x, fields);
        recorder_tell(x, &reply);
    }
}

void recorder_tell_head(const struct exchange *x)
{
    struct h1_field fields[H1_MAX_FIELDS];
    if (recorder_wants(x) && x->rule != NULL) {
        OWN(json) cJSON *when = recording_when(PHASE_HEAD, x->operation, x->nth_head);
        struct recorder_reply reply = made(x, fields);
        tell(x, &reply, when);
    }
}

void recorder_tell_handshake(const struct lane *lane, const struct rule *rule, uint64_t index,
                             uint64_t nth)
{
    if (lane->options.recorder == NULL) {
        return;
    }
    OWN_BUF struct buf actions = {0};
    OWN(json) cJSON *when = recording_when(PHASE_TLS, OPERATION_NONE, nth);
    struct draw draw = draw_of(lane, rule, index);
    bool is_drawn = add_actions(&actions, rule, &draw);
    struct told told = {
        .when = when, .actions = buf_span(&actions), .drawn = is_drawn ? &draw : NULL};
    write_told(lane->options.recorder, lane, &told);
}

static void tell_window(const struct lane *lane, struct told *told)
{
    OWN(json) cJSON *when = recording_when(PHASE_CONNECT, OPERATION_NONE, 0);
    told->when = when;
    write_told(lane->options.recorder, lane, told);
}

void recorder_open_window(const struct lane *lane, bool was_refused)
{
    struct recorder *r = lane->options.recorder;
    struct told told = {.actions = SPAN(",{\"refuse\":{}}"),
                        .left_out = was_refused ? NULL : "a connection of our own was not refused"};
    if (r != NULL) {
        tell_window(lane, &told);
        r->window = told.n;
    }
}

void recorder_close_window(const struct lane *lane)
{
    struct recorder *r = lane->options.recorder;
    if (r != NULL && r->window != 0) {
        struct told told = {.ends = r->window};
        tell_window(lane, &told);
        r->window = 0;
    }
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
                                            " lines, and %" PRIu64 " are lost",
                                            r->path, strerror(r->failed), r->written, r->lost);
    secrets_free(&r->secrets);
    x_free(r->path);
    x_free(r);
    *slot = NULL;
    return rc;
}
