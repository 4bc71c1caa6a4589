/* A node with a test kind of work, to be run as several processes on one database, stopped, killed and continued: shows who
 * held what, and that no late write passed.
 *
 *     holder URL NODE [LEASE_MS POLL_MS RUN_MS]
 *
 * It works on outbox rows of OUTBOX_SYNC; "t1-x" is worked on under the lease "t1". A run takes RUN_MS and writes an effect at
 * its beginning, its middle and its end, each under the fence: a job row of kind "effect" and key LEASE with the id
 * LEASE/GENERATION/KEY/SEQ/STEP, and in the same transaction LEASE's tally, a job row that must never go back. A tally that is
 * ahead of the writer's own generation is a late write that the fence let pass: it is not written and the process ends with 3.
 *
 * Commands come on standard input, one a line, each is answered by a line, `done COMMAND` or `failed COMMAND`:
 *     touch KEY    there is something to do
 *     pause KEY    resume KEY    `*` is the whole kind
 *     row KEY      `row KEY due|none ATTEMPT`; none: nothing to do, not yet, or paused
 *     show LEASE   its effects by generation: `effect LEASE GENERATION NODE KEY SEQ STEP at MS`; MS is the database's clock and
 *                  never falls, or an older generation wrote after a newer one
 * The end of the input ends the program as a service would end: leases are given back.
 *
 * Events go to standard output at once: `ready NODE`, then `begin|step|end|refused|failed|stopped NODE LEASE GENERATION KEY SEQ`.
 * refused: the lease is lost, nothing was written; failed: the store is away; stopped: told to end. */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/store/store.h"
#include "gateway/work/work.h"

#include "common/base/banned.h"

#define EFFECTS_PAGE 1000
#define STEPS        3

struct node {
    struct repo *repo;
    struct work *work;
    uint32_t run_ms;
};

/* One line, whole: several threads write them. */
PRINTF_LIKE(1, 2) static void say(const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof line - 1) {
        line[n] = '\n';
        if (write(STDOUT_FILENO, line, (size_t)n + 1) < 0) {
            _exit(1); /* whoever listened is gone */
        }
    }
}

static void say_event(const char *event, const struct work_run *run)
{
    const struct lease *lease = work_lease(run);
    const struct outbox_item *item = work_item(run);
    say("%s %" STR_FMT " %" STR_FMT " %lld %" STR_FMT " %lld", event, STR_ARG(lease->owner),
        STR_ARG(lease->name), (long long)lease->generation, STR_ARG(item->key), (long long)item->seq);
}

/* ---- the work ---- */

static enum rc lease_of(struct repo_tx *tx, struct arena *mem, struct str key, struct str *ret,
                        struct err *err)
{
    ptrdiff_t dash = str_find(key, '-');
    (void)tx;
    (void)err;
    *ret = arena_str(mem, dash >= 0 ? str_slice(key, 0, (size_t)dash) : key);
    return RC_OK;
}

struct effect {
    struct work_run *run;
    int step;
};

/* The tally holds the highest generation that wrote. It is read as the store has it, not as this process believes it to be. */
static enum rc raise_tally(struct repo_tx *tx, struct arena *mem, const struct lease *lease, struct err *err)
{
    const struct job_row *there = NULL;
    struct job_row tally = {.id = arena_printf(mem, "tally/%" STR_FMT, STR_ARG(lease->name)),
                            .kind = STR("tally"),
                            .key = lease->name,
                            .attempt = lease->generation};
    enum rc rc = repo_job_find(tx, mem, tally.id, REPO_UPDATE, &there, err);
    if (rc == RC_NOT_FOUND) {
        return repo_job_add(tx, &tally, err);
    }
    if (rc == RC_OK && there->attempt > lease->generation) {
        say("late %" STR_FMT " %" STR_FMT " %lld after %lld", STR_ARG(lease->owner), STR_ARG(lease->name),
            (long long)lease->generation, (long long)there->attempt);
        _exit(3);
    }
    return rc == RC_OK ? repo_job_write(tx, &tally, err) : rc;
}

