import { Button } from '@fluentui/react-components';
import { ArrowDownload20Regular } from '@fluentui/react-icons';
import { saveAs } from '../base/save';

/** A button that gives the browser a file that was made here. */
export function SaveAs({ name, type, text, children }: { name: string; type: string; text: () => string; children: string }) {
    return <Button icon={<ArrowDownload20Regular />} onClick={() => saveAs(new Blob([text()], { type }), name)}>{children}</Button>;
}
