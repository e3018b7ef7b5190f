// SPDX-License-Identifier: Apache-2.0
#include "proxy/trail.h"

#include <string.h>

#include "proxy/base/own.h"
#include "proxy/lane_inside.h"
#include "proxy/service/cloudtrail.h"

// What a body says of its error, whichever way its key is written.
static struct span message_of(const cJSON *body)
{
    struct span text = json_span(json_get(body, "message"));
    return text.len > 0 ? text : json_span(json_get(body, "Message"));
}

// Whether that error, told in the service's place, comes from before it: nobody was recognised, or
// a gateway turned the call away.
static bool is_before_service(const char *error)
{
    static const enum aws_error ERRORS[] = {AWS_ERROR_MISSING_AUTHENTICATION_TOKEN,
                                            AWS_ERROR_INCOMPLETE_SIGNATURE,
                                            AWS_ERROR_INVALID_SIGNATURE,
                                            AWS_ERROR_UNRECOGNIZED_CLIENT,
                                            AWS_ERROR_EXPIRED_CREDENTIALS,
                                            AWS_ERROR_REQUEST_EXPIRED,
                                            AWS_ERROR_REQUEST_TIME_TOO_SKEWED,
                                            AWS_ERROR_TOO_LARGE,
                                            AWS_ERROR_TOO_MANY_REQUESTS};
    for (size_t i = 0; i < sizeof ERRORS / sizeof ERRORS[0]; i++) {
        if (strcmp(error, aws_error_name(ERRORS[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_seen(const struct exchange *x, bool is_executed)
{
    bool is_answered = is_executed || (*x->error_name != '\0' && !is_before_service(x->error_name));
    return x->lane->options.keeps_trail && cloudtrail_records(x->operation) &&
           x->signature.credential != NULL && x->signature.error == AWS_ERROR_NONE && is_answered;
}

void trail_add(const struct draft *draft)
{
    struct exchange *x = draft->x;
    struct lane *lane = x->lane;
    bool is_executed = x->rule == NULL || x->rule->executes;
    if (!is_seen(x, is_executed)) {
        return;
    }
    char id[DRAFT_REQUEST_ID];
    draft_request_id(x, id);
    OWN(json) cJSON *reply = NULL;
    struct span body = buf_span(is_executed ? &x->reply.body : &draft->body);
    enum rc rc = json_read(&reply, NULL, body, NULL, NULL);
    const char *error = is_executed ? aws_error_name(x->reply.error) : x->error_name;
    struct cloudtrail_call call = {
        .world = lane->world,
        .operation = x->operation,
        .credential = x->signature.credential->name,
        .region = x->signature.region,
        .user_agent = h1_value(x->head, "User-Agent"),
        .request_id = id,
        .number = x->number,
        .now_us = lane_service_us(lane),
        .request = aws_request_json(&x->request),
        .response = rc == RC_OK ? reply : NULL,
        .error = span_of(error),
        .text = message_of(reply),
    };
    buf_add_text(&lane->trail, lane->trail.len > 0 ? ",\n" : "");
    cloudtrail_add(&lane->trail, &call);
}