/* May be called again after a commit nobody heard of: an effect that is there is no failure. */
static enum rc write_effect(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct effect *effect = arg;
    const struct lease *lease = work_lease(effect->run);
    const struct outbox_item *item = work_item(effect->run);
    struct job_row row = {.kind = STR("effect"), .key = lease->name, .attempt = lease->generation};
    const struct job_row *there;
    row.id =
        arena_printf(mem, "%" STR_FMT "/%08lld/%" STR_FMT "/%08lld/%d", STR_ARG(lease->name),
                     (long long)lease->generation, STR_ARG(item->key), (long long)item->seq, effect->step);
    row.input = arena_printf(mem, "%" STR_FMT " %" STR_FMT " %lld %d", STR_ARG(lease->owner),
                             STR_ARG(item->key), (long long)item->seq, effect->step);
    enum rc rc = raise_tally(tx, mem, lease, err);
    if (rc == RC_OK) {
        rc = repo_job_find(tx, mem, row.id, REPO_READ, &there, err);
        rc = rc == RC_NOT_FOUND ? repo_job_add(tx, &row, err) : rc;
    }
    return rc;
}

/* False: told to end. */
static bool spend(const struct work_run *run, uint32_t ms)
{
    struct mono end = mono_after(clock_mono(), ms);
    while (clock_mono().ms < end.ms) {
        if (work_stopping(run)) {
            return false;
        }
        usleep(5000);
    }
    return true;
}

static const char *event_name(const struct work_run *run, int step, enum rc rc)
{
    static const char *const steps[STEPS] = {"begin", "step", "end"};
    return rc == RC_OK ? steps[step] : work_lost(run) ? "refused" : "failed";
}

static enum rc node_run(struct work_run *run, void *arg, struct err *err)
{
    const struct node *node = arg;
    enum rc rc = RC_OK;
    for (int step = 0; rc == RC_OK && step < STEPS; step++) {
        struct effect effect = {run, step};
        if (step > 0 && !spend(run, node->run_ms / 2) && !work_lost(run)) {
            say_event("stopped", run);
            return err_set(err, RC_BUSY, NULL, "told to end");
        }
        rc = work_write(run, write_effect, &effect, err); /* also when lost: the fence must say so */
        say_event(event_name(run, step, rc), run);
    }
    return rc;
}

/* ---- commands ---- */

struct command {
    struct repo_job job; /* first */
    const char *verb;
    struct str word;
    enum rc rc;
    sem_t finished;
};

static enum rc show(struct repo_tx *tx, struct arena *mem, struct str lease, struct err *err)
{
    struct str after = STR_NONE;
    struct job_list list = {.count = EFFECTS_PAGE};
    enum rc rc = RC_OK;
    while (list.count == EFFECTS_PAGE &&
           (rc = repo_jobs_open(tx, mem, STR("effect"), lease, after, EFFECTS_PAGE, &list, err)) == RC_OK) {
        for (size_t i = 0; i < list.count; i++) {
            const struct job_row *row = &list.jobs[i];
            say("effect %" STR_FMT " %lld %" STR_FMT " at %lld", STR_ARG(lease), (long long)row->attempt,
                STR_ARG(row->input), (long long)row->created_at.ms);
            after = row->id;
        }
    }
    return rc;
}

static enum rc tell_row(struct repo_tx *tx, struct arena *mem, struct str key, struct err *err)
{
    struct outbox_item item = {0};
    enum rc rc = repo_outbox_find_due(tx, mem, OUTBOX_SYNC, key, &item, err);
    if (rc == RC_OK || rc == RC_NOT_FOUND) {
        say("row %" STR_FMT " %s %lld", STR_ARG(key), rc == RC_OK ? "due" : "none", (long long)item.attempt);
        return RC_OK;
    }
    return rc;
}

