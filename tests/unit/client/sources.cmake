# SPDX-License-Identifier: Apache-2.0
set(sources main.c environment_test.c protocol_test.c)
