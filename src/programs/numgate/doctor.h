/* What stands between this machine and the server, checked one by one. */
#pragma once
struct cli;

int run_doctor(struct cli *cli);
int run_token(struct cli *cli);
