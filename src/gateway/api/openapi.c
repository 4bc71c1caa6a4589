#include "gateway/api/openapi.h"

#include <stdio.h>

#include "common/json/write.h"
#include "gateway/api/path.h"

#include "common/base/banned.h"

/* ---- small pieces ---- */

static void put_text(struct json_out *out, const char *name, const char *value)
{
    json_str_member(out, name, str_of(value));
}

static void put_ref(struct json_out *out, const char *kind, const char *name)
{
    char ref[160];
    (void)snprintf(ref, sizeof ref, "#/components/%s/%s", kind, name);
    put_text(out, "$ref", ref);
}

static void begin(struct json_out *out, const char *name)
{
    json_name(out, str_of(name));
    json_object_begin(out);
}

/* ---- parameters of queries and headers ---- */

struct parameter {
    const char *name, *in;
    unsigned flags; /* of the routes that have it */
    const char *type, *format, *doc;
    const char *extra; /* one more member of the schema, or NULL */
    int extra_value;
};
static const struct parameter parameters[] = {
    {"api-version", "query", ROUTE_CONTRACT, "string", NULL, "The version of the contract the client speaks.",
     "minLength", 1},
    {"top", "query", ROUTE_LIST, "integer", "int32", "The most items the whole list may have.", NULL, 0},
    {"skip", "query", ROUTE_LIST, "integer", "int32", "Matches to pass over first.", "default", 0},
    {"maxpagesize", "query", ROUTE_LIST | ROUTE_PAGED, "integer", "int32",
     "The most items a page may have; 200 unless said, never over 500.", NULL, 0},
    {"filter", "query", ROUTE_LIST, "string", NULL,
     "Which items: eq ne gt ge lt le and or not (), startswith, contains.", NULL, 0},
    {"countRecords", "query", ROUTE_LIST, "boolean", NULL,
     "Whether x-ms-record-count shall give the number of matches.", NULL, 0},
    {"deleteNumbers", "query", ROUTE_DELETE_NUMBERS, "boolean", NULL,
     "Whether the numbers go with the account.", NULL, 0},
    {"Repeatability-Request-ID", "header", ROUTE_REPEATABLE, "string", NULL,
     "The client's id for this request, the same in each repetition.", NULL, 0},
    {"Repeatability-First-Sent", "header", ROUTE_REPEATABLE, "string", "http-date",
     "When the request was sent for the first time.", NULL, 0},
    {"If-Match", "header", ROUTE_CONDITIONS, "string", NULL,
     "Only when the resource still has one of these ETags.", NULL, 0},
    {"If-None-Match", "header", ROUTE_CONDITIONS, "string", NULL,
     "Only when the resource has none of these ETags.", NULL, 0},
    {"If-Unmodified-Since", "header", ROUTE_CONDITIONS, "string", "http-date",
     "Only when the resource has not changed since.", NULL, 0},
    {"If-Modified-Since", "header", ROUTE_CONDITIONS, "string", "http-date",
     "Only when the resource has changed since.", NULL, 0},
    {"x-ms-client-request-id", "header", ROUTE_CONTRACT, "string", "uuid",
     "An id of the client's for this request; it comes back.", NULL, 0},
};

static void write_parameter(struct json_out *out, const struct parameter *parameter)
{
    begin(out, parameter->name);
    put_text(out, "name", parameter->name);
    put_text(out, "in", parameter->in);
    json_bool_member(out, "required", strcmp(parameter->name, "api-version") == 0);
    put_text(out, "description", parameter->doc);
    begin(out, "schema");
    put_text(out, "type", parameter->type);
    put_text(out, "format", parameter->format);
    if (parameter->extra != NULL) {
        json_i64_member(out, parameter->extra, parameter->extra_value);
    }
    json_object_end(out);
    json_object_end(out);
}

static void write_parameter_refs(struct json_out *out, const struct route *route)
{
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
        if (route->flags & parameters[i].flags) {
            json_object_begin(out);
            put_ref(out, "parameters", parameters[i].name);
            json_object_end(out);
        }
    }
}

/* ---- schemas ---- */

