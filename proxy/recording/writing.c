// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/base/utf8.h"
#include "proxy/fault/fault.h"
#include "proxy/recording/recording.h"
#include "proxy/scenario/vocabulary.h"

// What is made anew when the reply is, and what nobody else must have.
static bool is_made_anew(struct span name)
{
    static const char *const NAMES[] = {"Content-Length", "Date", "Keep-Alive", "Set-Cookie",
                                        "Transfer-Encoding"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (span_equal_nocase(name, span_of(NAMES[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_repeated(const struct told *told, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (span_equal_nocase(told->fields[i].name, told->fields[at].name)) {
            return true;
        }
    }
    return false;
}

// RFC 9110 5.3: fields of one name mean the same in one line, with commas between.
static void add_field(struct buf *out, const struct told *told, size_t at)
{
    OWN_BUF struct buf value = {0};
    for (size_t i = at; i < told->field_count; i++) {
        if (span_equal_nocase(told->fields[i].name, told->fields[at].name)) {
            buf_add_text(&value, value.len > 0 ? ", " : "");
            buf_add(&value, told->fields[i].value);
        }
    }
    buf_add_json_string(out, told->fields[at].name);
    buf_add_char(out, ':');
    buf_add_json_string(out, buf_span(&value));
}

static void add_reply(struct buf *out, const struct told *told)
{
    buf_addf(out, "{\"respond\":{\"status\":%d,\"headers\":{", told->status);
    bool is_first = true;
    for (size_t i = 0; i < told->field_count; i++) {
        if (!is_made_anew(told->fields[i].name) && !is_repeated(told, i)) {
            buf_add_text(out, is_first ? "" : ",");
            add_field(out, told, i);
            is_first = false;
        }
    }
    buf_add_char(out, '}');
    if (told->body.len > 0) {
        buf_add_member(out, "body", told->body);
    }
    buf_add_text(out, "}}");
}

bool recording_holds(enum action_verb verb, enum phase phase)
{
    bool is_of_reply =
        verb == ACTION_RESPOND || verb == ACTION_DATE_HEADER || verb == ACTION_RETRY_AFTER;
    bool has_reply = phase == PHASE_REQUEST || phase == PHASE_HEAD;
    return (is_of_reply && has_reply) ||
           ((fault_exists(verb) || !has_reply) && action_works_in(verb, phase));
}

cJSON *recording_when(enum phase phase, enum operation operation, uint64_t nth)
{
    cJSON *when = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(when, "phase", phase_name(phase));
    if (phase == PHASE_HEAD) {
        const char *name = operation_name(operation);
        (void)cJSON_AddStringToObject(when, "operation",
                                      *name == '\0' ? RECORDING_NO_OPERATION : name);
    }
    if (nth > 0) {
        (void)cJSON_AddNumberToObject(when, "nth", (double)nth);
    }
    return when;
}

void recording_write_head(struct buf *out, const char *program, int64_t at_us)
{
    char at[INSTANT_TEXT];
    instant_format(at, at_us);
    buf_add_text(out, "{\"recording\":1");
    buf_add_member(out, "program", span_of(program));
    buf_add_member(out, "at", span_of(at));
    buf_add_text(out, "}\n");
}

// Numbers of JSON end at 2^53: the seed is text.
static void add_drawn(struct buf *out, const struct draw *drawn)
{
    OWN_BUF struct buf seed = {0};
    buf_add_u64(&seed, drawn->seed);
    buf_add_text(out, ",\"drawn\":{\"seed\":");
    buf_add_json_string(out, buf_span(&seed));
    buf_add_member(out, "case", drawn->case_id);
    buf_add_member(out, "rule", drawn->rule);
    buf_add_member_i64(out, "index", (int64_t)drawn->index);
    buf_add_char(out, '}');
}

void recording_write(struct buf *out, const struct told *told)
{
    char at[INSTANT_TEXT];
    instant_format(at, told->at_us);
    const char *left_out = told->left_out;
    bool is_text = utf8_is_valid(told->body) &&
                   (told->body.len == 0 || memchr(told->body.at, '\0', told->body.len) == NULL);
    if (left_out == NULL && !is_text) {
        left_out = "the reply is no UTF-8 text";
    }
    buf_add_text(out, "{\"n\":");
    buf_add_u64(out, told->n);
    buf_add_member(out, "at", span_of(at));
    buf_add_text(out, ",\"when\":");
    json_print(out, told->when);
    if (told->drawn != NULL) {
        add_drawn(out, told->drawn);
    }
    if (told->ends > 0) {
        buf_add_member_i64(out, "ends", (int64_t)told->ends);
    } else if (left_out != NULL) {
        buf_add_member(out, "left_out", span_of(left_out));
    } else {
        buf_add_text(out, ",\"then\":[");
        if (told->is_answered) {
            add_reply(out, told);
        }
        buf_add(out, span_slice(told->actions, told->is_answered ? 0 : 1, told->actions.len));
        buf_add_char(out, ']');
    }
    buf_add_text(out, "}\n");
}
