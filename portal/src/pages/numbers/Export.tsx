import { Button, Spinner } from '@fluentui/react-components';
import { ArrowDownload20Regular, Dismiss20Regular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import type { NumberResource } from '../../api/client';
import { fetchPage, type ListPage } from '../../api/list';
import { saveAs } from '../../base/save';
import { counted } from '../../base/text';
import { ErrorState } from '../../ui';
import { csvHeadings, csvRows } from './rows';

const PAGE = 500;

/** All that match, page by page, as a file that an import reads. */
export function Export({ filter, account }: { filter: string; account: string | undefined }) {
    const [done, setDone] = useState<number | null>(null);
    const [error, setError] = useState<unknown>(null);
    const running = useRef<AbortController>(null);
    useEffect(() => () => running.current?.abort(), []);
    const run = async () => {
        const parts = [csvHeadings()];
        const { signal } = (running.current = new AbortController());
        setError(null);
        setDone(0);
        try {
            let rows = 0;
            for (let after: string | undefined = ''; after !== undefined;) {
                const page: ListPage<NumberResource> = await fetchPage('numbers', { filter, size: PAGE, after, ...(account !== undefined && { account }) }, signal);
                parts.push(csvRows(page.rows));
                setDone((rows += page.rows.length));
                after = page.next;
            }
            saveAs(new Blob(parts, { type: 'text/csv' }), `numbers${account === undefined ? '' : `-${account}`}.csv`);
        } catch (failure) {
            if (!signal.aborted) setError(failure);
        } finally {
            setDone(null);
        }
    };
    return (
        <>
            {done === null
                ? <Button icon={<ArrowDownload20Regular />} onClick={() => void run()}>Export</Button>
                : <Button icon={<Dismiss20Regular />} onClick={() => running.current?.abort()}><Spinner size="extra-tiny" aria-hidden />&nbsp;{counted(done, 'number')}, cancel</Button>}
            {error !== null && <ErrorState error={error} title="The numbers could not be exported" />}
        </>
    );
}
