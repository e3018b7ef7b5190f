# SPDX-License-Identifier: Apache-2.0
set(sources main.c alone_test.c books_test.c ending_test.c hour_test.c stage.c supports_test.c)