static enum rc command_run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    const struct command *command = (struct command *)(void *)job;
    struct str key = str_eq(command->word, STR("*")) ? STR("") : command->word;
    if (strcmp(command->verb, "touch") == 0) {
        return repo_outbox_touch(tx, OUTBOX_SYNC, command->word, err);
    }
    if (strcmp(command->verb, "pause") == 0 || strcmp(command->verb, "resume") == 0) {
        return repo_outbox_pause(tx, OUTBOX_SYNC, key, command->verb[0] == 'p', err);
    }
    if (strcmp(command->verb, "row") == 0) {
        return tell_row(tx, job->mem, command->word, err);
    }
    if (strcmp(command->verb, "show") == 0) {
        return show(tx, job->mem, command->word, err);
    }
    return err_set(err, RC_INVALID, NULL, "no such command");
}

static void command_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct command *command = (struct command *)(void *)job;
    command->rc = rc;
    if (rc != RC_OK) {
        fprintf(stderr, "%s: %s\n", command->verb, err->msg);
    }
    sem_post(&command->finished);
}

static void obey(const struct node *node, const char *verb, struct str word)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(64 * 1024 * 1024);
    bool reads = strcmp(verb, "row") == 0 || strcmp(verb, "show") == 0;
    struct command command = {.verb = verb, .word = word};
    command.job = (struct repo_job){.kind = reads ? REPO_LIST : REPO_WRITE,
                                    .deadline = mono_after(clock_mono(), 10000),
                                    .mem = mem,
                                    .run = command_run,
                                    .done = command_done};
    sem_init(&command.finished, 0, 0);
    repo_submit(node->repo, &command.job);
    while (sem_wait(&command.finished) != 0 && errno == EINTR) {
    }
    sem_destroy(&command.finished);
    say("%s %s %" STR_FMT, command.rc == RC_OK ? "done" : "failed", verb, STR_ARG(word));
}

static void obey_input(const struct node *node)
{
    char line[256], verb[16], word[201];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%15s %200s", verb, word) == 2) {
            obey(node, verb, str_of(word));
            work_wake(node->work, ~0U);
        } else {
            say("failed %.*s", (int)strcspn(line, "\n"), line);
        }
    }
}

/* ---- main ---- */

static uint32_t number_at(int argc, char **argv, int i, uint32_t fallback)
{
    uint64_t value;
    if (i >= argc) {
        return fallback;
    }
    if (!str_to_u64(str_of(argv[i]), UINT32_MAX, &value)) {
        fprintf(stderr, "holder: %s is no number of ms\n", argv[i]);
        exit(2);
    }
    return (uint32_t)value;
}

static int complain(const struct err *err)
{
    fprintf(stderr, "holder: %s\n", err->msg);
    return 1;
}

static enum rc start(struct node *node, const struct work_kind *kind, int argc, char **argv, struct err *err)
{
    const struct work_config config = {.repo = node->repo,
                                       .kinds = kind,
                                       .kind_count = 1,
                                       .node = str_of(argv[2]),
                                       .lease_ms = number_at(argc, argv, 3, 0),
                                       .poll_ms = number_at(argc, argv, 4, 0)};
    return work_new(&config, &node->work, err);
}

int main(int argc, char **argv)
{
    struct err err;
    if (argc < 3) {
        fprintf(stderr, "usage: holder URL NODE [LEASE_MS POLL_MS RUN_MS]\n");
        return 2;
    }
    struct node node = {.run_ms = number_at(argc, argv, 5, 200)};
    const struct store_config store = {.url = str_of(argv[1]), .loops = 1};
    const struct work_kind kind = {.name = "hold",
                                   .outbox = OUTBOX_SYNC,
                                   .workers = 4,
                                   .lease = lease_of,
                                   .run = node_run,
                                   .arg = &node,
                                   .backoff_ms = 50,
                                   .backoff_max_ms = 500};
    log_setup("holder", LOG_WARNING, LOG_TEXT);
    if (store_open(&store, &node.repo, &err) != RC_OK || start(&node, &kind, argc, argv, &err) != RC_OK) {
        return complain(&err);
    }
    say("ready %s", argv[2]);
    obey_input(&node);
    work_free(node.work);
    store_close(node.repo);
    return 0;
}
