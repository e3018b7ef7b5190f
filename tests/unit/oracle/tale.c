// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/oracle/tale.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/base/own.h"

#define DAY_US (INT64_C(1794960000) * US_PER_S) // 2026-11-18T00:00:00Z

struct teller {
    struct evidence_case *out;
    size_t capacity;
    int64_t t_us, service_us;
    unsigned n;
    int64_t step;
    struct buf ledger;
};

static cJSON *read_quoted(const char *text)
{
    OWN_BUF struct buf b = {0};
    for (const char *c = text; *c != '\0'; c++) {
        buf_add_char(&b, *c == '\'' ? '"' : *c);
    }
    cJSON *json = NULL;
    struct diag d = {0};
    if (json_read(&json, NULL, buf_span(&b), "tale", &d) != RC_OK) {
        (void)fprintf(stderr, "tale: %s in %s\n", d.text, text);
        abort();
    }
    return json;
}

static void add(struct teller *t, enum event_kind kind, const char *members)
{
    OWN_BUF struct buf b = {0};
    buf_addf(&b, "{'event':'%s'%s%s}", event_name(kind), *members == '\0' ? "" : ",", members);
    buf_add_char(&b, '\0');
    struct evidence_case *e = t->out;
    X_GROW(e->events, e->count, t->capacity);
    t->t_us += US_PER_MS;
    e->events[e->count] = (struct event){.kind = kind,
                                         .seq = e->count + 1,
                                         .t_us = t->t_us,
                                         .service_us = t->service_us,
                                         .line = (unsigned)e->count + 1,
                                         .json = read_quoted(b.data)};
    e->count++;
}

__attribute__((format(printf, 3, 4))) static void addf(struct teller *t, enum event_kind kind,
                                                       const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add(t, kind, text);
}

static const char *next(struct span *rest)
{
    static char words[64][160];
    static unsigned turn;
    char *word = words[turn++ % 64];
    struct span part = rest->at == NULL ? (struct span){0} : span_cut(rest, ' ');
    (void)snprintf(word, sizeof words[0], "%.*s", (int)part.len, part.len == 0 ? "" : part.at);
    return word;
}

static int64_t number(const char *text)
{
    return strtoll(text, NULL, 10);
}

static void hour(char out[INSTANT_TEXT], const char *text)
{
    instant_format_s(out, DAY_US + number(text) * US_PER_HOUR);
}

static void send_line(struct teller *t, const char *verb, const char *sends, const char *id,
                      const char *more)
{
    addf(t, EVENT_STEP, "'n':%u,'verb':'%s','id':'%s','sends':'%s','step':%lld,'instance':1%s%s",
         t->n, verb, id, sends, (long long)++t->step, *more == '\0' ? "" : ",", more);
}

static void tell_usage(struct teller *t, struct span *rest)
{
    const char *id = next(rest);
    const char *who = next(rest);
    const char *quantity = next(rest);
    const char *when = next(rest);
    char at[INSTANT_TEXT];
    char more[512];
    instant_format_s(at, instant_hour(t->service_us));
    if (strcmp(when, "-") != 0) {
        hour(at, when);
    }
    (void)snprintf(more, sizeof more,
                   "'usage':{'id':'%s','product':'widget','customer':'%s','dimension':'requests',"
                   "'quantity':%s,'%s':'%s'}",
                   id, who, quantity, strcmp(when, "-") != 0 ? "at" : "hour", at);
    t->n++;
    send_line(t, "usage", "usage", id, more);
}

