# SPDX-License-Identifier: Apache-2.0
set(sources main.c disk_test.c journal_test.c scratch.c secrets_test.c)
