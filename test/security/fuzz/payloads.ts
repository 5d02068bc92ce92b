import * as fc from 'fast-check';

/** What every payload carries, so that it is known again wherever it comes out. */
export const marker = 'zqx7';

/**
 * Texts that somebody would send who wants a shell, a program's option, another file, another query or another object;
 * `canary` is a file that comes into being when one of them is obeyed.
 */
export function payloads(canary: string): fc.Arbitrary<string> {
  const command = `touch ${canary}`;
  const shell = fc.constantFrom(
    `;${command};`,
    `$(${command})`,
    `\`${command}\``,
    `|${command}`,
    `&&${command}&&`,
    `&${command}&`,
    `\n${command}\n`,
    `\r\n${command}\r\n`,
    `';${command};'`,
    `";${command};"`,
    `'"$(${command})"'`,
    `$(touch\${IFS}${canary})`,
    `{touch,${canary}}`,
    `>${canary}`,
    `||${command} #`,
    `<(${command})`,
    `$((1))\${x:-$(${command})}`,
    `\\\n;${command}`,
    `EOF\n${command}\n`,
    `%0a${encodeURIComponent(command)}%0a`,
    `!${command}`,
    '* ? [a-z] ~',
  );
  const option = fc.constantFrom(
    `--upload-pack=${command}`,
    `--receive-pack=${command}`,
    `--exec=${command}`,
    `-oProxyCommand=${command}`,
    `-c`,
    `-ccore.sshCommand=${command}`,
    `--config=core.fsmonitor=${command}`,
    `--output=${canary}`,
    `-o${canary}`,
    `--git-dir=/tmp`,
    `--work-tree=/`,
    `--use-compress-program=${command}`,
    `--checkpoint-action=exec=${command}`,
    `--to-command=${command}`,
    `--privileged`,
    `--volume=/:/host`,
    `-v/:/host`,
    `--entrypoint=${command}`,
    `--network=host`,
    `--pid=host`,
    `--`,
    `-`,
    `-e`,
    `--eval=require('fs').writeFileSync('${canary}','')`,
    `--import=data:text/javascript,import(%22node:fs%22).then(f=>f.writeFileSync(%22${canary}%22,%22%22))`,
    `ext::sh -c touch% ${canary}`,
    `--target=1`,
    `--root=/`,
  );
  const file = fc.constantFrom(
    `../../../../../../../..${canary}`,
    `..%2f..%2f..%2f..%2f..%2f${canary}`,
    `%2e%2e/%2e%2e/${canary}`,
    '....//....//....//etc/passwd',
    '/etc/passwd',
    'file:///etc/passwd',
    '/proc/self/environ',
    '..\\..\\..\\windows\\win.ini',
    'C:\\Windows\\win.ini',
    '.',
    '..',
    '/',
    '//',
    '.git/config',
    '.git/hooks/post-receive',
    '\u2025/\u2025/etc/passwd',
    'a/../../b',
    'refs/heads/../../config',
  );
  const control = fc.constantFrom(
    '\0',
    'a\0b',
    '\r\nSet-Cookie: a=b\r\n',
    '\n\n',
    '\r',
    '\x1b[2J\x1b]0;owned\x07',
    '\x1b]8;;https://evil.example\x07here\x1b]8;;\x07',
    '\x08\x7f',
    '\x9b31m',
    '{"level":"error","msg":"forged"}\n{"level":"info"}',
    'id: 9\nevent: forged\ndata: {}\n\n',
  );
  const format = fc.constantFrom(
    '%s%s%n%x%d',
    '%(user)s',
    '{0}{1}',
    "$1 $& $` $'",
    '\\1\\2',
    '\\u0000',
    '\\x00',
    '%00',
    '%',
    '%zz',
    '%c0%ae%c0%ae/',
  );
  const query = fc.constantFrom(
    "' or 1=1 --",
    "'; drop schema plugin_projects cascade; --",
    `"; select pg_read_file('/etc/passwd'); --`,
    `'; copy (select 1) to program '${command}'; --`,
    "\\'; select 1; --",
    '1) union select null,null --',
    '$$ select 1 $$',
    "E'\\\\'",
    '%%%___',
    '{"$ne":null}',
    '{"$ilike":"%"}',
    '(a+)+$',
    ')(*',
  );
  const template = fc.constantFrom(
    '${{7*7}}',
    '${{shared.SECRET}}',
    '${{web.DATABASE_URL}}',
    '${{',
    '}}',
    '${process.env.PATH}',
    '#{7*7}',
    '<%= 7*7 %>',
    '{{constructor.constructor("return process")()}}',
    '${jndi:ldap://127.0.0.1/a}',
    `<script>alert(1)</script>`,
    `"><img src=x onerror=alert(1)>`,
    'javascript:alert(1)',
    `{% include '${canary}' %}`,
  );
  const key = fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'constructor.prototype',
    '__proto__.polluted',
    '__proto__[polluted]',
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    'hasOwnProperty',
    'toString',
    'valueOf',
    '__defineGetter__',
    'then',
    'toJSON',
    'length',
  );
  const unicode = fc.constantFrom(
    '\u202e\u2066',
    '\u200b\ufeff',
    '\uff1b\uff5c\uff04\uff08',
    'e\u0301\u0327',
    '\u0130\u0131\ufb01\u1e9e',
    '\u2028\u2029',
    '\ud800',
    'x\udc00',
    '\ufffe\uffff',
    '\u{1f4a9}\u{1f468}\u200d\u{1f469}',
    'раураl',
    '\u0000\u0001\u001f',
  );
  const address = fc.constantFrom(
    'http://169.254.169.254/latest/meta-data/',
    'http://127.0.0.1:5432/',
    'http://[::ffff:127.0.0.1]/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://localhost.example@127.0.0.1/',
    'gopher://127.0.0.1:6379/_x',
    '//evil.example/',
    'https://user:pass@evil.example:0/',
    'http://[::1%25lo]/',
    '127.0.0.1',
    'localhost',
    '*.example.org',
    'xn--a',
  );
  const long = fc.constantFrom('a'.repeat(300), '-'.repeat(70_000), '\u{1f4a9}'.repeat(2000), '[{'.repeat(3000));
  const one = fc.oneof(
    { arbitrary: shell, weight: 8 },
    { arbitrary: option, weight: 6 },
    { arbitrary: file, weight: 4 },
    { arbitrary: control, weight: 4 },
    { arbitrary: format, weight: 2 },
    { arbitrary: query, weight: 4 },
    { arbitrary: template, weight: 3 },
    { arbitrary: key, weight: 3 },
    { arbitrary: unicode, weight: 3 },
    { arbitrary: address, weight: 2 },
    { arbitrary: long, weight: 1 },
    { arbitrary: fc.string({ unit: 'binary', maxLength: 30 }), weight: 3 },
  );
  const around = fc.constantFrom('', '', 'a', 'main', 'shop', ' ', 'x=', '/', `${marker}`);
  return fc.oneof(
    { arbitrary: one, weight: 3 },
    { arbitrary: fc.tuple(around, one, around).map((parts) => parts.join('')), weight: 3 },
    { arbitrary: fc.tuple(one, one).map((parts) => parts.join('')), weight: 2 },
    { arbitrary: fc.tuple(one, fc.constantFrom(marker)).map((parts) => parts.join('')), weight: 2 },
  );
}

/** The same, where a pattern is asked for half of them are texts that it lets through. */
export function fitting(canary: string, schema: { pattern?: unknown; maxLength?: unknown }): fc.Arbitrary<string> {
  const any = payloads(canary);
  const longest = Number(schema.maxLength ?? 5000);
  const cut = any.map((text) => text.slice(0, longest));
  if (typeof schema.pattern !== 'string') return fc.oneof({ arbitrary: any, weight: 1 }, { arbitrary: cut, weight: 3 });
  const { pattern } = schema;
  const check = new RegExp(pattern, 'u');
  const let_through = fc
    .stringMatching(new RegExp(pattern))
    .map((text) => text.slice(0, longest))
    .filter((text) => check.test(text));
  const cleaned = cut.map(
    (text) => ['', '/', 'a', 'https://e.example/'].map((head) => head + text).find((one) => check.test(one)) ?? text,
  );
  return fc.oneof(
    { arbitrary: any, weight: 1 },
    { arbitrary: cleaned, weight: 2 },
    { arbitrary: let_through, weight: 2 },
  );
}
