import { Button, makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { Add20Regular, Edit20Regular } from '@fluentui/react-icons';
import { Suspense, useState } from 'react';
import type { Rfi } from '../../api/client';
import { useApiRequired, useRfi, useRights } from '../../api/queries';
import { ApiRequiredNote, ErrorState, Facts, Loading, Page, PageButton, PageLink, part, reasonOf, Section, Status, Time } from '../../ui';
import { relationshipText } from './relationship';

const UpdateRelationship = part(async () => (await import('./UpdateRelationship')).UpdateRelationship);

const useStyles = makeStyles({
    stack: { display: 'flex', flexDirection: 'column', gap: '16px' },
    columns: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(360px, 100%), 1fr))', gap: '16px', alignItems: 'start' },
    contact: { display: 'flex', flexDirection: 'column', gap: '2px', overflowWrap: 'anywhere' },
    quiet: { color: tokens.colorNeutralForeground2 },
});

function Contacts({ rfi }: { rfi: Rfi }) {
    const styles = useStyles();
    if (!rfi.contacts?.length) return <Text className={styles.quiet}>The enterprise named nobody.</Text>;
    return rfi.contacts.map((contact, n) => (
        <div key={n} className={styles.contact}>
            <Text weight="semibold">{contact.fullName}</Text>
            <a href={`mailto:${contact.email}`} className={styles.quiet}>{contact.email}</a>
            {contact.telephoneNumber && <Text>{contact.telephoneNumber}</Text>}
            {contact.companyName && <Text className={styles.quiet}>{contact.companyName}{contact.companySize ? ` · size ${contact.companySize}` : ''}</Text>}
        </div>
    ));
}

function Actions({ rfi, onUpdate, locked }: { rfi: Rfi; onUpdate: () => void; locked: boolean }) {
    const { write } = useRights();
    return (
        <>
            {write && <Button icon={<Edit20Regular />} disabled={locked} onClick={onUpdate}>Update relationship status</Button>}
            {rfi.accountName ? <PageButton href={`/accounts/${rfi.accountName}`} appearance="primary">View account</PageButton>
                : write && rfi.status !== 'removed' && <PageButton href={`/create-account?from=${encodeURIComponent(rfi.tenantId)}`} appearance="primary" icon={<Add20Regular />}>Create account</PageButton>}
        </>
    );
}

export default function RequestPage({ tenantId = '' }: { tenantId?: string }) {
    const styles = useStyles();
    const { data, error, refetch } = useRfi(tenantId);
    const apiRequired = useApiRequired();
    const [updating, setUpdating] = useState(false);
    const rfi = data?.data;
    const company = rfi?.contacts?.find(({ companyName }) => companyName)?.companyName;
    return (
        <Page
            title={company ?? 'Request for information'} documentTitle={company ?? tenantId} trail={[{ text: 'Requests for Information', href: '/requests' }]}
            beside={rfi && <Status value={rfi.status} />}
            actions={rfi && <Actions rfi={rfi} locked={apiRequired.length > 0} onUpdate={() => setUpdating(true)} />}
        >
            {!rfi ? (error ? <ErrorState error={error} title="The request could not be read" retry={() => void refetch()} /> : <Loading />) : (
                <div className={styles.stack}>
                    {apiRequired.length > 0 && <ApiRequiredNote services={apiRequired} />}
                    <div className={styles.columns}>
                        <Section title="Relationship">
                            <Facts facts={[
                                ['Status', relationshipText(rfi.customerRelationship?.status) || 'Not answered yet'],
                                ['Reason', rfi.customerRelationship?.comment],
                                ['Last changed', rfi.customerRelationship?.lastModifiedOn && <Time at={rfi.customerRelationship.lastModifiedOn} />],
                                ['Sent to the back end', <Status key="sync" value={rfi.serviceProvisioningStatus} reason={reasonOf(rfi.serviceProvisioningErrors)} />],
                                ['Account', rfi.accountName ? <PageLink href={`/accounts/${rfi.accountName}`}>{rfi.accountName}</PageLink> : 'None yet'],
                            ]} />
                            {rfi.serviceProvisioningStatus === 'failed' && <MessageBar intent="error" layout="multiline"><MessageBarBody>{reasonOf(rfi.serviceProvisioningErrors)}</MessageBarBody></MessageBar>}
                        </Section>
                        <Section title="Request">
                            <Facts facts={[
                                ['Tenant ID', rfi.tenantId],
                                ['Product', rfi.productContext],
                                ['Countries', rfi.consentedCountries?.join(', ')],
                                ['Consented', rfi.consentedOn && <Time at={rfi.consentedOn} />],
                                ['Last changed', rfi.lastModifiedOn && <Time at={rfi.lastModifiedOn} />],
                                ['Operator ID', rfi.operatorId],
                            ]} />
                        </Section>
                        <Section title="Contacts"><Contacts rfi={rfi} /></Section>
                    </div>
                    {updating && data && <Suspense><UpdateRelationship answer={data} onClose={() => setUpdating(false)} /></Suspense>}
                </div>
            )}
        </Page>
    );
}
