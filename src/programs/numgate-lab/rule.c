#include "programs/numgate-lab/rule.h"

#include <stdio.h>

#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/json/read.h"

#include "common/base/banned.h"

struct rules {
    struct arena *mem; /* the text of their bodies */
    struct rule rows[RULES_MAX];
    size_t count;
};

static const char *const kind_names[RULE_KINDS] = {
    [RULE_DELAY] = "delay",   [RULE_HANG] = "hang", [RULE_RESET] = "reset",
    [RULE_STATUS] = "status", [RULE_CUT] = "cut",   [RULE_DEAD] = "dead",
};
static const char *const when_names[RULE_WHENS] = {[RULE_BEFORE] = "before", [RULE_AFTER] = "after"};

/* The kinds that a member belongs to, a bit each. */
#define OF(kind) (1U << (kind))
#define OF_ALL   0U

/* Texts, numbers and words of a rule: where they go, what is allowed, which kinds have them. Written out in this order. */
static const struct {
    const char *name;
    size_t offset, size;
} texts[] = {
    {"name", offsetof(struct rule, name), RULE_NAME_MAX},
    {"method", offsetof(struct rule, method), RULE_METHOD_MAX},
    {"path", offsetof(struct rule, path), RULE_PATH_MAX},
};
static const struct number {
    const char *name;
    size_t offset;
    int64_t min, max, preset;
    unsigned of, needed_by; /* kinds */
} numbers[] = {
    {"skip", offsetof(struct rule, skip), 0, RULE_TIMES_MAX, 0, OF_ALL, 0},
    {"every", offsetof(struct rule, every), 1, RULE_TIMES_MAX, -1, OF_ALL, 0},
    {"times", offsetof(struct rule, times), 0, RULE_TIMES_MAX, -1, OF_ALL, 0},
    {"seed", offsetof(struct rule, seed), 0, RULE_SEED_MAX, -1, OF_ALL, 0},
    {"ms", offsetof(struct rule, ms), 0, RULE_MS_MAX, -1, OF(RULE_DELAY) | OF(RULE_HANG) | OF(RULE_DEAD),
     OF(RULE_DELAY)},
    {"status", offsetof(struct rule, status), 400, 599, -1, OF(RULE_STATUS), OF(RULE_STATUS)},
    {"retry_after", offsetof(struct rule, retry_after), 0, 86400, RULE_RETRY_AFTER_NO, OF(RULE_STATUS), 0},
    {"seen", offsetof(struct rule, seen), 0, RULE_COUNT_MAX, 0, OF_ALL, 0},
    {"struck", offsetof(struct rule, struck), 0, RULE_COUNT_MAX, 0, OF_ALL, 0},
    {"draws", offsetof(struct rule, draws), 0, RULE_COUNT_MAX, 0, OF_ALL, 0},
};

struct rules *rules_new(void)
{
    struct rules *rules = mem_alloc(sizeof *rules);
    rules->mem = arena_new(RULES_TEXT_MAX);
    return rules;
}

void rules_clear(struct rules *rules)
{
    arena_reset(rules->mem);
    rules->count = 0;
}

void rules_free(struct rules *rules)
{
    if (rules != NULL) {
        arena_free(rules->mem);
        mem_free(rules);
    }
}

const char *rule_kind_name(enum rule_kind kind)
{
    return kind_names[kind];
}

/* ---- reading ---- */

static int64_t number_of(const struct rule *rule, const struct number *number)
{
    return *(const int64_t *)(const void *)((const char *)rule + number->offset);
}

static void number_set(struct rule *rule, const struct number *number, int64_t value)
{
    *(int64_t *)(void *)((char *)rule + number->offset) = value;
}

static enum rc read_number(const struct number *number, const struct json *value, struct rule *rule,
                           struct err *err)
{
    int64_t n = json_int(value);
    if (json_type(value) != JSON_INT || n < number->min || n > number->max) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" must be an integer from %lld to %lld", number->name,
                       (long long)number->min, (long long)number->max);
    }
    number_set(rule, number, n);
    return RC_OK;
}