static void write_length(struct json_out *out, const char *min_name, const char *max_name,
                         const struct field *field)
{
    if (field->length_min > 0) {
        json_i64_member(out, min_name, field->length_min);
    }
    if (field->contract_max) {
        json_i64_member(out, max_name, field->length_max);
    }
}

static void write_names(struct json_out *out, const struct field *field)
{
    put_text(out, "type", "string");
    json_name(out, STR("x-extensible-enum"));
    json_array_begin(out);
    for (size_t i = 0; field->names[i] != NULL; i++) {
        json_put_str(out, str_of(field->names[i]));
    }
    json_array_end(out);
}

static void write_items(struct json_out *out, const struct field *field)
{
    put_text(out, "type", "array");
    begin(out, "items");
    if (field->schema != NULL) {
        put_ref(out, "schemas", field->schema->name);
    } else {
        put_text(out, "type", "string");
    }
    json_object_end(out);
    write_length(out, "minItems", "maxItems", field);
}

static void write_part(struct json_out *out, const struct field *field)
{
    json_name(out, STR("allOf"));
    json_array_begin(out);
    json_object_begin(out);
    put_ref(out, "schemas", field->schema->name);
    json_object_end(out);
    json_array_end(out);
}

static void write_type(struct json_out *out, const struct field *field)
{
    static const char *const types[] = {
        [FIELD_STRING] = "string", [FIELD_BOOL] = "boolean", [FIELD_INT64] = "integer",
        [FIELD_DATE] = "string",   [FIELD_E164] = "string",  [FIELD_JSON] = "object"};
    switch (field->type) {
    case FIELD_ENUM:
        write_names(out, field);
        return;
    case FIELD_STRINGS:
    case FIELD_PARTS:
        write_items(out, field);
        return;
    case FIELD_PART:
        write_part(out, field);
        return;
    default:
        put_text(out, "type", types[field->type]);
        put_text(out, "format",
                 field->type == FIELD_INT64  ? "int64"
                 : field->type == FIELD_DATE ? "date-time"
                                             : NULL);
        if (field->type != FIELD_INT64 && field->type != FIELD_BOOL && field->type != FIELD_JSON) {
            write_length(out, "minLength", "maxLength", field);
        }
        put_text(out, "pattern", field->pattern != NULL ? field->pattern->regex : NULL);
        if (field->type == FIELD_BOOL && field->flags & FIELD_ALWAYS && !(field->flags & FIELD_READ_ONLY)) {
            json_bool_member(out, "default", false);
        }
    }
}

static void write_field(struct json_out *out, const struct field *field)
{
    begin(out, field->name);
    write_type(out, field);
    if (field->flags & FIELD_READ_ONLY) {
        json_bool_member(out, "readOnly", true);
    }
    put_text(out, "description", field->doc);
    json_object_end(out);
}

static void write_required(struct json_out *out, const struct schema *schema)
{
    bool any = false;
    for (size_t i = 0; i < schema->field_count; i++) {
        if (!(schema->fields[i].flags & FIELD_REQUIRED)) {
            continue;
        }
        if (!any) {
            json_name(out, STR("required"));
            json_array_begin(out);
            any = true;
        }
        json_put_str(out, str_of(schema->fields[i].name));
    }
    if (any) {
        json_array_end(out);
    }
}

static void write_schema(struct json_out *out, const struct schema *schema)
{
    begin(out, schema->name);
    put_text(out, "type", "object");
    put_text(out, "description", schema->doc);
    write_required(out, schema);
    begin(out, "properties");
    for (size_t i = 0; i < schema->field_count; i++) {
        write_field(out, &schema->fields[i]);
    }
    json_object_end(out);
    json_object_end(out);
}

/* ---- operations ---- */

static void write_header(struct json_out *out, const char *name, const char *type, const char *format)
{
    begin(out, name);
    begin(out, "schema");
    put_text(out, "type", type);
    put_text(out, "format", format);
    json_object_end(out);
    json_object_end(out);
}

