/* What can be done about a number that could not be sent to the back end, by the code it failed with. */

interface Cure {
    /** What somebody else has to do. */
    others?: string;
    /** What can be done on this page, by who may change the number. */
    here?: string;
}

const ADDRESS: Cure = { here: 'Choose a civic address, or let the customer change it, and save.' };
const CONSENT: Cure = { others: 'The enterprise has to consent in the Teams admin centre; the number is sent again by itself then.' };
const USAGE: Cure = { here: 'Choose another usage or other capabilities, and save.' };

const CURES: Record<string, Cure> = {
    AddressRequired: ADDRESS,
    UnableToRetrieveLocation: ADDRESS,
    UnableToRetrieveDefaultLocation: ADDRESS,
    UnableToMatchGeographyEntry: ADDRESS,
    ConsentRequired: CONSENT,
    CountryNotConsented: CONSENT,
    ConfigurationRequired: { here: 'Choose a usage, and save.' },
    UnknownUsage: USAGE,
    CapabilityNotInPlan: USAGE,
    TollFreeNotSupported: USAGE,
    UnknownCountryCode: { here: 'Enter the country it is displayed with, and save.' },
    NumberHeldByOtherTenant: { others: 'Another enterprise has it in Teams and has to give it up first.', here: 'Then save again.' },
    BackendNotConfigured: { others: 'No back end is configured: whoever runs the gateway has to act.', here: 'Then save again.' },
};
const OTHERWISE: Cure = { here: 'Correct what the message names and save; the number is sent again at once.' };

/** '' where only who may change it could do something. */
export function cureOf(code: string, mayChange: boolean): string {
    const { others, here } = CURES[code] ?? OTHERWISE;
    return [others, mayChange && here].filter(Boolean).join(' ');
}