static bool is_printable(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] <= ' ' || text.p[i] > '~') {
            return false;
        }
    }
    return true;
}

static enum rc read_text(size_t row, const struct json *value, struct rule *rule, struct err *err)
{
    struct str text = json_string(value);
    char *to = (char *)rule + texts[row].offset;
    if (str_empty(text) || text.n > texts[row].size || !is_printable(text)) {
        return err_set(err, RC_INVALID, NULL,
                       "\"%s\" must be a string of 1 to %zu printable ASCII characters without blanks",
                       texts[row].name, texts[row].size);
    }
    memcpy(to, text.p, text.n);
    to[text.n] = '\0';
    return RC_OK;
}

static enum rc read_word(const char *const *words, size_t count, struct str name, const struct json *value,
                         unsigned *ret, struct err *err)
{
    char list[100] = "";
    for (size_t i = 1, n = 0; i < count; i++) {
        if (str_eq(str_of(words[i]), json_string(value))) {
            *ret = (unsigned)i;
            return RC_OK;
        }
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i > 1 ? ", " : "", words[i]);
    }
    return err_set(err, RC_INVALID, NULL, "\"%" STR_FMT "\" must be one of %s", STR_ARG(name), list);
}

/* A string is sent as it is, anything else as the JSON it is. */
static enum rc read_body(const struct json *value, struct arena *mem, struct rule *rule, struct err *err)
{
    CLEANUP(buf_clear) struct buf text;
    struct json_out out;
    buf_init(&text, RULE_BODY_MAX);
    rule->body_is_json = json_type(value) != JSON_STRING;
    if (rule->body_is_json) {
        json_out_init(&out, &text);
        json_put_value(&out, value);
    } else {
        buf_put_str(&text, json_string(value));
    }
    rule->body = arena_str(mem, buf_str(&text));
    if (buf_failed(&text) || str_absent(rule->body)) {
        return err_set(err, RC_INVALID, NULL, "\"body\" has at most %d bytes", RULE_BODY_MAX);
    }
    return RC_OK;
}

static enum rc read_probability(const struct json *value, struct rule *rule, struct err *err)
{
    bool number = json_type(value) == JSON_INT || json_type(value) == JSON_REAL;
    rule->probability = json_double(value);
    return number && rule->probability > 0 && rule->probability <= 1
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "\"probability\" must be a number above 0 and at most 1");
}

static enum rc read_member(struct str name, const struct json *value, struct arena *mem, struct rule *rule,
                           struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (str_eq(str_of(texts[i].name), name)) {
            return read_text(i, value, rule, err);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (str_eq(str_of(numbers[i].name), name)) {
            return read_number(&numbers[i], value, rule, err);
        }
    }
    unsigned word = 0;
    enum rc rc;
    if (str_eq(name, STR("kind"))) {
        rc = read_word(kind_names, RULE_KINDS, name, value, &word, err);
        rule->kind = (enum rule_kind)word;
        return rc;
    }
    if (str_eq(name, STR("when"))) {
        rc = read_word(when_names, RULE_WHENS, name, value, &word, err);
        rule->when = (enum rule_when)word;
        return rc;
    }
    if (str_eq(name, STR("probability"))) {
        return read_probability(value, rule, err);
    }
    if (str_eq(name, STR("body"))) {
        return read_body(value, mem, rule, err);
    }
    return err_set(err, RC_INVALID, NULL, "unknown member \"%" STR_FMT "\"", STR_ARG(str_slice(name, 0, 40)));
}

/* ---- what hangs together ---- */

static enum rc check_number(const struct number *number, const struct rule *rule, int64_t value,
                            struct err *err)
{
    if (value != -1 && number->of != OF_ALL && (number->of & OF(rule->kind)) == 0) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" does not go with \"%s\"", number->name,
                       kind_names[rule->kind]);
    }
    if (value == -1 && (number->needed_by & OF(rule->kind)) != 0) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" needs \"%s\"", kind_names[rule->kind], number->name);
    }
    return RC_OK;
}

