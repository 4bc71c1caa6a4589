/* The DNS of Direct Routing customers at a numgate server. */
#pragma once
struct cli;

int run_dns_status(struct cli *cli);
int run_dns_show(struct cli *cli);
int run_dns_action(struct cli *cli); /* the command's method is the action */
int run_dns_retry(struct cli *cli);
int run_dns_plan(struct cli *cli);
int run_dns_apply(struct cli *cli);
int run_dns_letters(struct cli *cli);
