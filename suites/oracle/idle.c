// SPDX-License-Identifier: Apache-2.0
// The evidence of clients that never send a request, written in memory and judged like any other.
//
// A scenario that such a client passes proves nothing. Several are tried, because what one says (or
// does not say) may violate a case that another one would pass.
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"
#include "proxy/scenario/scenario.h"
#include "suites/oracle/judge.h"

struct idler {
    bool speaks;        // says hello, and done to every step
    const char *word;   // about every usage, when told to send; NULL: none
    const char *answer; // to resolve and register; NULL: none
    int status;         // of the registration page; 0: none
    bool refuses;       // every notice
    bool alerts;        // tells an operator about every usage
    bool exits;         // ends by itself with 0 at once
};

static const struct idler IDLERS[] = {
    {.speaks = false},
    {.speaks = false, .exits = true},
    {.speaks = true},
    {.speaks = true, .word = "pending", .answer = "failed"},
    {.speaks = true,
     .word = "pending",
     .answer = "refused",
     .status = 400,
     .refuses = true,
     .alerts = true},
    {.speaks = true, .word = "rejected", .answer = "denied", .alerts = true},
    {.speaks = true, .word = "metered", .answer = "resolved", .status = 200},
    {.speaks = true, .word = "metered", .answer = "registered"},
};

// 2026-11-18T10:15:00Z: in the middle of an hour and of a month.
#define IDLE_START_US (INT64_C(1794996900) * US_PER_S)

// Evidence in the making.
struct stage {
    const struct idler *idler;
    const cJSON *scenario;
    struct evidence_case evidence;
    size_t capacity;
    int64_t service_us;
    int64_t step; // number of the last line sent
    bool stuck;   // the client does not answer: nothing follows but the deadline
};

static void add_event(struct stage *s, enum event_kind kind, const struct buf *members)
{
    struct buf line = {0};
    buf_addf(&line, "{\"event\":\"idle\"");
    buf_add(&line, buf_span(members));
    buf_add_char(&line, '}');
    cJSON *json = NULL;
    enum rc rc = json_read(&json, NULL, buf_span(&line), NULL, NULL);
    buf_clear(&line);
    struct evidence_case *e = &s->evidence;
    X_GROW(e->events, e->count, s->capacity);
    e->events[e->count] = (struct event){.kind = kind,
                                         .seq = e->count + 1,
                                         .t_us = (int64_t)e->count * US_PER_MS,
                                         .wire_us = s->service_us,
                                         .service_us = s->service_us,
                                         .line = (unsigned)e->count + 1,
                                         .json = rc == RC_OK ? json : NULL};
    e->count++;
}

static void add_text(struct buf *b, const char *key, const char *value)
{
    buf_addf(b, ",\"%s\":", key);
    buf_add_json_string(b, span_of(value));
}

static void answer(struct stage *s, const char *mp, const char *id, const char *state)
{
    OWN_BUF struct buf b = {0};
    add_text(&b, "mp", mp);
    buf_addf(&b, ",\"instance\":1,\"step\":%lld", (long long)s->step);
    add_text(&b, "id", id);
    add_text(&b, "state", state);
    add_event(s, EVENT_ANSWER, &b);
}

static void answer_page(struct stage *s, const char *id)
{
    OWN_BUF struct buf b = {0};
    add_text(&b, "mp", "page");
    buf_addf(&b, ",\"instance\":1,\"step\":%lld,\"status\":%d,\"cookie_tokens\":[]",
             (long long)s->step, s->idler->status);
    add_text(&b, "id", id);
    add_event(s, EVENT_ANSWER, &b);
}

// A word, and an alert, about every usage up to that step.
static void speak(struct stage *s, int64_t until)
{
    const cJSON *step = NULL;
    const cJSON *steps = json_get(s->scenario, "steps");
    cJSON_ArrayForEach(step, steps)
    {
        const char *id = json_get_text(step, "id");
        bool is_usage = strcmp(fact_text(step, "verb"), "usage") == 0 && id != NULL;
        if (!is_usage || json_get_int(step, "n", 0) > until) {
            continue;
        }
        if (s->idler->word != NULL) {
            answer(s, "usage", id, s->idler->word);
        }
        if (s->idler->alerts) {
            OWN_BUF struct buf b = {0};
            buf_add_text(&b, ",\"instance\":1,\"text\":\"\",\"about\":[");
            buf_add_json_string(&b, span_of(id));
            buf_add_char(&b, ']');
            add_event(s, EVENT_ALERT, &b);
        }
    }
}

