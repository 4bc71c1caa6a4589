/* `numgate-failover run`: the watcher and its admin port, until SIGTERM or SIGINT. */
#pragma once

int run(const char *config_path);
