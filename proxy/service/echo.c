// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/echo.h"

#include <math.h>
#include <string.h>

// Whole numbers directly: a timestamp in seconds, a quantity. 2^53 bounds what double holds
// exactly.
static void echo_value(struct buf *out, const cJSON *value)
{
    double number = value->valuedouble;
    if (cJSON_IsString(value)) {
        buf_add_json_string(out, json_span(value));
    } else if (cJSON_IsNumber(value) && fabs(number) < 9007199254740992.0 &&
               (double)(int64_t)number == number) {
        buf_add_i64(out, (int64_t)number);
    } else {
        json_print(out, value);
    }
}

// Thirteen digits hold every millisecond of this century.
static void echo_time(struct buf *out, const cJSON *value, enum echo_times times)
{
    if (times == ECHO_AS_SENT || !cJSON_IsNumber(value)) {
        echo_value(out, value);
    } else if (times == ECHO_DECIMAL) {
        buf_addf(out, "%.3f", value->valuedouble);
    } else {
        buf_addf(out, "%.12E", value->valuedouble);
    }
}

void echo_record(struct buf *out, const cJSON *record, enum echo_times times)
{
    char before = '{';
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, record)
    {
        buf_add_char(out, before);
        buf_add_json_string(out, span_of(member->string));
        buf_add_char(out, ':');
        bool is_time = times != ECHO_AS_SENT && strcmp(member->string, "Timestamp") == 0;
        echo_time(out, member, is_time ? times : ECHO_AS_SENT);
        before = ',';
    }
    buf_add_text(out, before == '{' ? "{}" : "}");
}
