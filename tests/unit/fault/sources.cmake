# SPDX-License-Identifier: Apache-2.0
set(sources delay_test.c intake_test.c main.c pace_test.c plan.c rewrite_test.c)
