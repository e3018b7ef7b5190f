// SPDX-License-Identifier: Apache-2.0
// What is posted to a program that runs already, by its own address and not by the trigger. Pure.
#ifndef SUITES_CLIENT_ATTACH_POST_H
#define SUITES_CLIENT_ATTACH_POST_H

#include "suites/client/attach.h"
#include "suites/client/visit.h"

#define ATTACH_MAX_HEADERS 32

struct attach_post {
    struct visit_request request; // borrows from the line and from what follows
    struct h1_field extra[ATTACH_MAX_HEADERS];
    struct buf form;
};

// The request for a line of that verb. False when it is for the trigger: there is no address for
// it, or, for `resolve`, the trigger supports it itself. Else *out lives as long as the line, until
// attach_post_clear.
bool attach_post_of(struct attach_post *out, const cJSON *line, const char *verb,
                    const struct attach_ways *ways, bool resolves_by_page);
void attach_post_clear(struct attach_post *post);

#endif
