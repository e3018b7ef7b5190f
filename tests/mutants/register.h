// SPDX-License-Identifier: Apache-2.0
// A paid container: it registers its use when it is launched, and serves only once it may.
#ifndef TESTS_MUTANTS_REGISTER_H
#define TESTS_MUTANTS_REGISTER_H

#include "tests/mutants/meter.h"

#define NONCE_TEXT 33

struct registrar {
    struct meter *meter;
    bool is_hourly; // the client is asked to be one
    char *product;
    int64_t key_version;
    struct buf pem;
    char nonce[NONCE_TEXT]; // of this launch
    int64_t open_step;      // the step whose answer is not final yet; 0: none
    int64_t step;           // the last that asked; 0: none did
    bool has_registered, is_denied;
};

// Reads METERPROVER_WORLD and METERPROVER_PUBLIC_KEY, and draws a nonce. m is borrowed and must
// outlive it.
void registrar_open(struct registrar *r, struct meter *m);
void registrar_close(struct registrar *r);
// Registers, and answers that step.
void registrar_ask(struct registrar *r, int64_t step);
// When that step has been answered: for the bug registers-late, and who leaves when denied.
void registrar_after(struct registrar *r);
// The scheduler's turn: what is not known yet is asked again, and then said of the same step.
void registrar_ask_again(struct registrar *r);

#endif
