# SPDX-License-Identifier: Apache-2.0
set(sources main.c ledger_test.c region_test.c)
