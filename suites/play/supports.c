// SPDX-License-Identifier: Apache-2.0
// What can be played: by this version, and with this client. A case that asks for more is refused
// or UNSUPPORTED, never played without it.
#include "suites/play/play_inside.h"

#include <stdio.h>
#include <string.h>

// What a case may ask for and this version does not do: a key, and the only value that is played.
static const struct {
    const char *section, *key, *played; // NULL: the key itself is not played
} UNPLAYED[] = {
    {"usage", "license", NULL},
};

bool play_refuses(const char *section, const char *key, const char **played)
{
    for (size_t i = 0; i < sizeof UNPLAYED / sizeof UNPLAYED[0]; i++) {
        if (strcmp(UNPLAYED[i].section, section) == 0 && strcmp(UNPLAYED[i].key, key) == 0) {
            *played = UNPLAYED[i].played;
            return true;
        }
    }
    return false;
}

static enum rc supports_section(const struct scenario *s, const char *section, const cJSON *object,
                                struct diag *d)
{
    const cJSON *value = NULL;
    cJSON_ArrayForEach(value, object)
    {
        const char *played = NULL;
        if (play_refuses(section, value->string, &played) && !cJSON_IsFalse(value) &&
            (played == NULL || !span_is(json_span(value), played))) {
            return diag_fail_at(d, RC_UNSUPPORTED, s->file, json_place(s->places, value),
                                "this `%s` of `%s` cannot be played by this version", value->string,
                                section);
        }
    }
    return RC_OK;
}

static enum rc supports_step(const struct scenario *s, const struct step *step, struct diag *d)
{
    if (!step_exists(step->verb)) {
        return diag_fail_at(d, RC_UNSUPPORTED, s->file, step->place,
                            "the step \"%s\" cannot be played by this version",
                            step_name(step->verb));
    }
    // A commit does not say which process had asked for it.
    if (step->verb == STEP_RESTART && json_get(step->args, "at") != NULL &&
        json_get_int(s->client, "instances", 1) > 1) {
        return diag_fail_at(d, RC_UNSUPPORTED, s->file, step->place,
                            "a restart at a commit or a reply cannot be played where there are "
                            "several instances");
    }
    if (step->verb == STEP_CREDENTIALS) {
        return lane_supports_change(s, step->args, step->place, true, d);
    }
    return supports_section(s, step_name(step->verb), step->args, d);
}

// A variable that the harness sets itself, or keeps from the client, is not the case's to set.
static enum rc supports_variables(const struct scenario *s, struct diag *d)
{
    const cJSON *var = NULL;
    const cJSON *vars = json_get(s->client, "env");
    cJSON_ArrayForEach(var, vars)
    {
        const char *refusal = environment_refusal(span_of(var->string));
        if (refusal != NULL) {
            return diag_fail_at(d, RC_UNSUPPORTED, s->file, json_place(s->places, var),
                                "the variable %s cannot be set by a case: %s", var->string,
                                refusal);
        }
    }
    return RC_OK;
}

enum rc play_supports(const struct scenario *scenario, struct diag *d)
{
    enum rc rc = supports_section(scenario, "client", scenario->client, d);
    if (rc == RC_OK) {
        rc = supports_variables(scenario, d);
    }
    for (size_t i = 0; i < scenario->step_count && rc == RC_OK; i++) {
        rc = supports_step(scenario, &scenario->steps[i], d);
    }
    return rc;
}

static bool lacks(const struct play *p, const char *word, char *text, size_t size)
{
    if (play_client_supports(p, word)) {
        return false;
    }
    (void)snprintf(text, size, "the client does not support \"%s\"", word);
    return true;
}

// A registration page has no words for an operator.
static bool is_deaf_to_alerts(const struct play *p, char *text, size_t size)
{
    for (size_t i = 0; p->resolves_by_page && i < p->scenario->expect_count; i++) {
        if (p->scenario->expects[i].verb == EXPECT_ALERT) {
            (void)snprintf(text, size,
                           "what an operator is told cannot be heard at the registration "
                           "page; let the trigger support \"resolve\"");
            return true;
        }
    }
    return false;
}

bool step_needs_more(const struct play *p, char *text, size_t size)
{
    if (is_deaf_to_alerts(p, text, size)) {
        return true;
    }
    const cJSON *word = NULL;
    cJSON_ArrayForEach(word, p->scenario->requires)
    {
        if (lacks(p, json_text(word), text, size)) {
            return true;
        }
    }
    for (size_t i = 0; i < p->scenario->step_count; i++) {
        const struct step *step = &p->scenario->steps[i];
        const char *needs = step_needs(step->verb);
        if (needs != NULL && lacks(p, needs, text, size)) {
            return true;
        }
        bool is_round = step->verb == STEP_ROUND || step->verb == STEP_DRAIN;
        if (is_round && !play_client_supports(p, "clock") && lacks(p, "flush", text, size)) {
            return true;
        }
    }
    // A client without `clock` lives in real time, in which no case can begin elsewhere than now.
    if (json_get(p->scenario->time, "start") != NULL && lacks(p, "clock", text, size)) {
        return true;
    }
    if (p->setting->told_time && !play_client_supports(p, "clock")) {
        (void)snprintf(text, size,
                       "the client said before that it supports \"clock\", and now not");
        return true;
    }
    text[0] = '\0';
    return false;
}
