// SPDX-License-Identifier: Apache-2.0
// The one place that allocates. Running out of memory ends the program with a sentence.
#ifndef PROXY_BASE_ALLOC_H
#define PROXY_BASE_ALLOC_H

#include <stddef.h>

// Zeroed memory of that size (at least one byte).
void *x_alloc(size_t size) __attribute__((malloc, returns_nonnull));
// Grows or shrinks; new bytes are not zeroed. p may be NULL.
void *x_realloc(void *p, size_t size) __attribute__((returns_nonnull));
// A terminated copy; text must not be NULL.
char *x_strdup(const char *text) __attribute__((malloc, returns_nonnull));
// Accepts NULL.
void x_free(void *p);

// Makes room for one more element of an array that grows by doubling.
#define X_GROW(array, count, capacity)                                                             \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) == 0 ? 8 : (capacity)*2;                                       \
            (array) = x_realloc((array), (capacity) * sizeof *(array));                            \
        }                                                                                          \
    } while (0)

#endif
