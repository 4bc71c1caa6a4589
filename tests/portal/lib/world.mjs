// What is outside of the browser: the daemon, the lab, the name server, other people's clients. Each verb is done by stage.py.
import assert from 'node:assert/strict';

const API = 'api-version=2024-02-29-preview';

export class World {
    #call;
    #names = 1;

    constructor(call) {
        this.#call = call;
        /** numgated: stop, start, kill (SIGKILL), freeze, thaw, restart, reload (SIGHUP), configure(text): other options, restarted. */
        this.daemon = Object.fromEntries(['stop', 'start', 'kill', 'freeze', 'thaw', 'restart', 'reload'].map((verb) => [verb, () => call(`daemon_${verb}`)]));
        this.daemon.configure = (config) => call('daemon_configure', { config });
        this.daemon.log = () => call('daemon_log');
        /** The built files: remove(pattern), upgrade(): another build, as far as names go; restore(). Each is told to the daemon. */
        this.files = Object.fromEntries(['upgrade', 'restore'].map((verb) => [verb, () => call(`files_${verb}`)]));
        this.files.remove = (pattern) => call('files_remove', { pattern });
        this.dns = { records: () => call('dns_records') };
    }

    /** A name that nothing else of this spec has. */
    name(prefix) {
        return `${prefix}-${this.#names++}`;
    }

    /** The lab's own controls: lab('POST', '/lab/users/revoke', {}). */
    async lab(method, path, json) {
        const { status, body } = await this.#call('lab', { method, path, json });
        assert(status < 300, `${method} ${path}: ${status} ${JSON.stringify(body)}`);
        return body;
    }

    /** As an application: {status, headers, body}. */
    request(method, path, json, { role = 'ADMIN', headers = {} } = {}) {
        return this.#call('api', { method, path, json, role, headers });
    }

    /** The same where it must go well: the body. */
    async api(method, path, json, options) {
        const { status, body } = await this.request(method, path, json, options);
        assert(status < 300, `${method} ${path}: ${status} ${JSON.stringify(body)}`);
        return body;
    }

    account(name) {
        return this.api('GET', `/accounts/${name}?${API}`);
    }

    number(account, number) {
        return this.api('GET', `/accounts/${account}/numbers/${number}?${API}`);
    }

    /** An account with these services on, nothing of it synced. Its name. */
    async putAccount(name, services = ['zoomPhoneCloudPeering'], more = {}) {
        const details = Object.fromEntries(services.map((each) => [each, { enabled: true, ...(each !== 'azureOperatorCallProtection' && { syncEnabled: false }) }]));
        await this.api('PUT', `/accounts/${name}?${API}`, { name, serviceDetails: { ...details, ...more.serviceDetails }, ...more.fields });
        return name;
    }

    /** `count` numbers from `first` ("+44...") on. */
    putNumbers(account, first, count, { services = ['zoomPhoneCloudPeering'], header } = {}) {
        return this.#call('put_numbers', { account, first, count, services, header });
    }
}
