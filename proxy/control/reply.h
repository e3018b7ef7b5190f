// SPDX-License-Identifier: Apache-2.0
// What the control interface answers: a status and a JSON object.
#ifndef PROXY_CONTROL_REPLY_H
#define PROXY_CONTROL_REPLY_H

#include "proxy/base/buf.h"
#include "proxy/base/diag.h"

// Zeroed before its first use.
struct reply {
    int status; // 0: not answered yet
    struct buf body;
    struct buf allow; // of 405: the methods that would do
};

void reply_clear(struct reply *r);
// Begins {"error":{"code":"…","message":"…"}} anew, whatever was there, and ends it.
void reply_fail(struct reply *r, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// The same with {"error":{…,"problems":[…]}}: one string a line of that text.
void reply_fail_with(struct reply *r, int status, const char *code, const char *message,
                     struct span problems);
// The object {"done":true}.
void reply_done(struct reply *r);

#endif
