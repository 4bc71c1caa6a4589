/* The signals that steer the program: they reach it through sigwait() alone. */
#pragma once
#include <signal.h>

void signals_block(sigset_t *ret); /* SIGTERM, SIGINT, SIGHUP; before any thread starts */
