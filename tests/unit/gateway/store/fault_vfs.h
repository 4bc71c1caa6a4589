/* A SQLite VFS over the default one that fails the Nth write or sync from now on, once or for good. */
#pragma once
#include <stdbool.h>

enum fault_kind { FAULT_IOERR, FAULT_FULL };

void fault_vfs_register(void); /* as "fault" */
/* The next-but-(n-1)th write, truncate or sync of any file fails; 0: none does. `lasting`: all after it too.
 */
void fault_vfs_arm(unsigned n, enum fault_kind kind, bool lasting);
bool fault_vfs_fired(void);
