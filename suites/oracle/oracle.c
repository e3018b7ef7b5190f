// SPDX-License-Identifier: Apache-2.0
#include "suites/oracle/oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/instant.h"
#include "proxy/scenario/scenario.h"

static const struct oracle ORACLES[] = {
    {.verb = "resubmits",
     .judge = oracle_resubmits,
     .is_money = true,
     .takes_within = true,
     .falls_when_not_exercised = true,
     .may_lack_when_avoided = true},
    {.verb = "ledger", .judge = oracle_ledger, .is_money = true},
    {.verb = "states", .judge = oracle_states, .is_money = true, .falls_when_not_exercised = true},
    {.verb = "requests",
     .judge = oracle_requests,
     .takes_within = true,
     .falls_when_not_exercised = true},
    {.verb = "resolve",
     .judge = oracle_resolve,
     .takes_within = true,
     .falls_when_not_exercised = true},
    {.verb = "register",
     .judge = oracle_register,
     .takes_within = true,
     .falls_when_not_exercised = true,
     .is_moot_when_avoided = true},
    {.verb = "alert",
     .judge = oracle_alert,
     .takes_within = true,
     .falls_when_not_exercised = true},
    {.verb = "exit", .judge = oracle_exit, .takes_within = true, .falls_when_not_exercised = true},
    {.verb = "page", .judge = oracle_page, .takes_within = true, .falls_when_not_exercised = true},
    {.verb = "notice",
     .judge = oracle_notice,
     .takes_within = true,
     .falls_when_not_exercised = true},
    {.verb = "coverage", .judge = oracle_coverage, .falls_when_not_exercised = true},
    {.verb = "jitter", .judge = oracle_jitter, .falls_when_not_exercised = true},
    {.verb = "pause", .judge = oracle_pause, .falls_when_not_exercised = true},
    {.verb = "nonces", .judge = oracle_nonces, .falls_when_not_exercised = true},
    {.verb = "elsewhere", .judge = oracle_elsewhere},
    {.verb = "answers", .judge = oracle_answers},
};

static const char *const WELL_FORMED_SOURCES[] = {"model:BatchMeterUsageRequest.UsageRecords",
                                                  "model:UsageRecord.required",
                                                  "model:UsageRecord.Quantity",
                                                  "model:UsageRecord.CustomerAWSAccountId",
                                                  "model:UsageRecord.LicenseArn",
                                                  "model:ProductCode.form",
                                                  "model:CustomerIdentifier.form",
                                                  "model:UsageDimension.form",
                                                  "model:ResolveCustomerRequest.RegistrationToken",
                                                  "api:BatchMeterUsage#size",
                                                  "api:BatchMeterUsage#one-name",
                                                  "smithy:aws-json#timestamps",
                                                  "smithy:aws-json#request",
                                                  NULL};
static const char *const SIGNATURE_SOURCES[] = {"api:common-errors#signature",
                                                "model:metadata.signing", NULL};
static const char *const MONEY_SOURCES[] = {"model:BatchMeterUsageResult.Results",
                                            "model:BatchMeterUsageResult.UnprocessedRecords",
                                            "model:UsageRecord.dedupe",
                                            "model:UsageRecordResult.Status.Success",
                                            "model:UsageRecordResult.Status.CustomerNotSubscribed",
                                            "model:UsageRecordResult.Status.DuplicateRecord",
                                            "api:BatchMeterUsage#idempotent",
                                            "api:BatchMeterUsage#not-both-models",
                                            "guide:metering-for-usage#dedupe",
                                            "skill:metering#one-region",
                                            NULL};
static const char *const SECURED_SOURCES[] = {"rfc9110:4.2.2#secured", NULL};
static const char *const NO_HANG_SOURCES[] = {"measured:no-time-limit", NULL};

static const struct invariant INVARIANTS[] = {
    {.id = "well-formed",
     .judge = invariant_well_formed,
     .basis = "documented",
     .help = "every request follows the service model, its limits and its types",
     .sources = WELL_FORMED_SOURCES},
    {.id = "signature",
     .judge = invariant_signature,
     .basis = "documented",
     .help = "every signature is valid for its own date, with the right scope and token",
     .sources = SIGNATURE_SOURCES},
    {.id = "money",
     .judge = invariant_money,
     .is_money = true,
     .basis = "documented",
     .help = "nothing is billed twice, lost, hidden or claimed too early",
     .sources = MONEY_SOURCES},
    {.id = "final-words",
     .judge = invariant_final_words,
     .is_money = true,
     .basis = "derived",
     .help = "metered and rejected are final"},
    {.id = "contract",
     .judge = invariant_contract,
     .basis = "derived",
     .help = "what the client says follows the client contract"},
    {.id = "no-hang",
     .judge = invariant_no_hang,
     .basis = "derived",
     .help = "the client answers within the deadline",
     .sources = NO_HANG_SOURCES},
    {.id = "no-crash",
     .judge = invariant_no_crash,
     .basis = "derived",
     .help = "the client does not end but when it is told to"},
    {.id = "no-secret",
     .judge = invariant_no_secret,
     .basis = "derived",
     .help = "no secret stands in the client's output"},
    {.id = "no-bypass",
     .judge = invariant_no_bypass,
     .basis = "derived",
     .help = "the client never reaches for a real metering host"},
    {.id = "registration",
     .judge = invariant_registration,
     .is_money = true,
     .basis = "derived",
     .help = "nobody says registered before the service has, or denied whom nothing refused"},
    {.id = "secured",
     .judge = invariant_secured,
     .basis = "derived",
     .help = "no request is sent in clear where the endpoint is https",
     .sources = SECURED_SOURCES},
};

