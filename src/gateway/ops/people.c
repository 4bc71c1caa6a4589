#include "gateway/ops/people.h"

#include <stdlib.h>

#include "common/base/limits.h"
#include "gateway/api/call.h"
#include "gateway/api/filter.h"
#include "gateway/api/page.h"
#include "gateway/model/pasted.h"
#include "gateway/ops/blocks.h"
#include "gateway/ops/overview.h"

#include "common/base/banned.h"

#define BLOCKS_MS 1000 /* a page of blocks that are longer than that is cut within one */

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

static void answer_result(struct call *call)
{
    call_reply_json(call, call->status, call->route->output, call->result);
}

static enum rc bad_field(struct err *err, const char *code, const char *field, const char *words)
{
    (void)err_set(err, RC_INVALID, code, "%s", words);
    err_field(err, "%s", field);
    return RC_INVALID;
}

/* ---- numbers:lookup ---- */

struct lookup {
    struct people_found *items;
    size_t count;
    int64_t *numbers; /* ascending, each once */
    size_t *item_of;  /* of each: where it stands first */
    size_t number_count;
};

/* Where a number stands in the question. */
struct place {
    int64_t number;
    size_t item;
};

static int by_number(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return x->item < y->item ? -1 : 1;
}

static size_t count_pieces(struct str text)
{
    struct str piece;
    size_t count = 0;
    while (count <= LIMIT_LOOKUP && pasted_next(&text, &piece)) {
        count++;
    }
    return count;
}

static enum rc count_items(const struct people_question *question, size_t *ret, struct err *err)
{
    bool listed = question->telephone_numbers.items != NULL, pasted = !str_absent(question->text);
    if (listed == pasted) {
        return bad_field(err, listed ? "InvalidValue" : "MissingField", listed ? "text" : "telephoneNumbers",
                         "one of telephoneNumbers and text is needed, not both");
    }
    *ret = listed ? question->telephone_numbers.count : count_pieces(question->text);
    return *ret <= LIMIT_LOOKUP
               ? RC_OK
               : bad_field(err, "TooMany", "text", "more than 10000 numbers; ask for some of them at a time");
}

static void read_items(const struct people_question *question, struct lookup *lookup)
{
    struct str rest = question->text;
    for (size_t i = 0; i < lookup->count; i++) {
        struct people_found *item = &lookup->items[i];
        if (question->telephone_numbers.items != NULL) {
            item->input = question->telephone_numbers.items[i];
        } else {
            ensure(pasted_next(&rest, &item->input));
        }
        bool ok = pasted_number(item->input, &item->telephone_number);
        item->verdict = ok ? VERDICT_UNKNOWN : VERDICT_INVALID;
    }
}

/* Each number once, in order, and its first place; the others are repeated. */
static void sort_numbers(struct lookup *lookup, struct place *places)
{
    size_t count = 0;
    for (size_t i = 0; i < lookup->count; i++) {
        if (lookup->items[i].verdict != VERDICT_INVALID) {
            places[count++] = (struct place){lookup->items[i].telephone_number, i};
        }
    }
    if (count > 0) {
        qsort(places, count, sizeof *places, by_number);
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && places[i].number == places[i - 1].number) {
            lookup->items[places[i].item].verdict = VERDICT_REPEATED;
            continue;
        }
        lookup->numbers[lookup->number_count] = places[i].number;
        lookup->item_of[lookup->number_count++] = places[i].item;
    }
}

static enum rc lookup_check(struct call *call, struct err *err)
{
    struct lookup *lookup = arena_new_of(call->mem, struct lookup);
    size_t count = 0;
    enum rc rc = lookup != NULL ? count_items(call->input, &count, err) : no_room(err);
    if (rc != RC_OK) {
        return rc;
    }
    struct place *places = arena_alloc_array(call->mem, count, sizeof *places);
    *lookup = (struct lookup){.count = count};
    lookup->items = arena_alloc_array(call->mem, count, sizeof *lookup->items);
    lookup->numbers = arena_alloc_array(call->mem, count, sizeof *lookup->numbers);
    lookup->item_of = arena_alloc_array(call->mem, count, sizeof *lookup->item_of);
    if (arena_failed(call->mem)) {
        return no_room(err);
    }
    read_items(call->input, lookup);
    sort_numbers(lookup, places);
    call->user = lookup;
    return RC_OK;
}

static void put_line(const struct number_line *line, struct arena *mem, struct people_found *item)
{
    *item = (struct people_found){.input = item->input,
                                  .telephone_number = line->telephone_number,
                                  .verdict = VERDICT_FOUND,
                                  .account_name = line->account_name,
                                  .services = people_services(line->services, mem),
                                  .provisioning_status = line->provisioning_status,
                                  .assignment_status = line->assignment_status,
                                  .custom_sip_header = line->custom_sip_header,
                                  .changed_by = people_changed_by(&line->provenance, line->changed_at, mem)};
}