static bool no_step(void *arg, struct span id, int64_t *at_us)
{
    const struct stage *s = *(const struct stage **)arg;
    (void)id;
    *at_us = s->service_us; // near enough: an idle client does nothing at any moment
    return true;
}

static int64_t moment(const struct stage *s, const char *text)
{
    int64_t at_us = s->service_us;
    struct moment_context context = {
        .now_us = s->service_us, .start_us = IDLE_START_US, .step_time = no_step, .arg = &s};
    if (text == NULL || moment_resolve(&at_us, span_of(text), &context, NULL) != RC_OK) {
        return s->service_us;
    }
    return at_us;
}

static void add_usage(struct stage *s, struct buf *b, const cJSON *args, const char *id)
{
    char at[INSTANT_TEXT];
    instant_format_s(at, moment(s, json_get_text(args, "at")));
    buf_add_text(b, ",\"usage\":{\"product\":\"\"");
    add_text(b, "id", id);
    add_text(b, "customer", fact_text(args, "customer"));
    add_text(b, "dimension", fact_text(args, "dimension"));
    add_text(b, json_get_text(args, "at") == NULL ? "hour" : "at", at);
    buf_addf(b, ",\"quantity\":%lld}", (long long)json_get_int(args, "quantity", 0));
}

static void begin(struct stage *s, struct buf *b, const cJSON *step)
{
    (void)s;
    buf_addf(b, ",\"n\":%lld", (long long)json_get_int(step, "n", 0));
    add_text(b, "verb", fact_text(step, "verb"));
    add_text(b, "id", fact_text(step, "id"));
}

static void send_line(struct stage *s, const cJSON *step, const char *sends)
{
    OWN_BUF struct buf b = {0};
    const char *id = fact_text(step, "id");
    begin(s, &b, step);
    s->step++;
    buf_addf(&b, ",\"instance\":1,\"step\":%lld", (long long)s->step);
    add_text(&b, "sends", sends);
    bool is_usage = strcmp(sends, "usage") == 0;
    if (is_usage) {
        add_usage(s, &b, json_get(step, "args"), id);
    }
    add_event(s, EVENT_STEP, &b);
    if (!s->idler->speaks) {
        s->stuck = true;
        return;
    }
    if (strcmp(sends, "flush") == 0 || strcmp(sends, "clock") == 0) {
        speak(s, json_get_int(step, "n", 0));
    } else if (strcmp(sends, "page") == 0 && s->idler->status != 0) {
        answer_page(s, id);
    } else if (strcmp(sends, "notice") == 0 && s->idler->refuses) {
        answer(s, "notice", id, "refused");
    }
    bool asks_who = strcmp(sends, "resolve") == 0 || strcmp(sends, "page") == 0 ||
                    strcmp(sends, "register") == 0;
    if (asks_who && s->idler->answer != NULL) {
        answer(s, strcmp(sends, "register") == 0 ? "register" : "resolve", id, s->idler->answer);
    }
    answer(s, "done", "", "");
}

static void start(struct stage *s)
{
    OWN_BUF struct buf b = {0};
    buf_add_text(&b, ",\"what\":\"start\",\"instance\":1");
    add_event(s, EVENT_CLIENT, &b);
    if (s->idler->speaks) {
        answer(s, "hello", "", "");
    }
}

static void restart(struct stage *s, const cJSON *step)
{
    OWN_BUF struct buf begun = {0};
    OWN_BUF struct buf signalled = {0};
    OWN_BUF struct buf ended = {0};
    begin(s, &begun, step);
    add_event(s, EVENT_STEP, &begun);
    buf_add_text(&signalled, ",\"what\":\"signal\",\"instance\":1,\"signal\":\"SIGKILL\"");
    add_event(s, EVENT_CLIENT, &signalled);
    buf_add_text(&ended, ",\"instance\":1,\"signal\":\"KILL\",\"expected\":true");
    add_event(s, EVENT_EXIT, &ended);
    start(s);
}

