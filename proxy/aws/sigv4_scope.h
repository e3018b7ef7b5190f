// SPDX-License-Identifier: Apache-2.0
// A verifier for any service's name: published vectors sign for "service".
#ifndef PROXY_AWS_SIGV4_SCOPE_H
#define PROXY_AWS_SIGV4_SCOPE_H

#include "proxy/aws/sigv4.h"

// As sigv4_verifier_new, with the service that credentials must be scoped to; borrowed until the
// verifier is freed.
struct sigv4_verifier *sigv4_verifier_new_for(sigv4_find_fn *find, void *arg, const char *service);

#endif
