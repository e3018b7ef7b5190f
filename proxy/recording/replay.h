// SPDX-License-Identifier: Apache-2.0
// Which recorded exchange answers a request. Pure; the state is what was replayed already, and
// which ClientToken stands for which.
#ifndef PROXY_RECORDING_REPLAY_H
#define PROXY_RECORDING_REPLAY_H

#include "proxy/recording/compare.h"
#include "proxy/recording/recording.h"

// How the times of usage are compared: in the same hour counted from the moment of the request, or
// else exactly; or only exactly.
enum replay_times { REPLAY_SHIFTED, REPLAY_EXACT };

struct replay;

// Takes the recording.
struct replay *replay_new(struct recording *recording, enum replay_times times);
// Accepts NULL in *r and nulls it.
void replay_free(struct replay **r);
const struct recording *replay_recording(const struct replay *r); // borrowed

struct replay_choice {
    const struct recorded *hit; // what is replayed; it is spent now. NULL: nothing
    bool is_shifted;            // the times of hit were compared by their hours

    // Without a hit: the recorded exchange that comes closest, those not yet replayed first; NULL
    // when the recording is empty.
    const struct recorded *nearest;
    bool is_spent; // it asks the same, but was replayed already
    struct differences differences;
};

// asked: content_of the request; at_us: of the client's clock. replay_choice_clear releases it.
void replay_choose(struct replay *r, const cJSON *asked, int64_t at_us, struct replay_choice *out);
void replay_choice_clear(struct replay_choice *choice);

// A reply's body with the times that it repeats of recorded records being those of the seen ones;
// false, and nothing appended, when it repeats none.
bool replay_echo_times(struct buf *out, struct span body, const cJSON *recorded, const cJSON *seen);

#endif
