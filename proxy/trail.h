// SPDX-License-Identifier: Apache-2.0
// What CloudTrail would record of a lane's calls.
#ifndef PROXY_TRAIL_H
#define PROXY_TRAIL_H

#include "proxy/draft.h"

// Records the call of that draft, when its lane keeps a trail and CloudTrail would have seen it:
// the service answered, or a rule answered with an error in its name. What never reached the
// service, or was signed by nobody that it knows, is not recorded, nor what a rule says of either;
// a success is, even if its reply was cut.
void trail_add(const struct draft *draft);

#endif
