#include "programs/numgate-lab/m365_check.h"

#include <pthread.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/resolve/ask.h"

#include "common/base/banned.h"

#define NOES_MAX        256
#define REMEMBER_S_MAX  10800 /* three hours, RFC 2308 section 5 */
#define TEXTS_SHOWN_MAX 3

/* A remembered "no". */
struct no {
    char name[M365_NAME_MAX + 1];
    struct mono until;
};
struct m365_dns {
    struct resolve_servers servers;
    pthread_mutex_t lock; /* guards what is below */
    struct no noes[NOES_MAX];
    size_t next; /* the oldest makes way */
};

struct m365_dns *m365_dns_new(const struct resolve_servers *servers)
{
    struct m365_dns *dns = mem_alloc(sizeof *dns);
    pthread_mutex_init(&dns->lock, NULL);
    dns->servers = *servers;
    return dns;
}

void m365_dns_free(struct m365_dns *dns)
{
    if (dns != NULL) {
        pthread_mutex_destroy(&dns->lock);
        mem_free(dns);
    }
}

void m365_dns_forget(struct m365_dns *dns)
{
    pthread_mutex_lock(&dns->lock);
    memset(dns->noes, 0, sizeof dns->noes);
    pthread_mutex_unlock(&dns->lock);
}

/* ---- asking ---- */

/* One of many servers gets its share of the time; the last one all that is left. */
static struct mono share(struct mono deadline, size_t servers_left)
{
    struct mono now = clock_mono();
    return mono_after(now, mono_left_ms(deadline, now) / (int64_t)servers_left);
}

static bool is_said(const struct answer *answers, size_t count)
{
    bool said = true;
    for (size_t i = 0; i < count; i++) {
        said = said && answers[i].came && (answers[i].rcode == RR_NOERROR || answers[i].rcode == RR_NXDOMAIN);
    }
    return said;
}

/* *ret_server: who said it. */
static enum rc ask_servers(const struct m365_dns *dns, const struct question *questions, size_t count,
                           struct mono deadline, struct arena *mem, struct answer *answers,
                           struct net_addr *ret_server, struct err *err)
{
    struct resolve_servers own;
    const struct resolve_servers *servers = &dns->servers;
    if (servers->count == 0) {
        if (resolve_servers_own(&own, err) != RC_OK) {
            return RC_BUSY; /* that there are none is not what was asked for */
        }
        servers = &own;
    }
    for (size_t i = 0; i < servers->count; i++) {
        struct mono until = share(deadline, servers->count - i);
        enum rc rc = ask(&servers->items[i], questions, count, until, mem, answers, NULL);
        if (rc == RC_OK && is_said(answers, count)) {
            *ret_server = servers->items[i];
            return RC_OK;
        }
    }
    return err_set(err, RC_BUSY, NULL, "no name server has an answer for %" STR_FMT,
                   STR_ARG(questions[0].name));
}

static struct str alias_in(const struct rr_list *found)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->items[i].type == RR_CNAME) {
            return found->items[i].data;
        }
    }
    return STR_NONE;
}

/* ---- a "no" is remembered ---- */

static int64_t remembered_ms(struct m365_dns *dns, struct str name)
{
    struct mono now = clock_mono();
    int64_t left_ms = 0;
    pthread_mutex_lock(&dns->lock);
    for (size_t i = 0; i < NOES_MAX && left_ms == 0; i++) {
        if (str_eq(str_of(dns->noes[i].name), name)) {
            left_ms = mono_left_ms(dns->noes[i].until, now);
        }
    }
    pthread_mutex_unlock(&dns->lock);
    return left_ms;
}

static void remember(struct m365_dns *dns, const struct m365_domain *domain, uint64_t seconds)
{
    pthread_mutex_lock(&dns->lock);
    struct no *no = &dns->noes[dns->next++ % NOES_MAX];
    memcpy(no->name, domain->name, sizeof no->name);
    no->until = mono_after(clock_mono(), (int64_t)seconds * 1000);
    pthread_mutex_unlock(&dns->lock);
}

