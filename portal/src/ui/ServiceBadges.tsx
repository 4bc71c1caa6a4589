import { Badge, makeStyles } from '@fluentui/react-components';
import { SERVICES, serviceName } from '../base/services';
import { Hint } from './Hint';

const useStyles = makeStyles({ list: { display: 'inline-flex', flexWrap: 'wrap', gap: '4px' } });

const shortName = (key: string) => SERVICES.find((service) => service.key === key)?.short ?? key;

/** The services that are on, short; the full names on hover and for screen readers. */
export function ServiceBadges({ services }: { services: readonly string[] }) {
    const styles = useStyles();
    if (services.length === 0) return <>None</>;
    return (
        <span className={styles.list}>
            {services.map((key) => (
                <Hint key={key} content={serviceName(key)} label>
                    <Badge appearance="outline" color="informative" role="img" aria-label={serviceName(key)}>{shortName(key)}</Badge>
                </Hint>
            ))}
        </span>
    );
}
