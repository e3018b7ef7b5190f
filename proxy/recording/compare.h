// SPDX-License-Identifier: Apache-2.0
// Where two contents differ. The order of keys and the form of numbers are no difference.
#ifndef PROXY_RECORDING_COMPARE_H
#define PROXY_RECORDING_COMPARE_H

#include <cjson/cJSON.h>

#include "proxy/base/buf.h"

// So many differences are named; all are counted.
#define COMPARE_SHOWN 8

struct difference {
    char *at;              // a JSON pointer (RFC 6901) into `when`
    char *recorded, *seen; // JSON; NULL: absent
};

struct differences {
    struct difference shown[COMPARE_SHOWN];
    size_t count;
    // How far apart they are: the values in which they differ, and far more for another operation.
    size_t weight;
};

// ClientTokens are drawn anew by each program: which recorded one a seen one stands for.
struct token_pair {
    char *recorded, *seen;
};

struct compare_options {
    // Timestamps of usage: compared exactly, or by the hour after so many seconds (whole hours)
    // were added to the recorded one.
    bool is_shifted;
    int64_t shift_s;
    const struct token_pair *pairs; // borrowed
    size_t pair_count;
};

// out is overwritten; differences_clear releases what it holds.
void compare(struct differences *out, const cJSON *recorded, const cJSON *seen,
             const struct compare_options *options);
// Whether there is none; found at the first one.
bool compare_is_same(const cJSON *recorded, const cJSON *seen,
                     const struct compare_options *options);
void differences_clear(struct differences *d);

// Its ClientToken, or NULL.
const char *content_client_token(const cJSON *content);

#endif
