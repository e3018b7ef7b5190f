// SPDX-License-Identifier: Apache-2.0
// Invariants of the wire: requests are well formed, rightly signed, and secured.
#include "suites/oracle/oracle.h"

#include <string.h>

// A request that a rule cut off before it was read whole is not the client's doing.
static bool is_cut_by_us(const struct facts *f, uint64_t x)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_FAULT && json_get_int(e->json, "x", 0) == (int64_t)x &&
            strcmp(fact_text(e->json, "at"), "before-request") == 0) {
            return true;
        }
    }
    return false;
}

void invariant_well_formed(struct findings *out, const struct facts *f)
{
    for (size_t i = 0; i < f->exchanges_count; i++) {
        const struct exchange_fact *x = &f->exchanges[i];
        const cJSON *problem = json_get(x->request, "problem");
        if (cJSON_IsObject(problem) && !is_cut_by_us(f, x->x)) {
            const char *where = fact_text(problem, "where");
            findings_add(out, FINDING_BAD, x->line,
                         "The request at line %u is not well formed: %s%s%s", x->line, where,
                         *where == '\0' ? "" : ": ", fact_text(problem, "text"));
        }
    }
}

// Freshness is left out on purpose: it is a matter of the case (clock skew, delays of ours).
static const struct {
    const char *member, *sentence;
} SIGNATURE_FACTS[] = {{"valid", "the signature does not match the request"},
                       {"scope", "the credential scope is not the one of this service and region"},
                       {"token", "the session token is not the one of this credential"}};

void invariant_signature(struct findings *out, const struct facts *f)
{
    for (size_t i = 0; i < f->exchanges_count; i++) {
        const struct exchange_fact *x = &f->exchanges[i];
        const cJSON *signature = json_get(x->request, "signature");
        if (!cJSON_IsObject(signature)) {
            if (*x->operation != '\0') {
                findings_add(out, FINDING_BAD, x->line, "The request at line %u is not signed.",
                             x->line);
            }
            continue;
        }
        for (size_t k = 0; k < sizeof SIGNATURE_FACTS / sizeof SIGNATURE_FACTS[0]; k++) {
            if (!json_is_true(json_get(signature, SIGNATURE_FACTS[k].member))) {
                const char *text = fact_text(signature, "text");
                findings_add(out, FINDING_BAD, x->line, "The request at line %u: %s%s%s%s.",
                             x->line, SIGNATURE_FACTS[k].sentence, *text == '\0' ? "" : " (", text,
                             *text == '\0' ? "" : ")");
                break;
            }
        }
    }
}

// What OpenSSL says of a method's name where a handshake should begin: plain HTTP came.
#define PLAIN_HTTP "http request"

static bool is_secured(const struct facts *f, int64_t connection)
{
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_TLS && json_get_int(e->json, "conn", 0) == connection &&
            strcmp(fact_text(e->json, "what"), "ready") == 0) {
            return true;
        }
    }
    return false;
}

// A proxy is spoken to in clear itself, so what it is asked for the service is looked at.
static void judge_proxied(struct findings *out, const struct facts *f)
{
    for (size_t i = 0; i < f->exchanges_count; i++) {
        const struct exchange_fact *x = &f->exchanges[i];
        int64_t connection = json_get_int(x->request, "conn", 0);
        if (*x->operation != '\0' && !is_secured(f, connection)) {
            findings_add(out, FINDING_BAD, x->line,
                         "The request at line %u was sent to the proxy in clear, although the "
                         "endpoint is https.",
                         x->line);
        }
    }
}

void invariant_secured(struct findings *out, const struct facts *f)
{
    if (strcmp(fact_text(json_get(f->scenario, "client"), "transport"), "proxy") == 0) {
        judge_proxied(out, f);
    }
    for (size_t i = 0; i < f->evidence->count; i++) {
        const struct event *e = &f->evidence->events[i];
        if (e->kind == EVENT_TLS && strcmp(fact_text(e->json, "why"), PLAIN_HTTP) == 0) {
            findings_add(out, FINDING_BAD, e->line,
                         "A request was sent in clear over connection %lld, although the endpoint "
                         "is https (line %u).",
                         (long long)json_get_int(e->json, "conn", 0), e->line);
        }
    }
}
