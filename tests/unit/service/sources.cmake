# SPDX-License-Identifier: Apache-2.0
set(sources main.c fixture.c batch_test.c cloudtrail_test.c jwt_test.c ledger_test.c meter_test.c
  quota_test.c region_test.c register_test.c rejection_test.c reply_test.c
  resolve_test.c world_test.c)
