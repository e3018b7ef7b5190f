// SPDX-License-Identifier: Apache-2.0
// What a request says about its own signature, taken apart; nothing here is verified.
#ifndef PROXY_AWS_SIGV4_PARTS_H
#define PROXY_AWS_SIGV4_PARTS_H

#include "proxy/aws/sigv4.h"

#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"
#define SIGV4_TERMINATOR "aws4_request"
#define SIGV4_DATE_TEXT 17 // "20150830T123600Z" and NUL

// All spans are borrowed from the request; empty when absent.
struct sigv4_parts {
    size_t authorizations;    // how many Authorization headers there are
    struct span scheme;       // "AWS4-HMAC-SHA256"
    bool is_well_formed;      // every element of the header is key=value
    struct span credential;   // "AKID/20150830/us-east-1/service/aws4_request"
    struct span signed_names; // "host;x-amz-date"
    struct span signature;
    size_t elements;    // how many the credential has
    struct span key_id; // the credential's first element, and so on
    struct span date, region, service, terminator;
    struct span date_value;     // X-Amz-Date, or Date when that is absent
    int64_t signed_us;          // 0 when date_value cannot be read
    struct span token;          // X-Amz-Security-Token
    struct span content_sha256; // X-Amz-Content-Sha256
    bool in_query;              // the query string holds a signature (presigned URL)
};

void sigv4_parts_read(struct sigv4_parts *out, const struct sigv4_request *request);

// The value of the first header of that name; the empty span (at == NULL) when there is none.
struct span sigv4_header_value(const struct sigv4_request *request, const char *name);
// The target without scheme and authority, cut at its question mark.
struct span sigv4_path(struct span target);
struct span sigv4_query(struct span target);

// "20150830T123600Z", as strings to sign and AWS's sentences write it.
void sigv4_date_format(char out[SIGV4_DATE_TEXT], int64_t at_us);

#endif
