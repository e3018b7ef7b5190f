// SPDX-License-Identifier: Apache-2.0
#include "proxy/base/diag.h"

#include <stdarg.h>
#include <stdio.h>

static enum rc record(struct diag *d, enum rc code, const char *file, struct place place,
                      const char *format, va_list args) __attribute__((format(printf, 5, 0)));

static enum rc record(struct diag *d, enum rc code, const char *file, struct place place,
                      const char *format, va_list args)
{
    if (d == NULL || d->code != RC_OK) {
        return code;
    }
    d->code = code;
    d->place = place;
    (void)snprintf(d->file, sizeof d->file, "%s", file == NULL ? "" : file);
    (void)vsnprintf(d->text, sizeof d->text, format, args);
    return code;
}

enum rc diag_fail(struct diag *d, enum rc code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    record(d, code, NULL, (struct place){0}, format, args);
    va_end(args);
    return code;
}

enum rc diag_fail_at(struct diag *d, enum rc code, const char *file, struct place place,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    record(d, code, file, place, format, args);
    va_end(args);
    return code;
}

void diag_print(const struct diag *d, char *out, size_t size)
{
    const char *text = d->text[0] == '\0' ? rc_text(d->code) : d->text;
    if (d->file[0] == '\0') {
        (void)snprintf(out, size, "%s", text);
    } else if (d->place.line == 0) {
        (void)snprintf(out, size, "%s: %s", d->file, text);
    } else {
        (void)snprintf(out, size, "%s:%u:%u: %s", d->file, d->place.line, d->place.column, text);
    }
}
