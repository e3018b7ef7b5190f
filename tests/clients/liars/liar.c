// SPDX-License-Identifier: Apache-2.0
// liar KIND: a client that sends no request at all, whatever it is asked. What it says of it is one
// row of the table: nothing, that it is done and all is metered, that it cannot, that all was
// refused.
#include <stdio.h>
#include <string.h>

#include "proxy/base/buf.h"
#include "proxy/base/json.h"
#include "proxy/base/own.h"

struct lie {
    const char *name;
    bool leaves;  // exits 0 without reading
    bool is_mute; // reads, and says nothing
    bool cannot;  // says "unsupported" to every step, after a hello that promises all
    bool alerts;  // of what it claims, as a refusal needs
    const char *usage, *resolve, *registration; // the states that it claims
};

static const struct lie LIES[] = {
    {.name = "mute", .is_mute = true},
    {.name = "leaver", .leaves = true},
    {.name = "boaster", .usage = "metered", .resolve = "resolved", .registration = "registered"},
    {.name = "shirker", .cannot = true},
    {.name = "rejecter",
     .usage = "rejected",
     .resolve = "refused",
     .registration = "denied",
     .alerts = true},
};

struct liar {
    const struct lie *lie;
    char **ids; // of every usage it was asked
    size_t count, capacity;
    struct buf out;
};

static void say_hello(struct liar *l)
{
    buf_add_text(&l->out,
                 "{\"mp\":\"hello\",\"contract\":1,\"supports\":[\"usage\",\"flush\",\"clock\","
                 "\"restart\",\"resolve\",\"register\",\"page\",\"users\",\"notice\",\"instances\","
                 "\"verify-signature\",\"tls\",\"proxy\"]}\n");
}

static void claim_usage(struct liar *l, const char *id)
{
    buf_add_text(&l->out, "{\"mp\":\"usage\",\"id\":");
    buf_add_json_string(&l->out, span_of(id));
    buf_addf(&l->out, ",\"state\":\"%s\",\"record\":\"made-up\"}\n", l->lie->usage);
    if (l->lie->alerts) {
        buf_add_text(&l->out, "{\"mp\":\"alert\",\"about\":[");
        buf_add_json_string(&l->out, span_of(id));
        buf_add_text(&l->out, "],\"text\":\"the service would not take it\"}\n");
    }
}

// Claimed at once, before any reply could have confirmed it, and again whenever it is asked.
static void remember(struct liar *l, const cJSON *usage)
{
    const char *id = json_get_text(usage, "id");
    if (id != NULL) {
        X_GROW(l->ids, l->count, l->capacity);
        l->ids[l->count++] = x_strdup(id);
        claim_usage(l, id);
    }
}

static void claim_all(struct liar *l)
{
    for (size_t i = 0; i < l->count; i++) {
        claim_usage(l, l->ids[i]);
    }
}

static void lie_about(struct liar *l, const cJSON *line, long long step)
{
    const struct lie *lie = l->lie;
    if (lie->cannot) {
        buf_addf(&l->out, "{\"mp\":\"unsupported\",\"step\":%lld}\n", step);
        return;
    }
    if (json_get(line, "usage") != NULL) {
        remember(l, json_get(line, "usage"));
    } else if (json_get(line, "resolve") != NULL) {
        buf_addf(&l->out,
                 "{\"mp\":\"resolve\",\"step\":%lld,\"state\":\"%s\",\"customer\":\"made-up\"}\n",
                 step, lie->resolve);
    } else if (json_get(line, "page") != NULL) {
        buf_addf(&l->out,
                 "{\"mp\":\"page\",\"step\":%lld,\"status\":%d,\"headers\":{}}\n"
                 "{\"mp\":\"resolve\",\"step\":%lld,\"state\":\"%s\",\"customer\":\"made-up\"}\n",
                 step, strcmp(lie->resolve, "resolved") == 0 ? 303 : 400, step, lie->resolve);
    } else if (json_get(line, "notice") != NULL) {
        buf_addf(&l->out, "{\"mp\":\"notice\",\"step\":%lld,\"state\":\"done\"}\n", step);
    } else if (json_get(line, "register") != NULL) {
        buf_addf(&l->out, "{\"mp\":\"register\",\"step\":%lld,\"state\":\"%s\"}\n", step,
                 lie->registration);
    } else {
        claim_all(l);
    }
    buf_addf(&l->out, "{\"mp\":\"done\",\"step\":%lld}\n", step);
}

static void answer(struct liar *l, struct span text)
{
    OWN(json) cJSON *line = NULL;
    if (l->lie->is_mute || json_read(&line, NULL, text, NULL, NULL) != RC_OK) {
        return;
    }
    long long step = json_get_int(line, "step", 0);
    if (step == 0) {
        say_hello(l);
    } else {
        lie_about(l, line, step);
    }
    (void)fwrite(l->out.data, 1, l->out.len, stdout);
    (void)fflush(stdout);
    buf_reset(&l->out);
}

static void listen_and_lie(const struct lie *lie)
{
    struct liar l = {.lie = lie};
    OWN_BUF struct buf line = {0};
    for (int c = getchar(); c != EOF; c = getchar()) {
        if (c != '\n') {
            buf_add_char(&line, (char)c);
            continue;
        }
        answer(&l, buf_span(&line));
        buf_reset(&line);
    }
    for (size_t i = 0; i < l.count; i++) {
        x_free(l.ids[i]);
    }
    x_free(l.ids);
    buf_clear(&l.out);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof LIES / sizeof LIES[0]; i++) {
        if (strcmp(LIES[i].name, argv[1]) == 0) {
            if (!LIES[i].leaves) {
                listen_and_lie(&LIES[i]);
            }
            return 0;
        }
    }
    (void)fprintf(stderr, "usage: liar mute|leaver|boaster|shirker|rejecter\n");
    return 64;
}
