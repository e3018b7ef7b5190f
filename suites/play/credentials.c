// SPDX-License-Identifier: Apache-2.0
// The step `credentials`: what is handed out, what is given anew, and the wait for a stated expiry.
#include "suites/play/play_inside.h"

// Wire time may be set back meanwhile: the end is looked at again when it should have come.
void step_await_expiry(struct play *p)
{
    int64_t left_us = 0;
    struct span name = span_of(p->expiring);
    if (lane_credential_life(p->lane, name, &left_us) == RC_OK && left_us > 0) {
        loop_timer_start(&p->pause, left_us);
        return;
    }
    lane_tell_expired(p->lane, name);
    p->expiring = NULL;
    play_step_done(p);
}

// What is served or given anew comes first: a client that asks while the old one ends finds it.
void step_begin_credentials(struct play *p, const struct step *step)
{
    const cJSON *serve = json_get(step->args, "serve");
    bool rotates = json_get(step->args, "rotate") != NULL;
    step_record(p, step);
    if ((serve != NULL && lane_serve(p->lane, json_span(serve)) != RC_OK) ||
        (rotates && lane_rotate(p->lane) != RC_OK)) {
        play_end_case(p, "harness", "step %u cannot change the credentials", step->n);
        return;
    }
    p->expiring = json_get_text(step->args, "expire");
    if (p->expiring != NULL) {
        step_await_expiry(p);
    } else {
        play_step_done(p);
    }
}
