// SPDX-License-Identifier: Apache-2.0
#include "suites/oracle/findings.h"

#include <stdio.h>

#include "proxy/base/alloc.h"

#define MAX_SENTENCES 12

static unsigned sentences(const struct findings *f)
{
    unsigned sum = 0;
    for (int i = 0; i < FINDING_COUNT; i++) {
        sum += f->said[i];
    }
    return sum;
}

void findings_line(struct findings *f, unsigned line)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->lines[i] == line) {
            return;
        }
    }
    if (line != 0) {
        X_GROW(f->lines, f->count, f->capacity);
        f->lines[f->count++] = line;
    }
}

void findings_add(struct findings *f, enum finding kind, unsigned line, const char *format, ...)
{
    bool is_told = sentences(f) < MAX_SENTENCES;
    f->said[kind]++;
    if (!is_told) {
        return;
    }
    char sentence[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (f->text.len > 0) {
        buf_add_char(&f->text, ' ');
    }
    buf_add_text(&f->text, sentence);
    findings_line(f, line);
}

char *findings_take_text(struct findings *f)
{
    unsigned sum = sentences(f);
    if (sum > MAX_SENTENCES) {
        buf_addf(&f->text, " And %u more.", sum - MAX_SENTENCES);
    }
    return sum == 0 ? NULL : buf_take_text(&f->text);
}

unsigned *findings_take_lines(struct findings *f, size_t *count)
{
    unsigned *lines = f->lines;
    *count = f->count;
    f->lines = NULL;
    f->count = f->capacity = 0;
    return lines;
}

void findings_clear(struct findings *f)
{
    buf_clear(&f->text);
    x_free(f->lines);
    *f = (struct findings){0};
}
