#include "fault_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static atomic_uint left; /* calls until one fails */
static atomic_bool fired, stays, is_full;

void fault_vfs_arm(unsigned n, enum fault_kind kind, bool lasting)
{
    atomic_store(&fired, false);
    atomic_store(&stays, lasting);
    atomic_store(&is_full, kind == FAULT_FULL);
    atomic_store(&left, n);
}

bool fault_vfs_fired(void)
{
    return atomic_load(&fired);
}

/* What a call has to fail with; 0: it goes through. A sync never says "full". */
static int due(int io_error, bool can_be_full)
{
    unsigned n = atomic_load(&left);
    bool now = n > 0 && atomic_fetch_sub(&left, 1) == 1;
    if (!now && !(atomic_load(&fired) && atomic_load(&stays))) {
        return 0;
    }
    atomic_store(&fired, true);
    return atomic_load(&is_full) && can_be_full ? SQLITE_FULL : io_error;
}

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this */
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct fault_file *)(void *)file)->real;
}

#define REAL(file) real_of(file)->pMethods
static int f_close(sqlite3_file *f)
{
    return REAL(f)->xClose(real_of(f));
}
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return REAL(f)->xRead(real_of(f), p, n, at);
}
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    int code = due(SQLITE_IOERR_WRITE, true);
    return code != 0 ? code : REAL(f)->xWrite(real_of(f), p, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int code = due(SQLITE_IOERR_TRUNCATE, false);
    return code != 0 ? code : REAL(f)->xTruncate(real_of(f), size);
}
static int f_sync(sqlite3_file *f, int flags)
{
    int code = due(SQLITE_IOERR_FSYNC, false);
    return code != 0 ? code : REAL(f)->xSync(real_of(f), flags);
}
static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return REAL(f)->xFileSize(real_of(f), size);
}
static int f_lock(sqlite3_file *f, int lock)
{
    return REAL(f)->xLock(real_of(f), lock);
}
static int f_unlock(sqlite3_file *f, int lock)
{
    return REAL(f)->xUnlock(real_of(f), lock);
}
static int f_check(sqlite3_file *f, int *out)
{
    return REAL(f)->xCheckReservedLock(real_of(f), out);
}
static int f_control(sqlite3_file *f, int op, void *arg)
{
    return REAL(f)->xFileControl(real_of(f), op, arg);
}
static int f_sector(sqlite3_file *f)
{
    return REAL(f)->xSectorSize(real_of(f));
}
static int f_traits(sqlite3_file *f)
{
    return REAL(f)->xDeviceCharacteristics(real_of(f));
}
static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return REAL(f)->xShmMap(real_of(f), page, size, extend, p);
}
static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return REAL(f)->xShmLock(real_of(f), offset, n, flags);
}
static void f_shm_barrier(sqlite3_file *f)
{
    REAL(f)->xShmBarrier(real_of(f));
}
static int f_shm_unmap(sqlite3_file *f, int delete_it)
{
    return REAL(f)->xShmUnmap(real_of(f), delete_it);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no mmap: every byte goes through here */
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_check,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_traits,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static sqlite3_vfs *below(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct fault_file *fault = (struct fault_file *)(void *)file;
    fault->real = (sqlite3_file *)(void *)(fault + 1);
    int code = below(vfs)->xOpen(below(vfs), name, fault->real, flags, out_flags);
    fault->base.pMethods = fault->real->pMethods != NULL ? &methods : NULL;
    return code;
}
static int v_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    return below(vfs)->xDelete(below(vfs), name, sync);
}
static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    return below(vfs)->xAccess(below(vfs), name, flags, out);
}
static int v_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    return below(vfs)->xFullPathname(below(vfs), name, n, out);
}

void fault_vfs_register(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    if (sqlite3_vfs_find("fault") != NULL) {
        return;
    }
    vfs = *real; /* what is not about files stays */
    vfs.pNext = NULL;
    vfs.zName = "fault";
    vfs.szOsFile = (int)sizeof(struct fault_file) + real->szOsFile;
    vfs.pAppData = real;
    vfs.xOpen = v_open;
    vfs.xDelete = v_delete;
    vfs.xAccess = v_access;
    vfs.xFullPathname = v_path;
    sqlite3_vfs_register(&vfs, 0);
}
