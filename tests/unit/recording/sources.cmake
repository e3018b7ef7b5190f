# SPDX-License-Identifier: Apache-2.0
set(sources main.c compare_test.c content_test.c form_test.c gaps_test.c replay_test.c schedule_test.c)
