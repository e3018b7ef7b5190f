// SPDX-License-Identifier: Apache-2.0
#include "suites/command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/alloc.h"

const char *line_value(const struct line *line, const char *option, const char *otherwise)
{
    for (size_t i = line->count; i > 0; i--) {
        if (strcmp(line->given[i - 1].row->name, option) == 0) {
            return line->given[i - 1].value;
        }
    }
    return otherwise;
}

bool line_has(const struct line *line, const char *option)
{
    return line_value(line, option, NULL) != NULL;
}

enum rc line_number(uint64_t *out, const struct line *line, const char *option, uint64_t otherwise,
                    uint64_t max, struct diag *d)
{
    const char *text = line_value(line, option, NULL);
    *out = otherwise;
    if (text != NULL && !span_to_u64(span_of(text), max, out)) {
        return diag_fail(d, RC_USAGE, "%s takes a whole number up to %" PRIu64 ", not \"%s\"",
                         option, max, text);
    }
    return RC_OK;
}

const char **line_all(const struct line *line, const char *option)
{
    const char **all = x_alloc((line->count + 1) * sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < line->count; i++) {
        if (strcmp(line->given[i].row->name, option) == 0) {
            all[count++] = line->given[i].value;
        }
    }
    all[count] = NULL;
    return all;
}

int line_fail(const struct line *line, const struct diag *d)
{
    char text[900];
    diag_print(d, text, sizeof text);
    (void)fprintf(stderr, "meterprover %s: %s\n", line->command->name, text);
    if (d->code == RC_USAGE) {
        (void)fprintf(stderr, "Try meterprover %s --help.\n", line->command->name);
        return EXIT_USAGE;
    }
    return EXIT_HARNESS;
}
