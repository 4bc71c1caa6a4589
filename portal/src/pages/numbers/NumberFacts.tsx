/* A number as it is: what the server knows of it, and, for who cannot change them, its settings. */
import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useCivicAddresses } from '../../api/choices';
import { api, take, type Account, type NumberResource } from '../../api/client';
import { enabledServices, serviceName } from '../../base/services';
import { SYNCED, type SyncedKey } from '../../base/settings';
import { command } from '../../base/shell';
import { sentence } from '../../base/text';
import { addressName, ChangedBy, Command, Facts, locationName, PageLink, Section, Status } from '../../ui';
import { cureOf } from './cure';

const useStyles = makeStyles({ words: { overflowWrap: 'anywhere' }, list: { margin: 0, paddingLeft: '20px' } });

function useChangedBy(telephoneNumber: string) {
    return useQuery({
        queryKey: ['numbers', 'changed-by', telephoneNumber],
        queryFn: async ({ signal }) => (await take(api.POST('/numgate/v1/numbers:lookup', { params: {} as never, body: { telephoneNumbers: [telephoneNumber] }, signal }))).data.items[0]?.changedBy ?? null,
    }).data;
}

const listed = (words: readonly string[] | undefined) => words && words.length > 0 && words.join(', ');

/** What the back end says of it. */
function told(number: NumberResource, key: SyncedKey): [string, ReactNode][] {
    const service = number.serviceDetails[key];
    if (!service?.enabled) return [];
    const name = serviceName(key);
    return [
        [`Assignment in ${name}`, service.assignmentStatus && <Status value={service.assignmentStatus} />],
        [`Acquired capabilities in ${name}`, listed(service.configuration?.acquiredCapabilities)],
        [`Available capabilities in ${name}`, listed(service.configuration?.availableCapabilities)],
    ];
}

export function Failure({ number, mayChange }: { number: NumberResource; mayChange: boolean }) {
    const styles = useStyles();
    const errors = number.serviceProvisioningErrors ?? [];
    if (number.serviceProvisioningStatus !== 'failed') return null;
    const cures = [...new Set(errors.map(({ code }) => cureOf(code, mayChange)))].filter(Boolean);
    return (
        <MessageBar intent="error" layout="multiline">
            <MessageBarBody className={styles.words}>
                <MessageBarTitle>This number could not be sent to the back end.</MessageBarTitle>
                <ul className={styles.list}>{errors.map(({ code, message, target }, n) => <li key={n}>{sentence(message)} ({code}{target && `, ${target}`})</li>)}</ul>
                {cures.join(' ')}
            </MessageBarBody>
        </MessageBar>
    );
}

/** What nobody can set, and who set the rest. */
export function Known({ number }: { number: NumberResource }) {
    const { accountName, telephoneNumber } = number;
    const changed = useChangedBy(telephoneNumber);
    return (
        <Section title="Number">
            <Facts facts={[
                ['Account', <PageLink key="account" href={`/accounts/${accountName}`}>{accountName}</PageLink>],
                ['Services', enabledServices(number.serviceDetails).map(serviceName).join(', ') || 'None: it is parked'],
                ...SYNCED.flatMap((key) => told(number, key)),
                ['Set by', changed && <ChangedBy changed={changed} />],
            ]} />
            <Command request={{ method: 'GET', path: `/accounts/${accountName}/numbers/${telephoneNumber}?api-version=2024-02-29-preview` }} numgate={command('numgate', 'number', 'show', accountName, telephoneNumber)} />
        </Section>
    );
}

function SyncedFacts({ number, account, service }: { number: NumberResource; account: Account | undefined; service: SyncedKey }) {
    const addresses = useCivicAddresses(account).data;
    const details = number.serviceDetails[service], configuration = details?.configuration;
    if (!details?.enabled) return null;
    const address = addresses?.find(({ id }) => id === configuration?.civicAddressId);
    const location = address?.locations?.find(({ id }) => id === configuration?.locationId);
    return (
        <Section title={serviceName(service)}>
            {configuration ? (
                <Facts facts={[
                    ['Usage', configuration.usage],
                    ['Additional usages', listed(configuration.additionalUsages)],
                    ['Capabilities', listed(configuration.choosableCapabilities) || 'None chosen'],
                    ['Civic address', address ? addressName(address) : configuration.civicAddressId],
                    ['Location', location ? locationName(location) : configuration.locationId],
                    ['The customer may change the address', configuration.allowTenantAddressUpdate ? 'Yes' : 'No'],
                    ['Displayed country', configuration.displayedCountryCode],
                ]} />
            ) : 'Nothing is set.'}
        </Section>
    );
}

/** The settings, to be looked at. */
export function ReadSettings({ number, account }: { number: NumberResource; account: Account | undefined }) {
    return (
        <>
            {SYNCED.map((key) => <SyncedFacts key={key} number={number} account={account} service={key} />)}
            <Section title="Call handling"><Facts facts={[['Custom SIP header', number.configuration?.customSipHeader ?? 'None']]} /></Section>
        </>
    );
}
