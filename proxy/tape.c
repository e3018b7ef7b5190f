// SPDX-License-Identifier: Apache-2.0
#include "proxy/tape.h"

#include <string.h>

#include "proxy/base/clock.h"
#include "proxy/recorder.h"
#include "proxy/replayer.h"

static enum rc check(const struct tape_options *o, struct diag *d)
{
    if (o->record != NULL && o->replay != NULL) {
        return diag_fail(d, RC_USAGE, "--record and --replay: it would record itself");
    }
    if (o->replay != NULL && o->executes != NULL) {
        return diag_fail(d, RC_USAGE, "%s means nothing with --replay: nothing is executed",
                         o->executes);
    }
    if (o->replay != NULL && o->asks != NULL) {
        return diag_fail(d, RC_USAGE, "%s and --replay: a replay asks nobody", o->asks);
    }
    if (o->replay == NULL && o->times != NULL) {
        return diag_fail(d, RC_USAGE, "--replay-times means nothing without --replay");
    }
    bool is_known =
        o->times == NULL || strcmp(o->times, "shifted") == 0 || strcmp(o->times, "exact") == 0;
    return is_known ? RC_OK
                    : diag_fail(d, RC_USAGE, "--replay-times does not know \"%s\"; see --help",
                                o->times);
}

static enum rc open_replay(struct tape *tape, const struct tape_options *o, struct diag *d)
{
    struct recording *recording = NULL;
    bool is_exact = o->times != NULL && strcmp(o->times, "exact") == 0;
    enum rc rc = recording_read_file(&recording, o->replay, d);
    if (rc == RC_OK) {
        tape->replay = replay_new(recording, is_exact ? REPLAY_EXACT : REPLAY_SHIFTED);
        rc = replayer_check(recording, o->replay, d);
        if (rc == RC_OK && !o->speaks_tls) {
            rc = replayer_check_plain(recording, o->replay, d);
        }
    }
    return rc == RC_OK && o->scenario != NULL ? replayer_supports(o->scenario, d) : rc;
}

enum rc tape_open(struct tape *tape, const struct tape_options *o, struct diag *d)
{
    enum rc rc = check(o, d);
    if (rc == RC_OK && o->replay != NULL) {
        rc = open_replay(tape, o, d);
    }
    if (rc == RC_OK && o->record != NULL) {
        struct clock clock = clock_system();
        rc = recorder_open(&tape->recorder, o->record, o->program, clock_wall_us(&clock), d);
    }
    return rc;
}

void tape_join(const struct tape *tape, struct lane_options *lane)
{
    lane->recorder = tape->recorder;
    lane->replay = tape->replay;
}

enum rc tape_close(struct tape *tape, struct diag *d)
{
    replay_free(&tape->replay);
    return recorder_close(&tape->recorder, d);
}
