// SPDX-License-Identifier: Apache-2.0
// Does the same work once for each mutation, in a process of its own.
#ifndef TESTS_MUTATION_SERVE_H
#define TESTS_MUTATION_SERVE_H

// Reads numbers of mutations from stdin, one a line, and does the work for each in a child, with
// that mutation chosen (0: none). When the child has ended, prints "= NUMBER exit CODE" or "=
// NUMBER signal SIGNAL" on stdout, after whatever the child has printed. A child that takes more
// seconds of processor time (which a busy machine does not change) or too much memory is ended.
// reached: a file for what mutation 0 reaches; NULL for none. Gives the program's exit code.
int serve(int (*work)(void *arg), void *arg, unsigned seconds, const char *reached);

#endif
