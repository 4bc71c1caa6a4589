/* Jobs: asked for, steered, and their result. What is in a file is checked before it is sent. */
#pragma once
struct cli;

int run_job_create(struct cli *cli);
int run_job_control(struct cli *cli); /* the command's method: apply, cancel, retry */
int run_job_result(struct cli *cli);
