// A gateway with some life in it, for pages that are looked at: customers of each kind, numbers, requests, something that fails.
// Wants a stage with `backend` and `dns`. The enterprises are those of examples/scenario.json.
import { until } from './spec.mjs';

export const ALDER = 'a1de0000-0000-4000-8000-000000000001', BIRCH = 'b12c0000-0000-4000-8000-000000000002';
const UNKNOWN = 'fa11ed00-0000-4000-8000-00000000000f';

/** An account with a subdomain of its own. */
export const routed = (subdomain) => ({ serviceDetails: { teamsDirectRouting: {
    enabled: true, syncEnabled: false,
    configuration: { callScreening: true, subdomain, subdomainTokens: { region1Token: `MS=ms1${subdomain}`, region2Token: `MS=ms2${subdomain}` } },
} } });
export const synced = (tenant) => ({ serviceDetails: { teamsTenantId: tenant, teamsOperatorConnect: { enabled: true, syncEnabled: true } } });

/** Somebody in Teams has the number from now on, and numgated knows. */
export async function assign(world, account, number) {
    await world.lab('POST', `/lab/backend/numbers/${number}`, { service: 'teamsOperatorConnect', assignmentStatus: 'UserAssigned' });
    await until(async () => (await world.number(account, number)).serviceDetails.teamsOperatorConnect.assignmentStatus, 'assigned', 'an assigned number');
}

/** A job, previewed, and applied where that is wanted. Its id. */
async function job(world, body, apply) {
    const { id } = await world.api('POST', '/numgate/v1/jobs', body);
    const state = async () => (await world.api('GET', `/numgate/v1/jobs/${id}`)).state;
    await until(state, 'previewed', 'a preview');
    if (apply) {
        await world.api('POST', `/numgate/v1/jobs/${id}:apply`);
        await until(state, 'done', 'a job');
    }
    return id;
}

/** Jobs in several states: {refused}, the id of one with rows that cannot be done. */
async function work(world) {
    const zoom = { serviceDetails: { zoomPhoneCloudPeering: { enabled: true } } };
    await job(world, { kind: 'change', accountName: 'northwind', number: { configuration: { customSipHeader: 'northwind-main' } } }, true);
    await job(world, { kind: 'delete', accountName: 'birch-logistics' });
    const cancelled = await job(world, { kind: 'delete', accountName: 'contoso', filter: "startswith(telephoneNumber,'+4416329602')" });
    await world.api('POST', `/numgate/v1/jobs/${cancelled}:cancel`);
    return { refused: await job(world, { kind: 'create', accountName: 'northwind', telephoneNumbers: ['+44207946{0035-0044}', '+441632960000', '+441134960000'], number: zoom }) };
}

export async function furnish(world) {
    await until(async () => (await world.request('GET', `/teamsRequestsForInformation/${BIRCH}?api-version=2024-02-29-preview`)).status, 200, 'the requests');
    await world.putAccount('contoso', ['teamsDirectRouting'], routed('contoso'));
    await world.putAccount('fabrikam', ['teamsDirectRouting'], { serviceDetails: { teamsDirectRouting: { enabled: true, syncEnabled: false } } });
    await world.putAccount('birch-logistics', ['teamsOperatorConnect'], synced(BIRCH));
    await world.putAccount('northwind', ['zoomPhoneCloudPeering', 'azureOperatorCallProtection']);
    await world.putAccount('a-customer-whose-name-is-as-long-as-a-name-may-be-and-so-does-not-fit-on-a-telephone-in-one-line', ['zoomPhoneCloudPeering']);
    await world.putAccount('tailspin', ['teamsOperatorConnect'], synced(UNKNOWN)); // no such enterprise: its work fails
    await world.putNumbers('contoso', '+441632960000', 100, { services: ['teamsDirectRouting'] });
    await world.putNumbers('contoso', '+441632960200', 20, { services: ['teamsDirectRouting'], header: 'contoso-desk' });
    await world.putNumbers('northwind', '+442079460000', 40);
    await world.putNumbers('birch-logistics', '+441134960000', 12, { services: ['teamsOperatorConnect'] });
    await world.putNumbers('tailspin', '+441214960000', 3, { services: ['teamsOperatorConnect'] });
    await until(async () => (await world.account('contoso')).serviceDetails.teamsDirectRouting.subdomainStatus, 'provisioned', 'a subdomain');
    await until(async () => (await world.number('birch-logistics', '+441134960011')).serviceProvisioningStatus, 'synced', 'a synced number');
    await until(async () => (await world.number('tailspin', '+441214960000')).serviceProvisioningStatus, 'failed', 'a failed number');
    for (const at of [0, 1]) await assign(world, 'birch-logistics', `+44113496000${at}`);
    return work(world);
}
