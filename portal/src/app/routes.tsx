/* Every page, one row each: where it is, its file, and its entry in the navigation if it has one. Longer paths first. */
import {
    BuildingMultiple20Filled, BuildingMultiple20Regular, bundleIcon, History20Filled, History20Regular, Home20Filled, Home20Regular, MailInbox20Filled, MailInbox20Regular,
    NumberSymbolSquare20Filled, NumberSymbolSquare20Regular, Search20Filled, Search20Regular, TaskListSquareLtr20Filled, TaskListSquareLtr20Regular, type FluentIcon,
} from '@fluentui/react-icons';
import type { ComponentType } from 'react';
import type { Me } from '../api/pending';
import { page, type PageProps } from '../ui/chunks';

export interface Route {
    path: string;
    page: ComponentType<PageProps>;
    /** `under`: what other paths begin with that it is marked for. */
    nav?: { text: string; icon: FluentIcon; under?: string[] };
    /** Shown in the navigation only to whoever may use it; the server enforces it. */
    needs?: keyof Me['rights'];
}

export const routes: readonly Route[] = [
    { path: '/', page: page(() => import('../pages/overview/OverviewPage')), nav: { text: 'Overview', icon: bundleIcon(Home20Filled, Home20Regular) } },
    {
        path: '/requests', page: page(() => import('../pages/requests/RequestsPage')),
        nav: { text: 'Requests for Information', icon: bundleIcon(MailInbox20Filled, MailInbox20Regular), under: ['/requests/'] },
    },
    { path: '/requests/:tenantId', page: page(() => import('../pages/requests/RequestPage')) },
    {
        path: '/accounts', page: page(() => import('../pages/accounts/AccountsPage')),
        nav: { text: 'Accounts', icon: bundleIcon(BuildingMultiple20Filled, BuildingMultiple20Regular), under: ['/accounts/', '/create-account'] },
    },
    { path: '/create-account', page: page(() => import('../pages/accounts/CreateAccountPage')) },
    { path: '/accounts/:accountName/edit', page: page(() => import('../pages/accounts/EditAccountPage')) },
    { path: '/accounts/:accountName/create-numbers', page: page(() => import('../pages/numbers/CreateNumbersPage')) },
    { path: '/accounts/:accountName/numbers/:telephoneNumber', page: page(() => import('../pages/numbers/NumberPage')) },
    { path: '/accounts/:accountName/numbers', page: page(() => import('../pages/numbers/NumbersPage')) },
    { path: '/accounts/:accountName', page: page(() => import('../pages/accounts/AccountPage')) },
    {
        path: '/numbers', page: page(() => import('../pages/numbers/NumbersPage')),
        nav: { text: 'Numbers', icon: bundleIcon(NumberSymbolSquare20Filled, NumberSymbolSquare20Regular), under: ['/blocks'] },
    },
    { path: '/blocks', page: page(() => import('../pages/blocks/BlocksPage')) },
    { path: '/jobs/:jobId', page: page(() => import('../pages/jobs/JobPage')) },
    {
        path: '/jobs', page: page(() => import('../pages/jobs/JobsPage')),
        nav: { text: 'Jobs', icon: bundleIcon(TaskListSquareLtr20Filled, TaskListSquareLtr20Regular), under: ['/jobs/'] },
    },
    { path: '/lookup', page: page(() => import('../pages/lookup/LookupPage')), nav: { text: 'Look up', icon: bundleIcon(Search20Filled, Search20Regular) } },
    { path: '/activity', page: page(() => import('../pages/activity/ActivityPage')), nav: { text: 'Activity', icon: bundleIcon(History20Filled, History20Regular) }, needs: 'admin' },
];
