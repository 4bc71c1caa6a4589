/* The calls of common/resolve, one a line of standard input, for tests against real servers.
 *
 *     key TEXT                          the key of what follows; none at first
 *     zone NAME                         begins an update; then any of
 *     unused NAME | none NAME TYPE | require NAME TYPE DATA | add NAME TTL TYPE DATA | delete NAME TYPE DATA
 *     send SERVER MS                    update RCODE TSIG_ERROR SERVER_TIME_MS BYTES
 *     question NAME TYPE                one more for the next
 *     ask SERVER MS                     answer came|silent RCODE yes|no (authoritative), its records; for each question
 *     apex SERVER MS NAME               the SOA record
 *     transfer SERVER MS ZONE           its records
 *
 * SERVER is ADDRESS:PORT. Records are shown as lines of a master file behind "rr ". The last line that answers a command is
 * `RC CODE MESSAGE` with tabs between, "-" for what is not there, and RC as rc_name() says it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/resolve/ask.h"
#include "common/resolve/update.h"

#include "common/base/banned.h"

#define MEMORY_MAX    (256UL * 1024 * 1024)
#define QUESTIONS_MAX 5000
#define LINE_BYTES    4096

struct asker {
    struct arena *mem;
    struct tsig_key key;
    struct update update;
    struct question questions[QUESTIONS_MAX];
    size_t questions_count;
};

static void show_records(struct rr_list list)
{
    for (size_t i = 0; i < list.count; i++) {
        struct buf line;
        buf_init(&line, MEMORY_MAX);
        rr_write(&line, &list.items[i]);
        printf("rr %" STR_FMT, STR_ARG(buf_str(&line)));
        buf_clear(&line);
    }
}

static enum rr_type type_named(struct str word)
{
    static const enum rr_type types[] = {RR_A, RR_NS, RR_CNAME, RR_SOA, RR_TXT, RR_AAAA, RR_SRV};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (str_eq(word, str_of(rr_type_text(types[i])))) {
            return types[i];
        }
    }
    return 0;
}

/* ---- what a line consists of ---- */

static struct str word(struct asker *asker, struct str *rest)
{
    struct str ret = STR("");
    (void)str_split(rest, ' ', &ret);
    return arena_str(asker->mem, ret);
}

static uint64_t number(struct asker *asker, struct str *rest)
{
    uint64_t value = 0;
    (void)str_to_u64(word(asker, rest), UINT32_MAX, &value);
    return value;
}

/* [TTL] TYPE DATA behind the name. */
static struct rr record(struct asker *asker, struct str *rest, bool has_ttl)
{
    struct rr rr = {.name = word(asker, rest)};
    rr.ttl_s = has_ttl ? (uint32_t)number(asker, rest) : 0;
    rr.type = type_named(word(asker, rest));
    rr.data = arena_str(asker->mem, str_absent(*rest) ? STR("") : *rest);
    return rr;
}

struct whom {
    struct net_addr server;
    struct mono deadline;
};

static struct whom whom(struct asker *asker, struct str *rest)
{
    struct whom ret = {0};
    if (!net_parse_port(word(asker, rest), &ret.server)) {
        fprintf(stderr, "asker: SERVER is ADDRESS:PORT\n");
        exit(2);
    }
    ret.deadline = mono_after(clock_mono(), (int64_t)number(asker, rest));
    return ret;
}

/* ---- commands ---- */

static enum rc do_key(struct asker *asker, struct str rest, struct err *err)
{
    return tsig_key_parse(rest, asker->mem, &asker->key, err);
}

static enum rc do_zone(struct asker *asker, struct str rest, struct err *err)
{
    (void)err;
    update_init(&asker->update, asker->mem, word(asker, &rest));
    return RC_OK;
}

static enum rc do_unused(struct asker *asker, struct str rest, struct err *err)
{
    (void)err;
    update_require_unused(&asker->update, word(asker, &rest));
    return RC_OK;
}

static enum rc do_none(struct asker *asker, struct str rest, struct err *err)
{
    struct rr rr = record(asker, &rest, false);
    (void)err;
    update_require_none(&asker->update, rr.name, rr.type);
    return RC_OK;
}

