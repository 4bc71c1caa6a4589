/* Steering the back end: what the enterprise and chance do, under /lab/backend/, from loopback only. See numgate-lab --help for the bodies. */
#pragma once

struct visit;

void backend_control_consent_put(struct visit *visit);  /* PUT    /lab/backend/consents/{tenantId} */
void backend_control_consent_drop(struct visit *visit); /* DELETE */
void backend_control_address_put(
    struct visit *visit); /* PUT    /lab/backend/tenants/{tenantId}/addresses/{id} */
void backend_control_address_drop(struct visit *visit); /* DELETE */
void backend_control_number_put(
    struct visit *visit); /* PUT    /lab/backend/numbers/{telephoneNumber}: behind the operator's back */
void backend_control_number_assign(struct visit *visit);    /* POST   {"service", "assignmentStatus"} */
void backend_control_number_drop(struct visit *visit);      /* DELETE ?service= */
void backend_control_switches(struct visit *visit);         /* GET    /lab/backend/switches */
void backend_control_switches_put(struct visit *visit);     /* PUT    those that are named */
void backend_control_applications(struct visit *visit);     /* GET    /lab/backend/applications */
void backend_control_application_put(struct visit *visit);  /* PUT    /lab/backend/applications/{clientId} */
void backend_control_application_drop(struct visit *visit); /* DELETE */
void backend_control_faults(struct visit *visit);           /* GET    /lab/backend/faults */
void backend_control_fault_add(struct visit *visit);        /* POST */
void backend_control_faults_clear(struct visit *visit);     /* DELETE */
void backend_control_statistics(struct visit *visit);       /* GET    /lab/backend/statistics */
void backend_control_statistics_clear(struct visit *visit); /* DELETE: the counts of calls begin again */
void backend_control_history(struct visit *visit);          /* GET    /lab/backend/history?after=&number= */
void backend_control_scenario(struct visit *visit);         /* POST   /lab/scenario, see scenario.h */
