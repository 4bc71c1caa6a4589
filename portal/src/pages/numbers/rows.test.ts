import { expect, it } from 'vitest';
import type { NumberResource } from '../../api/client';
import { assignmentOf, csvHeadings, csvRows, isAssigned, isAssignedIn, servicesOf } from './rows';

const row = {
    telephoneNumber: '+441632960000', accountName: 'contoso',
    serviceDetails: { teamsOperatorConnect: { enabled: true, assignmentStatus: 'assigned', configuration: { usage: 'CallingUserAssignment', choosableCapabilities: ['A', 'B'], allowTenantAddressUpdate: false } } },
    configuration: { customSipHeader: 'desk' },
} as NumberResource;

it('writes what an import reads', () => {
    const [headings, line] = (csvHeadings() + csvRows([row])).split('\r\n').map((text) => text.split(','));
    const cell = (name: string) => line![headings!.indexOf(name)];
    expect(cell('telephoneNumber')).toBe('+441632960000');
    expect(cell('serviceDetails_teamsOperatorConnect_enabled')).toBe('true');
    expect(cell('serviceDetails_teamsOperatorConnect_configuration_choosableCapabilities')).toBe('A;B');
    expect(cell('serviceDetails_teamsDirectRouting_enabled')).toBe('');
    expect(cell('configuration_customSipHeader')).toBe('desk');
});

it('knows who uses what', () => {
    const both = (first: string, second: string, enabled = true) =>
        ({ serviceDetails: { teamsOperatorConnect: { enabled: true, assignmentStatus: first }, teamsPhoneMobile: { enabled, assignmentStatus: second } } }) as NumberResource;
    expect(isAssigned(row)).toBe(true);
    expect(isAssigned(both('unassigned', 'assigned'))).toBe(true); // either will do
    expect(assignmentOf(both('unassigned', 'assigned'))).toBe('assigned');
    expect(isAssignedIn(both('unassigned', 'assigned'), 'teamsOperatorConnect')).toBe(false);
    expect(isAssigned(both('unassigned', 'assigned', false))).toBe(false);
    expect(assignmentOf(both('unassigned', 'unassigned'))).toBe('unassigned');
    expect(servicesOf([row, row]).get('teamsOperatorConnect')).toBe(2);
});
