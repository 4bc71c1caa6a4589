/* Civic addresses with their locations. They are the enterprise's, and come from the back end: only to be looked at. */
import { Accordion, AccordionHeader, AccordionItem, AccordionPanel, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from '@fluentui/react-components';
import { api, take, type CivicAddress } from '../../api/client';
import { ApiError } from '../../api/error';
import { writeFilter } from '../../base/filter';
import { addressLine } from '../../base/address';
import { ErrorState, Facts, Loading, Section, Status } from '../../ui';

const PAGE = 50;

const useStyles = makeStyles({
    quiet: { color: tokens.colorNeutralForeground2 },
    head: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '4px 12px', overflowWrap: 'anywhere' },
    locations: { margin: '8px 0 0', paddingLeft: '20px' },
    panel: { paddingBottom: '12px' },
});

function useAddresses(accountName: string) {
    return useInfiniteQuery({
        queryKey: ['accounts', 'addresses', accountName],
        initialPageParam: '',
        queryFn: async ({ signal, pageParam }) => {
            const query = { maxpagesize: PAGE, ...(pageParam !== '' && { filter: writeFilter([{ field: 'id', op: 'gt', value: pageParam }]) }) };
            return (await take(api.GET('/accounts/{accountName}/teamsCivicAddresses', { params: { path: { accountName }, query }, signal }))).data;
        },
        getNextPageParam: ({ nextLink, value }) => (nextLink ? value.at(-1)?.id : undefined),
    });
}

function Locations({ address }: { address: CivicAddress }) {
    const styles = useStyles();
    if (!address.locations?.length) return <>None</>;
    return (
        <ul className={styles.locations}>
            {address.locations.map((location) => (
                <li key={location.id}>
                    {location.description || location.id}{location.isDefault || location.id === address.defaultLocationId ? ' (default)' : ''}
                    {location.additionalInfo && <Text className={styles.quiet}> · {location.additionalInfo}</Text>}
                    {location.elin && <Text className={styles.quiet}> · ELIN {location.elin}</Text>}
                    <div><Text size={200} className={styles.quiet}>Location ID {location.id}</Text></div>
                </li>
            ))}
        </ul>
    );
}

function Address({ address }: { address: CivicAddress }) {
    const styles = useStyles();
    return (
        <AccordionItem value={address.id}>
            <AccordionHeader as="h3">
                <span className={styles.head}><span>{addressLine(address) || address.id}</span><Status value={address.validationStatus} /></span>
            </AccordionHeader>
            <AccordionPanel className={styles.panel}>
                <Facts facts={[
                    ['Company', address.companyName],
                    ['Company ID', address.companyId],
                    ['Description', address.description],
                    ['Address ID', address.id],
                    ['Position', address.latitude && address.longitude && `${address.latitude}, ${address.longitude}`],
                    ['Locations', <Locations key="locations" address={address} />],
                ]} />
            </AccordionPanel>
        </AccordionItem>
    );
}

export function Addresses({ accountName }: { accountName: string }) {
    const styles = useStyles();
    const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useAddresses(accountName);
    const addresses = data?.pages.flatMap(({ value }) => value) ?? [];
    return (
        <Section title="Civic addresses">
            <Text className={styles.quiet}>The customer keeps them in the Teams admin centre; here they can only be looked at.</Text>
            {!data ? (error ? <ErrorState error={error} title={error instanceof ApiError ? error.message : 'The addresses could not be read'} retry={() => void refetch()} /> : <Loading rows={2} />)
                : addresses.length === 0 ? <Text>There are none.</Text>
                : <Accordion multiple collapsible>{addresses.map((address) => <Address key={address.id} address={address} />)}</Accordion>}
            {hasNextPage && <div><Button disabledFocusable={isFetchingNextPage} onClick={() => void fetchNextPage()}>Show more</Button></div>}
        </Section>
    );
}
