# SPDX-License-Identifier: Apache-2.0
set(sources main.c allocations_test.c billing_test.c claims_test.c cunit_test.c cut_test.c edges_test.c
  exec_test.c exercised_test.c expect_test.c flags_test.c hours_test.c idle_test.c instances_test.c
  manners_test.c market_test.c money_test.c observed_test.c rate_test.c registration_test.c
  requests_test.c restarts_test.c resubmits_test.c retries_test.c rows.c secured_test.c
  several_test.c tale.c verdict_test.c)
