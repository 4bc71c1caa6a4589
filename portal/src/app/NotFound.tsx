import { Search48Regular } from '@fluentui/react-icons';
import { Empty, Page, PageButton } from '../ui';

export function NotFound() {
    return (
        <Page title="Page not found">
            <Empty icon={<Search48Regular />} title="There is no page at this address" action={<PageButton href="/" appearance="primary">Go to the overview</PageButton>}>
                A link may have been cut off, or what it showed is gone.
            </Empty>
        </Page>
    );
}
