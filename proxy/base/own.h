// SPDX-License-Identifier: Apache-2.0
// OWN(kind) releases a local on every way out of its block; own_take_kind hands it over instead.
#ifndef PROXY_BASE_OWN_H
#define PROXY_BASE_OWN_H

#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "proxy/base/alloc.h"
#include "proxy/base/buf.h"

// NOLINTBEGIN(bugprone-macro-parentheses): the arguments are names, types and callees
#define OWN(kind) __attribute__((cleanup(own_release_##kind)))
#define OWN_KIND(kind, type, release)                                                              \
    static inline void own_release_##kind(type **slot)                                             \
    {                                                                                              \
        if (*slot != NULL) {                                                                       \
            release(*slot);                                                                        \
        }                                                                                          \
    }                                                                                              \
    __attribute__((unused)) static inline type *own_take_##kind(type **slot)                       \
    {                                                                                              \
        type *value = *slot;                                                                       \
        *slot = NULL;                                                                              \
        return value;                                                                              \
    }
// NOLINTEND(bugprone-macro-parentheses)

OWN_KIND(json, cJSON, cJSON_Delete)
OWN_KIND(text, char, x_free)
OWN_KIND(file, FILE, (void)fclose)

// For a struct buf held by value: OWN_BUF struct buf line = {0};
#define OWN_BUF __attribute__((cleanup(buf_clear)))

#endif
