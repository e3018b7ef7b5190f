// SPDX-License-Identifier: Apache-2.0
// A visit is one HTTP request of ours to a program that already runs, as a browser, SNS or a cron
// job would make it, with the redirections that follow within the same origin. It never leaves the
// origin of its URL (a redirection to another one is then the answer), and never holds up the loop.
#ifndef SUITES_CLIENT_VISIT_H
#define SUITES_CLIENT_VISIT_H

#include "proxy/http/message.h"
#include "proxy/net/loop.h"
#include "suites/client/url.h"

struct visit;

enum visit_end {
    VISIT_ANSWERED,    // status and body are those of the last answer
    VISIT_UNREACHABLE, // no connection: the program does not listen there
    VISIT_CUT,         // the connection ended before the answer was whole
    VISIT_GARBLED,     // what came is not HTTP/1.1, or too long
    VISIT_STRAYED      // a redirection leads to what is no address, or on for ever
};

struct visit_result {
    enum visit_end end;
    int status;          // 0 unless there was an answer
    struct span body;    // its first 64 KiB
    struct span type;    // its Content-Type; may be empty
    struct span cookies; // every Set-Cookie on the way, as JSON strings with commas between
    struct span wanted;  // the last value of the header that was wanted; at == NULL: none came
    unsigned redirects;  // that were followed
    const char *text;    // a sentence, for every end but VISIT_ANSWERED
};

struct visit_handler {
    // Bytes of the last answer's body as they come, with its status; may be NULL. The visit must
    // not be freed here.
    void (*body)(void *arg, int status, struct span bytes);
    // The last call, from the loop; never from within visit_start or visit_read_now.
    void (*over)(void *arg, const struct visit_result *result);
    void *arg;
};

// Spans are copied.
struct visit_request {
    const struct url *url; // borrowed; must outlive the visit
    struct span method;
    struct span query;            // joined to that of the URL; may be empty
    struct span type;             // Content-Type; empty: none
    const struct h1_field *extra; // further headers
    size_t extra_count;
    struct span body;
    const char *wanted; // the name of a header to hand back, of any hop; NULL: none; borrowed
};

// RC_SYNTAX when a header, the method or the query cannot stand in a request; nothing begins then.
MUST_USE enum rc visit_start(struct visit **out, struct loop *loop,
                             const struct visit_request *request,
                             const struct visit_handler *handler);
// Hands over what has come until now, from within any other callback of the loop.
void visit_read_now(struct visit *v);
// Gives it up when it is still under way. Accepts NULL in *v and nulls it.
void visit_free(struct visit **v);

#endif
