// SPDX-License-Identifier: Apache-2.0
// A campaign plays many cases, several at a time, as lanes of one loop.
#ifndef SUITES_PLAY_CAMPAIGN_H
#define SUITES_PLAY_CAMPAIGN_H

#include "suites/play/play.h"

struct campaign_progress {
    void (*begun)(void *arg, const struct scenario *scenario);
    void (*ended)(void *arg, const struct scenario *scenario, const struct play_end *end);
    void *arg;
};

struct campaign_options {
    struct play_setting *setting; // its loop is set here
    const struct scenario *const *cases;
    size_t count;
    unsigned jobs; // at least 1; cases that are to be alone run alone
    struct campaign_progress progress;
    const struct clock *clock; // NULL: the machine's
};

// Plays all cases. *interrupted is set when a person stopped it (SIGINT, SIGTERM): what ran is
// ended and kept, the rest is not begun. The failure of a single case does not end the campaign. A
// case in whose real time an hour turned, or which usage of an earlier one disturbed, is played
// once more, and only that is kept and told.
MUST_USE enum rc campaign_run(const struct campaign_options *options, bool *interrupted,
                              struct diag *d);

#endif
