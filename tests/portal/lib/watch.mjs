// What goes wrong in a browser context by itself, and what its pages said and asked for.

const LINES = 200; // of console and of network that are told
const REPORT = 'numgateTestReport';

/** In each page: tells of what the Content-Security-Policy refused. */
function reportViolations(name) {
    document.addEventListener('securitypolicyviolation', (event) => {
        window[name](`${event.effectiveDirective} refused ${event.blockedURI || 'something'} ${event.sample}`.trim());
    });
}

/** Without what says nothing, or must not be said: of a query whose values are long, the names. */
const short = (url) => url.replace(/([?&][\w-]+=)[^&]{40,}/g, '$1...').replace(/([?&](?:code|state|nonce|client_id)=)[^&]+/g, '$1...');

export class Watch {
    /** `origins`: whom pages may ask. */
    constructor(origins) {
        this.origins = new Set(origins);
        this.findings = [];
        this.console = [];
        this.network = [];
        this.expected = [];
    }

    async begin(context) {
        await context.exposeBinding(REPORT, (_, text) => this.find('policy', text));
        await context.addInitScript(reportViolations, REPORT);
        context.on('console', (message) => this.hear(message));
        context.on('weberror', (error) => this.find('page error', String(error.error()?.stack ?? error.error())));
        context.on('request', (request) => this.ask(request));
        context.on('requestfinished', (request) => void this.answered(request));
        context.on('requestfailed', (request) => this.note(this.network, `FAILED ${request.failure()?.errorText} ${request.method()} ${short(request.url())}`));
    }

    /** `must`: it is a finding when it does not come. */
    expect(pattern, must) {
        this.expected.push({ pattern, must, met: 0 });
    }

    hear(message) {
        const text = `${message.type()}: ${message.text()}`, place = message.location();
        const line = place.url ? `${text} (${short(place.url)}:${place.lineNumber})` : text;
        this.note(this.console, line);
        if (['error', 'warning', 'assert'].includes(message.type())) this.find('console', line);
    }

    ask(request) {
        const url = request.url(), own = url.startsWith('blob:') ? url.slice(5) : url;
        if (url.startsWith('data:') || url === 'about:blank' || this.origins.has(new URL(own).origin)) return;
        this.find('request elsewhere', `${request.method()} ${url}`);
    }

    async answered(request) {
        const response = await request.response().catch(() => null);
        const took = Math.round(request.timing().responseEnd);
        this.note(this.network, `${response?.status() ?? '-'} ${request.method()} ${short(request.url())} ${took} ms`);
    }

    find(kind, text) {
        const known = this.expected.find((each) => each.pattern.test(text));
        if (known) known.met += 1;
        else this.findings.push(`${kind}: ${text}`);
    }

    note(list, line) {
        list.push(line.length > 500 ? `${line.slice(0, 500)}...` : line);
    }

    /** What was said last. */
    told() {
        return { console: this.console.slice(-LINES), network: this.network.slice(-LINES) };
    }

    /** Whatever went wrong, at the end of a test. */
    all() {
        const missing = this.expected.filter((each) => each.must && !each.met).map((each) => `expected, and did not come: ${each.pattern}`);
        return [...this.findings, ...missing];
    }
}
