// SPDX-License-Identifier: Apache-2.0
// nonces: every call of RegisterUsage bears a nonce, and no launch uses one of an earlier launch.
// Within one launch a call that is made again may bear the same.
#include "suites/oracle/oracle.h"

#include <string.h>

static bool is_registration(const struct exchange_fact *x)
{
    return strcmp(x->operation, "RegisterUsage") == 0;
}

// Which start of the process a call belongs to: the case has one process at a time
// (proxy/scenario/check_expects.c).
static size_t launch_at(const struct facts *f, uint64_t seq)
{
    size_t launch = 0;
    for (size_t i = 0; i < f->starts_count; i++) {
        launch += f->starts[i].seq < seq ? 1 : 0;
    }
    return launch;
}

static void judge_call(struct findings *out, const struct facts *f, const struct exchange_fact *x)
{
    const char *nonce = json_get_text(x->request, "nonce");
    if (nonce == NULL) {
        findings_add(out, FINDING_BAD, x->line, "The call at line %u bears no nonce.", x->line);
        return;
    }
    for (const struct exchange_fact *other = f->exchanges; other < x; other++) {
        if (launch_at(f, other->seq) != launch_at(f, x->seq) &&
            strcmp(fact_text(other->request, "nonce"), nonce) == 0) {
            findings_add(out, FINDING_BAD, x->line,
                         "The call at line %u bears the nonce that an earlier launch used at line "
                         "%u.",
                         x->line, other->line);
        }
    }
}

void oracle_nonces(struct findings *out, const struct facts *f, const struct expectation *e)
{
    (void)e;
    size_t launches = 0;
    size_t last = NOWHERE;
    for (size_t i = 0; i < f->exchanges_count; i++) {
        const struct exchange_fact *x = &f->exchanges[i];
        if (is_registration(x)) {
            judge_call(out, f, x);
            launches += launch_at(f, x->seq) != last ? 1 : 0;
            last = launch_at(f, x->seq);
        }
    }
    if (launches < 2) {
        findings_add(out, FINDING_MISSED, facts_last_line(f),
                     "The client registered in %zu launch(es), and nonces of two are compared.",
                     launches);
    }
}
