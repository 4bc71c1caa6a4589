#include "programs/numgate-lab/m365.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/json/read.h"
#include "common/resolve/rr.h"
#include "programs/numgate-lab/m365_check.h"

#include "common/base/banned.h"

#define FILE_BYTES_MAX ((size_t)4 << 20)
#define MEMORY_MAX     ((size_t)64 << 20)
#define PATH_BYTES     4096

struct table {
    struct m365_domain *items; /* M365_DOMAINS_MAX of them */
    size_t count;
};
struct m365 {
    pthread_mutex_t lock; /* guards the table and the file */
    struct table table;
    char path[PATH_BYTES]; /* empty: nothing is kept */
    struct m365_dns *dns;
};

/* ---- the table ---- */

static struct table table_new(void)
{
    return (struct table){mem_alloc_array(M365_DOMAINS_MAX, sizeof(struct m365_domain)), 0};
}

static struct m365_domain *find(const struct table *table, struct str tenant, struct str name)
{
    for (size_t i = 0; i < table->count; i++) {
        struct m365_domain *domain = &table->items[i];
        if (str_eq_ci(str_of(domain->name), name) && str_eq_ci(str_of(domain->tenant), tenant)) {
            return domain;
        }
    }
    return NULL;
}

static bool is_verified_elsewhere(const struct table *table, struct str tenant, struct str name)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct m365_domain *domain = &table->items[i];
        if (domain->verified && str_eq_ci(str_of(domain->name), name) &&
            !str_eq_ci(str_of(domain->tenant), tenant)) {
            return true;
        }
    }
    return false;
}

static bool inherits(const struct table *table, struct str tenant, struct str name)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct m365_domain *domain = &table->items[i];
        if (domain->verified && str_eq_ci(str_of(domain->tenant), tenant) &&
            !str_eq_ci(str_of(domain->name), name) && rr_below(name, str_of(domain->name))) {
            return true;
        }
    }
    return false;
}

static void set_lower(char *to, struct str from)
{
    for (size_t i = 0; i < from.n; i++) {
        to[i] = from.p[i] >= 'A' && from.p[i] <= 'Z' ? (char)(from.p[i] - 'A' + 'a') : from.p[i];
    }
    to[from.n] = '\0';
}

/* ---- what is allowed ---- */

static enum rc bad(struct err *err, const char *what)
{
    return err_set(err, RC_INVALID, "Request_BadRequest", "%s", what);
}

static enum rc check_name(struct str name, struct err *err)
{
    if (str_absent(name) || !rr_name_valid(name) || str_find(name, '.') < 0) {
        return bad(err, "the name must be a domain name of two labels or more");
    }
    if (name.n > M365_NAME_MAX) {
        return err_set(err, RC_INVALID, "Request_BadRequest",
                       "a domain name may have %d characters; this one has %zu", M365_NAME_MAX, name.n);
    }
    return rr_below(name, STR("onmicrosoft.com")) ? bad(err, "names below onmicrosoft.com cannot be added")
                                                  : RC_OK;
}

static enum rc check_token(struct str token, struct err *err)
{
    bool fits = token.n > 0 && token.n <= M365_TOKEN_MAX;
    for (size_t i = 0; i < token.n && fits; i++) {
        char c = token.p[i];
        fits = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '=' ||
               c == '_' || c == '-';
    }
    return fits ? RC_OK : bad(err, "a token has 1 to 100 letters, digits, \"=\", \"_\" and \"-\"");
}

static void set_token(struct m365_domain *domain, struct str token)
{
    if (str_absent(token)) {
        (void)snprintf(domain->token, sizeof domain->token, "MS=ms%08u",
                       (unsigned)(random_u64() % 100000000U));
        return;
    }
    memcpy(domain->token, token.p, token.n);
    domain->token[token.n] = '\0';
}

