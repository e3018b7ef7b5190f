// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/play/stage.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {
        {"alone", ALONE_TESTS},       {"books", BOOKS_TESTS},       {"supports", SUPPORTS_TESTS},
        {"hour", HOUR_TESTS},         {"ending", ENDING_TESTS},     {"page", PAGE_TESTS},
        {"notice", NOTICE_TESTS},     {"market", MARKET_TESTS},     {"instances", INSTANCES_TESTS},
        {"attached", ATTACHED_TESTS}, {"tripwire", TRIPWIRE_TESTS}, {NULL, NULL}};
    return unit_run(SUITES);
}
