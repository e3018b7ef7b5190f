// SPDX-License-Identifier: Apache-2.0
// AWS reads a request before it validates it, and validates before the operation looks at it. So a
// wrong type hides a broken constraint, and that hides an illegal tag; and all broken constraints
// are told in one sentence: "2 validation errors detected: Value ... at ...; Value ... at ...".
#include "proxy/aws/violations.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proxy/base/utf8.h"

#define SHOWN_BYTES 40
#define SENTENCES_BYTES 220

static int rank_of(enum aws_error error)
{
    static const struct {
        enum aws_error error;
        int rank;
    } RANKS[] = {
        {AWS_ERROR_NONE, 0},
        {AWS_ERROR_VALIDATION, 2},
        {AWS_ERROR_SERIALIZATION, 3},
        {AWS_ERROR_TOO_LARGE, 4},
    };
    for (size_t i = 0; i < sizeof RANKS / sizeof RANKS[0]; i++) {
        if (RANKS[i].error == error) {
            return RANKS[i].rank;
        }
    }
    return 1;
}

void violations_enter(struct violations *f, const char *name)
{
    assert(f->depth < VIOLATIONS_DEPTH);
    f->path[f->depth++] = (struct violations_step){.name = name};
}

void violations_enter_element(struct violations *f, size_t index)
{
    assert(f->depth < VIOLATIONS_DEPTH);
    f->path[f->depth++] = (struct violations_step){.index = index};
}

void violations_leave(struct violations *f)
{
    assert(f->depth > 0);
    f->depth--;
}

// "UsageRecords[3].Quantity"
static void print_where(const struct violations *f, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < f->depth && len + 1 < size; i++) {
        const struct violations_step *s = &f->path[i];
        int more = s->name == NULL
                       ? snprintf(out + len, size - len, "[%zu]", s->index)
                       : snprintf(out + len, size - len, "%s%s", i == 0 ? "" : ".", s->name);
        len += (size_t)more;
    }
}

// As AWS writes it: "usageRecords.4.member.quantity".
static void print_aws_path(const struct violations *f, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < f->depth && len + 1 < size; i++) {
        const struct violations_step *s = &f->path[i];
        const char *dot = i == 0 ? "" : ".";
        int more = 0;
        if (s->name == NULL) {
            more = snprintf(out + len, size - len, "%s%zu.member", dot, s->index + 1);
        } else {
            more = snprintf(out + len, size - len, "%s%c%s", dot, s->name[0] | 0x20, s->name + 1);
        }
        len += (size_t)more;
    }
}

static void take(struct violations *f, enum aws_error error, const char *text)
{
    (void)snprintf(f->worst->text, sizeof f->worst->text, "%s", text);
    f->worst->error = error;
    print_where(f, f->worst->where, sizeof f->worst->where);
}

void violations_add(struct violations *f, enum aws_error error, const char *sentence)
{
    if (rank_of(error) > rank_of(f->worst->error)) {
        take(f, error, sentence);
    }
}

void violations_type(struct violations *f, const char *sentence)
{
    violations_add(f, AWS_ERROR_SERIALIZATION, sentence);
}

// " 'text'", cut between characters; nothing for values that are long, absent or compound.
static void print_value(const cJSON *node, char *out, size_t size)
{
    out[0] = '\0';
    if (node == NULL || cJSON_IsNull(node)) {
        (void)snprintf(out, size, " null");
    } else if (cJSON_IsString(node)) {
        struct span text = json_span(node);
        size_t len = 0;
        for (;;) {
            size_t width = utf8_length(span_slice(text, len, text.len));
            if (width == 0 || len + width > SHOWN_BYTES) {
                break; // at the end, too
            }
            len += width;
        }
        (void)snprintf(out, size, " '%.*s%s'", (int)len, text.at, len < text.len ? "..." : "");
    } else if (cJSON_IsNumber(node)) {
        (void)snprintf(out, size, " '%.17g'", node->valuedouble);
    }
}

static void add_validation(struct violations *f, const char *sentence)
{
    size_t len = strlen(f->sentences);
    // All are counted; as many are told as fit, none but the first by halves.
    if (f->validations == 0 || len + 2 + strlen(sentence) <= SENTENCES_BYTES) {
        (void)snprintf(f->sentences + len, sizeof f->sentences - len, "%s%s", len == 0 ? "" : "; ",
                       sentence);
    }
    f->validations++;
    if (rank_of(f->worst->error) > rank_of(AWS_ERROR_VALIDATION)) {
        return;
    }
    if (f->validations == 1) {
        take(f, AWS_ERROR_VALIDATION, "");
    }
    (void)snprintf(f->worst->text, sizeof f->worst->text, "%u validation error%s detected: %.*s",
                   f->validations, f->validations == 1 ? "" : "s", SENTENCES_BYTES, f->sentences);
}

void violations_constraint(struct violations *f, enum aws_error error, const cJSON *node,
                         const char *format, ...)
{
    char constraint[256];
    char path[160];
    char value[64];
    char sentence[640];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(constraint, sizeof constraint, format, args);
    va_end(args);
    print_aws_path(f, path, sizeof path);
    print_value(node, value, sizeof value);
    (void)snprintf(sentence, sizeof sentence, "Value%s at '%s' failed to satisfy constraint: %s",
                   value, path, constraint);
    if (error == AWS_ERROR_NONE) {
        add_validation(f, sentence);
    } else {
        violations_add(f, error, sentence);
    }
}
