import { Button } from '@fluentui/react-components';
import { PlugDisconnected48Regular, WrenchScrewdriverRegular } from '@fluentui/react-icons';
import { Component, type ReactNode } from 'react';
import { Empty } from '../ui';
import { ChunkError } from '../ui/chunks';

/** Holds a page that broke, so that the rest of the portal goes on. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
    override state: { error: Error | null } = { error: null };

    static getDerivedStateFromError(error: Error) {
        return { error };
    }

    override render() {
        const { error } = this.state;
        if (!error) return this.props.children;
        const chunk = error instanceof ChunkError;
        return (
            <div role="alert">
                <Empty
                    icon={chunk ? <PlugDisconnected48Regular /> : <WrenchScrewdriverRegular />}
                    title={chunk ? 'This page could not be loaded' : 'This page failed'}
                    action={<Button appearance="primary" onClick={() => location.reload()}>Reload</Button>}
                >
                    {chunk
                        ? 'The portal was probably updated since you opened it. What you have typed is kept.'
                        : `Something in the portal itself went wrong: ${error.message}`}
                </Empty>
            </div>
        );
    }
}