const struct oracle *oracle_find(const char *verb)
{
    for (size_t i = 0; verb != NULL && i < sizeof ORACLES / sizeof ORACLES[0]; i++) {
        if (strcmp(ORACLES[i].verb, verb) == 0) {
            return &ORACLES[i];
        }
    }
    return NULL;
}

bool oracle_exists(const char *verb)
{
    return oracle_find(verb) != NULL;
}

const struct oracle *oracle_all(size_t *count)
{
    *count = sizeof ORACLES / sizeof ORACLES[0];
    return ORACLES;
}

const struct invariant *invariant_all(size_t *count)
{
    *count = sizeof INVARIANTS / sizeof INVARIANTS[0];
    return INVARIANTS;
}

bool within_bounds(const cJSON *bounds, int64_t value)
{
    return value >= json_get_int(bounds, "min", INT64_MIN) &&
           value <= json_get_int(bounds, "max", INT64_MAX);
}

void bounds_text(char *out, size_t size, const cJSON *bounds)
{
    int64_t min = json_get_int(bounds, "min", 0);
    int64_t max = json_get_int(bounds, "max", INT64_MAX);
    if (max == INT64_MAX) {
        (void)snprintf(out, size, "at least %" PRId64, min);
    } else if (max == 0) {
        (void)snprintf(out, size, "none");
    } else if (min == max) {
        (void)snprintf(out, size, "exactly %" PRId64, min);
    } else if (min <= 0) {
        (void)snprintf(out, size, "at most %" PRId64, max);
    } else {
        (void)snprintf(out, size, "%" PRId64 " to %" PRId64, min, max);
    }
}

const struct step_fact *oracle_reached(struct findings *out, const struct facts *f,
                                       const char *name)
{
    const struct step_fact *step = facts_step(f, name);
    if (step == NULL) {
        findings_add(out, FINDING_MISSED, facts_last_line(f), "The step \"%s\" was never reached.",
                     name);
    }
    return step;
}

bool oracle_step(struct findings *out, const struct facts *f, const cJSON *object, const char *key,
                 const struct step_fact **step)
{
    const char *name = json_get_text(object, key);
    *step = NULL;
    if (name == NULL) {
        return true;
    }
    *step = oracle_reached(out, f, name);
    if (*step != NULL && (*step)->never_came) {
        findings_add(out, FINDING_MISSED, (*step)->line, "The restart of line %u never came about.",
                     (*step)->line);
        *step = NULL;
    }
    return *step != NULL;
}

static bool step_time(void *arg, struct span id, int64_t *at_us)
{
    const struct facts *f = *(const struct facts **)arg;
    char *name = span_dup(id);
    const struct step_fact *step = facts_step(f, name);
    x_free(name);
    *at_us = step == NULL ? 0 : step->service_us;
    return step != NULL;
}

bool oracle_moment(struct findings *out, const struct facts *f, const char *text, int64_t *at_us)
{
    struct moment_context context = {.now_us = f->last_service_us,
                                     .start_us = f->start_service_us,
                                     .step_time = step_time,
                                     .arg = &f};
    struct diag d = {0};
    if (moment_resolve(at_us, span_of(text), &context, &d) == RC_OK) {
        return true;
    }
    findings_add(out, FINDING_MISSED, facts_last_line(f), "The moment \"%s\" never came: %s.", text,
                 d.text);
    return false;
}

int64_t oracle_until(const struct expectation *e, const struct step_fact *after)
{
    int64_t within_s = json_get_int(e->json, "within_s", -1);
    return within_s < 0 ? INT64_MAX : (after == NULL ? 0 : after->t_us) + within_s * US_PER_S;
}

const struct usage_fact *oracle_usage(struct findings *out, const struct facts *f, const char *id)
{
    const struct usage_fact *u = facts_usage(f, id);
    if (u == NULL) {
        findings_add(out, FINDING_MISSED, facts_last_line(f), "%s %s: %s.",
                     f->wire_only ? "Nothing that the client sent stands for"
                                  : "The client was never asked to meter",
                     id,
                     f->wire_only   ? "it meters fewer customers, dimensions or hours than the "
                                      "case needs"
                     : f->is_moment ? "that came later, if at all"
                                    : "the case ended before");
        return NULL;
    }
    return u->is_void ? NULL : u;
}

void oracle_judged(struct findings *out, bool any)
{
    if (!any && out->said[FINDING_MISSED] == 0) {
        findings_add(out, FINDING_MISSED, 0,
                     "Nothing is left to judge: the client acknowledged none of the usages that "
                     "this is about.");
    }
}

unsigned facts_last_line(const struct facts *f)
{
    return f->evidence->count == 0 ? 0 : f->evidence->events[f->evidence->count - 1].line;
}
