// SPDX-License-Identifier: Apache-2.0
// A `page` step as bytes: what a buyer's browser sends to the seller's registration URL. Pure.
#ifndef SUITES_PLAY_PAGE_H
#define SUITES_PLAY_PAGE_H

#include "proxy/base/buf.h"
#include "proxy/base/json.h"

struct world;

// A header beside Content-Type, for those who send the page or a notice over HTTP.
struct page_header {
    const char *name; // borrowed
    char *value;
};

// All but the address, which is the seller's. Texts end with NUL; the bufs do not.
struct page {
    const char *method;       // "POST"; borrowed
    const char *user;         // who is signed in at the seller's site; NULL: nobody; borrowed
    const char *content_type; // of the body; NULL when there is none; borrowed
    struct buf query;         // encoded, without '?'; empty: none
    struct buf body;          // may be empty
    struct page_header *headers;
    size_t header_count, header_capacity;
};

// args: the arguments of the step. In `form`, `query`, `headers` and `body` a text that is exactly
// "$token.t1" stands for the value of that token of the world. args is borrowed for as long as *out
// lives, w for the call. RC_UNKNOWN when the world has no such token; *out is valid for page_clear
// either way.
MUST_USE enum rc page_render(struct page *out, const cJSON *args, const struct world *w);
void page_clear(struct page *page);
// Percent-encodes a text as a browser does in a form.
void page_encode(struct buf *out, struct span text);

// The same as one JSON object, for a line of the script contract: {"id":…,"user":…,
// "method":"POST","query":"…","headers":{…},"content_type":"…","body":"…"}. id may be NULL.
void page_line(const struct page *page, const char *id, struct buf *out);

#endif
