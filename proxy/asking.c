// SPDX-License-Identifier: Apache-2.0
#include "proxy/asking.h"

#include <string.h>

#include "proxy/answer.h"
#include "proxy/lane_inside.h"
#include "proxy/record.h"

static struct identity_request request_of(const struct exchange *x, const char *request_id)
{
    return (struct identity_request){.target = x->target,
                                     .head = x->head,
                                     .body = buf_span(&x->body),
                                     .now_us = lane_wire_us(x->lane),
                                     .region = world_region(x->lane->world),
                                     .imds_v1 = world_allows_imds_v1(x->lane->world),
                                     .request_id = request_id};
}

const char *asking_what(const struct exchange *x)
{
    struct identity_request request = request_of(x, "");
    return identity_asks(&request);
}

// The reply's body goes to the draft.
static void take(struct draft *draft, struct identity_reply *reply)
{
    buf_clear(&draft->body);
    draft->body = reply->body;
    draft->status = reply->status;
    draft->content_type = reply->content_type;
    draft->token_ttl_s = reply->token_ttl_s;
    draft->x->error_name = reply->error;
}

void asking_answer(struct draft *draft)
{
    struct exchange *x = draft->x;
    if (draft->is_in_place) {
        return;
    }
    struct identity_reply reply;
    char id[DRAFT_REQUEST_ID];
    draft_request_id(x, id);
    struct identity_request request = request_of(x, id);
    identity_answer(x->lane->identity, &request, &reply);
    take(draft, &reply);
    x->origin = "identity";
    if (reply.served != NULL) {
        record_served(x, reply.served);
        world_tell_metadata(x->lane->world, reply.served, reply.is_version_1);
    }
}

static const char *name_of(const cJSON *args)
{
    return cJSON_IsString(args) ? args->valuestring : json_get_text(args, "name");
}

void asking_error(struct draft *draft, const struct action *action)
{
    const cJSON *args = action->args;
    struct identity_reply reply = {.status = 0};
    char id[DRAFT_REQUEST_ID];
    draft_request_id(draft->x, id);
    struct identity_request request = request_of(draft->x, id);
    struct identity_refusal refusal = {
        .error = identity_error_find(draft->x->target, span_of(name_of(args))),
        .name = name_of(args),
        .message = json_get_text(args, "message"),
        .status = (int)json_get_int(args, "status", 0),
        .empty_body = json_is_true(json_get(args, "empty_body"))};
    identity_refuse(&reply, &request, &refusal);
    take(draft, &reply);
    draft->is_in_place = true;
}

// What a rule can do to a reply only where the service answers.
static bool is_of_service(enum action_verb verb)
{
    return answer_alters(verb) || verb == ACTION_COMMIT;
}

static bool is_unknown_error(const struct action *action, enum target target)
{
    return action->verb == ACTION_ERROR && !json_is_true(json_get(action->args, "unmodelled")) &&
           identity_error_find(target, span_of(name_of(action->args))) == IDENTITY_ERROR_NONE;
}

enum rc asking_supports(const struct scenario *s, const struct rule *rule, enum target target,
                        struct diag *d)
{
    const char *source = json_get_text(s->client, "credentials");
    if (source == NULL || strcmp(source, "static") == 0) {
        return diag_fail_at(d, RC_UNSUPPORTED, s->file, rule->place,
                            "the rule \"%s\" never acts: nobody asks %s while credentials are "
                            "static",
                            rule->name, target_name(target));
    }
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct action *a = &rule->actions[i];
        if (is_of_service(a->verb)) {
            return diag_fail_at(d, RC_UNSUPPORTED, s->file, a->place,
                                "\"%s\" is for replies of the service, not of %s",
                                action_name(a->verb), target_name(target));
        }
        if (is_unknown_error(a, target)) {
            return diag_fail_at(d, RC_UNKNOWN, s->file, a->place,
                                "%s has no error \"%s\"; if that is meant, say \"unmodelled\": "
                                "true",
                                target_name(target), name_of(a->args));
        }
    }
    return RC_OK;
}
