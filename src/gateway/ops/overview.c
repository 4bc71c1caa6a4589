#include "gateway/ops/overview.h"

#include "gateway/api/call.h"
#include "gateway/ops/ops.h"
#include "gateway/sync/sweep.h"

#include "common/base/banned.h"

#define COUNT_MAX 100000
#define SHARE     (OVERVIEW_ITEMS / (ATTENTION_END - 1))

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

/* ---- what needs a person ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool overview_share(const size_t found[ATTENTION_END], size_t shown[ATTENTION_END])
{
    size_t left = OVERVIEW_ITEMS, hidden = 0;
    for (enum attention_kind kind = 1; kind < ATTENTION_END; kind++) {
        shown[kind] = least(found[kind], SHARE);
        left -= shown[kind];
    }
    for (enum attention_kind kind = 1; kind < ATTENTION_END; kind++) {
        size_t more = least(found[kind] - shown[kind], left);
        shown[kind] += more;
        left -= more;
        hidden += found[kind] - shown[kind];
    }
    return hidden > 0;
}

/* Why an account was paused is known where a sweep did it. */
static enum rc explain_pause(struct repo_tx *tx, struct arena *mem, struct overview_item *item,
                             struct err *err)
{
    struct sweep_pause pause;
    if (str_absent(item->account_name)) {
        item->message = STR("everything is paused");
        return RC_OK;
    }
    enum rc rc = sweep_pause_find(tx, mem, item->account_name, &pause, err);
    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    item->count = pause.missing;
    item->code = STR("NumbersMissing");
    item->message = arena_printf(mem, "the back end does not have %lld of %lld numbers any more",
                                 (long long)pause.missing, (long long)pause.of);
    return RC_OK;
}

static struct overview_item item_of(enum attention_kind kind, const struct attention *found)
{
    return (struct overview_item){.kind = kind,
                                  .account_name = found->account_name,
                                  .tenant_id = found->tenant_id,
                                  .code = found->code,
                                  .message = found->message,
                                  .count = found->count,
                                  .since = found->since};
}

static enum rc put_items(struct repo_tx *tx, struct arena *mem, const struct attention_list *lists,
                         struct overview *overview, struct err *err)
{
    size_t found[ATTENTION_END] = {0}, shown[ATTENTION_END], count = 0;
    struct overview_item *items = arena_alloc_array(mem, OVERVIEW_ITEMS, sizeof *items);
    enum rc rc = items != NULL ? RC_OK : no_room(err);
    for (enum attention_kind kind = 1; kind < ATTENTION_END; kind++) {
        found[kind] = lists[kind].count;
    }
    overview->truncated = overview_share(found, shown);
    for (enum attention_kind kind = 1; rc == RC_OK && kind < ATTENTION_END; kind++) {
        for (size_t i = 0; rc == RC_OK && i < shown[kind]; i++) {
            items[count] = item_of(kind, &lists[kind].items[i]);
            rc = kind == ATTENTION_SYNC_PAUSED ? explain_pause(tx, mem, &items[count], err) : RC_OK;
            count++;
        }
    }
    overview->attention = (struct part_list){items, count};
    return rc;
}

static enum rc read_attention(struct repo_tx *tx, struct arena *mem, struct overview *overview,
                              struct err *err)
{
    struct attention_list lists[ATTENTION_END] = {0};
    enum rc rc = RC_OK;
    for (enum attention_kind kind = 1; rc == RC_OK && kind < ATTENTION_END; kind++) {
        rc = repo_attention_list(tx, mem, kind, OVERVIEW_ITEMS + 1, &lists[kind], err);
    }
    return rc == RC_OK ? put_items(tx, mem, lists, overview, err) : rc;
}

/* ---- how much, and how ---- */

static enum rc read_counts(struct repo_tx *tx, struct overview_totals *ret, struct err *err)
{
    struct overview_counts counts;
    enum rc rc = repo_overview_counts(tx, COUNT_MAX, &counts, err);
    if (rc == RC_OK) {
        *ret =
            (struct overview_totals){.accounts = counts.accounts,
                                     .accounts_failed = counts.accounts_failed,
                                     .numbers = counts.numbers,
                                     .rfis = counts.rfis,
                                     .rfis_new = counts.rfis_new,
                                     .truncated = counts.accounts == COUNT_MAX || counts.rfis == COUNT_MAX};
    }
    return rc;
}

static struct overview_health read_health(struct call *call)
{
    const char *why;
    const struct api_config *settings = api_settings(call->api);
    const struct ops *ops = settings->user;
    return (struct overview_health){.ready = ops_ready(settings->repo, settings->auth, &why),
                                    .sync = api_facts(call->api)->backend_configured ? STR("configured")
                                                                                     : STR("none"),
                                    .dns = ops->dns.dns != NULL ? STR("configured") : STR("none")};
}

enum rc overview_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct overview *overview = arena_new_of(call->mem, struct overview);
    struct overview_totals *counts = arena_new_of(call->mem, struct overview_totals);
    struct overview_rate *rate = arena_new_of(call->mem, struct overview_rate);
    struct overview_health *health = arena_new_of(call->mem, struct overview_health);
    const struct api_config *settings = api_settings(call->api);
    if (arena_failed(call->mem)) {
        return no_room(err);
    }
    *health = read_health(call);
    rate->requests_per_minute = ((const struct ops *)settings->user)->requests_per_minute;
    *overview = (struct overview){.counts = counts, .rate = rate, .health = health};
    enum rc rc = read_counts(tx, counts, err);
    if (rc == RC_OK) {
        rc = repo_rate_used(settings->repo, tx, &rate->used, err);
    }
    if (rc == RC_OK) {
        rc = read_attention(tx, call->mem, overview, err);
    }
    call->result = overview;
    return rc == RC_OK && arena_failed(call->mem) ? no_room(err) : rc;
}