/* In place of what the tenant has of that name, or behind all. */
static enum rc table_put(struct table *table, struct str tenant, struct str name, struct str token,
                         bool verified, struct err *err)
{
    enum rc rc = str_is_uuid(tenant) ? check_name(name, err) : bad(err, "the tenant must be a UUID");
    if (rc == RC_OK && !str_absent(token)) {
        rc = check_token(token, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    bool elsewhere = is_verified_elsewhere(table, tenant, name);
    if (verified && elsewhere) {
        return err_set(err, RC_CONFLICT, "Request_BadRequest", "another tenant has it verified");
    }
    struct m365_domain *domain = find(table, tenant, name);
    if (domain == NULL && table->count == M365_DOMAINS_MAX) {
        return err_set(err, RC_LIMIT, "Directory_QuotaExceeded", "the lab holds %d domains",
                       M365_DOMAINS_MAX);
    }
    domain = domain != NULL ? domain : &table->items[table->count++];
    set_lower(domain->tenant, tenant);
    set_lower(domain->name, name);
    set_token(domain, token);
    domain->verified = verified || (!elsewhere && inherits(table, tenant, name));
    return RC_OK;
}

/* ---- as JSON ---- */

static enum rc read_item(struct table *table, const struct json *item, struct err *err)
{
    static const char *const names[] = {"tenantId", "id", "token", "verified"};
    const struct json *values[ARRAY_LEN(names)];
    size_t known = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        values[i] = json_get(item, str_of(names[i]));
        known += values[i] != NULL;
    }
    bool fits = json_type(item) == JSON_OBJECT && json_count(item) == known &&
                (values[2] == NULL || json_type(values[2]) == JSON_STRING) &&
                (values[3] == NULL || json_type(values[3]) == JSON_BOOL);
    if (!fits) {
        return bad(err,
                   "expected is {\"tenantId\": UUID, \"id\": NAME, \"token\": TEXT, \"verified\": false}");
    }
    return table_put(table, json_string(values[0]), json_string(values[1]), json_string(values[2]),
                     json_bool(values[3]), err);
}

static enum rc read_list(struct table *table, const struct json *list, struct err *err)
{
    if (json_type(list) != JSON_ARRAY) {
        return bad(err, "an array of domains is expected");
    }
    for (size_t i = 0; i < json_count(list); i++) {
        enum rc rc = read_item(table, json_at(list, i), err);
        if (rc != RC_OK) {
            err_context(err, "domains[%zu]", i);
            return rc;
        }
    }
    return RC_OK;
}

static void write_list(const struct table *table, struct json_out *out)
{
    json_array_begin(out);
    for (size_t i = 0; i < table->count; i++) {
        const struct m365_domain *domain = &table->items[i];
        json_object_begin(out);
        json_str_member(out, "tenantId", str_of(domain->tenant));
        json_str_member(out, "id", str_of(domain->name));
        json_str_member(out, "token", str_of(domain->token));
        json_bool_member(out, "verified", domain->verified);
        json_object_end(out);
    }
    json_array_end(out);
}

/* ---- the file ---- */

static enum rc save(const struct m365 *m365, const struct table *table, struct err *err)
{
    struct json_out out;
    struct buf text;
    if (m365->path[0] == '\0') {
        return RC_OK;
    }
    buf_init(&text, FILE_BYTES_MAX);
    json_out_init(&out, &text);
    write_list(table, &out);
    ensure(!buf_failed(&text)); /* M365_DOMAINS_MAX of the longest are far less */
    enum rc rc = file_write(m365->path, buf_str(&text), 0600, err);
    buf_clear(&text);
    return rc;
}

static enum rc load(const char *path, struct table *table, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(MEMORY_MAX);
    const struct json *list;
    struct str text;
    if (path[0] == '\0' || (access(path, F_OK) != 0 && errno == ENOENT)) {
        return RC_OK;
    }
    enum rc rc = file_read(path, FILE_BYTES_MAX, mem, &text, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = json_parse(text, mem, &list, err);
    rc = rc == RC_OK ? read_list(table, list, err) : rc;
    if (rc != RC_OK) {
        err_context(err, "%s", path);
    }
    return rc;
}

enum rc m365_open(const char *dir, struct m365_dns *dns, struct m365 **ret, struct err *err)
{
    struct m365 *m365 = mem_alloc(sizeof *m365);
    pthread_mutex_init(&m365->lock, NULL);
    m365->dns = dns;
    m365->table = table_new();
    if (dir != NULL && snprintf(m365->path, PATH_BYTES, "%s/m365.json", dir) >= PATH_BYTES) {
        m365_free(m365);
        return err_set(err, RC_INVALID, NULL, "the name of the state folder is too long");
    }
    enum rc rc = load(m365->path, &m365->table, err);
    if (rc != RC_OK) {
        m365_free(m365);
        return rc;
    }
    *ret = m365;
    return RC_OK;
}

void m365_free(struct m365 *m365)
{
    if (m365 != NULL) {
        mem_free(m365->table.items);
        pthread_mutex_destroy(&m365->lock);
        mem_free(m365);
    }
}

/* ---- changes: on a copy, which takes the table's place once it is kept ---- */

static struct table begin(struct m365 *m365)
{
    struct table copy = table_new();
    pthread_mutex_lock(&m365->lock);
    copy.count = m365->table.count;
    memcpy(copy.items, m365->table.items, copy.count * sizeof copy.items[0]);
    return copy;
}

/* rc is what became of the change so far. */
static enum rc end(struct m365 *m365, struct table *copy, enum rc rc, struct err *err)
{
    rc = rc == RC_OK ? save(m365, copy, err) : rc;
    struct m365_domain *old = rc == RC_OK ? m365->table.items : copy->items;
    if (rc == RC_OK) {
        m365->table = *copy;
    }
    pthread_mutex_unlock(&m365->lock);
    mem_free(old);
    return rc;
}

static enum rc absent(struct str name, struct err *err)
{
    return err_set(err, RC_NOT_FOUND, "Request_ResourceNotFound",
                   "the tenant has not added the domain \"%" STR_FMT "\"", STR_ARG(str_slice(name, 0, 100)));
}

enum rc m365_add(struct m365 *m365, struct str tenant, struct str name, struct m365_domain *ret,
                 struct err *err)
{
    struct table copy = begin(m365);
    enum rc rc = find(&copy, tenant, name) != NULL
                     ? err_set(err, RC_CONFLICT, "ObjectConflict", "the tenant has added this domain already")
                     : table_put(&copy, tenant, name, STR_NONE, false, err);
    if (rc == RC_OK) {
        *ret = copy.items[copy.count - 1];
    }
    return end(m365, &copy, rc, err);
}

enum rc m365_verify(struct m365 *m365, struct str tenant, struct str name, struct m365_domain *ret,
                    struct err *err)
{
    struct table copy = begin(m365);
    struct m365_domain *domain = find(&copy, tenant, name);
    enum rc rc = RC_OK;
    if (domain == NULL) {
        rc = absent(name, err);
    } else if (is_verified_elsewhere(&copy, tenant, name)) {
        rc = err_set(err, RC_CONFLICT, "Request_BadRequest",
                     "another tenant has this domain verified; it has to be deleted there first");
    } else {
        domain->verified = true;
        *ret = *domain;
    }
    return end(m365, &copy, rc, err);
}

enum rc m365_drop(struct m365 *m365, struct str tenant, struct str name, struct err *err)
{
    struct table copy = begin(m365);
    struct m365_domain *domain = find(&copy, tenant, name);
    if (domain == NULL) {
        return end(m365, &copy, absent(name, err), err);
    }
    size_t behind = (size_t)(&copy.items[copy.count] - domain) - 1;
    memmove(domain, domain + 1, behind * sizeof *domain);
    copy.count--;
    return end(m365, &copy, RC_OK, err);
}

enum rc m365_put(struct m365 *m365, const struct json *list, struct err *err)
{
    struct table copy = begin(m365);
    return end(m365, &copy, read_list(&copy, list, err), err);
}

enum rc m365_reset(struct m365 *m365, struct err *err)
{
    struct table copy = begin(m365);
    m365_dns_forget(m365->dns);
    copy.count = 0;
    return end(m365, &copy, RC_OK, err);
}

/* ---- looks ---- */

enum rc m365_find(struct m365 *m365, struct str tenant, struct str name, struct m365_domain *ret,
                  struct err *err)
{
    pthread_mutex_lock(&m365->lock);
    const struct m365_domain *domain = find(&m365->table, tenant, name);
    enum rc rc = domain == NULL ? absent(name, err) : RC_OK;
    if (domain != NULL) {
        *ret = *domain;
    }
    pthread_mutex_unlock(&m365->lock);
    return rc;
}

bool m365_inherits(struct m365 *m365, const struct m365_domain *domain)
{
    pthread_mutex_lock(&m365->lock);
    bool found = inherits(&m365->table, str_of(domain->tenant), str_of(domain->name));
    pthread_mutex_unlock(&m365->lock);
    return found;
}

enum rc m365_list(struct m365 *m365, struct str tenant, struct arena *mem, const struct m365_domain **ret,
                  size_t *ret_count, struct err *err)
{
    size_t count = 0;
    pthread_mutex_lock(&m365->lock);
    struct m365_domain *list = arena_alloc_array(mem, m365->table.count, sizeof *list);
    for (size_t i = 0; i < m365->table.count && list != NULL; i++) {
        if (str_eq_ci(str_of(m365->table.items[i].tenant), tenant)) {
            list[count++] = m365->table.items[i];
        }
    }
    bool fits = list != NULL || m365->table.count == 0;
    pthread_mutex_unlock(&m365->lock);
    *ret = list;
    *ret_count = count;
    return fits ? RC_OK : err_set(err, RC_LIMIT, "Request_BadRequest", "too many domains for one answer");
}

/* ---- as a part of the lab's state ---- */

static enum rc part_reset(void *arg, struct err *err)
{
    return m365_reset(arg, err);
}

static void part_snapshot(void *arg, struct json_out *out)
{
    struct m365 *m365 = arg;
    pthread_mutex_lock(&m365->lock);
    write_list(&m365->table, out);
    pthread_mutex_unlock(&m365->lock);
}

static enum rc part_restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    struct table fresh = table_new();
    enum rc rc = read_list(&fresh, value, err);
    mem_free(fresh.items);
    if (rc != RC_OK || !apply) {
        return rc;
    }
    rc = m365_reset(arg, err);
    return rc == RC_OK ? m365_put(arg, value, err) : rc;
}

struct part m365_part(struct m365 *m365)
{
    return (struct part){"domains", m365, part_reset, part_snapshot, part_restore};
}
