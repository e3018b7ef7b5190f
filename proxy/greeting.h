// SPDX-License-Identifier: Apache-2.0
// What the program says on its standard output when it serves.
#ifndef PROXY_GREETING_H
#define PROXY_GREETING_H

#include "proxy/lane.h"

struct greeting {
    struct lane *lane;
    const char *control;        // the control interface's address, or NULL
    const char *authority_path; // the certificate that clients must trust, or NULL
    const char *key_path;       // by which registrations are verified, or NULL
    bool is_forward;            // it is a client's proxy, not its endpoint
    bool has_upstream;          // which knows its clients' credentials
};

// The address comes first, alone on its line, so that a script can read it; then what to export for
// a client. The Region and the static keys, or instead of them "credentials from", are said last.
void greet(const struct greeting *g);

#endif
