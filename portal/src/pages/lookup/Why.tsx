import { makeStyles } from '@fluentui/react-components';
import { useState } from 'react';
import type { LookupItem } from '../../api/pending';
import { useNumber } from '../../api/queries';
import { reasonOf, Status } from '../../ui';

const useStyles = makeStyles({ asks: { display: 'inline-flex' } });

/** The status of a number. Why one has failed is asked for when somebody points at it: of 10,000 that would be as many requests. */
export function NumberStatus({ item }: { item: LookupItem }) {
    const styles = useStyles();
    const [asked, setAsked] = useState(false);
    const { accountName = '', telephoneNumber = '', serviceProvisioningStatus: status } = item;
    const { data, error } = useNumber(accountName, telephoneNumber, asked && status === 'failed');
    if (status !== 'failed') return <Status value={status} />;
    const reason = data ? (reasonOf(data.data.serviceProvisioningErrors) ?? 'It has been mended since.') : error ? 'Why could not be read.' : 'Looking up why';
    return <span className={styles.asks} onMouseEnter={() => setAsked(true)} onFocus={() => setAsked(true)}><Status value={status} reason={reason} /></span>;
}
