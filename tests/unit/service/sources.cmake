# SPDX-License-Identifier: Apache-2.0
set(sources main.c fixture.c ledger_test.c region_test.c resolve_test.c world_test.c)
