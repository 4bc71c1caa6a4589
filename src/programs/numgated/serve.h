/* The daemon: builds the parts from the configuration, runs until a signal ends it, takes them down in the
 * other order. */
#pragma once
#include "common/base/err.h"

/* SIGTERM and SIGINT: drain, then end. SIGHUP: read the configuration and the certificate again; when they
 * are bad, the old stay and the log says why. Returns the exit status. */
int serve(const char *config_path);