static void write_repeatability_header(struct json_out *out)
{
    begin(out, "Repeatability-Result");
    begin(out, "schema");
    put_text(out, "type", "string");
    json_name(out, STR("enum"));
    json_array_begin(out);
    json_put_str(out, STR("accepted"));
    json_put_str(out, STR("rejected"));
    json_array_end(out);
    json_object_end(out);
    json_object_end(out);
}

static void write_success_headers(struct json_out *out, const struct route *route)
{
    begin(out, "headers");
    if (route->flags & ROUTE_LIST) {
        write_header(out, "x-ms-record-count", "integer", "int32");
    }
    if (route->flags & ROUTE_REPEATABLE) {
        write_repeatability_header(out);
    }
    if (route->flags & ROUTE_CONDITIONS && route->output != NULL) {
        write_header(out, "ETag", "string", NULL);
        write_header(out, "Last-Modified", "string", "http-date");
    }
    if (route->flags & ROUTE_CONTRACT) {
        write_header(out, "x-ms-client-request-id", "string", "uuid");
    }
    write_header(out, "x-ms-request-id", "string", "uuid");
    json_object_end(out);
}

static void write_page_schema(struct json_out *out, const struct route *route)
{
    put_text(out, "type", "object");
    json_name(out, STR("required"));
    json_array_begin(out);
    json_put_str(out, STR("value"));
    json_array_end(out);
    begin(out, "properties");
    begin(out, "value");
    put_text(out, "type", "array");
    begin(out, "items");
    put_ref(out, "schemas", route->output->name);
    json_object_end(out);
    json_object_end(out);
    begin(out, "nextLink");
    put_text(out, "type", "string");
    put_text(out, "format", "uri");
    put_text(out, "description", "Where the list goes on; not there on the last page.");
    json_object_end(out);
    json_object_end(out);
}

static void write_content(struct json_out *out, const char *type, const struct route *route,
                          const struct schema *schema)
{
    begin(out, "content");
    begin(out, type);
    begin(out, "schema");
    if (route->flags & (ROUTE_LIST | ROUTE_PAGED) && schema == route->output) {
        write_page_schema(out, route);
    } else {
        put_ref(out, "schemas", schema->name);
    }
    json_object_end(out);
    json_object_end(out);
    json_object_end(out);
}

static void write_success(struct json_out *out, const struct route *route, int status)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%d", status);
    begin(out, name);
    put_text(out, "description",
             status == 201   ? "Created."
             : status == 204 ? "Done; there is no body."
                             : "Done.");
    write_success_headers(out, route);
    if (route->output != NULL && status != 204) {
        write_content(out, "application/json", route, route->output);
    }
    json_object_end(out);
}

static void write_failure(struct json_out *out, const struct route *route)
{
    begin(out, "default");
    put_text(out, "description", "Anything else; see the code.");
    begin(out, "headers");
    write_header(out, "x-ms-error-code", "string", NULL);
    write_header(out, "x-ms-request-id", "string", "uuid");
    json_object_end(out);
    write_content(out, "application/json", route, &schema_error_response);
    json_object_end(out);
}

static void write_path_parameter(struct json_out *out, const struct path_param *param)
{
    json_object_begin(out);
    json_str_member(out, "name", param->name);
    put_text(out, "in", "path");
    json_bool_member(out, "required", true);
    begin(out, "schema");
    put_text(out, "type", "string");
    put_text(out, "pattern", param->regex);
    json_i64_member(out, "minLength", param->length_min);
    if (param->length_max > 0) {
        json_i64_member(out, "maxLength", param->length_max);
    }
    json_object_end(out);
    json_object_end(out);
}

static void write_path_parameters(struct json_out *out, const struct route *route)
{
    struct str rest = str_of(route->path), part;
    (void)str_split(&rest, '{', &part);
    while (str_split(&rest, '{', &part)) {
        const struct path_param *param = path_param_find(str_slice(part, 0, (size_t)str_find(part, '}')));
        if (param != NULL) {
            write_path_parameter(out, param);
        }
    }
}

