// SPDX-License-Identifier: Apache-2.0
// Steps in which AWS Marketplace or a buyer comes to the seller, or the seller to AWS by itself: a
// token to resolve, a registration page, a notice, a registration of use.
#include "suites/play/play_inside.h"

#include <string.h>

#include "proxy/base/own.h"
#include "suites/play/notice.h"
#include "suites/play/page.h"

#define NO_USAGE ((struct span){0})

void step_begin_resolve(struct play *p, const struct step *step)
{
    struct span name = json_span(json_get(step->args, "token"));
    if (span_starts(name, SPAN("$token."))) {
        name = span_slice(name, 7, name.len);
    }
    const struct world_token *token = world_token(lane_world(p->lane), name);
    OWN_BUF struct buf args = {0};
    buf_add_text(&args, "{\"token\":");
    buf_add_json_string(&args, token == NULL ? name : span_of(token->value));
    buf_add_member(&args, "id", span_of(step->id));
    buf_add_char(&args, '}');
    step_await(p, step, step_send(p, step, "resolve", buf_span(&args), NO_USAGE));
}

void step_begin_register(struct play *p, const struct step *step)
{
    OWN_BUF struct buf args = {0};
    buf_add_text(&args, "{\"id\":");
    buf_add_json_string(&args, span_of(step->id));
    buf_add_char(&args, '}');
    step_await(p, step, step_send(p, step, "register", buf_span(&args), NO_USAGE));
}

void step_begin_page(struct play *p, const struct step *step)
{
    struct page page;
    if (page_render(&page, step->args, lane_world(p->lane)) == RC_OK) {
        OWN_BUF struct buf args = {0};
        page_line(&page, step->id, &args);
        step_await(p, step, step_send(p, step, "page", buf_span(&args), NO_USAGE));
    } else {
        play_end_case(p, "harness", "step %u names a token that the world does not have", step->n);
    }
    page_clear(&page);
}

// The notice of a step; false where it names what the world does not have. One that says `copy_of`
// is the one of that step over again: the same message, published when that was.
static bool find_notice(struct play *p, const struct step *step, struct notice *n)
{
    const struct world *w = lane_world(p->lane);
    const cJSON *args = step->args;
    const cJSON *trial = json_get(args, "free_trial");
    const char *product = json_get_text(args, "product");
    const char *copy_of = json_get_text(args, "copy_of");
    const char *at = json_get_text(args, "at");
    *n = (struct notice){
        .form = json_get_text(args, "form"),
        .action = json_get_text(args, "action"),
        .identity = copy_of == NULL ? step->id : copy_of,
        .product = product == NULL ? world_first_product(w) : world_product(w, span_of(product)),
        .customer = world_customer(w, json_span(json_get(args, "customer"))),
        .has_free_trial = trial != NULL,
        .free_trial = json_is_true(trial),
    };
    if (at != NULL) {
        n->at_us = step_moment(p, at);
    } else if (!step_time(p, span_of(n->identity), &n->at_us)) {
        return false;
    }
    if (n->product == NULL || n->customer == NULL) {
        return false;
    }
    n->license = world_license(n->customer, n->product);
    return true;
}

void step_begin_notice(struct play *p, const struct step *step)
{
    struct notice n;
    if (!find_notice(p, step, &n)) {
        play_end_case(p, "harness", "step %u names something that the world does not have",
                      step->n);
        return;
    }
    OWN_BUF struct buf args = {0};
    notice_line(&n, step->id, &args);
    step_await(p, step, step_send(p, step, "notice", buf_span(&args), NO_USAGE));
}
