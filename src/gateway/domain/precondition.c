/* An entity tag of ours is two decimal numbers, "17.42" in quotes. The parser takes every well-formed tag of
 * RFC 9110 section 8.8.3, since a client may send one it has from elsewhere: such a tag equals nothing.
 * Whether a tag was weak is forgotten on purpose (see the header). A list with nothing in it is malformed: a
 * condition that cannot be checked is never ignored. */
#include "gateway/domain/precondition.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/banned.h"

/* ---- text ---- */

struct str etag_text(struct etag etag, char text[ETAG_TEXT_MAX])
{
    int n = snprintf(text, ETAG_TEXT_MAX, "\"%" PRIu64 ".%" PRIu64 "\"", etag.configuration, etag.status);
    return (struct str){text, (size_t)n};
}

/* `quoted` is a tag with its quotes. Only the exact text that etag_text() makes is ours ("1.02" is not
 * "1.2"). */
static struct etag etag_of(struct str quoted)
{
    struct etag etag = {.foreign = true};
    char text[ETAG_TEXT_MAX];
    struct str inner = str_slice(quoted, 1, quoted.n - 1);
    ptrdiff_t dot = str_find(inner, '.');
    if (dot < 0 || !str_to_u64(str_slice(inner, 0, (size_t)dot), UINT64_MAX, &etag.configuration) ||
        !str_to_u64(str_slice(inner, (size_t)dot + 1, inner.n), UINT64_MAX, &etag.status)) {
        return etag;
    }
    etag.foreign = !str_eq(quoted, etag_text(etag, text));
    return etag;
}

static bool is_tag_char(char c)
{
    unsigned char u = (unsigned char)c;
    return u == 0x21 || (u >= 0x23 && u <= 0x7E) || u >= 0x80;
}

/* Takes an entity tag off the front of *rest. */
static bool take_tag(struct str *rest, struct etag *ret)
{
    size_t begin = str_starts(*rest, STR("W/")) ? 2 : 0;
    size_t end = begin + 1;
    if (begin >= rest->n || rest->p[begin] != '"') {
        return false;
    }
    while (end < rest->n && is_tag_char(rest->p[end])) {
        end++;
    }
    if (end >= rest->n || rest->p[end] != '"') {
        return false;
    }
    *ret = etag_of(str_slice(*rest, begin, end + 1));
    *rest = str_slice(*rest, end + 1, rest->n);
    return true;
}

static size_t tags_at_most(struct str value)
{
    size_t quotes = 0;
    for (size_t i = 0; i < value.n; i++) {
        quotes += value.p[i] == '"';
    }
    return quotes / 2;
}

/* list = #entity-tag; a sender may leave elements empty (RFC 9110 section 5.6.1.2). Every tag is followed by
 * a comma or the end. */
static bool take_tags(struct str value, struct etag *items, size_t *ret_count)
{
    size_t count = 0;
    struct str rest = str_trim(value);
    while (rest.n > 0) {
        if (rest.p[0] != ',') {
            if (!take_tag(&rest, &items[count])) {
                return false;
            }
            count++;
            rest = str_trim(rest);
        }
        if (rest.n > 0 && rest.p[0] != ',') {
            return false;
        }
        rest = str_trim(str_slice(rest, 1, rest.n));
    }
    *ret_count = count;
    return count > 0;
}

enum rc etag_list_parse(struct str value, struct arena *mem, struct etag_list *ret, struct err *err)
{
    size_t count = 0;
    if (str_eq(str_trim(value), STR("*"))) {
        *ret = (struct etag_list){.any = true};
        return RC_OK;
    }
    struct etag *items = arena_alloc_array(mem, tags_at_most(value), sizeof *items);
    if (items == NULL) {
        return err_set(err, RC_LIMIT, NULL, "the request needs more memory than it may have");
    }
    if (!take_tags(value, items, &count)) {
        return err_set(err, RC_INVALID, "InvalidHeader",
                       "must be * or a list of entity tags in double quotes");
    }
    *ret = (struct etag_list){.items = items, .count = count};
    return RC_OK;
}

/* ---- making ---- */

struct etag revision_etag(const struct revision *revision)
{
    return (struct etag){(uint64_t)revision->configuration, (uint64_t)revision->status, false};
}

/* The finalizer of splitmix64: every input has an output of its own, so counts that differ in one service
 * only never mix to the same. */
static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

struct etag account_etag(const struct account *account)
{
    struct etag etag = revision_etag(&account->revision);
    const struct account_services *services = account->services;
    for (int i = 0; services != NULL && i < SERVICE_COUNT; i++) {
        uint64_t count = services->of[i] != NULL ? (uint64_t)services->of[i]->number_count : 0;
        etag.status = mixed(etag.status + UINT64_C(0x9E3779B97F4A7C15)) ^ count;
    }
    return etag;
}

struct wall revision_last_modified(const struct revision *revision)
{
    return revision->status_at.ms > revision->configuration_at.ms ? revision->status_at
                                                                  : revision->configuration_at;
}

/* ---- judging ---- */

static bool same_configuration(struct etag a, struct etag b)
{
    return a.configuration == b.configuration;
}

static bool same(struct etag a, struct etag b)
{
    return a.configuration == b.configuration && a.status == b.status;
}

static bool list_has(const struct etag_list *list, struct etag etag, bool (*equal)(struct etag, struct etag))
{
    for (size_t i = 0; i < list->count; i++) {
        if (!list->items[i].foreign && equal(list->items[i], etag)) {
            return true;
        }
    }
    return list->any;
}

/* Header dates have whole seconds. */
static bool is_later(struct wall a, struct wall b)
{
    return a.ms / 1000 > b.ms / 1000;
}

enum precondition_verdict precondition_judge(const struct precondition *pre, struct etag etag,
                                             const struct revision *revision, bool reading)
{
    if (pre == NULL) {
        return PRECONDITION_PASSED;
    }
    if (pre->has_match) {
        if (!list_has(&pre->match, etag, same_configuration)) {
            return PRECONDITION_FAILED;
        }
    } else if (pre->has_unmodified && is_later(revision->configuration_at, pre->unmodified_since)) {
        return PRECONDITION_FAILED;
    }
    if (pre->has_none_match) {
        if (list_has(&pre->none_match, etag, same)) {
            return reading ? PRECONDITION_NOT_MODIFIED : PRECONDITION_FAILED;
        }
    } else if (reading && pre->has_modified &&
               !is_later(revision_last_modified(revision), pre->modified_since)) {
        return PRECONDITION_NOT_MODIFIED;
    }
    return PRECONDITION_PASSED;
}

enum precondition_verdict precondition_judge_absent(const struct precondition *pre)
{
    return pre != NULL && (pre->has_match || pre->has_unmodified) ? PRECONDITION_FAILED : PRECONDITION_PASSED;
}
