import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { kitPage } from './kit-page.ts';

describe('the kit', () => {
  it('is in the docs as it is, with what its parts take', async () => {
    const path = fileURLToPath(new URL('../../docs/reference/kit.md', import.meta.url));
    const page = await kitPage();
    expect(await readFile(path, 'utf8').catch(() => ''), 'Renew it: npm run docs').to.equal(page);
    expect(page).to.match(/### `UiEmpty`\n\n.*\n\n- props: `\{ title: string \}`\n- slots: default, actions\n/);
    expect(page).to.include('- `useResource`: ').and.include('`overview`');
  });
});
