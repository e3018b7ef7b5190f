// SPDX-License-Identifier: Apache-2.0
// What most tables of expectations are written with: a scenario with the one expectation "e".
#ifndef TESTS_UNIT_ORACLE_EXPECTS_H
#define TESTS_UNIT_ORACLE_EXPECTS_H

#include "tests/unit/oracle/oracle_tests.h"

// Steps are numbered as the tale has them.
#define EXPECTS(steps, expectation)                                                                \
    SCENARIO("'steps':[" steps "],'expect':[{'id':'e'," expectation "}]," ANY_REQUEST)
#define U1 "{'n':1,'verb':'usage','id':'u1'}"
#define U12 U1 ",{'n':2,'verb':'usage','id':'u2'}"

// How a finding calls u1 of ASK.
#define KEY_1 "u1 (acme, requests, 2026-11-18T09:00Z): "

#endif
