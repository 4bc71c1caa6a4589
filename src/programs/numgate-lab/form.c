#include "programs/numgate-lab/form.h"

#include "common/base/mem.h"
#include "common/jose/jose.h"

#include "common/base/banned.h"

/* One name or value. Decoded text is never longer than the encoded. */
static bool decode(struct str text, struct arena *mem, struct str *ret)
{
    char *out = arena_alloc(mem, text.n + 1);
    size_t n = 0;
    if (out == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++, n++) {
        out[n] = text.p[i] == '+' ? ' ' : text.p[i];
        if (text.p[i] == '%') {
            if (!str_to_hex(str_slice(text, i + 1, i + 3), (uint8_t *)&out[n], 1)) {
                return false;
            }
            i += 2;
        }
        if (out[n] == '\0') {
            return false;
        }
    }
    *ret = (struct str){out, n};
    return str_is_utf8(*ret);
}

static bool decode_field(struct str part, struct arena *mem, struct form_field *ret)
{
    ptrdiff_t equals = str_find(part, '=');
    size_t name_end = equals < 0 ? part.n : (size_t)equals;
    return decode(str_slice(part, 0, name_end), mem, &ret->name) &&
           decode(str_slice(part, equals < 0 ? part.n : name_end + 1, part.n), mem, &ret->value);
}

enum rc form_parse(struct str body, struct arena *mem, struct form *ret, struct err *err)
{
    struct form form = {arena_alloc_array(mem, FORM_FIELDS_MAX, sizeof(struct form_field)), 0};
    struct str part;
    if (form.fields == NULL) {
        return err_set(err, RC_LIMIT, NULL, "the request is too large");
    }
    while (str_split(&body, '&', &part)) {
        if (str_empty(part)) {
            continue;
        }
        if (form.count == FORM_FIELDS_MAX) {
            return err_set(err, RC_INVALID, NULL, "the form has more than %d fields", FORM_FIELDS_MAX);
        }
        if (!decode_field(part, mem, &form.fields[form.count++])) {
            return err_set(err, RC_INVALID, NULL, "field %zu of the form cannot be decoded", form.count);
        }
    }
    *ret = form;
    return RC_OK;
}

struct str form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (str_eq(form->fields[i].name, str_of(name))) {
            return form->fields[i].value;
        }
    }
    return STR_NONE;
}

size_t form_count(const struct form *form, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < form->count; i++) {
        count += str_eq(form->fields[i].name, str_of(name));
    }
    return count;
}

/* Plain base64 (RFC 4648 section 4), turned into the URL-safe form that common/jose reads. */
static bool decode_base64(struct str text, struct arena *mem, struct str *ret)
{
    char *url = arena_alloc(mem, text.n + 1);
    if (url == NULL || text.n % 4 != 0) {
        return false;
    }
    for (int pad = 0; pad < 2 && str_ends(text, STR("=")); pad++) {
        text.n--;
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '-' || c == '_') {
            return false;
        }
        url[i] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return jose_base64url_decode((struct str){url, text.n}, mem, ret);
}

bool form_basic(struct str authorization, struct arena *mem, struct str *ret_id, struct str *ret_secret)
{
    static const struct str scheme = {"Basic ", 6};
    struct str pair;
    if (authorization.n <= scheme.n || !str_eq_ci(str_slice(authorization, 0, scheme.n), scheme)) {
        return false;
    }
    if (!decode_base64(str_trim(str_slice(authorization, scheme.n, authorization.n)), mem, &pair)) {
        return false;
    }
    ptrdiff_t colon = str_find(pair, ':');
    return colon > 0 && decode(str_slice(pair, 0, (size_t)colon), mem, ret_id) &&
           decode(str_slice(pair, (size_t)colon + 1, pair.n), mem, ret_secret);
}

bool form_is_sent(struct str content_type)
{
    struct str type = {"", 0};
    (void)str_split(&content_type, ';', &type);
    return str_eq_ci(str_trim(type), STR("application/x-www-form-urlencoded"));
}
