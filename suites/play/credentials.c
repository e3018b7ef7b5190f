// SPDX-License-Identifier: Apache-2.0
// Where the client finds its credentials, and the step `credentials`: what is handed out, what is
// given anew, and the wait for a stated expiry.
#include "suites/play/play_inside.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "proxy/base/alloc.h"

enum rc play_make_identity_dir(struct play *p, struct diag *d)
{
    struct buf path = {0};
    buf_addf(&path, "%s+", p->state_dir); // beside it: what the client keeps is its own
    p->identity_dir = buf_take_text(&path);
    return mkdir(p->identity_dir, 0700) == 0
               ? RC_OK
               : diag_fail(d, RC_IO, "cannot make the directory %s: %s", p->identity_dir,
                           strerror(errno));
}

static enum credential_source source_of(const struct lane_identity *told)
{
    if (told->imds_endpoint != NULL) {
        return CREDENTIALS_IMDS;
    }
    return told->web_identity_file != NULL ? CREDENTIALS_WEB_IDENTITY : CREDENTIALS_CONTAINER;
}

void play_find_credentials(const struct play *p, struct environment_options *o)
{
    const struct lane_identity *told = lane_identity(p->lane);
    if (told == NULL) {
        const struct sigv4_credential *key = world_credential(lane_world(p->lane), 0);
        o->source = CREDENTIALS_STATIC;
        o->access_key = key->access_key_id;
        o->secret_key = key->secret_access_key;
        o->session_token = key->session_token;
        return;
    }
    o->source = source_of(told);
    o->sts_endpoint = told->sts_endpoint;
    o->container_uri = told->container_uri;
    o->container_token = told->container_token;
    o->container_token_file = told->container_token_file;
    o->imds_endpoint = told->imds_endpoint;
    o->web_identity_file = told->web_identity_file;
    o->role_arn = told->role_arn;
    if (told->keys != NULL) {
        o->access_key = told->keys->access_key_id;
        o->secret_key = told->keys->secret_access_key;
    }
}

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