static enum rc check(const struct rule *rule, struct err *err)
{
    if (rule->kind == RULE_NOTHING) {
        return err_set(err, RC_INVALID, NULL, "\"kind\" is needed");
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (check_number(&numbers[i], rule, number_of(rule, &numbers[i]), err) != RC_OK) {
            return RC_INVALID;
        }
    }
    if (!str_absent(rule->body) && rule->kind != RULE_STATUS) {
        return err_set(err, RC_INVALID, NULL, "\"body\" does not go with \"%s\"", kind_names[rule->kind]);
    }
    if (rule->kind == RULE_CUT && rule->when == RULE_BEFORE) {
        return err_set(err, RC_INVALID, NULL, "\"cut\" needs an answer to cut: \"when\" can only be after");
    }
    return RC_OK;
}

/* Once, unless it was said how often or how likely. */
static void fill_in(struct rule *rule)
{
    bool goes_on = rule->every != -1 || rule->probability < 1;
    if (rule->when == RULE_WHEN_NONE) {
        rule->when = rule->kind == RULE_CUT ? RULE_AFTER : RULE_BEFORE;
    }
    if (rule->times == -1) {
        rule->times = goes_on ? 0 : 1;
    }
    if (rule->every == -1) {
        rule->every = 1;
    }
    if (rule->seed == -1) {
        rule->seed = (int64_t)(random_u64() % 1000000000);
    }
    if (rule->ms == -1) {
        rule->ms = rule->kind == RULE_HANG ? RULE_HANG_MS : 0;
    }
}

enum rc rule_read(const struct json *value, struct arena *mem, struct rule *ret, struct err *err)
{
    struct rule rule = {.probability = 1};
    if (json_type(value) != JSON_OBJECT) {
        return err_set(err, RC_INVALID, NULL, "a rule is a JSON object");
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        number_set(&rule, &numbers[i], numbers[i].preset);
    }
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        if (read_member(it.name, it.value, mem, &rule, err) != RC_OK) {
            return RC_INVALID;
        }
    }
    if (check(&rule, err) != RC_OK) {
        return RC_INVALID;
    }
    fill_in(&rule);
    *ret = rule;
    return RC_OK;
}

/* ---- the list ---- */

enum rc rules_add(struct rules *rules, const struct rule *rule, struct err *err)
{
    if (rules->count == RULES_MAX) {
        return err_set(err, RC_LIMIT, NULL, "there are %d rules already; DELETE them first", RULES_MAX);
    }
    for (size_t i = 0; i < rules->count && rule->name[0] != '\0'; i++) {
        if (strcmp(rules->rows[i].name, rule->name) == 0) {
            return err_set(err, RC_CONFLICT, NULL, "there is a rule \"%s\" already", rule->name);
        }
    }
    struct str body = arena_str(rules->mem, rule->body);
    ensure(str_absent(rule->body) || !str_absent(body)); /* there is room for as many as there can be */
    rules->rows[rules->count] = *rule;
    rules->rows[rules->count++].body = body;
    return RC_OK;
}

static enum rc read_list(const struct json *list, struct arena *mem, struct rules *ret, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < json_count(list) && rc == RC_OK; i++) {
        struct rule rule;
        rc = rule_read(json_at(list, i), mem, &rule, err);
        rc = rc == RC_OK ? rules_add(ret, &rule, err) : rc;
        if (rc != RC_OK) {
            err_context(err, "rules[%zu]", i);
        }
    }
    return rc;
}

static void rules_freep(struct rules **rules)
{
    rules_free(*rules);
}

