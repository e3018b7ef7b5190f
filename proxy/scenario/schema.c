// SPDX-License-Identifier: Apache-2.0
// The JSON Schema (draft 2020-12) of the format: one definition per type of the vocabulary. It is
// for editors; the checker knows more (names, phases, order) than a schema can say.
#include "proxy/scenario/vocabulary.h"

static void quoted(struct buf *out, const char *text)
{
    buf_add_json_string(out, span_of(text));
}

static void reference(struct buf *out, enum type type)
{
    buf_addf(out, "{\"$ref\": \"#/$defs/%s\"}", type_row(type)->name);
}

static void words(struct buf *out, const char *list)
{
    struct span rest = span_of(list);
    buf_add_text(out, "\"enum\": [");
    while (rest.at != NULL) {
        buf_add_json_string(out, span_cut(&rest, '|'));
        buf_add_text(out, rest.at == NULL ? "" : ", ");
    }
    buf_add_char(out, ']');
}

static void text_schema(struct buf *out, const struct type_row *row)
{
    if (row->words != NULL && row->words[0] != '^') {
        words(out, row->words);
        return;
    }
    buf_addf(out, "\"type\": \"string\", \"minLength\": %.0f", row->min);
    if (row->words != NULL) {
        buf_add_text(out, ", \"pattern\": ");
        quoted(out, row->words);
    }
}

static void number_schema(struct buf *out, const struct type_row *row)
{
    buf_addf(out, "\"type\": \"%s\", \"minimum\": %.12g, \"maximum\": %.12g",
             row->form == FORM_INTEGER ? "integer" : "number", row->min, row->max);
}

static void list_schema(struct buf *out, const struct type_row *row)
{
    buf_addf(out,
             "\"type\": \"array\", \"minItems\": %.0f, \"maxItems\": %.0f, \"items\": ", row->min,
             row->max);
    reference(out, row->item);
}

static void map_schema(struct buf *out, const struct type_row *row)
{
    buf_addf(out, "\"type\": \"object\", \"minProperties\": %.0f, \"maxProperties\": %.0f, ",
             row->min, row->max);
    if (row->other != TYPE_NONE) {
        buf_add_text(out, "\"propertyNames\": ");
        reference(out, row->other);
        buf_add_text(out, ", ");
    }
    buf_add_text(out, "\"additionalProperties\": ");
    reference(out, row->item);
}

static void either_schema(struct buf *out, const struct type_row *row)
{
    buf_add_text(out, "\"anyOf\": [");
    reference(out, row->item);
    buf_add_text(out, ", ");
    reference(out, row->other);
    buf_add_char(out, ']');
}

static void property(struct buf *out, size_t *written, const char *name, enum type type,
                     const char *help)
{
    buf_add_text(out, (*written)++ == 0 ? "\n      " : ",\n      ");
    quoted(out, name);
    buf_addf(out, ": {\"$ref\": \"#/$defs/%s\", \"description\": ", type_row(type)->name);
    quoted(out, help);
    buf_add_char(out, '}');
}

static void properties(struct buf *out, enum type type, const struct verb_table *verbs)
{
    size_t written = 0;
    size_t count = 0;
    const struct field_row *fields = field_rows(&count);
    buf_add_text(out, "\"properties\": {");
    for (size_t i = 0; verbs != NULL && i < verbs->count; i++) {
        property(out, &written, verbs->rows[i].name, verbs->rows[i].type, verbs->rows[i].help);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].owner == type) {
            property(out, &written, fields[i].key, fields[i].type, fields[i].help);
        }
    }
    buf_add_text(out, written == 0 ? "}" : "\n    }");
}

static void required(struct buf *out, enum type type)
{
    size_t written = 0;
    size_t count = 0;
    const struct field_row *fields = field_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].owner == type && fields[i].required) {
            buf_add_text(out, written++ == 0 ? ", \"required\": [" : ", ");
            quoted(out, fields[i].key);
        }
    }
    buf_add_text(out, written == 0 ? "" : "]");
}

// Exactly one of the verbs, which additional keys may surround.
static void one_verb(struct buf *out, const struct verb_table *verbs)
{
    buf_add_text(out, ", \"oneOf\": [");
    for (size_t i = 0; i < verbs->count; i++) {
        buf_addf(out, "%s{\"required\": [\"%s\"]}", i == 0 ? "" : ", ", verbs->rows[i].name);
    }
    buf_add_char(out, ']');
}

static void object_schema(struct buf *out, enum type type)
{
    const struct type_row *row = type_row(type);
    const struct verb_table *verbs = row->form == FORM_OBJECT ? NULL : verb_table_of(row->form);
    buf_add_text(out, "\"type\": \"object\", ");
    if (row->max > 0 && row->min > 0) {
        buf_addf(out, "\"minProperties\": %.0f, ", row->min);
    }
    if (type == TYPE_DELAY_OBJECT) {
        buf_addf(out, "\"maxProperties\": %.0f, ", row->max);
    }
    buf_add_text(out, "\"additionalProperties\": false, ");
    properties(out, type, verbs);
    required(out, type);
    if (verbs != NULL && row->form != FORM_EXPECTS) {
        one_verb(out, verbs);
    }
}

static void body(struct buf *out, enum type type)
{
    const struct type_row *row = type_row(type);
    switch (row->form) {
    case FORM_ANY:
        break;
    case FORM_NOTHING:
        buf_add_text(out, "\"type\": \"null\"");
        break;
    case FORM_BOOL:
        buf_add_text(out, "\"type\": \"boolean\"");
        break;
    case FORM_INTEGER:
    case FORM_NUMBER:
        number_schema(out, row);
        break;
    case FORM_TEXT:
        text_schema(out, row);
        break;
    case FORM_LIST:
        list_schema(out, row);
        break;
    case FORM_MAP:
        map_schema(out, row);
        break;
    case FORM_EITHER:
        either_schema(out, row);
        break;
    case FORM_OBJECT:
    case FORM_STEP:
    case FORM_ACTION:
    case FORM_EXPECT:
    case FORM_EXPECTS:
        object_schema(out, type);
        break;
    }
}

// Where a variable or `{i}` may stand, the value's own grammar holds only after it is replaced.
static void definition(struct buf *out, enum type type)
{
    buf_addf(out, "    \"%s\": {\"anyOf\": [{\"$ref\": \"#/$defs/variable\"}, {",
             type_row(type)->name);
    body(out, type);
    buf_add_text(out, "}]}");
}

void scenario_print_schema(struct buf *out)
{
    buf_add_text(out, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                      "  \"title\": \"Meterprover scenario, format 1\",\n"
                      "  \"$ref\": \"#/$defs/CASE\",\n  \"$defs\": {\n"
                      "    \"variable\": {\"type\": \"string\", \"pattern\": "
                      "\"^[$]|[{][A-Za-z][A-Za-z0-9_]*[}]\"}");
    for (unsigned i = TYPE_NONE + 1; i < TYPE_COUNT_OF_TYPES; i++) {
        buf_add_text(out, ",\n");
        definition(out, (enum type)i);
    }
    buf_add_text(out, "\n  }\n}\n");
}
