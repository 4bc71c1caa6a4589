/* Generated from openapi.json by `npm run types`; a change here is lost. */
export interface paths {
    "/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List accounts */
        get: operations["Accounts_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an account */
        get: operations["Accounts_get"];
        /** Create or replace an account */
        put: operations["Accounts_createOrReplace"];
        post?: never;
        /** Delete an account */
        delete: operations["Accounts_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}:createOrUpdateNumbers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create or replace up to 100 numbers, all or none */
        post: operations["Accounts_createOrUpdateNumbers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}:deleteNumbers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Delete up to 100 numbers, all or none */
        post: operations["Accounts_deleteNumbers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}:getTeamsCapabilityPlans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the back end which capability plans the account's tenant may have */
        post: operations["Accounts_getTeamsCapabilityPlans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}:getTeamsAvailableCapabilities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the back end which capabilities numbers can have */
        post: operations["Accounts_getTeamsAvailableCapabilities"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}/numbers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the numbers of an account */
        get: operations["Accounts_listNumbers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}/numbers/{telephoneNumber}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a number */
        get: operations["Accounts_getNumber"];
        /** Create or replace a number */
        put: operations["Accounts_createOrReplaceNumber"];
        post?: never;
        /** Delete a number */
        delete: operations["Accounts_deleteNumber"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}/teamsCivicAddresses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the civic addresses of an account */
        get: operations["Accounts_listTeamsCivicAddresses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{accountName}/teamsCivicAddresses/{civicAddressId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a civic address */
        get: operations["Accounts_getTeamsCivicAddress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numbers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the numbers of all accounts */
        get: operations["listNumbers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/teamsRequestsForInformation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List requests for information */
        get: operations["TeamsRequestsForInformation_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/teamsRequestsForInformation/{tenantId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a request for information */
        get: operations["TeamsRequestsForInformation_getRequestForInformation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change the relationship with the customer of a request for information */
        patch: operations["TeamsRequestsForInformation_createOrUpdateRequestForInformation"];
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["Numgate_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether requests can be served: 200 or 503 */
        get: operations["Numgate_ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller: name, roles, rights, limits */
        get: operations["Numgate_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/deployment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The deployment: domains, api-versions, limits, custom header name */
        get: operations["Numgate_deployment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who changed what, when and from where */
        get: operations["Numgate_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The synchronization with the back end: kinds of work, and what is open */
        get: operations["NumgateSync_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The accounts that are synchronized, or have work left */
        get: operations["NumgateSync_accounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync/accounts/{accountName}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An account: its numbers on their way, open orders, failures, pause, and the last sweep */
        get: operations["NumgateSync_account"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync/orphans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The numbers that only the back end has */
        get: operations["NumgateSync_orphans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync:pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause everything */
        post: operations["NumgateSync_pauseAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync:resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on with everything; accounts that are paused by themselves stay so */
        post: operations["NumgateSync_resumeAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync:retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try now whatever waits after a failure */
        post: operations["NumgateSync_retryAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync/accounts/{accountName}:retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make numbers that failed pending again, 1,000 at a time, and try all of the account's work now */
        post: operations["NumgateSync_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync/accounts/{accountName}:pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause an account's work */
        post: operations["NumgateSync_pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync/accounts/{accountName}:resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on with an account, whoever paused it */
        post: operations["NumgateSync_resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync/accounts/{accountName}:reconcile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Compare everything of the account's tenant now, and repair it when apply is true */
        post: operations["NumgateSync_reconcile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/sync/accounts/{accountName}:releaseOrphans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Release numbers of the account's tenant that only the back end has */
        post: operations["NumgateSync_releaseOrphans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The DNS of Direct Routing customers: publisher, servers, subdomains by status, and the work */
        get: operations["NumgateDns_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The subdomains as they were last seen, by label */
        get: operations["NumgateDns_accounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/accounts/{accountName}/dns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An account's subdomain: what is wanted, and what each name server says now */
        get: operations["NumgateDns_account"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/accounts/{accountName}/dns/letter": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What to send to the customer now; with subdomain the first letter, for an account that has none yet or is to be */
        get: operations["NumgateDns_letter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns/letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The letters for all customers, by label */
        get: operations["NumgateDns_letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What it takes to make the whole zone as it is wanted; reads the zone by a transfer */
        get: operations["NumgateDns_plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns/jobs/{jobId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of an apply; for a week after its end */
        get: operations["NumgateDns_job"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns:apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the zone as the plan says, orphans removed; a job, by whichever node */
        post: operations["NumgateDns_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Look at everything now: the deployment's own names, and what the servers say of all customers */
        post: operations["NumgateDns_checkAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/accounts/{accountName}/dns:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Publish an account's subdomain and ask the servers now */
        post: operations["NumgateDns_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns:pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Publish and check nothing */
        post: operations["NumgateDns_pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns:resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on with everything */
        post: operations["NumgateDns_resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/dns:retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try now whatever waits after a failure */
        post: operations["NumgateDns_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's jobs, newest first; an administrator sees everybody's */
        get: operations["NumgateJobs_list"];
        put?: never;
        /** Create, change or delete many numbers: a job, which is previewed first */
        post: operations["NumgateJobs_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/jobs:upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create numbers from a file, CSV or JSON Lines, of up to 10,000 rows and 8 MiB: a job, which is previewed first */
        post: operations["NumgateJobs_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/jobs/{jobId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A job: its state, and how many rows are how far */
        get: operations["NumgateJobs_job"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/jobs/{jobId}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Its numbers, each with the preview's verdict and what became of it; by verdict and outcome */
        get: operations["NumgateJobs_rows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/jobs/{jobId}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as CSV; where there is more, a Link header says where it goes on */
        get: operations["NumgateJobs_result"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/jobs/{jobId}:apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Apply a job that was previewed; one at a time for each caller */
        post: operations["NumgateJobs_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/jobs/{jobId}:cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a job; what was applied stays */
        post: operations["NumgateJobs_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/jobs/{jobId}:retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try the failed rows of a job that is done again, but for those that were changed since its preview */
        post: operations["NumgateJobs_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/numbers:lookup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whose numbers these are: up to 10,000 of them, also as pasted text */
        post: operations["Numgate_lookUpNumbers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/numbers:blocks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The numbers in blocks: neighbours with equal account, services, status and header as one */
        get: operations["Numgate_numberBlocks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/numbers:consequences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a delete of an account's numbers, or of those that match a filter, would meet */
        get: operations["Numgate_numberConsequences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What needs a person, how many there are of what, and how the deployment is */
        get: operations["Numgate_overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/numgate/v1/accounts:lookup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Of up to 500 accounts: who last changed them, and how many numbers they have */
        post: operations["Numgate_lookUpAccounts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An enterprise and its services. */
        AccountResource: {
            /** @description Whether what is stored here has reached the services' back ends. */
            readonly serviceProvisioningStatus?: string;
            /** @description Why it has not, when the status is failed. */
            readonly serviceProvisioningErrors?: components["schemas"]["Azure.Core.Foundations.Error"][];
            /** @description The account's name, as in the URL. */
            name: string;
            /** @description The client's own reference for the account; kept, never read. */
            correlationId?: string;
            /** @description The account's services. */
            serviceDetails?: components["schemas"]["AccountServiceDetails"];
        };
        /** @description The services of an account; one that is left out is not enabled. */
        AccountServiceDetails: {
            /** @description The enterprise's tenant in Microsoft 365. Cannot change while Operator Connect or Teams Phone Mobile numbers exist. */
            teamsTenantId?: string;
            /** @description Operator Connect. */
            teamsOperatorConnect?: components["schemas"]["TeamsOperatorConnectAccountDetails"];
            /** @description Teams Direct Routing. */
            teamsDirectRouting?: components["schemas"]["TeamsDirectRoutingAccountDetails"];
            /** @description Teams Phone Mobile. */
            teamsPhoneMobile?: components["schemas"]["TeamsPhoneMobileAccountDetails"];
            /** @description Zoom Phone Cloud Peering. */
            zoomPhoneCloudPeering?: components["schemas"]["ZoomPhoneCloudPeeringAccountDetails"];
            /** @description Azure Operator Call Protection. */
            azureOperatorCallProtection?: components["schemas"]["AzureOperatorCallProtectionAccountDetails"];
        };
        /** @description Operator Connect for the account. */
        TeamsOperatorConnectAccountDetails: {
            /** @description Whether numbers of this service are passed on to its back end. */
            syncEnabled: boolean;
            /** @description Whether numbers of the account may use the service. */
            enabled: boolean;
            /**
             * Format: int64
             * @description How many numbers of the account use the service.
             */
            readonly numberCount?: number;
        };
        /** @description Microsoft Teams Direct Routing for the account. */
        TeamsDirectRoutingAccountDetails: {
            /** @description Whether numbers of this service are passed on to its back end. */
            syncEnabled: boolean;
            /** @description Whether numbers of the account may use the service. */
            enabled: boolean;
            /**
             * Format: int64
             * @description How many numbers of the account use the service.
             */
            readonly numberCount?: number;
            /** @description How the service is set up; the subdomains exist only with it. */
            configuration?: components["schemas"]["TeamsDirectRoutingAccountConfig"];
            /** @description Whether DNS holds what the subdomains need. */
            readonly subdomainStatus: string;
        };
        /** @description How Direct Routing is set up for the account. */
        TeamsDirectRoutingAccountConfig: {
            /** @description Whether a call is refused when its caller number does not belong to the account. */
            callScreening: boolean;
            /** @description The label of the customer's subdomain, the same in both regions. */
            subdomain: string;
            /** @description The tokens that prove the subdomains. */
            subdomainTokens: components["schemas"]["TeamsDirectRoutingSubdomainTokens"];
        };
        /** @description The tokens that prove the customer's two subdomains to Microsoft 365. */
        TeamsDirectRoutingSubdomainTokens: {
            /** @description The value Microsoft 365 wants to see in DNS for the customer's subdomain of the first region. */
            region1Token: string;
            /** @description The same for the second region. */
            region2Token: string;
        };
        /** @description Teams Phone Mobile for the account. */
        TeamsPhoneMobileAccountDetails: {
            /** @description Whether numbers of this service are passed on to its back end. */
            syncEnabled: boolean;
            /** @description Whether numbers of the account may use the service. */
            enabled: boolean;
            /**
             * Format: int64
             * @description How many numbers of the account use the service.
             */
            readonly numberCount?: number;
        };
        /** @description Zoom Phone Cloud Peering for the account. */
        ZoomPhoneCloudPeeringAccountDetails: {
            /** @description Whether numbers of this service are passed on to its back end. */
            syncEnabled: boolean;
            /** @description Whether numbers of the account may use the service. */
            enabled: boolean;
            /**
             * Format: int64
             * @description How many numbers of the account use the service.
             */
            readonly numberCount?: number;
        };
        /** @description Azure Operator Call Protection for the account; it has no back end to pass numbers on to. */
        AzureOperatorCallProtectionAccountDetails: {
            /** @description Whether numbers of the account may use the service. */
            enabled: boolean;
            /**
             * Format: int64
             * @description How many numbers of the account use the service.
             */
            readonly numberCount?: number;
        };
        /** @description A telephone number and its services. */
        NumberResource: {
            /** @description Whether what is stored here has reached the services' back ends. */
            readonly serviceProvisioningStatus?: string;
            /** @description Why it has not, when the status is failed. */
            readonly serviceProvisioningErrors?: components["schemas"]["Azure.Core.Foundations.Error"][];
            /** @description The number in E.164 form with its plus sign, as in the URL. */
            telephoneNumber: string;
            /** @description The account that holds the number. */
            accountName: string;
            /** @description The number's services. */
            serviceDetails: components["schemas"]["NumberServiceDetails"];
            /** @description What holds for the number whatever its services. */
            configuration?: components["schemas"]["NumberConfiguration"];
        };
        /** @description The services of a number; one that is left out is not used. */
        NumberServiceDetails: {
            /** @description Operator Connect. */
            teamsOperatorConnect?: components["schemas"]["TeamsOperatorConnectNumberDetails"];
            /** @description Teams Direct Routing. */
            teamsDirectRouting?: components["schemas"]["TeamsDirectRoutingNumberDetails"];
            /** @description Teams Phone Mobile. */
            teamsPhoneMobile?: components["schemas"]["TeamsPhoneMobileNumberDetails"];
            /** @description Zoom Phone Cloud Peering. */
            zoomPhoneCloudPeering?: components["schemas"]["ZoomPhoneCloudPeeringNumberDetails"];
            /** @description Azure Operator Call Protection. */
            azureOperatorCallProtection?: components["schemas"]["AzureOperatorCallProtectionNumberDetails"];
        };
        /** @description Operator Connect for the number. */
        TeamsOperatorConnectNumberDetails: {
            /** @description Whether the number uses the service; its account must have enabled it. */
            enabled: boolean;
            /** @description Whether the enterprise has given the number to somebody. The back end's word goes before the client's. */
            assignmentStatus?: string;
            /** @description How the number is set up there. */
            configuration?: components["schemas"]["TeamsOperatorConnectNumberConfig"];
        };
        /** @description How the number is set up in Operator Connect. */
        TeamsOperatorConnectNumberConfig: {
            /** @description What the number is for in Teams, by the name of a usage. */
            usage: string;
            /** @description The capabilities asked for, out of those the plan of the usage lets choose. */
            choosableCapabilities: string[];
            /** @description The capabilities the number has. */
            readonly acquiredCapabilities?: string[];
            /** @description The capabilities the number could have. */
            readonly availableCapabilities?: string[];
            /** @description Further usages besides the main one. */
            additionalUsages?: string[];
            /** @description The emergency address of the number. */
            civicAddressId?: string;
            /** @description The place within the emergency address. */
            locationId?: string;
            /**
             * @description Whether the enterprise may change the emergency address by itself.
             * @default false
             */
            allowTenantAddressUpdate: boolean;
            /** @description The country under which the number is shown to the enterprise. */
            displayedCountryCode?: string;
        };
        /** @description Direct Routing for the number. */
        TeamsDirectRoutingNumberDetails: {
            /** @description Whether the number uses the service; its account must have enabled it. */
            enabled: boolean;
        };
        /** @description Teams Phone Mobile for the number. */
        TeamsPhoneMobileNumberDetails: {
            /** @description Whether the number uses the service; its account must have enabled it. */
            enabled: boolean;
            /** @description Whether the enterprise has given the number to somebody. The back end's word goes before the client's. */
            assignmentStatus?: string;
            /** @description How the number is set up there. */
            configuration?: components["schemas"]["TeamsPhoneMobileNumberConfig"];
        };
        /** @description How the number is set up in Teams Phone Mobile. */
        TeamsPhoneMobileNumberConfig: {
            /** @description What the number is for in Teams, by the name of a usage. */
            usage: string;
            /** @description The capabilities asked for, out of those the plan of the usage lets choose. */
            choosableCapabilities: string[];
            /** @description The capabilities the number has. */
            readonly acquiredCapabilities?: string[];
            /** @description The capabilities the number could have. */
            readonly availableCapabilities?: string[];
            /** @description Further usages besides the main one. */
            additionalUsages?: string[];
            /** @description The emergency address of the number. */
            civicAddressId?: string;
            /** @description The place within the emergency address. */
            locationId?: string;
            /**
             * @description Whether the enterprise may change the emergency address by itself.
             * @default false
             */
            allowTenantAddressUpdate: boolean;
            /** @description The country under which the number is shown to the enterprise. */
            displayedCountryCode?: string;
        };
        /** @description What the two Teams services with a back end have in common. */
        TeamsCommonNumberConfig: {
            /** @description What the number is for in Teams, by the name of a usage. */
            usage: string;
            /** @description The capabilities asked for, out of those the plan of the usage lets choose. */
            choosableCapabilities: string[];
            /** @description The capabilities the number has. */
            readonly acquiredCapabilities?: string[];
            /** @description The capabilities the number could have. */
            readonly availableCapabilities?: string[];
            /** @description Further usages besides the main one. */
            additionalUsages?: string[];
            /** @description The emergency address of the number. */
            civicAddressId?: string;
            /** @description The place within the emergency address. */
            locationId?: string;
            /**
             * @description Whether the enterprise may change the emergency address by itself.
             * @default false
             */
            allowTenantAddressUpdate: boolean;
            /** @description The country under which the number is shown to the enterprise. */
            displayedCountryCode?: string;
        };
        /** @description Zoom Phone Cloud Peering for the number. */
        ZoomPhoneCloudPeeringNumberDetails: {
            /** @description Whether the number uses the service; its account must have enabled it. */
            enabled: boolean;
        };
        /** @description Azure Operator Call Protection for the number. */
        AzureOperatorCallProtectionNumberDetails: {
            /** @description Whether the number uses the service; its account must have enabled it. */
            enabled: boolean;
        };
        /** @description What holds for the number whatever its services. */
        NumberConfiguration: {
            /** @description What the gateway puts into the operator's own SIP header on calls of this number. */
            customSipHeader?: string;
        };
        /** @description Numbers of one account. */
        BatchNumbers: {
            /** @description The numbers to create or replace; all of them or none. */
            numbers: components["schemas"]["NumberResource"][];
        };
        /** @description Names numbers to delete. */
        BatchNumbersDelete: {
            /** @description The numbers to delete; all of them or none. */
            numbers: components["schemas"]["NumberIdentifier"][];
        };
        /** @description Names numbers to ask about. */
        NumberIdentifiers: {
            /** @description The numbers asked about. */
            numbers: components["schemas"]["NumberIdentifier"][];
        };
        /** @description Names a number. */
        NumberIdentifier: {
            /** @description The number in E.164 form with its plus sign. */
            telephoneNumber: string;
        };
        /** @description What numbers could be used for. */
        TeamsAvailableCapabilities: {
            /** @description The capabilities that all the numbers asked about could have. */
            readonly availableCapabilities: string[];
        };
        /** @description The plans open to an account. */
        TeamsCapabilityPlans: {
            /** @description The plans open to the account. */
            readonly capabilityPlans: components["schemas"]["TeamsCapabilityPlan"][];
        };
        /** @description The capabilities that come with a usage. */
        TeamsCapabilityPlan: {
            /** @description The plan's name. */
            readonly name: string;
            /** @description What the operator offers under the plan. */
            readonly offerTypes?: string[];
            /** @description The usage of numbers that the plan is about. */
            readonly usage: string;
            /** @description What every number of the usage has. */
            readonly mandatoryCapabilities?: string[];
            /** @description What may be asked for in addition. */
            readonly choosableCapabilities?: string[];
            /** @description Whether toll-free numbers may have the usage. */
            readonly supportsTollFree: boolean;
        };
        /** @description An emergency address of an enterprise. */
        TeamsCivicAddressResource: {
            /** @description The address's identifier. */
            readonly id: string;
            /** @description The country. */
            readonly country?: string;
            /** @description The house number. */
            readonly houseNumber?: string;
            /** @description What follows the house number. */
            readonly houseNumberSuffix?: string;
            /** @description The direction in front of the street's name. */
            readonly preDirectional?: string;
            /** @description The street. */
            readonly streetName?: string;
            /** @description The kind of street. */
            readonly streetSuffix?: string;
            /** @description The direction behind the street's name. */
            readonly postDirectional?: string;
            /** @description The state or province. */
            readonly stateOrProvince?: string;
            /** @description The county or district. */
            readonly countyOrDistrict?: string;
            /** @description The city or town. */
            readonly cityOrTown?: string;
            /** @description Another name of the city or town. */
            readonly cityOrTownAlias?: string;
            /** @description The postal code. */
            readonly postalOrZipCode?: string;
            /** @description The enterprise's words for the address. */
            readonly description?: string;
            /** @description The company at the address. */
            readonly companyName?: string;
            /** @description The company's identifier. */
            readonly companyId?: string;
            /** @description The place that stands for the whole address. */
            readonly defaultLocationId: string;
            /** @description Whether the address was found to exist. */
            readonly validationStatus?: string;
            /** @description The enterprise's tenant. */
            readonly tenantId?: string;
            /** @description The operator's identifier. */
            readonly partnerId?: string;
            /** @description The places within the address. */
            readonly locations?: components["schemas"]["Location"][];
            /** @description Degrees north. */
            readonly latitude?: string;
            /** @description Degrees east. */
            readonly longitude?: string;
        };
        /** @description A place within an emergency address. */
        Location: {
            /** @description The place's identifier. */
            readonly id: string;
            /** @description The address it is in. */
            readonly civicAddressId: string;
            /** @description Where in the building. */
            readonly description?: string;
            /** @description More about the place. */
            readonly additionalInfo?: string;
            /** @description Whether it stands for the whole address. */
            readonly isDefault?: boolean;
            /** @description The emergency location identification number. */
            readonly elin?: string;
        };
        /** @description An enterprise's wish, made in Teams, to be served by the operator. */
        RequestForInformationResource: {
            /** @description Whether what is stored here has reached the services' back ends. */
            readonly serviceProvisioningStatus?: string;
            /** @description Why it has not, when the status is failed. */
            readonly serviceProvisioningErrors?: components["schemas"]["Azure.Core.Foundations.Error"][];
            /** @description The request's identifier. */
            readonly id?: string;
            /** @description The enterprise's tenant, as in the URL. */
            readonly tenantId: string;
            /** @description The account on that tenant; the first by name where there are several. */
            readonly accountName?: string;
            /** @description The product the request is about. */
            readonly productContext?: string;
            /** @description The operator's identifier. */
            readonly operatorId?: string;
            /** @description Whether the enterprise's consent holds. */
            readonly status?: string;
            /**
             * Format: date-time
             * @description When the enterprise gave its consent.
             */
            readonly consentedOn?: string;
            /**
             * Format: date-time
             * @description When the request last changed.
             */
            readonly lastModifiedOn?: string;
            /** @description The countries the consent covers. */
            readonly consentedCountries?: string[];
            /** @description Whom to talk to. */
            readonly contacts?: components["schemas"]["ContactDetails"][];
            /** @description The operator's side of the relationship. */
            customerRelationship?: components["schemas"]["CustomerRelationship"];
        };
        /** @description What of a request can be changed. */
        RequestForInformationResourceCreateOrUpdate: {
            /** @description The operator's side of the relationship. */
            customerRelationship?: components["schemas"]["CustomerRelationship"];
        };
        /** @description A person to talk to at the enterprise. */
        ContactDetails: {
            /** @description The person's name. */
            readonly fullName: string;
            /** @description The person's mail address. */
            readonly email: string;
            /** @description The person's telephone number, as written there. */
            readonly telephoneNumber?: string;
            /** @description The company. */
            readonly companyName?: string;
            /** @description How large the company is. */
            readonly companySize?: string;
        };
        /** @description What the operator tells the enterprise about their relationship. */
        CustomerRelationship: {
            /** @description How far operator and enterprise have come, such as ConsentAcknowledged. */
            status?: string;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            readonly lastModifiedOn?: string;
            /** @description Why; needed when the operator declines or ends it. */
            comment?: string;
        };
        /** @description The body of every answer that is not a success. */
        "Azure.Core.Foundations.ErrorResponse": {
            /** @description What went wrong. */
            error: components["schemas"]["Azure.Core.Foundations.Error"];
        };
        /** @description What went wrong. */
        "Azure.Core.Foundations.Error": {
            /** @description The word that programs go by. */
            code: string;
            /** @description One sentence for people; its wording may change. */
            message: string;
            /** @description What in the request the error is about, such as numbers[7].telephoneNumber. */
            target?: string;
            /** @description The single findings, where there are several. */
            details?: components["schemas"]["Azure.Core.Foundations.Error"][];
            /** @description The cause, where it lies elsewhere. */
            innererror?: components["schemas"]["Azure.Core.Foundations.InnerError"];
        };
        /** @description The cause of an error, from outside in. */
        "Azure.Core.Foundations.InnerError": {
            /** @description A narrower code than that of the error around it. */
            code?: string;
            /** @description A narrower cause still. */
            innererror?: components["schemas"]["Azure.Core.Foundations.InnerError"];
        };
        /** @description A number of things, counted up to a limit. */
        "Numgate.Sync.Count": {
            /**
             * Format: int64
             * @description How many; no more are counted than a limit.
             */
            count?: number;
            /** @description There may be more than count. */
            truncated?: boolean;
        };
        /** @description Why the last try failed. */
        "Numgate.Sync.Error": {
            /** @description The cause in one word, such as BackendUnavailable. */
            code?: string;
            /** @description The cause in words; credentials are masked. */
            message?: string;
        };
        /** @description An item whose last try failed. */
        "Numgate.Sync.Failing": {
            /** @description An account, a tenant, or what is asked for by the clock. */
            item?: string;
            /**
             * Format: int64
             * @description Failures in a row.
             */
            attempt?: number;
            /**
             * Format: date-time
             * @description When the first of them was; not there when there is none.
             */
            failingSince?: string;
            /** @description Why the last of them failed; not there when there is none. */
            lastError?: components["schemas"]["Numgate.Sync.Error"];
            /**
             * Format: date-time
             * @description When it is tried again.
             */
            nextTryAt?: string;
        };
        /** @description One kind of work. */
        "Numgate.Sync.Kind": {
            /** @description sync (an account's numbers), relationship, sweep or inward; of the DNS: dns or zone. As in the metrics. */
            kind: string;
            /**
             * Format: int64
             * @description Items: accounts, tenants, or what is asked for by the clock.
             */
            depth?: number;
            /**
             * Format: int64
             * @description Of these, those whose time has come.
             */
            due?: number;
            /**
             * Format: int64
             * @description Of these, those whose last try failed.
             */
            failing?: number;
            /** @description Only the first of them are counted. */
            truncated?: boolean;
            /** @description Nothing of this kind is tried. */
            paused?: boolean;
            /**
             * Format: int64
             * @description Items that are paused by themselves.
             */
            pausedItems?: number;
            /**
             * Format: date-time
             * @description Since when the oldest item is due that is not paused; not there when none is.
             */
            oldestDueAt?: string;
            /**
             * Format: date-time
             * @description When an item was last worked on without a failure, on whichever node; not there before the first was.
             */
            lastSuccessAt?: string;
            /** @description The item that has failed for longest; not there when none fails. */
            failingLongest?: components["schemas"]["Numgate.Sync.Failing"];
        };
        /** @description How the synchronization with the back end is. */
        "Numgate.Sync.Status": {
            /** @description There is a back end. */
            configured?: boolean;
            /**
             * Format: date-time
             * @description When it last did anything that was asked of it; not there before the first time.
             */
            lastSuccessAt?: string;
            /** @description The work, by kind. */
            kinds?: components["schemas"]["Numgate.Sync.Kind"][];
            /** @description Orders that the back end has not ended. */
            openOrders?: components["schemas"]["Numgate.Sync.Count"];
            /** @description Numbers that only the back end has. */
            orphans?: components["schemas"]["Numgate.Sync.Count"];
        };
        /** @description Why a sweep has paused the account. */
        "Numgate.Sync.PauseReason": {
            /**
             * Format: int64
             * @description Numbers that the back end does not have any more.
             */
            missing?: number;
            /**
             * Format: int64
             * @description Numbers it should have.
             */
            of?: number;
        };
        /** @description Numbers on their way to or from the back end. */
        "Numgate.Sync.Order": {
            /** @description Ours; the back end gets it as idempotency key. */
            id: string;
            /** @description upload or release. */
            kind?: string;
            /** @description The service the numbers are for. */
            service?: string;
            /**
             * Format: int64
             * @description How many numbers are in it.
             */
            numbers?: number;
            /** @description The back end's; not there while it is not known whether the order arrived. */
            jobId?: string;
            /**
             * Format: int64
             * @description How often the job was asked for.
             */
            asked?: number;
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdAt?: string;
        };
        /** @description What the last whole sweep of the tenant found. */
        "Numgate.Sync.SweepResult": {
            /** @description rolling, plan or repair. */
            mode?: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            at?: string;
            /**
             * Format: int64
             * @description Numbers of the tenant that the back end has.
             */
            seen?: number;
            /**
             * Format: int64
             * @description Of these, those whose settings are not ours.
             */
            changed?: number;
            /**
             * Format: int64
             * @description Numbers of ours that it does not have any more.
             */
            missing?: number;
            /**
             * Format: int64
             * @description Numbers it has that nobody here asked for.
             */
            orphans?: number;
        };
        /** @description The comparison with everything the back end has of the account's tenant. */
        "Numgate.Sync.Sweep": {
            /** @description Of the one under way: rolling (by itself, all day), plan or repair (asked for). */
            mode?: string;
            /**
             * Format: int64
             * @description Pages that were read so far.
             */
            pages?: number;
            /**
             * Format: int64
             * @description Numbers of the tenant that the back end has.
             */
            seen?: number;
            /**
             * Format: int64
             * @description Of these, those whose settings are not ours.
             */
            changed?: number;
            /**
             * Format: int64
             * @description Numbers of ours that it does not have any more.
             */
            missing?: number;
            /**
             * Format: int64
             * @description Numbers it has that nobody here asked for.
             */
            orphans?: number;
            /**
             * Format: int64
             * @description Failures in a row.
             */
            attempt?: number;
            /**
             * Format: date-time
             * @description When the first of them was; not there when there is none.
             */
            failingSince?: string;
            /** @description Why the last of them failed; not there when there is none. */
            lastError?: components["schemas"]["Numgate.Sync.Error"];
            /**
             * Format: date-time
             * @description When it goes on.
             */
            nextTryAt?: string;
            /**
             * Format: date-time
             * @description When the back end last answered it.
             */
            lastSuccessAt?: string;
            /** @description What the last one found; not there before the first has ended. */
            last?: components["schemas"]["Numgate.Sync.SweepResult"];
        };
        /** @description How the synchronization of an account is. */
        "Numgate.Sync.Account": {
            /** @description The account. */
            name: string;
            /** @description It is gone; only its numbers are still leaving. */
            deleted?: boolean;
            /** @description The enterprise's tenant. */
            tenantId?: string;
            /** @description The account's own. */
            serviceProvisioningStatus?: string;
            /** @description Those that are synchronized. */
            services?: string[];
            /** @description Numbers that are pending. */
            pending?: components["schemas"]["Numgate.Sync.Count"];
            /** @description Numbers that failed. */
            failed?: components["schemas"]["Numgate.Sync.Count"];
            /** @description Numbers that wait to be released. */
            leaving?: components["schemas"]["Numgate.Sync.Count"];
            /**
             * Format: int64
             * @description Failures in a row.
             */
            attempt?: number;
            /**
             * Format: date-time
             * @description When the first of them was; not there when there is none.
             */
            failingSince?: string;
            /** @description Why the last of them failed; not there when there is none. */
            lastError?: components["schemas"]["Numgate.Sync.Error"];
            /**
             * Format: date-time
             * @description When it is worked on next; not there when there is nothing to do.
             */
            nextTryAt?: string;
            /**
             * Format: date-time
             * @description When the back end last did what was asked for it; not there before the first time.
             */
            lastSuccessAt?: string;
            /** @description Nothing is tried: it is paused, or everything is. */
            paused?: boolean;
            /** @description Of a pause that a sweep made. */
            pauseReason?: components["schemas"]["Numgate.Sync.PauseReason"];
            /** @description Not in lists. */
            openOrders?: components["schemas"]["Numgate.Sync.Order"][];
            /** @description Not in lists. */
            sweep?: components["schemas"]["Numgate.Sync.Sweep"];
        };
        /** @description A number that only the back end has. */
        "Numgate.Sync.Orphan": {
            /** @description The number. */
            telephoneNumber?: string;
            /** @description The service it is there for. */
            service?: string;
            /** @description The tenant that has it. */
            tenantId?: string;
        };
        /** @description How the account's tenant is gone through now. */
        "Numgate.Sync.Reconcile": {
            /** @description false: look only. true: repair everything that is found. */
            apply: boolean;
        };
        /** @description The numbers to release. */
        "Numgate.Sync.Numbers": {
            /** @description Orphans of the account's tenant. */
            telephoneNumbers: string[];
        };
        /** @description What was done. */
        "Numgate.Sync.Done": {
            /**
             * Format: int64
             * @description For how many it was done.
             */
            count?: number;
            /** @description There may be others: ask again. */
            more?: boolean;
        };
        /** @description The customers' subdomains, by what is known of them. */
        "Numgate.Dns.Customers": {
            /**
             * Format: int64
             * @description Subdomains that accounts ask for.
             */
            kept?: number;
            /**
             * Format: int64
             * @description Subdomains that no account asks for any more, and whose records are being taken back.
             */
            leaving?: number;
            /**
             * Format: int64
             * @description Kept ones that every server serves as wanted.
             */
            provisioned?: number;
            /**
             * Format: int64
             * @description Kept ones that no server serves.
             */
            notProvisioned?: number;
            /**
             * Format: int64
             * @description Kept ones that some servers serve, or otherwise than wanted.
             */
            inconsistent?: number;
            /**
             * Format: int64
             * @description Kept ones that no server was asked about yet.
             */
            unchecked?: number;
            /**
             * Format: int64
             * @description Subdomains that something speaks against.
             */
            problems?: number;
        };
        /** @description How the DNS of Direct Routing customers is. */
        "Numgate.Dns.Status": {
            /** @description There is a [dns] section that does something. */
            configured?: boolean;
            /** @description none, zonefile or update. */
            publisher?: string;
            /** @description The server that updates are sent to. */
            primary?: string;
            /** @description The zones that are written; empty while the primary has not said which. */
            zones?: string[];
            /** @description The authoritative servers that are asked what they serve. */
            servers?: string[];
            /**
             * Format: int64
             * @description Rises with each change of what customers ask for; the serial of a zone file.
             */
            serial?: number;
            /** @description The subdomains. */
            customers?: components["schemas"]["Numgate.Dns.Customers"];
            /** @description The work: dns (accounts that changed) and zone (everything, by the clock). */
            kinds?: components["schemas"]["Numgate.Sync.Kind"][];
        };
        /** @description Why something is not as wanted. */
        "Numgate.Dns.Problem": {
            /** @description Of the cause, such as DnsForeignRecord. */
            code?: string;
            /** @description The cause in words. */
            message?: string;
        };
        /** @description A resource record. */
        "Numgate.Dns.Record": {
            /** @description The owner's name, without the last dot. */
            name?: string;
            /** @description A, TXT, SRV or CNAME. */
            type?: string;
            /**
             * Format: int64
             * @description Time to live in seconds.
             */
            ttl?: number;
            /** @description The data in text; that of TXT without quotes. */
            data?: string;
        };
        /** @description What one authoritative server says. */
        "Numgate.Dns.Server": {
            /** @description Address and port. */
            server?: string;
            /** @description It answered, as one that has the zone. */
            answered?: boolean;
            /** @description Why not; not there when it answered. */
            why?: string;
            /** @description It serves exactly what is wanted. */
            matches?: boolean;
            /** @description The TXT, A and CNAME records it has at the name. */
            found?: components["schemas"]["Numgate.Dns.Record"][];
        };
        /** @description What the certificate that the region's SBC shows means for the name. */
        "Numgate.Dns.Certificate": {
            /** @description The region's certificate has the name. */
            covers?: boolean;
            /**
             * Format: date-time
             * @description The last moment it is good for.
             */
            until?: string;
            /** @description Why it could not be read. */
            why?: string;
        };
        /** @description A customer's name in one region. */
        "Numgate.Dns.Region": {
            /**
             * Format: int64
             * @description 1 or 2.
             */
            region?: number;
            /** @description The customer's name in the region. */
            name?: string;
            /** @description The name of the record that says it is ours. */
            ownershipName?: string;
            /** @description What shall stand in the DNS, the ownership record first. */
            records?: components["schemas"]["Numgate.Dns.Record"][];
            /** @description What the servers say, asked just now. */
            servers?: components["schemas"]["Numgate.Dns.Server"][];
            /** @description Not there when [region.N] names none. */
            certificate?: components["schemas"]["Numgate.Dns.Certificate"];
        };
        /** @description How the DNS of an account's subdomain is. */
        "Numgate.Dns.Account": {
            /** @description The account. */
            account: string;
            /** @description The label of its subdomain. */
            subdomain?: string;
            /** @description provisioned, notProvisioned or inconsistent: what the servers said last, as the account has it. */
            subdomainStatus?: string;
            /** @description The account does not ask for this label any more. */
            leaving?: boolean;
            /** @description Not there when nothing is known against it. */
            problem?: components["schemas"]["Numgate.Dns.Problem"];
            /**
             * Format: date-time
             * @description When the servers were last asked, by themselves.
             */
            checkedAt?: string;
            /**
             * Format: int64
             * @description Failures in a row. Not in lists.
             */
            attempt?: number;
            /**
             * Format: date-time
             * @description When it is worked on next; not there when there is nothing to do. Not in lists.
             */
            nextTryAt?: string;
            /** @description Nothing is published. Not in lists. */
            paused?: boolean;
            /** @description Not in lists. */
            regions?: components["schemas"]["Numgate.Dns.Region"][];
        };
        /** @description What to send to the customer now. */
        "Numgate.Dns.Letter": {
            /** @description The account. */
            account: string;
            /** @description The label of its subdomain. */
            subdomain?: string;
            /** @description tokens (the customer shall send them), wait (they are not served yet) or verify (they are). */
            stage?: string;
            /** @description The customer's domain names. */
            names?: string[];
            /** @description One line. */
            subject?: string;
            /** @description Plain text with line breaks; what to do now. */
            text?: string;
        };
        /** @description A name in the plan. */
        "Numgate.Dns.PlanItem": {
            /** @description change (add and remove), remove (ours, and no account asks for it), blocked (the name is somebody else's) or none (as wanted, with foreign records beside). */
            action?: string;
            /** @description The name. */
            name?: string;
            /** @description Not there for the deployment's own names and orphans. */
            account?: string;
            /** @description What is missing. */
            add?: components["schemas"]["Numgate.Dns.Record"][];
            /** @description What is ours, and too much. */
            remove?: components["schemas"]["Numgate.Dns.Record"][];
            /** @description What is somebody else's, and stays. */
            foreign?: components["schemas"]["Numgate.Dns.Record"][];
        };
        /** @description What it takes to make the whole zone as it is wanted. */
        "Numgate.Dns.Plan": {
            /**
             * Format: int64
             * @description Names that would change.
             */
            changes?: number;
            /**
             * Format: int64
             * @description Of these, names that are ours while no account asks for them.
             */
            orphans?: number;
            /**
             * Format: int64
             * @description Records of others at our names.
             */
            foreign?: number;
            /**
             * Format: int64
             * @description Records of ours that are there.
             */
            ours?: number;
            /**
             * Format: int64
             * @description Of these, those that would go with the orphans.
             */
            removed?: number;
            /**
             * Format: int64
             * @description Their share.
             */
            removedPercent?: number;
            /** @description It is more than 30 percent, and is done only when confirmed. */
            confirm?: boolean;
            /** @description Names that would change, or have foreign records; what would be removed comes first. */
            items?: components["schemas"]["Numgate.Dns.PlanItem"][];
            /** @description There are more items; the counts are of all. */
            truncated?: boolean;
        };
        /** @description The zone is made as the plan of that moment says. */
        "Numgate.Dns.Apply": {
            /** @description true: also when more than 30 percent of our records would be removed. */
            confirm: boolean;
        };
        /** @description What was found to do. */
        "Numgate.Dns.Result": {
            /**
             * Format: int64
             * @description Names that were changed, or were handed on to be.
             */
            changes?: number;
            /**
             * Format: int64
             * @description Of these, the orphans.
             */
            orphans?: number;
            /**
             * Format: int64
             * @description Records of ours that went with the orphans.
             */
            removed?: number;
            /**
             * Format: int64
             * @description Records of ours that were there.
             */
            ours?: number;
        };
        /** @description Something that was asked for and takes its time. */
        "Numgate.Dns.Job": {
            /** @description A UUID. */
            id: string;
            /** @description open, done or failed. */
            state?: string;
            /** @description As it was asked for. */
            confirm?: boolean;
            /**
             * Format: date-time
             * @description When it was asked for.
             */
            createdAt?: string;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt?: string;
            /**
             * Format: int64
             * @description Of an open one: failures in a row.
             */
            attempt?: number;
            /**
             * Format: date-time
             * @description Of an open one: when it is tried next.
             */
            nextTryAt?: string;
            /** @description Of an open one: nothing is tried until it is resumed. */
            paused?: boolean;
            /** @description Of one that ended. */
            result?: components["schemas"]["Numgate.Dns.Result"];
            /** @description Why it failed (DnsPlanNotConfirmed: nothing was done; DnsPlanChanged: some of it); of an open one, why the last try did. */
            problem?: components["schemas"]["Numgate.Dns.Problem"];
        };
        /** @description What a job shall do, and to which numbers. */
        "Numgate.Jobs.Input": {
            /** @description create: new numbers, or other settings for those that are there; change; delete. */
            kind: string;
            /** @description The account; of a change or delete it is optional, and restricts what is found. */
            accountName?: string;
            /** @description Which numbers, in the filter language of the lists; not of create. */
            filter?: string;
            /** @description Numbers, or ranges such as +4416329600{00-99}, of up to 100,000 numbers in all. */
            telephoneNumbers?: string[];
            /** @description serviceDetails and configuration as of a number: of create what each number gets, of change a merge patch (RFC 7396). */
            number?: Record<string, never>;
        };
        /** @description How many rows, by verdict and by outcome. */
        "Numgate.Jobs.Counts": {
            /**
             * Format: int64
             * @description Rows whose number is to be created.
             */
            new: number;
            /**
             * Format: int64
             * @description Rows whose number is to be changed.
             */
            changed: number;
            /**
             * Format: int64
             * @description Rows whose number is as it shall be.
             */
            same: number;
            /**
             * Format: int64
             * @description Rows whose number is to be deleted.
             */
            delete: number;
            /**
             * Format: int64
             * @description Rows that cannot be done.
             */
            refused: number;
            /**
             * Format: int64
             * @description Of those that are new, changed or delete: done.
             */
            applied: number;
            /**
             * Format: int64
             * @description Of the same: refused when they were to be applied.
             */
            failed: number;
            /**
             * Format: int64
             * @description Of the same: never applied, since the job was cancelled.
             */
            cancelled: number;
            /**
             * Format: int64
             * @description Of the same: not applied yet.
             */
            pending: number;
        };
        /** @description Why the job as a whole failed. */
        "Numgate.Jobs.Error": {
            /** @description The cause in one word, such as TooManyRows. */
            code: string;
            /** @description The cause in words. */
            message: string;
        };
        /** @description A bulk change of numbers: previewed, then applied. */
        "Numgate.Jobs.Job": {
            /** @description A UUID. */
            id: string;
            /** @description create, change or delete. */
            kind: string;
            /** @description previewing, previewed, queued, applying, done, cancelled or failed. */
            state: string;
            /** @description The account it was asked for. */
            accountName?: string;
            /** @description The filter its numbers come from. */
            filter?: string;
            /** @description Who asked for it: a name, or else an id. */
            submittedBy?: string;
            /** @description It is whoever asks; only they can apply it. */
            own?: boolean;
            /**
             * Format: date-time
             * @description When it was asked for.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was begun to be applied.
             */
            startedAt?: string;
            /**
             * Format: date-time
             * @description When it was done, cancelled, or failed.
             */
            endedAt?: string;
            /**
             * Format: int64
             * @description Its rows so far; fixed when it is previewed.
             */
            rows: number;
            /** @description How many rows, by verdict and by outcome. */
            counts: components["schemas"]["Numgate.Jobs.Counts"];
            /** @description Why it failed as a whole. */
            error?: components["schemas"]["Numgate.Jobs.Error"];
        };
        /** @description One number of a job. */
        "Numgate.Jobs.Row": {
            /**
             * Format: int64
             * @description As people count: of a file its row, headings being row 1; of a list its entry; else from 1.
             */
            row: number;
            /** @description The number, or what stood in its place. */
            telephoneNumber?: string;
            /** @description The account, where it is known. */
            accountName?: string;
            /** @description What the preview says: new, changed, same, delete or refused. */
            verdict: string;
            /** @description What became of it: pending, applied, failed or cancelled; not there where nothing is to be done. */
            outcome?: string;
            /** @description Why it was refused, or failed, in one word. */
            code?: string;
            /** @description The same in words. */
            message?: string;
            /** @description The field that is meant. */
            target?: string;
        };
        /** @description Who last changed the configuration, and by which way. */
        "Numgate.ChangedBy": {
            /** @description api, portal, job, sync or command. */
            way: string;
            /** @description The caller's name for people; of one without, its client id. */
            name?: string;
            /**
             * Format: date-time
             * @description When its configuration last changed.
             */
            at?: string;
        };
        /** @description Up to 10,000 numbers, as a list or as text, not both. */
        "Numgate.LookupQuestion": {
            /** @description The numbers, in any form that `text` may have them in. */
            telephoneNumbers?: string[];
            /** @description Numbers as they were pasted: separated by line ends, tabs, commas or semicolons. Blanks, dots, dashes, slashes, parentheses and quotes within one mean nothing; tel:, a leading 00 and (0) are understood. */
            text?: string;
        };
        /** @description What is known of a number. */
        "Numgate.LookupItem": {
            /** @description As it was asked for. */
            input: string;
            /** @description The number that was understood; not there when none was. */
            telephoneNumber?: string;
            /** @description found, unknown (nobody has it), invalid (this is no number), or repeated: it stands further up, where the rest is said. */
            verdict: string;
            /** @description The account that has it. */
            accountName?: string;
            /** @description The services that are enabled, such as teamsDirectRouting. */
            services?: string[];
            /** @description As the number's own. */
            serviceProvisioningStatus?: string;
            /** @description assigned if it is for one of its services. */
            assignmentStatus?: string;
            /** @description Of its configuration. */
            customSipHeader?: string;
            /** @description Not there for what was last changed before this was kept. */
            changedBy?: components["schemas"]["Numgate.ChangedBy"];
        };
        /** @description How many items have each verdict. */
        "Numgate.LookupCounts": {
            /**
             * Format: int64
             * @description Numbers that an account has.
             */
            found?: number;
            /**
             * Format: int64
             * @description Numbers that nobody has.
             */
            unknown?: number;
            /**
             * Format: int64
             * @description What is no number.
             */
            invalid?: number;
            /**
             * Format: int64
             * @description Numbers that stand further up.
             */
            repeated?: number;
        };
        /** @description What is known of numbers. */
        "Numgate.LookupAnswer": {
            /** @description One for each number, in the order of the question. */
            items?: components["schemas"]["Numgate.LookupItem"][];
            /** @description Of the items. */
            counts?: components["schemas"]["Numgate.LookupCounts"];
        };
        /** @description The accounts that are asked about. */
        "Numgate.AccountNames": {
            /** @description Names of accounts. */
            accountNames: string[];
        };
        /** @description What people want to know of an account. */
        "Numgate.AccountItem": {
            /** @description The account. */
            name: string;
            /** @description Not there for what was last changed before this was kept. */
            changedBy?: components["schemas"]["Numgate.ChangedBy"];
            /**
             * Format: int64
             * @description How many numbers it has.
             */
            numbers?: number;
        };
        /** @description What people want to know of accounts. */
        "Numgate.AccountItems": {
            /** @description One for each account that there is, by name. */
            items?: components["schemas"]["Numgate.AccountItem"][];
        };
        /** @description What needs somebody to look at it. */
        "Numgate.Attention": {
            /** @description accountFailed; syncFailing (the last run of an account's or a tenant's work); numbersFailed (of an account); dnsNotSeen (name servers do not serve a subdomain as wanted, or the zone cannot be written); syncPaused (an account, or everything); tokensMissing (Direct Routing is enabled, and there is nothing to publish yet); requestNew (nobody has answered a request for information, and its tenant has no account). */
            kind: string;
            /** @description The account it is about. */
            accountName?: string;
            /** @description The tenant it is about. */
            tenantId?: string;
            /**
             * Format: int64
             * @description Numbers that failed, or are missing at the back end; no more than 10,000 are counted.
             */
            count?: number;
            /** @description The cause in one word; of many, that of the first number. */
            code?: string;
            /** @description The cause in words. */
            message?: string;
            /**
             * Format: date-time
             * @description Since when, where that is known.
             */
            since?: string;
        };
        /** @description How many there are. */
        "Numgate.Totals": {
            /**
             * Format: int64
             * @description Accounts.
             */
            accounts?: number;
            /**
             * Format: int64
             * @description Those whose status is failed.
             */
            accountsFailed?: number;
            /**
             * Format: int64
             * @description Numbers of all accounts.
             */
            numbers?: number;
            /**
             * Format: int64
             * @description Requests for information.
             */
            requestsForInformation?: number;
            /**
             * Format: int64
             * @description Those that are in the list as requestNew, or would be.
             */
            requestsNew?: number;
            /** @description One of them has reached 100,000, where counting ends. */
            truncated?: boolean;
        };
        /** @description The rate limit of applications. */
        "Numgate.RateLimit": {
            /**
             * Format: int64
             * @description Requests of applications that may be made in a minute; 0: there is no limit.
             */
            requestsPerMinute?: number;
            /**
             * Format: int64
             * @description Of these, how many were made in the last minute, over all nodes. Not there without a limit.
             */
            used?: number;
        };
        /** @description How the deployment is. */
        "Numgate.Health": {
            /** @description Requests can be served: the store takes writes, keys are there. */
            ready?: boolean;
            /** @description configured, or none: there is no back end. */
            sync: string;
            /** @description configured, or none: nothing is published. */
            dns: string;
        };
        /** @description What somebody who looks after this wants to see first. */
        "Numgate.Overview": {
            /** @description At most 50, the most pressing first; where there are more, some of each kind. */
            attention?: components["schemas"]["Numgate.Attention"][];
            /** @description There are more. */
            attentionTruncated?: boolean;
            /** @description How many there are. */
            counts?: components["schemas"]["Numgate.Totals"];
            /** @description How much of the rate limit is used. */
            rateLimit?: components["schemas"]["Numgate.RateLimit"];
            /** @description How the deployment is. */
            health?: components["schemas"]["Numgate.Health"];
        };
        /** @description Numbers that are synchronized, by service. */
        "Numgate.SyncedServices": {
            /**
             * Format: int64
             * @description Numbers of that service.
             */
            teamsOperatorConnect?: number;
            /**
             * Format: int64
             * @description Numbers of that service.
             */
            teamsPhoneMobile?: number;
        };
        /** @description What a delete of numbers would meet. */
        "Numgate.Consequences": {
            /**
             * Format: int64
             * @description Numbers that match.
             */
            count?: number;
            /**
             * Format: int64
             * @description Of these, those that are assigned in Teams, which cannot be deleted.
             */
            assigned?: number;
            /** @description Of these, those that a back end has, or shall have: a delete releases them there. */
            syncedServices?: components["schemas"]["Numgate.SyncedServices"];
            /** @description The time was up: there are at least so many. */
            truncated?: boolean;
        };
        /** @description Neighbours with equal account, services, status and header. */
        "Numgate.Block": {
            /** @description The first number. */
            from?: string;
            /** @description The last number; every number between the two is in the block. */
            to?: string;
            /**
             * Format: int64
             * @description How many numbers.
             */
            count?: number;
            /** @description The account that has them. */
            accountName?: string;
            /** @description The services that are enabled, such as teamsDirectRouting. */
            services?: string[];
            /** @description As the number's own. */
            serviceProvisioningStatus?: string;
            /** @description Of its configuration. */
            customSipHeader?: string;
            /**
             * Format: int64
             * @description How many numbers lie between this block and the one before it, and are not in the list. Not there on the first of all, and where the two have not the same number of digits. A page's first with 0 may carry on the last block of the page before: a page ends where its time is up, even within a block.
             */
            gapBefore?: number;
        };
    };
    responses: never;
    parameters: {
        /** @description The version of the contract the client speaks. */
        "api-version": string;
        /** @description The most items the whole list may have. */
        top: number;
        /** @description Matches to pass over first. */
        skip: number;
        /** @description The most items a page may have; 200 unless said, never over 500. */
        maxpagesize: number;
        /** @description Which items: eq ne gt ge lt le and or not (), startswith, contains. */
        filter: string;
        /** @description Whether x-ms-record-count shall give the number of matches. */
        countRecords: boolean;
        /** @description Whether the numbers go with the account. */
        deleteNumbers: boolean;
        /** @description The client's id for this request, the same in each repetition. */
        "Repeatability-Request-ID": string;
        /** @description When the request was sent for the first time. */
        "Repeatability-First-Sent": string;
        /** @description Only when the resource still has one of these ETags. */
        "If-Match": string;
        /** @description Only when the resource has none of these ETags. */
        "If-None-Match": string;
        /** @description Only when the resource has not changed since. */
        "If-Unmodified-Since": string;
        /** @description Only when the resource has changed since. */
        "If-Modified-Since": string;
        /** @description An id of the client's for this request; it comes back. */
        "x-ms-client-request-id": string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Accounts_list: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
                /** @description The most items the whole list may have. */
                top?: components["parameters"]["top"];
                /** @description Matches to pass over first. */
                skip?: components["parameters"]["skip"];
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
                /** @description Which items: eq ne gt ge lt le and or not (), startswith, contains. */
                filter?: components["parameters"]["filter"];
                /** @description Whether x-ms-record-count shall give the number of matches. */
                countRecords?: components["parameters"]["countRecords"];
            };
            header?: {
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-record-count"?: number;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["AccountResource"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_get: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountResource"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_createOrReplace: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountResource"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountResource"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountResource"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_delete: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
                /** @description Whether the numbers go with the account. */
                deleteNumbers?: components["parameters"]["deleteNumbers"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_createOrUpdateNumbers: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchNumbers"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchNumbers"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_deleteNumbers: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchNumbersDelete"];
            };
        };
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_getTeamsCapabilityPlans: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TeamsCapabilityPlans"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_getTeamsAvailableCapabilities: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NumberIdentifiers"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TeamsAvailableCapabilities"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_listNumbers: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
                /** @description The most items the whole list may have. */
                top?: components["parameters"]["top"];
                /** @description Matches to pass over first. */
                skip?: components["parameters"]["skip"];
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
                /** @description Which items: eq ne gt ge lt le and or not (), startswith, contains. */
                filter?: components["parameters"]["filter"];
                /** @description Whether x-ms-record-count shall give the number of matches. */
                countRecords?: components["parameters"]["countRecords"];
            };
            header?: {
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-record-count"?: number;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["NumberResource"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_getNumber: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
                telephoneNumber: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NumberResource"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_createOrReplaceNumber: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
                telephoneNumber: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NumberResource"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NumberResource"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NumberResource"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_deleteNumber: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
                telephoneNumber: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_listTeamsCivicAddresses: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
                /** @description The most items the whole list may have. */
                top?: components["parameters"]["top"];
                /** @description Matches to pass over first. */
                skip?: components["parameters"]["skip"];
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
                /** @description Which items: eq ne gt ge lt le and or not (), startswith, contains. */
                filter?: components["parameters"]["filter"];
                /** @description Whether x-ms-record-count shall give the number of matches. */
                countRecords?: components["parameters"]["countRecords"];
            };
            header?: {
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-record-count"?: number;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["TeamsCivicAddressResource"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Accounts_getTeamsCivicAddress: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                accountName: string;
                civicAddressId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TeamsCivicAddressResource"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    listNumbers: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
                /** @description The most items the whole list may have. */
                top?: components["parameters"]["top"];
                /** @description Matches to pass over first. */
                skip?: components["parameters"]["skip"];
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
                /** @description Which items: eq ne gt ge lt le and or not (), startswith, contains. */
                filter?: components["parameters"]["filter"];
                /** @description Whether x-ms-record-count shall give the number of matches. */
                countRecords?: components["parameters"]["countRecords"];
            };
            header?: {
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-record-count"?: number;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["NumberResource"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    TeamsRequestsForInformation_list: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
                /** @description The most items the whole list may have. */
                top?: components["parameters"]["top"];
                /** @description Matches to pass over first. */
                skip?: components["parameters"]["skip"];
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
                /** @description Which items: eq ne gt ge lt le and or not (), startswith, contains. */
                filter?: components["parameters"]["filter"];
                /** @description Whether x-ms-record-count shall give the number of matches. */
                countRecords?: components["parameters"]["countRecords"];
            };
            header?: {
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-record-count"?: number;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["RequestForInformationResource"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    TeamsRequestsForInformation_getRequestForInformation: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                tenantId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestForInformationResource"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    TeamsRequestsForInformation_createOrUpdateRequestForInformation: {
        parameters: {
            query: {
                /** @description The version of the contract the client speaks. */
                "api-version": components["parameters"]["api-version"];
            };
            header?: {
                /** @description The client's id for this request, the same in each repetition. */
                "Repeatability-Request-ID"?: components["parameters"]["Repeatability-Request-ID"];
                /** @description When the request was sent for the first time. */
                "Repeatability-First-Sent"?: components["parameters"]["Repeatability-First-Sent"];
                /** @description Only when the resource still has one of these ETags. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only when the resource has none of these ETags. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Only when the resource has not changed since. */
                "If-Unmodified-Since"?: components["parameters"]["If-Unmodified-Since"];
                /** @description Only when the resource has changed since. */
                "If-Modified-Since"?: components["parameters"]["If-Modified-Since"];
                /** @description An id of the client's for this request; it comes back. */
                "x-ms-client-request-id"?: components["parameters"]["x-ms-client-request-id"];
            };
            path: {
                tenantId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/merge-patch+json": components["schemas"]["RequestForInformationResourceCreateOrUpdate"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestForInformationResource"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    "Repeatability-Result"?: "accepted" | "rejected";
                    ETag?: string;
                    "Last-Modified"?: string;
                    "x-ms-client-request-id"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestForInformationResource"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_deployment: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_audit: {
        parameters: {
            query?: {
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
                account?: string;
                kind?: string;
                key?: string;
                caller?: string;
                requestId?: string;
                since?: string;
                until?: string;
                order?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Sync.Status"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_accounts: {
        parameters: {
            query?: {
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["Numgate.Sync.Account"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Sync.Account"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_orphans: {
        parameters: {
            query?: {
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["Numgate.Sync.Orphan"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_pauseAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_resumeAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_retryAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Sync.Done"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Sync.Done"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_pause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_reconcile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Numgate.Sync.Reconcile"];
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Sync.Account"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateSync_releaseOrphans: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Numgate.Sync.Numbers"];
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Sync.Done"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Dns.Status"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_accounts: {
        parameters: {
            query?: {
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["Numgate.Dns.Account"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Dns.Account"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_letter: {
        parameters: {
            query?: {
                subdomain?: string;
            };
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Dns.Letter"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_letters: {
        parameters: {
            query?: {
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["Numgate.Dns.Letter"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_plan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Dns.Plan"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Dns.Job"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_apply: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Numgate.Dns.Apply"];
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Dns.Job"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_checkAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_pause: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_resume: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is no body. */
            204: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateDns_retry: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Sync.Done"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_list: {
        parameters: {
            query?: {
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["Numgate.Jobs.Job"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Numgate.Jobs.Input"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Jobs.Job"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_upload: {
        parameters: {
            query?: {
                accountName?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Jobs.Job"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Jobs.Job"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_rows: {
        parameters: {
            query?: {
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
                verdict?: string;
                outcome?: string;
            };
            header?: never;
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["Numgate.Jobs.Row"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_result: {
        parameters: {
            query?: {
                after?: string;
            };
            header?: never;
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_apply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Jobs.Job"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Jobs.Job"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    NumgateJobs_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Jobs.Job"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_lookUpNumbers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Numgate.LookupQuestion"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.LookupAnswer"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_numberBlocks: {
        parameters: {
            query?: {
                /** @description The most items a page may have; 200 unless said, never over 500. */
                maxpagesize?: components["parameters"]["maxpagesize"];
                accountName?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        value: components["schemas"]["Numgate.Block"][];
                        /**
                         * Format: uri
                         * @description Where the list goes on; not there on the last page.
                         */
                        nextLink?: string;
                    };
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_numberConsequences: {
        parameters: {
            query?: {
                accountName?: string;
                filter?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Consequences"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_overview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.Overview"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
    Numgate_lookUpAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Numgate.AccountNames"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Numgate.AccountItems"];
                };
            };
            /** @description Anything else; see the code. */
            default: {
                headers: {
                    "x-ms-error-code"?: string;
                    "x-ms-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Azure.Core.Foundations.ErrorResponse"];
                };
            };
        };
    };
}
