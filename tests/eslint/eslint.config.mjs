// The dialect of static/js (docs/javascript.md) as rules. Kept apart from the product: nothing here reaches a browser.
import esx from 'eslint-plugin-es-x';

// What of the browser the scripts use. A hand-made list: the usual one has `name`, `event`, `status` and the like,
// which hide a forgotten declaration.
const BROWSER = [
  'Blob', 'DataTransfer', 'Element', 'Event', 'FormData', 'Image', 'ResizeObserver', 'URL', 'URLSearchParams',
  'DOMParser', 'XMLHttpRequest', 'clearInterval', 'clearTimeout', 'document', 'fetch', 'history', 'localStorage', 'location',
  'navigator', 'screen', 'sessionStorage', 'setInterval', 'setTimeout', 'window',
];

// Fails where a script could run text as code or text as markup, or leave the dialect.
const FORBIDDEN = [
  ['MemberExpression[property.name=/^(innerHTML|outerHTML)$/]', 'Text goes in by textContent: markup in it must stay text.'],
  ['CallExpression[callee.property.name=/^(insertAdjacentHTML|write|writeln|createContextualFragment)$/]', 'As innerHTML.'],
  ['Literal[raw=/^"/]', 'Single quotes.'],
];

export default [
  esx.configs['flat/restrict-to-es2017'],
  {
    files: ['static/js/**/*.js'],
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    languageOptions: {
      ecmaVersion: 2020, // for import() alone; all else after ES2017 is forbidden by name
      sourceType: 'module',
      globals: Object.fromEntries(BROWSER.map((name) => [name, 'readonly'])),
    },
    rules: {
      'es-x/no-dynamic-import': 'off',
      'array-callback-return': 'error',
      complexity: ['error', 12],
      curly: ['error', 'multi-line'],
      'default-case': 'error',
      'dot-notation': 'error',
      eqeqeq: 'error',
      'func-style': ['error', 'expression'],
      'max-lines': ['error', { max: 300 }],
      'max-params': ['error', 4],
      'no-array-constructor': 'error',
      'no-dupe-keys': 'error',
      'no-empty': 'error',
      'no-eval': 'error',
      'no-implicit-globals': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-syntax': ['error', ...FORBIDDEN.map(([selector, message]) => ({ selector, message }))],
      'no-script-url': 'error',
      'no-shadow': ['error', { allow: ['form', 'event'] }],
      'no-undef': 'error',
      'no-unreachable': 'error',
      'no-unused-vars': ['error', { caughtErrors: 'none' }],
      'no-use-before-define': ['error', { functions: true, variables: false }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-arrow-callback': 'error',
      'prefer-const': 'error',
      'prefer-template': 'error',
    },
  },
];