// [USAGE=]WHO:HOUR:QUANTITY[+][#ID] as a record of the journal; gives whether it was billed.
static bool record(struct buf *b, int i, const char *text, const char *status)
{
    struct span id = span_of(text);
    struct span rest = span_cut(&id, '#');
    struct span usage = span_has(rest, SPAN("=")) ? span_cut(&rest, '=') : SPAN("");
    char who[80];
    char quantity[40];
    char at[INSTANT_TEXT];
    bool has_model = span_starts(rest, SPAN("customer:")) || span_starts(rest, SPAN("license:"));
    struct span model = has_model ? span_cut(&rest, ':') : SPAN("customer");
    struct span name = span_cut(&rest, ':');
    (void)snprintf(who, sizeof who, "%.*s:%.*s", (int)model.len, model.at, (int)name.len, name.at);
    char when[20];
    struct span h = span_cut(&rest, ':');
    (void)snprintf(when, sizeof when, "%.*s", (int)h.len, h.at);
    hour(at, when);
    bool billed = rest.len > 0 && rest.at[rest.len - 1] == '+';
    (void)snprintf(quantity, sizeof quantity, "%.*s", (int)(rest.len - (billed ? 1 : 0)), rest.at);
    buf_addf(b,
             "%s{'i':%d,'product':'widget','payer':'%s','customer':'%.*s','dimension':'requests',"
             "'timestamp':'%s','hour':'%s','quantity':%s,'status':'%s','billed':%s,"
             "'usage':'%.*s','record':'%.*s'}",
             i == 0 ? "" : ",", i, who, (int)name.len, name.at, at, at, quantity, status,
             billed ? "true" : "false", (int)usage.len, usage.at, (int)id.len,
             id.len == 0 ? "" : id.at);
    return billed;
}

static void tell_request(struct teller *t, const char *x, struct span rest)
{
    OWN_BUF struct buf b = {0};
    int i = 0;
    while (rest.at != NULL && rest.len > 0) {
        (void)record(&b, i++, next(&rest), "");
    }
    buf_add_char(&b, '\0');
    addf(t, EVENT_REQUEST,
         "'x':%s,'conn':1,'operation':'BatchMeterUsage','signature':{'valid':true,'scope':true,"
         "'token':true,'credential':'k1','region':'us-east-1'},'records':[%s]",
         x, b.data);
}

static void add_entry(struct teller *t, const char *region, const char *text)
{
    OWN_BUF struct buf b = {0};
    (void)record(&b, 0, text, "");
    buf_add_char(&b, '\0');
    cJSON *entry = read_quoted(b.data);
    buf_addf(&t->ledger,
             "%s{'region':'%s','product':'widget','payer':'%s','dimension':'requests',"
             "'hour':'%s','quantity':%lld,'record':'%s'}",
             t->ledger.len == 0 ? "" : ",", region, json_get_text(entry, "payer"),
             json_get_text(entry, "hour"), (long long)json_get_int(entry, "quantity", 0),
             json_get_text(entry, "record"));
    cJSON_Delete(entry);
}

static void tell_commit(struct teller *t, const char *x, struct span rest, bool all)
{
    OWN_BUF struct buf b = {0};
    const char *region = "us-east-1";
    char first[40];
    int i = 0;
    while (rest.at != NULL && rest.len > 0) {
        const char *word = next(&rest);
        if (*word == '@') {
            (void)snprintf(first, sizeof first, "%s", word + 1);
            region = first;
            continue;
        }
        char text[100];
        (void)snprintf(text, sizeof text, "%s%s", word, all ? "+" : "");
        if (record(&b, i++, text, "Success")) {
            add_entry(t, region, text);
        }
    }
    buf_add_char(&b, '\0');
    addf(t, EVENT_COMMIT, "'x':%s,'operation':'BatchMeterUsage','region':'%s','records':[%s]", x,
         region, b.data);
}

static void tell_reply(struct teller *t, const char *x, struct span rest, bool whole)
{
    OWN_BUF struct buf b = {0};
    char status[20];
    (void)snprintf(status, sizeof status, "%s", next(&rest));
    while (rest.at != NULL && rest.len > 0) {
        struct span text = span_of(next(&rest));
        struct span i = span_cut(&text, '=');
        buf_addf(&b, "%s{'i':%.*s,'status':'%.*s'}", b.len == 0 ? "" : ",", (int)i.len, i.at,
                 (int)text.len, text.at);
    }
    buf_add_char(&b, '\0');
    addf(t, EVENT_RESPONSE,
         "'x':%s,'conn':1,'status':%s,'error':'','origin':'service','whole':%s,'results':[%s]", x,
         status, whole ? "true" : "false", b.data);
}

static void on_meter(struct teller *t, struct span rest)
{
    const char *x = next(&rest);
    OWN_BUF struct buf results = {0};
    buf_add_text(&results, "200");
    int count = 0;
    for (struct span words = rest; words.at != NULL && words.len > 0; (void)span_cut(&words, ' ')) {
        buf_addf(&results, " %d=Success", count++);
    }
    tell_request(t, x, rest);
    tell_commit(t, x, rest, true);
    tell_reply(t, x, buf_span(&results), true);
}