static struct people_verdicts count_verdicts(const struct lookup *lookup)
{
    int64_t of[VERDICT_REPEATED + 1] = {0};
    for (size_t i = 0; i < lookup->count; i++) {
        of[lookup->items[i].verdict]++;
    }
    return (struct people_verdicts){of[VERDICT_FOUND], of[VERDICT_UNKNOWN], of[VERDICT_INVALID],
                                    of[VERDICT_REPEATED]};
}

static enum rc lookup_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct lookup *lookup = call->user;
    struct number_line *lines = arena_alloc_array(call->mem, lookup->number_count, sizeof *lines);
    struct people_answer *answer = arena_new_of(call->mem, struct people_answer);
    struct people_verdicts *counts = arena_new_of(call->mem, struct people_verdicts);
    if (arena_failed(call->mem)) {
        return no_room(err);
    }
    enum rc rc = repo_lines_find(tx, call->mem, lookup->numbers, lookup->number_count, lines, err);
    for (size_t i = 0; rc == RC_OK && i < lookup->number_count; i++) {
        struct people_found *item = &lookup->items[lookup->item_of[i]];
        if (lines[i].telephone_number != 0) {
            put_line(&lines[i], call->mem, item);
        } else { /* also where an earlier run found it */
            *item = (struct people_found){item->input, item->telephone_number, VERDICT_UNKNOWN};
        }
    }
    if (rc != RC_OK || arena_failed(call->mem)) {
        return rc != RC_OK ? rc : no_room(err);
    }
    *counts = count_verdicts(lookup);
    *answer = (struct people_answer){{lookup->items, lookup->count}, counts};
    call->result = answer;
    return RC_OK;
}

/* Names and headers of any length, ten thousand times: more than a reply may hold. */
static void lookup_answer(struct call *call)
{
    struct buf *buf = api_out(call->api, http_loop(call->x));
    struct json_out out;
    json_out_init(&out, buf);
    model_write(call->route->output, call->result, &out);
    if (!buf_failed(buf)) {
        call_reply_buf(call, call->status, buf);
        return;
    }
    struct err err;
    enum rc rc = err_set(&err, RC_LIMIT, NULL, "the answer is larger than it may be; ask for fewer numbers");
    call_fail(call, rc, &err);
}

/* ---- accounts:lookup ---- */

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* By name, each once. */
static enum rc accounts_check(struct call *call, struct err *err)
{
    const struct people_names *input = call->input;
    struct people_names *names = arena_new_of(call->mem, struct people_names);
    struct str *sorted = arena_alloc_array(call->mem, input->account_names.count, sizeof *sorted);
    size_t count = 0;
    if (names == NULL || sorted == NULL) {
        return no_room(err);
    }
    if (input->account_names.count > 0) {
        memcpy(sorted, input->account_names.items, input->account_names.count * sizeof *sorted);
        qsort(sorted, input->account_names.count, sizeof *sorted, by_text);
    }
    for (size_t i = 0; i < input->account_names.count; i++) {
        if (count == 0 || !str_eq(sorted[i], sorted[count - 1])) {
            sorted[count++] = sorted[i];
        }
    }
    names->account_names = (struct text_list){sorted, count};
    call->user = names;
    return RC_OK;
}

static enum rc accounts_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct text_list names = ((const struct people_names *)call->user)->account_names;
    struct account_line *lines = arena_alloc_array(call->mem, names.count, sizeof *lines);
    struct people_account *items = arena_alloc_array(call->mem, names.count, sizeof *items);
    struct people_accounts *answer = arena_new_of(call->mem, struct people_accounts);
    size_t count = 0;
    if (arena_failed(call->mem)) {
        return no_room(err);
    }
    enum rc rc = repo_account_lines_find(tx, call->mem, names.items, names.count, lines, &count, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        items[i] = (struct people_account){
            .name = lines[i].name,
            .changed_by = people_changed_by(&lines[i].provenance, lines[i].changed_at, call->mem),
            .numbers = lines[i].numbers};
    }
    *answer = (struct people_accounts){{items, count}};
    call->result = answer;
    return rc == RC_OK && arena_failed(call->mem) ? no_room(err) : rc;
}

/* ---- numbers:blocks ---- */

static const char *const blocks_params[] = {"accountName", NULL};

static enum rc check_account_name(struct call *call, struct err *err)
{
    struct str account = call_query(call, "accountName");
    return str_absent(account) || model_account_name_valid(account)
               ? RC_OK
               : bad_field(err, "InvalidQueryParameter", "accountName",
                           "the query parameter accountName must be the name of an account");
}

