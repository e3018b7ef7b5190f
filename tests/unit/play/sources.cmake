# SPDX-License-Identifier: Apache-2.0
set(sources main.c hour_test.c stage.c)
