// SPDX-License-Identifier: Apache-2.0
// A diagnostic says what is wrong with something a person wrote, and where. The first failure wins.
#ifndef PROXY_BASE_DIAG_H
#define PROXY_BASE_DIAG_H

#include <stddef.h>

#include "proxy/base/rc.h"

// A position in a text file, both from 1; line 0 means "no position".
struct place {
    unsigned line;
    unsigned column;
};

struct diag {
    enum rc code; // RC_OK while nothing failed
    char file[256];
    struct place place;
    char text[512];
};

// Records the failure unless one is recorded already, and returns code. d may be NULL.
enum rc diag_fail(struct diag *d, enum rc code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same, with the file and place at fault. file may be NULL.
enum rc diag_fail_at(struct diag *d, enum rc code, const char *file, struct place place,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));

// Writes "file:line:column: sentence" (as much of it as is known) into out, always terminated.
void diag_print(const struct diag *d, char *out, size_t size);

#endif
