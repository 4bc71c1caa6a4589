/* The questions of all places go out together (resolve/ask.h): a place's are one slice of them. */
#include "gateway/dns/look.h"

#include "common/resolve/ask.h"

#include "common/base/banned.h"

#define QUESTIONS_MAX 4 /* of a place */

/* ---- questions ---- */

static bool wants(const struct dns_place *place, enum rr_type type)
{
    for (size_t i = 0; i < place->wanted_count; i++) {
        if (place->wanted[i].type == type) {
            return true;
        }
    }
    return false;
}

/* At a customer's name everything that can be ours is looked for, at a shared one what is wanted; where nothing is wanted any more all
 * that an ownership record can list. */
static size_t questions_of(const struct dns_place *place, bool ownership, struct question ret[QUESTIONS_MAX])
{
    static const enum rr_type types[] = {RR_TXT, RR_A, RR_SRV};
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        bool asked = place->shared && place->wanted_count > 0 ? wants(place, types[i])
                                                              : types[i] != RR_SRV || place->shared;
        if (asked) {
            ret[count++] = (struct question){place->name, types[i]};
        }
    }
    if (ownership) {
        ret[count++] = (struct question){place->ownership, RR_TXT};
    }
    return count;
}

/* ---- answers ---- */

static bool says_something(const struct answer *answer)
{
    return answer->came && answer->authoritative &&
           (answer->rcode == RR_NOERROR || answer->rcode == RR_NXDOMAIN);
}

/* All records of a slice of answers. */
static struct rr_list join(const struct answer *answers, size_t count, struct arena *mem)
{
    size_t total = 0, n = 0;
    for (size_t i = 0; i < count; i++) {
        total += answers[i].found.count;
    }
    struct rr *items = arena_alloc_array(mem, total, sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++) {
        for (size_t j = 0; j < answers[i].found.count; j++) {
            const struct rr *rr = &answers[i].found.items[j];
            bool again =
                rr->type == RR_CNAME && n > 0 && rr_same(&items[n - 1], rr); /* it answers every question */
            if (!again) {
                items[n++] = *rr;
            }
        }
    }
    return (struct rr_list){items, n};
}

static bool take(const struct answer *answers, size_t count, bool ownership, struct arena *mem,
                 struct dns_presence *ret)
{
    size_t at_name = count - (ownership ? 1 : 0);
    *ret = (struct dns_presence){{0}, {0}};
    for (size_t i = 0; i < count; i++) {
        if (!says_something(&answers[i])) {
            return false;
        }
    }
    ret->at_name = join(answers, at_name, mem);
    ret->ownership = join(answers + at_name, count - at_name, mem);
    return true;
}

static enum rc refused(const struct net_addr *server, const struct answer *answer, struct err *err)
{
    char text[NET_TEXT_MAX];
    struct str at = net_text_port(server, text);
    return err_set(err, RC_DENIED, "DnsNotAuthoritative", "%" STR_FMT " does not serve the zone (%s%s)",
                   STR_ARG(at), rr_rcode_text(answer->rcode),
                   answer->authoritative ? "" : ", not authoritative");
}

enum rc dns_look(const struct net_addr *server, const struct dns_place *places, size_t count, bool ownership,
                 struct mono deadline, struct arena *mem, struct dns_presence *ret, bool *known,
                 struct err *err)
{
    struct question *questions = arena_alloc_array(mem, count * QUESTIONS_MAX, sizeof *questions);
    struct answer *answers = arena_alloc_array(mem, count * QUESTIONS_MAX, sizeof *answers);
    size_t *ends = arena_alloc_array(mem, count, sizeof *ends);
    size_t asked = 0, knowing = 0;
    if (questions == NULL || answers == NULL || ends == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for questions");
    }
    for (size_t i = 0; i < count; i++) {
        asked += questions_of(&places[i], ownership, &questions[asked]);
        ends[i] = asked;
    }
    enum rc rc = ask(server, questions, asked, deadline, mem, answers, err);
    for (size_t i = 0, at = 0; rc == RC_OK && i < count; at = ends[i++]) {
        known[i] = take(&answers[at], ends[i] - at, ownership, mem, &ret[i]);
        knowing += known[i];
    }
    if (rc == RC_OK && count > 0 && knowing == 0) {
        rc = refused(server, &answers[0], err);
    }
    return rc == RC_OK && arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "out of memory for answers") : rc;
}

/* ---- verdicts ---- */

struct tally {
    size_t right, nothing, other; /* places, at all servers */
};

static void judge_customer(const struct net_addr *server, const struct dns_place *places,
                           const struct dns_presence *presence, const bool *known, size_t regions,
                           struct tally *tally, struct dns_verdict *verdict)
{
    for (size_t r = 0; r < regions; r++) {
        if (!known[r]) {
            return;
        }
    }
    verdict->answered++;
    for (size_t r = 0; r < regions; r++) {
        enum dns_served served = dns_served(&places[r], &presence[r].at_name);
        tally->right += served == DNS_SERVED_RIGHT;
        tally->nothing += served == DNS_SERVED_NOTHING;
        tally->other += served == DNS_SERVED_OTHER;
        if (served != DNS_SERVED_RIGHT && str_absent(verdict->odd_name)) {
            verdict->odd = *server;
            verdict->odd_name = places[r].name;
        }
    }
}

static enum subdomain_status status_of(const struct tally *tally)
{
    size_t all = tally->right + tally->nothing + tally->other;
    return all == 0                ? SUBDOMAIN_ABSENT
           : tally->right == all   ? SUBDOMAIN_PROVISIONED
           : tally->nothing == all ? SUBDOMAIN_NOT_PROVISIONED
                                   : SUBDOMAIN_INCONSISTENT;
}

enum rc dns_judge(const struct dns_servers *servers, const struct dns_place *places, size_t customers,
                  size_t regions, uint32_t timeout_ms, struct arena *mem, struct dns_verdict *ret,
                  struct err *err)
{
    struct dns_presence *presence = arena_alloc_array(mem, customers * regions, sizeof *presence);
    bool *known = arena_alloc_array(mem, customers * regions, sizeof *known);
    struct tally *tallies = arena_alloc_array(mem, customers, sizeof *tallies);
    enum rc rc = RC_BUSY;
    if (presence == NULL || known == NULL || tallies == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for answers");
    }
    memset(ret, 0, customers * sizeof *ret);
    for (size_t s = 0; s < servers->count; s++) {
        struct mono deadline = mono_after(clock_mono(), timeout_ms);
        enum rc said = dns_look(&servers->items[s], places, customers * regions, false, deadline, mem,
                                presence, known, err);
        if (said == RC_LIMIT) {
            return said;
        }
        for (size_t c = 0; said == RC_OK && c < customers; c++) {
            size_t at = c * regions;
            judge_customer(&servers->items[s], &places[at], &presence[at], &known[at], regions, &tallies[c],
                           &ret[c]);
            rc = RC_OK;
        }
    }
    for (size_t c = 0; c < customers; c++) {
        ret[c].status = status_of(&tallies[c]);
    }
    if (rc == RC_OK) {
        err_clear(err);
    }
    return rc;
}
