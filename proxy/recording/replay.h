// SPDX-License-Identifier: Apache-2.0
// Which recorded exchange answers a request, and what was done where before there was one. Pure;
// the state is what was replayed already and when, and which ClientToken stands for which.
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

// The replay begins at that moment of the client's clock: the first window counts from here.
void replay_begin(struct replay *r, int64_t at_us);
// What was done to the nth connection (PHASE_TLS), or to the nth request of that operation before
// its body was read (PHASE_HEAD). It is spent now; NULL: nothing. Borrowed.
const struct recorded *replay_take_nth(struct replay *r, enum phase phase, enum operation operation,
                                       uint64_t nth, int64_t at_us);

// While connections were refused. It opens as long after what stands before it was replayed, or
// after the beginning, as it did then, and is as long as it was.
struct replay_window {
    const struct recorded *opens;
    int64_t open_us, close_us; // of the client's clock; INT64_MAX: it was never closed
};
// The next one, once it is known when it opens. False: there is none, or not yet.
bool replay_next_window(const struct replay *r, struct replay_window *out);
// That one was.
void replay_end_window(struct replay *r);

// A reply's body with the times that it repeats of recorded records being those of the seen ones;
// false, and nothing appended, when it repeats none.
bool replay_echo_times(struct buf *out, struct span body, const cJSON *recorded, const cJSON *seen);

#endif
