// SPDX-License-Identifier: Apache-2.0
// The tables of tests of suites/oracle, and the row that most of them are made of.
#ifndef TESTS_UNIT_ORACLE_ORACLE_TESTS_H
#define TESTS_UNIT_ORACLE_ORACLE_TESTS_H

#include "suites/oracle/judge.h"
#include "tests/unit/unit.h"

extern const struct unit_test MONEY_TESTS[];
extern const struct unit_test CLAIMS_TESTS[];
extern const struct unit_test LEDGER_TESTS[];
extern const struct unit_test STATES_TESTS[];
extern const struct unit_test RESOLVE_TESTS[];
extern const struct unit_test ALERT_TESTS[];
extern const struct unit_test EXIT_TESTS[];
extern const struct unit_test ELSEWHERE_TESTS[];
extern const struct unit_test REQUESTS_TESTS[];
extern const struct unit_test ALLOCATIONS_TESTS[];
extern const struct unit_test RATE_TESTS[];
extern const struct unit_test RESUBMITS_TESTS[];
extern const struct unit_test RETRIES_TESTS[];
extern const struct unit_test EDGES_TESTS[];
extern const struct unit_test HOURS_TESTS[];
extern const struct unit_test OBSERVED_TESTS[];
extern const struct unit_test FLAGS_TESTS[];
extern const struct unit_test SEVERAL_TESTS[];
extern const struct unit_test CUT_TESTS[];
extern const struct unit_test INSTANCES_TESTS[];
extern const struct unit_test RESTARTS_TESTS[];
extern const struct unit_test EXEC_TESTS[];
extern const struct unit_test MANNERS_TESTS[];
extern const struct unit_test CONTRACT_TESTS[];
extern const struct unit_test CRASH_TESTS[];
extern const struct unit_test MARKET_TESTS[];
extern const struct unit_test SECURED_TESTS[];
extern const struct unit_test EXERCISED_TESTS[];
extern const struct unit_test VERDICT_TESTS[];
extern const struct unit_test REGISTRATION_TESTS[];
extern const struct unit_test IDLE_TESTS[];
extern const struct unit_test CUNIT_TESTS[];

// Runs CUnit on its own evidence; before unit_run, as a process has one registry.
void cunit_test_prepare(void);

// One piece of evidence and what one check must say of it.
struct row {
    const char *name;
    const char *scenario; // NULL: the table's own
    const char *tale;
    const char *check; // its id; NULL: e
    enum verdict verdict;
    const char *says; // must stand in its text; NULL: there must be no text
    enum integrity integrity;
    unsigned line;  // the first line of the journal that it points at; 0: any
    bool wire_only; // judged as under the exec contract
};

// Judges every row (an array that ends with a row without name).
void rows_judge(const struct row *rows, const char *scenario);

// The smallest scenario around what a test is about: members of the top object, as text with ' for
// ".
#define SCENARIO(members)                                                                          \
    "{'id':'T-01','file':'scenarios/concern/T-01.json','title':'t','operation':'BatchMeterUsage'," \
    "'requirement':{'text':'r','level':'must','basis':'documented','sources':['s']}," members "}"
#define ANY_REQUEST "'rules':[],'exercised':{'requests':{}}"

// Two usages of acme at 09:00 (7 and 5), and an orderly end.
#define ASK "hello\n usage u1 acme 7 9\n done\n"
#define ASK_TWO ASK "usage u2 acme 5 9\n done\n"
#define FINISH "done\n drain\n done\n exit 0 expected\n end done\n"

#endif
