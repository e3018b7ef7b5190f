# SPDX-License-Identifier: Apache-2.0
set(sources main.c golden_test.c json_test.c model.c result_test.c table_test.c text_test.c xml_test.c)