static void write_own_query(struct json_out *out, const struct route *route)
{
    for (size_t i = 0; route->query != NULL && route->query[i] != NULL; i++) {
        json_object_begin(out);
        put_text(out, "name", route->query[i]);
        put_text(out, "in", "query");
        begin(out, "schema");
        put_text(out, "type", "string");
        json_object_end(out);
        json_object_end(out);
    }
}

/* Where one role alone will do it is named; the Admin role has all of them. */
static void write_role(struct json_out *out, const struct route *route)
{
    bool one = route->roles != 0 && (route->roles & (route->roles - 1)) == 0;
    put_text(out, "x-numgate-role", one ? auth_role_name((enum role)route->roles, false) : NULL);
}

static void write_file_body(struct json_out *out)
{
    static const char *const types[] = {"text/csv", "application/x-ndjson"};
    begin(out, "requestBody");
    json_bool_member(out, "required", true);
    begin(out, "content");
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        begin(out, types[i]);
        begin(out, "schema");
        put_text(out, "type", "string");
        json_object_end(out);
        json_object_end(out);
    }
    json_object_end(out);
    json_object_end(out);
}

static void write_operation(struct json_out *out, const struct route *route)
{
    static const char *const methods[] = {"get", "head", "post", "put", "patch", "delete", "options"};
    begin(out, methods[route->method]);
    put_text(out, "operationId", route->operation);
    put_text(out, "summary", route->summary);
    write_role(out, route);
    json_name(out, STR("parameters"));
    json_array_begin(out);
    write_path_parameters(out, route);
    write_parameter_refs(out, route);
    write_own_query(out, route);
    json_array_end(out);
    if (route->flags & ROUTE_FILE) {
        write_file_body(out);
    }
    if (route->input != NULL) {
        begin(out, "requestBody");
        json_bool_member(out, "required", true);
        write_content(out, route->flags & ROUTE_MERGE ? "application/merge-patch+json" : "application/json",
                      route, route->input);
        json_object_end(out);
    }
    begin(out, "responses");
    for (size_t i = 0; i < ARRAY_LEN(route->statuses) && route->statuses[i] != 0; i++) {
        write_success(out, route, route->statuses[i]);
    }
    write_failure(out, route);
    json_object_end(out);
    json_object_end(out);
}

/* Routes of one path stand together in the document, in whatever order the tables have them. */
static bool is_first_of_path(const struct route_table *table, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(table->routes[i].path, table->routes[at].path) == 0) {
            return false;
        }
    }
    return true;
}

static void write_paths(struct json_out *out, const struct route_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!is_first_of_path(table, i)) {
            continue;
        }
        begin(out, table->routes[i].path);
        for (size_t k = i; k < table->count; k++) {
            if (strcmp(table->routes[k].path, table->routes[i].path) == 0) {
                write_operation(out, &table->routes[k]);
            }
        }
        json_object_end(out);
    }
}

static void write_schemas(struct json_out *out, const struct schema *const *list)
{
    for (size_t i = 0; list[i] != NULL; i++) {
        write_schema(out, list[i]);
    }
}

static void write_components(struct json_out *out, const struct openapi_info *info)
{
    begin(out, "components");
    begin(out, "parameters");
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
        write_parameter(out, &parameters[i]);
    }
    json_object_end(out);
    begin(out, "schemas");
    write_schemas(out, schemas);
    for (size_t i = 0; info->schemas[i] != NULL; i++) {
        write_schemas(out, info->schemas[i]);
    }
    json_object_end(out);
    json_object_end(out);
}

void openapi_write(const struct openapi_info *info, const struct route_table *const *tables, struct buf *buf)
{
    struct json_out out;
    json_out_init(&out, buf);
    json_object_begin(&out);
    put_text(&out, "openapi", "3.0.3");
    begin(&out, "info");
    put_text(&out, "title", info->title);
    put_text(&out, "version", info->version);
    put_text(&out, "description", info->description);
    json_object_end(&out);
    begin(&out, "paths");
    for (size_t t = 0; tables[t] != NULL; t++) {
        write_paths(&out, tables[t]);
    }
    json_object_end(&out);
    write_components(&out, info);
    json_object_end(&out);
}