static enum rc do_require(struct asker *asker, struct str rest, struct err *err)
{
    struct rr rr = record(asker, &rest, false);
    (void)err;
    update_require(&asker->update, &rr);
    return RC_OK;
}

static enum rc do_add(struct asker *asker, struct str rest, struct err *err)
{
    struct rr rr = record(asker, &rest, true);
    (void)err;
    update_add(&asker->update, &rr);
    return RC_OK;
}

static enum rc do_delete(struct asker *asker, struct str rest, struct err *err)
{
    struct rr rr = record(asker, &rest, false);
    (void)err;
    update_delete(&asker->update, &rr);
    return RC_OK;
}

static enum rc do_send(struct asker *asker, struct str rest, struct err *err)
{
    struct whom to = whom(asker, &rest);
    struct update_result result;
    enum rc rc = update_send(&asker->update, &to.server, &asker->key, to.deadline, &result, err);
    printf("update %u %u %lld %zu\n", result.rcode, result.tsig_error, (long long)result.server_time.ms,
           asker->update.bytes);
    return rc;
}

static enum rc do_question(struct asker *asker, struct str rest, struct err *err)
{
    struct rr rr = record(asker, &rest, false);
    if (asker->questions_count == QUESTIONS_MAX) {
        return err_set(err, RC_LIMIT, NULL, "more than %d questions", QUESTIONS_MAX);
    }
    asker->questions[asker->questions_count++] = (struct question){rr.name, rr.type};
    return RC_OK;
}

static enum rc do_ask(struct asker *asker, struct str rest, struct err *err)
{
    struct whom to = whom(asker, &rest);
    size_t count = asker->questions_count;
    struct answer *answers = arena_alloc_array(asker->mem, count, sizeof *answers);
    enum rc rc = ask(&to.server, asker->questions, count, to.deadline, asker->mem, answers, err);
    for (size_t i = 0; i < count; i++) {
        printf("answer %s %u %s\n", answers[i].came ? "came" : "silent", answers[i].rcode,
               answers[i].authoritative ? "yes" : "no");
        show_records(answers[i].found);
    }
    asker->questions_count = 0;
    return rc;
}

static enum rc do_apex(struct asker *asker, struct str rest, struct err *err)
{
    struct whom to = whom(asker, &rest);
    struct rr soa;
    enum rc rc = ask_zone(&to.server, word(asker, &rest), to.deadline, asker->mem, &soa, err);
    show_records((struct rr_list){&soa, rc == RC_OK ? 1 : 0});
    return rc;
}

static enum rc do_transfer(struct asker *asker, struct str rest, struct err *err)
{
    struct whom from = whom(asker, &rest);
    struct rr_list records = {0};
    enum rc rc =
        ask_transfer(&from.server, word(asker, &rest), str_absent(asker->key.name) ? NULL : &asker->key,
                     from.deadline, asker->mem, &records, err);
    show_records(records);
    return rc;
}

static const struct command {
    const char *verb;
    enum rc (*run)(struct asker *asker, struct str rest, struct err *err);
} commands[] = {
    {"key", do_key},           {"zone", do_zone}, {"unused", do_unused}, {"none", do_none},
    {"require", do_require},   {"add", do_add},   {"delete", do_delete}, {"send", do_send},
    {"question", do_question}, {"ask", do_ask},   {"apex", do_apex},     {"transfer", do_transfer},
};

static void obey(struct asker *asker, struct str line)
{
    struct err err = {0};
    enum rc rc = RC_INVALID;
    struct str verb = word(asker, &line);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (str_eq(verb, str_of(commands[i].verb))) {
            rc = commands[i].run(asker, line, &err);
        }
    }
    printf("%s\t%s\t%s\n", rc_name(rc), rc != RC_OK && err.code != NULL ? err.code : "-",
           rc != RC_OK && err.msg[0] != '\0' ? err.msg : "-");
    fflush(stdout);
}

int main(void)
{
    static char line[LINE_BYTES];
    static struct asker asker;
    asker.mem = arena_new_secret(MEMORY_MAX);
    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(&asker, (struct str){line, strcspn(line, "\n")});
    }
    arena_free(asker.mem);
    return 0;
}
