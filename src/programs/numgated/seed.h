/* `numgated seed FILE`: loads requests for information and civic addresses into the store of a test target,
 * since only a back end can make them otherwise. The daemon must not be running: the store belongs to one
 * process. */
#pragma once

int seed(const char *config_path, const char *seed_path);
