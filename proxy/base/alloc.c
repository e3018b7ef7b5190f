// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *p)
{
    if (p == NULL) {
        (void)fputs("meterprover: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *x_alloc(size_t size)
{
    return or_die(calloc(1, size == 0 ? 1 : size));
}

void *x_realloc(void *p, size_t size)
{
    return or_die(realloc(p, size == 0 ? 1 : size));
}

char *x_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(x_alloc(size), text, size);
}

void x_free(void *p)
{
    free(p);
}
