# SPDX-License-Identifier: Apache-2.0
set(sources main.c)
