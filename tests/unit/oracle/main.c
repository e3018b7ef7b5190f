// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/oracle/oracle_tests.h"

int main(void)
{
    static const struct unit_suite SUITES[] = {{"money", MONEY_TESTS},
                                               {"claims", CLAIMS_TESTS},
                                               {"ledger", LEDGER_TESTS},
                                               {"states", STATES_TESTS},
                                               {"resolve", RESOLVE_TESTS},
                                               {"alert", ALERT_TESTS},
                                               {"exit", EXIT_TESTS},
                                               {"elsewhere", ELSEWHERE_TESTS},
                                               {"requests", REQUESTS_TESTS},
                                               {"allocations", ALLOCATIONS_TESTS},
                                               {"rate", RATE_TESTS},
                                               {"resubmits", RESUBMITS_TESTS},
                                               {"retries", RETRIES_TESTS},
                                               {"restarts", RESTARTS_TESTS},
                                               {"exec", EXEC_TESTS},
                                               {"manners", MANNERS_TESTS},
                                               {"contract", CONTRACT_TESTS},
                                               {"crash", CRASH_TESTS},
                                               {"secured", SECURED_TESTS},
                                               {"market", MARKET_TESTS},
                                               {"exercised", EXERCISED_TESTS},
                                               {"verdict", VERDICT_TESTS},
                                               {"hours", HOURS_TESTS},
                                               {"observed", OBSERVED_TESTS},
                                               {"flags", FLAGS_TESTS},
                                               {"several", SEVERAL_TESTS},
                                               {"cut", CUT_TESTS},
                                               {"edges", EDGES_TESTS},
                                               {"instances", INSTANCES_TESTS},
                                               {"registration", REGISTRATION_TESTS},
                                               {"idle", IDLE_TESTS},
                                               {"cunit", CUNIT_TESTS},
                                               {NULL, NULL}};
    cunit_test_prepare();
    return unit_run(SUITES);
}
