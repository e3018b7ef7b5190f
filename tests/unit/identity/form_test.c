// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/identity/identity_tests.h"

#include "proxy/base/own.h"
#include "proxy/identity/form.h"

static void values(void)
{
    static const struct {
        const char *form, *name, *value; // NULL: there is none
    } ROWS[] = {
        {"a=1&b=2", "b", "2"},     {"a=1&a=2", "a", "1"},   {"a=x%2By+z", "a", "x+y z"},
        {"a=%e2%82%AC", "a", "€"}, {"a=", "a", ""},         {"a", "a", ""},
        {"a=b=c", "a", "b=c"},     {"%61=1", "a", "1"},     {"a=1", "A", NULL},
        {"", "a", NULL},           {"a=100%", "a", "100%"}, {"a=%4", "a", "%4"},
        {"a=%zz&b=1", "a", "%zz"}, {"ab=1&b=2", "b", "2"},  {"&&b=2", "b", "2"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        OWN_BUF struct buf out = {0};
        unit_row(ROWS[i].form);
        bool found = form_value(span_of(ROWS[i].form), ROWS[i].name, &out);
        CHECK_INT(found, ROWS[i].value != NULL);
        CHECK(span_is(buf_span(&out), ROWS[i].value == NULL ? "" : ROWS[i].value));
    }
    unit_row(NULL);
}

const struct unit_test FORM_TESTS[] = {{"values", values}, {NULL, NULL}};
