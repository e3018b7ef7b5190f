// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_UNIT_IDENTITY_IDENTITY_TESTS_H
#define TESTS_UNIT_IDENTITY_IDENTITY_TESTS_H

#include "proxy/base/instant.h"
#include "proxy/identity/identity.h"
#include "tests/unit/unit.h"

extern const struct unit_test FORM_TESTS[];
extern const struct unit_test PROOF_TESTS[];
extern const struct unit_test IMDS_TESTS[];
extern const struct unit_test CONTAINER_TESTS[];
extern const struct unit_test STS_TESTS[];

// 2026-11-18T10:15:00Z
#define NOW_US (INT64_C(1794996900) * US_PER_S)

// An identity that hands out the credential k1, good for an hour, and one who asks it.
struct asking {
    struct identity *id;
    struct identity_reply reply;
    char *text; // of the reply's body
    int64_t now_us;
    const char *region;
    bool imds_v1;
};

void asking_begin(struct asking *a, bool imds_v1);
void asking_end(struct asking *a);
// Asks, in the place of the last time. A header's name NULL: none. Gives the status.
int asking_ask(struct asking *a, enum target target, const char *method, const char *path,
               const char *name, const char *value, const char *body);
bool asking_says(const struct asking *a, const char *text);

#endif
