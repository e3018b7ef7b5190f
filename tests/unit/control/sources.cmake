# SPDX-License-Identifier: Apache-2.0
set(sources main.c counter.c desk_test.c guard_test.c history_test.c journal_test.c wait_test.c)