/* The lesser of the SOA's own TTL and of its last field, the minimum. 0: the server does not have the zone. */
static uint64_t seconds_of_no(const struct net_addr *server, struct str name, struct mono deadline,
                              struct arena *mem)
{
    struct rr soa;
    struct str rest, field = STR("");
    uint64_t minimum;
    if (ask_zone(server, name, deadline, mem, &soa, NULL) != RC_OK) {
        return 0;
    }
    for (rest = soa.data; str_split(&rest, ' ', &field);) {
    }
    if (!str_to_u64(field, UINT32_MAX, &minimum)) {
        return 0;
    }
    minimum = minimum < soa.ttl_s ? minimum : soa.ttl_s;
    return minimum < REMEMBER_S_MAX ? minimum : REMEMBER_S_MAX;
}

/* ---- the text record ---- */

static enum rc say_other_texts(const struct m365_domain *domain, const struct rr_list *found, struct err *err)
{
    struct buf list;
    buf_init(&list, (RR_TEXT_MAX + 4) * TEXTS_SHOWN_MAX);
    for (size_t i = 0; i < found->count && i < TEXTS_SHOWN_MAX; i++) {
        buf_printf(&list, "%s\"%" STR_FMT "\"", i > 0 ? ", " : "", STR_ARG(found->items[i].data));
    }
    enum rc rc = err_set(
        err, RC_NOT_FOUND, NULL, "the TXT record of %s is not \"%s\"; there is %" STR_FMT "%s", domain->name,
        domain->token, STR_ARG(buf_str(&list)), found->count > TEXTS_SHOWN_MAX ? " and more" : "");
    buf_clear(&list);
    return rc;
}

static enum rc judge_texts(const struct m365_domain *domain, const struct answer *answer, struct err *err)
{
    struct str alias = alias_in(&answer->found);
    for (size_t i = 0; i < answer->found.count; i++) {
        const struct rr *rr = &answer->found.items[i];
        if (rr->type == RR_TXT && str_eq(rr->data, str_of(domain->token))) {
            return RC_OK;
        }
    }
    if (!str_absent(alias)) {
        return err_set(err, RC_NOT_FOUND, NULL,
                       "%s is a CNAME of %" STR_FMT "; the TXT record \"%s\" has to be at the name itself",
                       domain->name, STR_ARG(alias), domain->token);
    }
    if (answer->found.count > 0) {
        return say_other_texts(domain, &answer->found, err);
    }
    return err_set(err, RC_NOT_FOUND, NULL,
                   answer->rcode == RR_NXDOMAIN ? "there is no name %s; it has to have the TXT record \"%s\""
                                                : "%s has no TXT record; it has to be \"%s\"",
                   domain->name, domain->token);
}

enum rc m365_check_token(struct m365_dns *dns, const struct m365_domain *domain, struct arena *mem,
                         struct err *err)
{
    const struct question question = {str_of(domain->name), RR_TXT};
    struct mono deadline = mono_after(clock_mono(), M365_CHECK_MS);
    struct answer answer = {0};
    struct net_addr server;
    int64_t left_ms = remembered_ms(dns, question.name);
    if (left_ms > 0) {
        return err_set(
            err, RC_NOT_FOUND, NULL,
            "%s had no TXT record when it was looked up before; that is remembered for the minimum "
            "of the zone's SOA, %lld s more",
            domain->name, (long long)(left_ms + 999) / 1000);
    }
    enum rc rc = ask_servers(dns, &question, 1, deadline, mem, &answer, &server, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (answer.found.count == 0) {
        remember(dns, domain, seconds_of_no(&server, question.name, deadline, mem));
    }
    return judge_texts(domain, &answer, err);
}

/* ---- the trunk ---- */

enum rc m365_check_trunk(struct m365_dns *dns, struct str name, struct arena *mem, struct m365_trunk *ret,
                         struct err *err)
{
    const struct question questions[] = {{name, RR_A}, {name, RR_AAAA}};
    struct answer answers[ARRAY_LEN(questions)] = {0};
    struct net_addr server;
    enum rc rc = ask_servers(dns, questions, ARRAY_LEN(questions), mono_after(clock_mono(), M365_CHECK_MS),
                             mem, answers, &server, err);
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct m365_trunk){.alias = alias_in(&answers[0].found)};
    for (size_t i = 0; i < answers[0].found.count && ret->address_count < M365_ADDRESSES_MAX; i++) {
        if (answers[0].found.items[i].type == RR_A) {
            ret->addresses[ret->address_count++] = answers[0].found.items[i].data;
        }
    }
    for (size_t i = 0; i < answers[1].found.count; i++) {
        ret->has_ipv6 = ret->has_ipv6 || answers[1].found.items[i].type == RR_AAAA;
    }
    return RC_OK;
}