static void on_request(struct teller *t, struct span rest)
{
    const char *x = next(&rest);
    tell_request(t, x, rest);
}

static void on_commit(struct teller *t, struct span rest)
{
    const char *x = next(&rest);
    tell_commit(t, x, rest, false);
}

static void on_reply(struct teller *t, struct span rest)
{
    const char *x = next(&rest);
    tell_reply(t, x, rest, true);
}

static void on_cut(struct teller *t, struct span rest)
{
    const char *x = next(&rest);
    tell_reply(t, x, rest, false);
}

static void on_error(struct teller *t, struct span rest)
{
    const char *x = next(&rest);
    const char *status = next(&rest);
    addf(t, EVENT_RESPONSE, "'x':%s,'conn':1,'status':%s,'error':'%s','origin':'rule','whole':true",
         x, status, next(&rest));
}

static void on_usage(struct teller *t, struct span rest)
{
    tell_usage(t, &rest);
}

static void on_register(struct teller *t, struct span rest)
{
    t->n++;
    send_line(t, "register", "register", next(&rest), "");
}

static void on_resolve(struct teller *t, struct span rest)
{
    t->n++;
    send_line(t, "resolve", "resolve", next(&rest), "");
}

static void on_flush(struct teller *t, struct span rest)
{
    (void)rest;
    t->n++;
    send_line(t, "flush", "flush", "", "");
}

static void on_drain(struct teller *t, struct span rest)
{
    (void)rest;
    t->n++;
    send_line(t, "drain", "flush", "", "");
}

static void on_clock(struct teller *t, struct span rest)
{
    int64_t to_us = DAY_US + number(next(&rest)) * US_PER_HOUR + 15 * 60 * US_PER_S;
    t->n++;
    t->service_us = to_us;
    send_line(t, "clock", "clock", "", "");
}

static void on_done(struct teller *t, struct span rest)
{
    const char *step = next(&rest);
    addf(t, EVENT_ANSWER, "'mp':'done','instance':1,'step':%lld",
         (long long)(*step == '\0' ? t->step : number(step)));
}

static void on_say(struct teller *t, struct span rest)
{
    const char *id = next(&rest);
    addf(t, EVENT_ANSWER, "'mp':'usage','instance':1,'id':'%s','state':'%s'", id, next(&rest));
}

static void on_answer(struct teller *t, struct span rest)
{
    const char *mp = next(&rest);
    const char *step = next(&rest);
    const char *state = next(&rest);
    addf(t, EVENT_ANSWER, "'mp':'%s','instance':1,'step':%s,'state':'%s','customer':'%s'", mp, step,
         state, next(&rest));
}

static void on_alert(struct teller *t, struct span rest)
{
    addf(t, EVENT_ALERT, "'instance':1,'about':['%s'],'text':''", next(&rest));
}

static void on_hello(struct teller *t, struct span rest)
{
    (void)rest;
    add(t, EVENT_ANSWER, "'mp':'hello','instance':1");
}

static void on_start(struct teller *t, struct span rest)
{
    (void)rest;
    add(t, EVENT_CLIENT, "'what':'start','instance':1");
}

static void on_rule_step(struct teller *t, const char *verb, struct span rest)
{
    addf(t, EVENT_STEP, "'n':%u,'verb':'%s','id':'%.*s'", ++t->n, verb, (int)rest.len, rest.at);
}

static void on_arm(struct teller *t, struct span rest)
{
    on_rule_step(t, "arm", rest);
}

static void on_disarm(struct teller *t, struct span rest)
{
    on_rule_step(t, "disarm", rest);
}

static void on_restart(struct teller *t, struct span rest)
{
    (void)rest;
    addf(t, EVENT_STEP, "'n':%u,'verb':'restart'", ++t->n);
    add(t, EVENT_CLIENT, "'what':'signal','instance':1,'signal':'KILL'");
    add(t, EVENT_EXIT, "'instance':1,'signal':'KILL','expected':true");
    add(t, EVENT_CLIENT, "'what':'start','instance':1");
    add(t, EVENT_ANSWER, "'mp':'hello','instance':1");
}

