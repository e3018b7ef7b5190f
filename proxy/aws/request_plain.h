// SPDX-License-Identifier: Apache-2.0
// BatchMeterUsage as nearly every client spells it, read without a tree: a tenth of the work, and
// the most of what a request costs. Whatever is spelled otherwise, or breaks a rule, is left to the
// reader that can say what is wrong.
#ifndef PROXY_AWS_REQUEST_PLAIN_H
#define PROXY_AWS_REQUEST_PLAIN_H

#include "proxy/aws/request.h"

// True: the body violates nothing, and *out holds all that aws_request_read would give but trees:
// texts and numbers are those of the body without the blanks between them, which lies in the arena.
// False: the body has to be read the other way; *out is what it was.
bool request_read_plain(struct aws_request *out, struct span body, const struct ruleset *rules);

#endif
