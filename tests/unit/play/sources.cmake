# SPDX-License-Identifier: Apache-2.0
set(sources main.c alone_test.c attached_test.c books_test.c ending_test.c hour_test.c instances_test.c market_test.c notice_test.c page_test.c stage.c supports_test.c tripwire_test.c)