static void on_fault(struct teller *t, struct span rest)
{
    const char *x = next(&rest);
    const char *rule = next(&rest);
    addf(t, EVENT_FAULT, "'x':%s,'rule':'%s','kind':'%s','at':''", x, rule, next(&rest));
}

static void on_close(struct teller *t, struct span rest)
{
    addf(t, EVENT_CLOSE, "'conn':1,'by':'%s','how':'fin','x':0", next(&rest));
}

static void on_exit_line(struct teller *t, struct span rest)
{
    const char *how = next(&rest);
    bool expected = strcmp(next(&rest), "expected") == 0;
    bool is_code = *how >= '0' && *how <= '9';
    addf(t, EVENT_EXIT, "'instance':1,'%s':%s%s%s,'expected':%s", is_code ? "code" : "signal",
         is_code ? "" : "'", how, is_code ? "" : "'", expected ? "true" : "false");
}

static void on_end(struct teller *t, struct span rest)
{
    addf(t, EVENT_END, "'why':'%s','text':'','lag_us':0,'lost':0", next(&rest));
}

static void on_preload(struct teller *t, struct span rest)
{
    add_entry(t, "us-east-1", next(&rest));
}

static void on_at(struct teller *t, struct span rest)
{
    t->t_us = number(next(&rest)) * US_PER_MS;
}

static void on_event(struct teller *t, struct span rest)
{
    const char *kind = next(&rest);
    char text[1024];
    (void)snprintf(text, sizeof text, "%.*s", (int)(rest.len - 2), rest.at + 1);
    for (int k = 0; k < EVENT_COUNT; k++) {
        if (strcmp(event_name((enum event_kind)k), kind) == 0) {
            add(t, (enum event_kind)k, text);
        }
    }
}

static const struct {
    const char *word;
    void (*tell)(struct teller *t, struct span rest);
} WORDS[] = {
    {"usage", on_usage},   {"done", on_done},   {"say", on_say},         {"flush", on_flush},
    {"drain", on_drain},   {"clock", on_clock}, {"request", on_request}, {"commit", on_commit},
    {"reply", on_reply},   {"cut", on_cut},     {"error", on_error},     {"meter", on_meter},
    {"hello", on_hello},   {"start", on_start}, {"restart", on_restart}, {"arm", on_arm},
    {"disarm", on_disarm}, {"fault", on_fault}, {"close", on_close},     {"exit", on_exit_line},
    {"end", on_end},       {"alert", on_alert}, {"resolve", on_resolve}, {"register", on_register},
    {"answer", on_answer}, {"event", on_event}, {"at", on_at},           {"preload", on_preload}};

static void tell(struct teller *t, struct span line)
{
    const char *word = next(&line);
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (strcmp(WORDS[i].word, word) == 0) {
            WORDS[i].tell(t, line);
            return;
        }
    }
    (void)fprintf(stderr, "tale: no word %s\n", word);
    abort();
}

void tale_read(struct evidence_case *out, const char *scenario, const char *tale)
{
    *out = (struct evidence_case){.id = x_strdup("T-01"), .integrity = INTEGRITY_WHOLE};
    out->scenario = read_quoted(scenario);
    struct teller t = {.out = out, .service_us = DAY_US + 10 * US_PER_HOUR + 15 * 60 * US_PER_S};
    add(&t, EVENT_OPEN, "'case':'T-01','tolerance_us':20000");
    struct span rest = span_of(tale);
    while (rest.at != NULL) {
        struct span line = span_trim(span_cut(&rest, '\n'));
        if (line.len > 0) {
            tell(&t, line);
        }
    }
    OWN_BUF struct buf ledger = {0};
    buf_addf(&ledger, "{'entries':[%.*s]}", (int)t.ledger.len,
             t.ledger.len == 0 ? "" : t.ledger.data);
    buf_add_char(&ledger, '\0');
    out->ledger = read_quoted(ledger.data);
    buf_clear(&t.ledger);
}

void tale_clear(struct evidence_case *evidence)
{
    for (size_t i = 0; i < evidence->count; i++) {
        union {
            const cJSON *borrowed;
            cJSON *held;
        } same = {.borrowed = evidence->events[i].json};
        cJSON_Delete(same.held);
    }
    x_free(evidence->events);
    x_free(evidence->id);
    cJSON_Delete(evidence->scenario);
    cJSON_Delete(evidence->ledger);
    *evidence = (struct evidence_case){0};
}
