// SPDX-License-Identifier: Apache-2.0
// Clients that behave, and that misbehave in one way each: this program started again.
#ifndef TESTS_UNIT_CLIENT_PUPPET_H
#define TESTS_UNIT_CLIENT_PUPPET_H

// Plays the part of that name and gives the exit code; 64 when there is no such part.
int puppet_run(const char *part);

#endif
