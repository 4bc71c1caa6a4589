/* How tests steer the lab, under /lab/, from loopback only. JSON in and out:
 *
 *      POST   /lab/rotate-keys   {} or {"forget": true}: new signing keys; forget: the old ones are no longer published
 *      POST   /lab/faults        {"endpoint": "token", "kind": "delay", "ms": 500, "times": 3}, see fault.h
 *      GET    /lab/faults        what is not used up yet
 *      DELETE /lab/faults        forgets all
 *      POST   /lab/reset, GET /lab/snapshot, POST /lab/restore: see part.h */
#pragma once

struct visit;

void control_serve_rotate(struct visit *visit);
void control_serve_fault_add(struct visit *visit);
void control_serve_faults(struct visit *visit);
void control_serve_faults_clear(struct visit *visit);
void control_serve_reset(struct visit *visit);
void control_serve_snapshot(struct visit *visit);
void control_serve_restore(struct visit *visit);
