#include "programs/numgate-lab/scope.h"

#include "common/base/banned.h"

static bool read_known(struct str word, struct scope *scope)
{
    if (str_eq(word, STR("openid"))) {
        scope->openid = true;
        return true;
    }
    if (str_eq(word, STR("offline_access"))) {
        scope->offline = true;
        return true;
    }
    return str_eq(word, STR("profile")) || str_eq(word, STR("email"));
}

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                    c == '-' || c == '.';
        if (!fits) {
            return false;
        }
    }
    return name.n > 0 && name.n <= SCOPE_NAME_MAX;
}

static bool read_resource(const struct directory *directory, struct str word, struct scope *scope)
{
    size_t slash = word.n;
    while (slash > 0 && word.p[slash - 1] != '/') {
        slash--;
    }
    struct str name = str_slice(word, slash, word.n);
    if (scope->resource != NULL || slash == 0 || !is_name(name)) {
        return false;
    }
    scope->resource = directory_resource(directory, str_slice(word, 0, slash - 1), &scope->identifier);
    scope->scp = str_eq(name, STR(".default")) ? STR("user_impersonation") : name;
    return scope->resource != NULL;
}

bool scope_read(const struct directory *directory, struct str text, struct scope *ret)
{
    struct scope scope = {0};
    struct str word;
    while (str_split(&text, ' ', &word)) {
        if (!str_empty(word) && !read_known(word, &scope) && !read_resource(directory, word, &scope)) {
            return false;
        }
    }
    *ret = scope;
    return scope.resource != NULL;
}
