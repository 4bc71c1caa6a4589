/* `numgated reset`: empties the store of a test target, between the tests of somebody's suite. */
#pragma once

/* By the daemon that runs on the store; where none does, by this process. The exit status: 0, or 1 with the reason on standard error. */
int reset(const char *config_path);
