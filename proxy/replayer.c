// SPDX-License-Identifier: Apache-2.0
// The error is one that no SDK repeats and no program takes for an answer of the service: its name
// is nobody's, and its status 400.
#include "proxy/replayer.h"

#include "proxy/answer.h"
#include "proxy/base/own.h"
#include "proxy/lane_inside.h"
#include "proxy/recording/content.h"
#include "proxy/rerun.h"

enum rc replayer_check(const struct recording *recording, const char *path, struct diag *d)
{
    for (size_t i = 0; i < recording->count; i++) {
        const struct recorded *e = &recording->items[i];
        for (size_t a = 0; a < e->action_count; a++) {
            struct diag why = {.code = RC_OK};
            if (draft_check(&e->actions[a], &why) != RC_OK) {
                return diag_fail_at(d, RC_SYNTAX, path, e->actions[a].place, "%s", why.text);
            }
        }
    }
    return RC_OK;
}

enum rc replayer_check_plain(const struct recording *recording, const char *path, struct diag *d)
{
    for (size_t i = 0; i < recording->count; i++) {
        const struct recorded *e = &recording->items[i];
        if (e->phase == PHASE_TLS && e->action_count > 0) {
            return diag_fail_at(d, RC_CONFLICT, path, e->actions[0].place,
                                "\"%s\" is about TLS, which is not spoken here: --tls does",
                                action_name(e->actions[0].verb));
        }
    }
    return RC_OK;
}

enum rc replayer_supports(const struct scenario *s, struct diag *d)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *rule = &s->rules[i];
        for (size_t a = 0; a < rule->action_count; a++) {
            if (answer_alters(rule->actions[a].verb)) {
                return diag_fail_at(d, RC_CONFLICT, s->file, rule->actions[a].place,
                                    "\"%s\" is for the stand-in service: a recorded reply is as it "
                                    "is",
                                    action_name(rule->actions[a].verb));
            }
        }
    }
    return RC_OK;
}

static void add_json(struct buf *b, const char *key, const char *json)
{
    if (json != NULL) {
        buf_add_key(b, key);
        buf_add_text(b, json);
    }
}

static void add_differences(struct buf *b, const struct differences *found)
{
    buf_add_text(b, ",\"differs\":[");
    for (size_t i = 0; i < found->count && i < COMPARE_SHOWN; i++) {
        buf_add_text(b, i == 0 ? "{\"at\":" : ",{\"at\":");
        buf_add_json_string(b, span_of(found->shown[i].at));
        add_json(b, "recorded", found->shown[i].recorded);
        add_json(b, "seen", found->shown[i].seen);
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
    if (found->count > COMPARE_SHOWN) {
        buf_add_member_i64(b, "more", (int64_t)(found->count - COMPARE_SHOWN));
    }
}

static const char *why_not(const struct replay_choice *choice)
{
    if (choice->hit != NULL) {
        return "left out";
    }
    return choice->nearest == NULL ? "empty" : choice->is_spent ? "spent" : "differs";
}

static void record_choice(const struct exchange *x, const struct replay_choice *choice, bool is_hit)
{
    const struct recorded *e = choice->hit != NULL ? choice->hit : choice->nearest;
    struct buf *b = journal_begin(x->lane->journal, EVENT_REPLAY);
    buf_add_member_i64(b, "x", (int64_t)x->number);
    buf_add_member_bool(b, "found", is_hit);
    if (!is_hit) {
        buf_add_member(b, "why", span_of(why_not(choice)));
    }
    if (e != NULL) {
        buf_add_member_i64(b, is_hit ? "recorded" : "nearest", (int64_t)e->n);
    }
    if (!is_hit && choice->differences.count > 0) {
        add_differences(b, &choice->differences);
    }
    (void)journal_end(x->lane->journal);
}

static void add_shown(struct buf *b, const char *json)
{
    buf_add_text(b, json == NULL ? "absent" : json);
}

// For whoever reads the program's log.
static void explain(struct buf *b, const struct replay_choice *choice)
{
    const struct difference *first = &choice->differences.shown[0];
    if (choice->hit != NULL) {
        buf_addf(b, "Exchange %llu of the recording cannot be replayed: %s.",
                 (unsigned long long)choice->hit->n, choice->hit->left_out);
    } else if (choice->nearest == NULL) {
        buf_add_text(b, "The recording is empty.");
    } else if (choice->is_spent) {
        buf_addf(
            b,
            "The recording holds this request (exchange %llu), but it was replayed as often as "
            "it was recorded.",
            (unsigned long long)choice->nearest->n);
    } else {
        buf_addf(b, "The recording does not hold this request. Nearest is exchange %llu: %s is ",
                 (unsigned long long)choice->nearest->n, first->at);
        add_shown(b, first->seen);
        buf_add_text(b, ", recorded was ");
        add_shown(b, first->recorded);
        if (choice->differences.count > 1) {
            buf_addf(b, ", and %zu more differ", choice->differences.count - 1);
        }
        buf_add_char(b, '.');
    }
}

static void refuse(struct draft *draft, const struct replay_choice *choice)
{
    OWN_BUF struct buf text = {0};
    OWN_BUF struct buf safe = {0};
    explain(&text, choice);
    journal_redact(draft->x->lane->journal, &safe, buf_span(&text));
    OWN(text) char *message = buf_take_text(&safe);
    struct aws_error_form form = {.name = REPLAY_ERROR, .message = message};
    aws_error_render(&draft->body, &draft->type_header, AWS_ERROR_NONE, &form);
    draft->status = 400;
    draft->x->error_name = REPLAY_ERROR;
}

// lane_supports and recording_read have made every plan once, so this one cannot fail.
static void plan_faults(struct exchange *x, const struct recorded *e)
{
    struct draw draw = rerun_draw(x->lane, e);
    if (!fault_plan_is_active(&x->plan)) {
        enum rc rc = fault_plan_init(&x->plan, e->actions, e->action_count, &draw, NULL);
        (void)rc;
    }
}

static void use(struct draft *draft, const struct replay_choice *choice, const cJSON *asked)
{
    const struct recorded *e = choice->hit;
    OWN_BUF struct buf moved = {0};
    answer_apply(draft, e->actions, e->action_count);
    if (choice->is_shifted && replay_echo_times(&moved, buf_span(&draft->body), e->when, asked)) {
        buf_reset(&draft->body);
        buf_add(&draft->body, buf_span(&moved));
    }
    plan_faults(draft->x, e);
}

void replayer_answer(struct draft *draft)
{
    struct exchange *x = draft->x;
    struct asked asked = {.method = x->head->method,
                          .path = x->head->path,
                          .target = h1_value(x->head, "X-Amz-Target"),
                          .body = buf_span(&x->body)};
    OWN(json) cJSON *when = content_of(&asked);
    struct replay_choice choice;
    replay_choose(x->lane->options.replay, when, clock_wall_us(loop_clock(x->lane->loop)), &choice);
    bool is_hit = choice.hit != NULL && choice.hit->left_out == NULL;
    rerun_follow(x->lane);
    record_choice(x, &choice, is_hit);
    if (!draft->is_in_place) { // else a rule answers, after what was recorded came to pass
        if (is_hit) {
            use(draft, &choice, when);
        } else {
            refuse(draft, &choice);
        }
        draft->is_replayed = true;
    }
    replay_choice_clear(&choice);
}
