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
    {"client", "transport", "plain"},
    {"client", "instances", NULL},
    {"client", "env", NULL},
    {"world", "quotas", NULL},
};

static enum rc supports_section(const struct scenario *s, const char *section, const cJSON *object,
                                struct diag *d)
{
    for (size_t i = 0; i < sizeof UNPLAYED / sizeof UNPLAYED[0]; i++) {
        const cJSON *value = json_get(object, UNPLAYED[i].key);
        if (value != NULL && strcmp(UNPLAYED[i].section, section) == 0 && !cJSON_IsFalse(value) &&
            (UNPLAYED[i].played == NULL || !span_is(json_span(value), UNPLAYED[i].played))) {
            return diag_fail_at(d, RC_UNSUPPORTED, s->file, json_place(s->places, value),
                                "this `%s` of `%s` cannot be played by this version",
                                UNPLAYED[i].key, section);
        }
    }
    return RC_OK;
}

static enum rc supports_step(const struct scenario *s, const struct step *step, struct diag *d)
{
    if (!step_exists(step->verb) || step->instance != 1) {
        return diag_fail_at(d, RC_UNSUPPORTED, s->file, step->place,
                            "the step \"%s\"%s cannot be played by this version",
                            step_name(step->verb),
                            step->instance != 1 ? " of a second instance" : "");
    }
    if (step->verb == STEP_USAGE && json_get(step->args, "license") != NULL) {
        return diag_fail_at(d, RC_UNSUPPORTED, s->file, step->place,
                            "usage under the licence of another customer cannot be played by this "
                            "version");
    }
    if (step->verb == STEP_CREDENTIALS) {
        return lane_supports_change(s, step->args, step->place, true, d);
    }
    return step->verb == STEP_WORLD ? supports_section(s, "world", step->args, d) : RC_OK;
}

enum rc play_supports(const struct scenario *scenario, struct diag *d)
{
    enum rc rc = supports_section(scenario, "client", scenario->client, d);
    if (rc == RC_OK) {
        rc = supports_section(scenario, "time", scenario->time, d);
    }
    if (rc == RC_OK) {
        rc = supports_section(scenario, "world", scenario->world, d);
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

bool step_needs_more(const struct play *p, char *text, size_t size)
{
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