static enum rc blocks_check(struct call *call, struct err *err)
{
    enum rc rc = check_account_name(call, err);
    if (rc != RC_OK) {
        return rc;
    }
    return call->list.after.set && call->list.after.number < 0
               ? bad_field(err, "InvalidQueryParameter", "continuation",
                           "the query parameter continuation must be the one of a nextLink")
               : RC_OK;
}

static bool take_line(void *arg, const struct number_line *line)
{
    return block_fold_take(arg, line);
}

static enum rc blocks_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct block_fold fold;
    const int64_t after = call->list.after.set ? call->list.after.number : 0;
    const struct line_walk walk = {.account = call_query(call, "accountName"),
                                   .after = after,
                                   .end_us = clock_mono_us() + BLOCKS_MS * 1000,
                                   .take = take_line,
                                   .arg = &fold};
    bool more = false;
    int64_t last = after;
    enum rc rc = block_fold_init(&fold, call->mem, call->list.page, after) ? RC_OK : no_room(err);
    if (rc == RC_OK) {
        rc = repo_lines_walk(tx, &walk, &more, &last, err);
    }
    if (rc != RC_OK || arena_failed(call->mem)) {
        return rc != RC_OK ? rc : no_room(err);
    }
    call->page = (struct list_page){
        .items = {fold.items, fold.count}, .more = more, .last = {.set = true, .number = last}, .count = -1};
    return RC_OK;
}

/* ---- numbers:consequences ---- */

static const char *const consequences_params[] = {"accountName", "filter", NULL};

static enum rc consequences_check(struct call *call, struct err *err)
{
    struct list_query *query = arena_new_of(call->mem, struct list_query);
    enum rc rc = query != NULL ? check_account_name(call, err) : no_room(err);
    if (rc != RC_OK) {
        return rc;
    }
    query->account = call_query(call, "accountName");
    call->user = query;
    struct str filter = call_query(call, "filter");
    return str_absent(filter) ? RC_OK : filter_parse(filter, &schema_number, call->mem, &query->filter, err);
}

static enum rc consequences_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct number_tally tally;
    struct people_synced *synced = arena_new_of(call->mem, struct people_synced);
    struct people_consequences *answer = arena_new_of(call->mem, struct people_consequences);
    if (arena_failed(call->mem)) {
        return no_room(err);
    }
    enum rc rc = repo_numbers_tally(tx, call->mem, call->user, &tally, err);
    if (rc == RC_OK) {
        *synced = (struct people_synced){tally.synced[SERVICE_OPERATOR_CONNECT],
                                         tally.synced[SERVICE_PHONE_MOBILE]};
        *answer = (struct people_consequences){tally.count, tally.assigned, synced, tally.truncated};
        call->result = answer;
    }
    return rc;
}

/* ---- routes ---- */

#define PEOPLE(method_, path_, operation_, kind_, output_)                                                   \
    .method = (method_), .path = "/numgate/v1/" path_, .operation = "Numgate_" operation_,                   \
    .roles = ROLE_READ, .kind = (kind_), .output = &(output_), .statuses = {200}

/* clang-format off */
static const struct route routes[] = {
    {PEOPLE(HTTP_POST, "numbers:lookup", "lookUpNumbers", REPO_LIST, schema_people_answer),
     .input = &schema_people_question, .check = lookup_check, .run = lookup_run, .answer = lookup_answer,
     .summary = "Whose numbers these are: up to 10,000 of them, also as pasted text"},
    {PEOPLE(HTTP_GET, "numbers:blocks", "numberBlocks", REPO_SCAN, schema_people_block), .flags = ROUTE_PAGED,
     .query = blocks_params, .check = blocks_check, .run = blocks_run, .answer = call_reply_page,
     .summary = "The numbers in blocks: neighbours with equal account, services, status and header as one"},
    {PEOPLE(HTTP_GET, "numbers:consequences", "numberConsequences", REPO_SCAN, schema_people_consequences),
     .query = consequences_params, .check = consequences_check, .run = consequences_run, .answer = answer_result,
     .summary = "What a delete of an account's numbers, or of those that match a filter, would meet"},
    {PEOPLE(HTTP_GET, "overview", "overview", REPO_LIST, schema_people_overview), .run = overview_run,
     .answer = answer_result, .summary = "What needs a person, how many there are of what, and how the deployment is"},
    {PEOPLE(HTTP_POST, "accounts:lookup", "lookUpAccounts", REPO_LIST, schema_people_accounts),
     .input = &schema_people_names, .check = accounts_check, .run = accounts_run, .answer = answer_result,
     .summary = "Of up to 500 accounts: who last changed them, and how many numbers they have"},
};
/* clang-format on */

const struct route_table ops_people_routes = {routes, ARRAY_LEN(routes)};
