import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

export default ts.config(
    { ignores: ['dist', 'src/api/schema.d.ts'] },
    ...ts.configs.recommended,
    {
        files: ['src/**/*.{ts,tsx}'],
        plugins: { 'react-hooks': hooks },
        rules: {
            ...hooks.configs.recommended.rules,
            'no-restricted-syntax': ['error',
                { selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]', message: 'The policy of the page forbids it.' },
                { selector: 'MemberExpression[property.name=/^(innerHTML|outerHTML)$/]', message: 'The policy of the page forbids it.' }],
            'no-restricted-globals': ['error', 'localStorage'],
            'no-console': 'error',
        },
    },
);