enum rc rules_replace(struct rules *rules, const struct json *value, bool apply, struct err *err)
{
    const struct json *list = json_get(value, STR("rules"));
    if (json_type(value) != JSON_OBJECT || list == NULL || json_type(list) != JSON_ARRAY ||
        json_count(value) != 1) {
        return err_set(err, RC_INVALID, NULL, "an object with one member is expected: {\"rules\": [...]}");
    }
    CLEANUP(arena_freep) struct arena *mem = arena_new(RULES_TEXT_MAX);
    CLEANUP(rules_freep) struct rules *next = rules_new();
    enum rc rc = read_list(list, mem, next, err);
    if (rc == RC_OK && apply) {
        struct rules before = *rules;
        *rules = *next;
        *next = before;
    }
    return rc;
}

static void write_row(const struct rule *rule, struct json_out *out)
{
    json_object_begin(out);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *text = (const char *)rule + texts[i].offset;
        json_str_member(out, texts[i].name, *text != '\0' ? str_of(text) : STR_NONE);
    }
    json_str_member(out, "kind", str_of(kind_names[rule->kind]));
    json_str_member(out, "when", str_of(when_names[rule->when]));
    if (rule->probability < 1) {
        char text[40]; /* so that it is read back as the same number */
        json_name(out, STR("probability"));
        (void)snprintf(text, sizeof text, "%.17g", rule->probability);
        json_put_raw(out, str_of(text));
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t n = number_of(rule, &numbers[i]);
        if (numbers[i].of == OF_ALL || ((numbers[i].of & OF(rule->kind)) != 0 && n != -1)) {
            json_i64_member(out, numbers[i].name, n);
        }
    }
    if (!str_absent(rule->body)) {
        json_name(out, STR("body"));
        rule->body_is_json ? json_put_raw(out, rule->body) : json_put_str(out, rule->body);
    }
    json_object_end(out);
}

void rules_write(const struct rules *rules, struct json_out *out)
{
    json_object_begin(out);
    json_name(out, STR("rules"));
    json_array_begin(out);
    for (size_t i = 0; i < rules->count; i++) {
        write_row(&rules->rows[i], out);
    }
    json_array_end(out);
    json_object_end(out);
}

/* ---- striking ---- */

/* Greedy with one place to come back to: the last '*' may take one byte more. */
bool rule_path_fits(struct str pattern, struct str path)
{
    size_t at = 0, i = 0, star = SIZE_MAX, from = 0;
    while (i < path.n) {
        if (at < pattern.n && pattern.p[at] == '*') {
            star = at++;
            from = i;
        } else if (at < pattern.n && pattern.p[at] == path.p[i]) {
            at++;
            i++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            i = ++from;
        } else {
            return false;
        }
    }
    while (at < pattern.n && pattern.p[at] == '*') {
        at++;
    }
    return at == pattern.n;
}

/* SplitMix64 of a counter: the n-th draw of a seed, from 0 to below 1. */
static double draw(int64_t seed, int64_t n)
{
    uint64_t z = (uint64_t)seed + ((uint64_t)n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) / 9007199254740992.0; /* 2^53 */
}

static bool sees(const struct rule *rule, struct str method, struct str path)
{
    return (rule->method[0] == '\0' || str_eq(str_of(rule->method), method)) &&
           (rule->path[0] == '\0' || rule_path_fits(str_of(rule->path), path));
}

static bool strikes(struct rule *rule)
{
    int64_t n = ++rule->seen - rule->skip;
    if ((rule->times != 0 && rule->struck >= rule->times) || n <= 0 || n % rule->every != 0) {
        return false;
    }
    if (rule->probability < 1 && draw(rule->seed, rule->draws++) >= rule->probability) {
        return false;
    }
    rule->struck++;
    return true;
}

const struct rule *rules_strike(struct rules *rules, struct str method, struct str path, struct arena *mem)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->rows[i];
        if (!sees(rule, method, path) || !strikes(rule)) {
            continue;
        }
        struct rule *copy = arena_new_of(mem, struct rule);
        ensure(copy != NULL); /* the arena of an exchange that has just begun */
        *copy = *rule;
        copy->body = arena_str(mem, rule->body);
        return copy;
    }
    return NULL;
}
