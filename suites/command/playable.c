// SPDX-License-Identifier: Apache-2.0
#include "suites/command/playable.h"

#include "proxy/lane.h"
#include "suites/oracle/oracle.h"
#include "suites/play/play.h"

static enum rc oracles_exist(const struct scenario *s, struct diag *d)
{
    for (size_t i = 0; i < s->expect_count; i++) {
        if (!oracle_exists(expect_name(s->expects[i].verb))) {
            return diag_fail_at(d, RC_UNSUPPORTED, s->file, s->expects[i].place,
                                "the expectation \"%s\" cannot be judged by this version",
                                expect_name(s->expects[i].verb));
        }
    }
    return RC_OK;
}

enum rc case_is_playable(const struct scenario *s, struct diag *d)
{
    enum rc rc = play_supports(s, d);
    if (rc == RC_OK) {
        rc = lane_supports(s, d);
    }
    return rc == RC_OK ? oracles_exist(s, d) : rc;
}
