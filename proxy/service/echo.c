// SPDX-License-Identifier: Apache-2.0
#include "proxy/service/echo.h"

#include <math.h>

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

void echo_record(struct buf *out, const cJSON *record)
{
    char before = '{';
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, record)
    {
        buf_add_char(out, before);
        buf_add_json_string(out, span_of(member->string));
        buf_add_char(out, ':');
        echo_value(out, member);
        before = ',';
    }
    buf_add_text(out, before == '{' ? "{}" : "}");
}
