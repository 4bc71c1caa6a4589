import { MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { serviceName } from '../base/services';

/** Launched: the programme wants this done by the API. */
export function ApiRequiredNote({ services }: { services: readonly string[] }) {
    return (
        <MessageBar intent="info" layout="multiline">
            <MessageBarBody>
                <MessageBarTitle>{services.map(serviceName).join(' and ')} {services.length > 1 ? 'are' : 'is'} launched.</MessageBarTitle>
                The programme demands that relationship, accounts and numbers of it are managed through the API from then on. You can look at everything here; changes come from your ordering system.
            </MessageBarBody>
        </MessageBar>
    );
}
