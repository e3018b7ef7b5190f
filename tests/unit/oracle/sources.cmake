# SPDX-License-Identifier: Apache-2.0
set(sources main.c alert_test.c allocations_test.c claims_test.c contract_test.c crash_test.c
  cunit_test.c cut_test.c edges_test.c elsewhere_test.c exec_test.c exercised_test.c exit_test.c
  flags_test.c hours_test.c idle_test.c instances_test.c ledger_test.c manners_test.c market_test.c
  money_test.c observed_test.c rate_test.c registration_test.c requests_test.c resolve_test.c
  restarts_test.c resubmits_test.c retries_test.c rows.c secured_test.c several_test.c states_test.c
  tale.c verdict_test.c)
