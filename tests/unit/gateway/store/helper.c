#include "helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"

static enum rc step_run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct step *step = (struct step *)(void *)job;
    step->runs++;
    return step->fn(tx, job->mem, step->arg, err);
}

static void step_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct step *step = (struct step *)(void *)job;
    step->rc = rc;
    step->err = *err;
    sem_post(&step->finished);
}

void step_submit(struct step *step, struct repo *repo, enum repo_kind kind, step_fn *fn, void *arg)
{
    struct mono deadline = step->job.deadline.ms != 0 ? step->job.deadline : mono_after(clock_mono(), 60000);
    struct op_id op = step->job.op;
    *step = (struct step){.fn = fn, .arg = arg, .mem = arena_new(64 * 1024 * 1024)};
    sem_init(&step->finished, 0, 0);
    step->job = (struct repo_job){
        .kind = kind, .deadline = deadline, .op = op, .mem = step->mem, .run = step_run, .done = step_done};
    repo_submit(repo, &step->job);
}

enum rc step_wait(struct step *step)
{
    while (sem_wait(&step->finished) != 0 && errno == EINTR) {
    }
    return step->rc;
}

void step_clear(struct step *step)
{
    sem_destroy(&step->finished);
    arena_free(step->mem);
    step->mem = NULL;
}

enum rc in_store(struct repo *repo, enum repo_kind kind, step_fn *fn, void *arg)
{
    struct step step = {0};
    step_submit(&step, repo, kind, fn, arg);
    enum rc rc = step_wait(&step);
    step_clear(&step);
    return rc;
}

static enum rc gate_run(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct gate *gate = arg;
    (void)tx;
    (void)mem;
    (void)err;
    sem_post(&gate->entered);
    while (sem_wait(&gate->open) != 0 && errno == EINTR) {
    }
    return RC_OK;
}

void gate_close(struct gate *gate, struct repo *repo)
{
    *gate = (struct gate){0};
    sem_init(&gate->entered, 0, 0);
    sem_init(&gate->open, 0, 0);
    step_submit(&gate->step, repo, REPO_WRITE, gate_run, gate);
    while (sem_wait(&gate->entered) != 0 && errno == EINTR) {
    }
}

void gate_open(struct gate *gate)
{
    sem_post(&gate->open);
    assert_int_equal(step_wait(&gate->step), RC_OK);
    step_clear(&gate->step);
    sem_destroy(&gate->entered);
    sem_destroy(&gate->open);
}

void folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/numgate-store-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof folder->file, "%s/numgate.db", folder->path);
    snprintf(folder->url, sizeof folder->url, "sqlite:%s", folder->file);
}

void folder_remove(struct folder *folder)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char name[160];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(name, sizeof name, "%s%s", folder->file, ends[i]);
        unlink(name);
    }
    snprintf(name, sizeof name, "%s/link.db", folder->path);
    unlink(name);
    rmdir(folder->path);
}

struct number *number_of(struct arena *mem, int64_t telephone_number, const char *account)
{
    struct number *number = arena_new_of(mem, struct number);
    struct number_services *services = arena_new_of(mem, struct number_services);
    struct number_service *service = arena_new_of(mem, struct number_service);
    service->enabled = true;
    services->of[SERVICE_DIRECT_ROUTING] = service;
    number->services = services;
    number->telephone_number = telephone_number;
    number->account_name = str_of(account);
    return number;
}

struct put {
    const char *account;
    int64_t from, count;
};

static enum rc run_put(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct put *put = arg;
    struct number_counts delta = {.all = put->count};
    delta.of[SERVICE_DIRECT_ROUTING] = put->count;
    const struct number **numbers = arena_alloc_array(mem, (size_t)put->count, sizeof *numbers);
    for (int64_t i = 0; i < put->count; i++) {
        struct number *number = number_of(mem, put->from + i, put->account);
        enum rc rc = repo_revision_next(tx, &number->revision.configuration, err);
        if (rc != RC_OK) {
            return rc;
        }
        numbers[i] = number;
    }
    enum rc rc = repo_numbers_write(tx, numbers, (size_t)put->count, true, err);
    return rc == RC_OK ? repo_number_counts_add(tx, str_of(put->account), &delta, clock_wall(), err) : rc;
}

enum rc put_numbers(struct repo *repo, const char *account, int64_t from, int64_t count)
{
    struct put put = {account, from, count};
    return in_store(repo, REPO_WRITE, run_put, &put);
}

static enum rc run_find(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *number;
    return repo_number_find(tx, mem, *(int64_t *)arg, REPO_READ, &number, err);
}

bool has_number(struct repo *repo, int64_t telephone_number)
{
    enum rc rc = in_store(repo, REPO_POINT, run_find, &telephone_number);
    assert_true(rc == RC_OK || rc == RC_NOT_FOUND);
    return rc == RC_OK;
}