static void move_clock(struct stage *s, const cJSON *step)
{
    int64_t to_us = moment(s, json_get_text(step, "args"));
    s->service_us = to_us > s->service_us ? to_us : s->service_us;
    send_line(s, step, "clock");
}

static void play_round(struct stage *s, const cJSON *step)
{
    s->service_us += INT64_C(600) * US_PER_S;
    send_line(s, step, "clock");
    if (!s->stuck) {
        send_line(s, step, "flush");
    }
}

static void play_drain(struct stage *s, const cJSON *step)
{
    for (int i = 0; i < 8 && !s->stuck; i++) {
        play_round(s, step);
    }
}

static void play_usage(struct stage *s, const cJSON *step)
{
    send_line(s, step, "usage");
}

static void play_flush(struct stage *s, const cJSON *step)
{
    send_line(s, step, "flush");
}

static void play_resolve(struct stage *s, const cJSON *step)
{
    send_line(s, step, "resolve");
}

static void play_register(struct stage *s, const cJSON *step)
{
    send_line(s, step, "register");
}

static void play_page(struct stage *s, const cJSON *step)
{
    send_line(s, step, "page");
}

static void play_notice(struct stage *s, const cJSON *step)
{
    send_line(s, step, "notice");
}

static const struct {
    const char *verb;
    void (*play)(struct stage *s, const cJSON *step);
} PLAYS[] = {{"usage", play_usage},     {"flush", play_flush},       {"clock", move_clock},
             {"round", play_round},     {"drain", play_drain},       {"restart", restart},
             {"resolve", play_resolve}, {"register", play_register}, {"page", play_page},
             {"notice", play_notice}};

static void play(struct stage *s, const cJSON *step)
{
    for (size_t i = 0; i < sizeof PLAYS / sizeof PLAYS[0]; i++) {
        if (strcmp(PLAYS[i].verb, fact_text(step, "verb")) == 0) {
            PLAYS[i].play(s, step);
            return;
        }
    }
    OWN_BUF struct buf b = {0}; // a step that tells the client nothing
    begin(s, &b, step);
    add_event(s, EVENT_STEP, &b);
}

static void end(struct stage *s)
{
    OWN_BUF struct buf gone = {0};
    OWN_BUF struct buf b = {0};
    buf_addf(&gone, ",\"instance\":1,\"code\":0,\"expected\":%s",
             s->idler->exits ? "false" : "true");
    add_event(s, EVENT_EXIT, &gone);
    add_text(&b, "why", s->idler->exits ? "exit" : s->stuck ? "deadline" : "done");
    add_event(s, EVENT_END, &b);
}

static enum verdict judge_idler(const cJSON *scenario, const struct idler *idler)
{
    struct stage s = {.idler = idler,
                      .scenario = scenario,
                      .evidence = {.integrity = INTEGRITY_WHOLE},
                      .service_us = IDLE_START_US};
    union {
        const cJSON *borrowed;
        cJSON *held;
    } same = {.borrowed = scenario}; // struct evidence_case owns its scenario; here it is only read
    s.evidence.scenario = same.held;
    struct buf nothing = {0};
    add_event(&s, EVENT_OPEN, &nothing);
    start(&s);
    const cJSON *step = NULL;
    const cJSON *steps = json_get(scenario, "steps");
    cJSON_ArrayForEach(step, steps)
    {
        if (!s.stuck) {
            play(&s, step);
        }
    }
    end(&s);
    struct result_run *run = result_run_new();
    struct result_case *judged = result_add_case(run);
    enum rc rc = judge_case(judged, &s.evidence, NULL);
    enum verdict verdict = rc == RC_OK ? judged->verdict : VERDICT_HARNESS_ERROR;
    result_run_free(&run);
    for (size_t i = 0; i < s.evidence.count; i++) {
        same.borrowed = s.evidence.events[i].json;
        cJSON_Delete(same.held);
    }
    x_free(s.evidence.events);
    return verdict;
}

enum verdict judge_idle(const cJSON *scenario)
{
    enum verdict best = VERDICT_HARNESS_ERROR;
    for (size_t i = 0; i < sizeof IDLERS / sizeof IDLERS[0]; i++) {
        enum verdict verdict = judge_idler(scenario, &IDLERS[i]);
        best = verdict_worse(best, verdict) == best ? verdict : best;
    }
    return best;
}
