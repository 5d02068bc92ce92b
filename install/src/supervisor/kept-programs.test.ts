import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { scratchFolder } from '@containr/testing';
import { expect } from 'chai';
import { KeptPrograms } from './kept-programs.ts';
import type { Ending } from './kept-programs.ts';

describe('programs that outlive control planes', function () {
  this.timeout(20_000);
  let folder: string;
  let programs: KeptPrograms;
  let endings: Ending[];
  let heard: () => void = () => undefined;

  beforeEach(async () => {
    folder = await scratchFolder('kept');
    endings = [];
    programs = new KeptPrograms((ending) => {
      endings.push(ending);
      heard();
    });
  });
  afterEach(async () => {
    await programs.endAll();
    await rm(folder, { recursive: true, force: true });
  });

  const node = (code: string) => ({
    command: process.execPath,
    args: ['-e', code],
    log: join(folder, 'log'),
  });
  const wrote = async (text: string): Promise<void> => {
    while (!(await readFile(join(folder, 'log'), 'utf8').catch(() => '')).includes(text)) await sleep(10);
  };

  it('run once by name, and are ended by one signal after the other', async () => {
    const { pid } = programs.start(
      'stubborn',
      node(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`),
    );
    await wrote('up');
    expect(programs.start('stubborn', node('0'))).to.deep.equal({ pid });
    expect(programs.find('stubborn')).to.deep.equal({ pid });
    await programs.end('stubborn', [
      ['SIGTERM', 100],
      ['SIGKILL', 5000],
    ]);
    expect(programs.find('stubborn')).to.equal(null);
    expect(endings).to.deep.equal([{ name: 'stubborn', pid, exitCode: null, signal: 'SIGKILL', again: false }]);
  });

  it('are started again where that is asked for, and the end of each is told', async () => {
    const first = programs.start('again', {
      ...node(`console.log('up', process.pid); setInterval(() => {}, 1000)`),
      again: true,
    });
    await wrote(`up ${first.pid}`);
    const told = new Promise<void>((resolve) => (heard = resolve));
    process.kill(first.pid ?? 0, 'SIGKILL');
    await told;
    expect(endings[0]).to.include({ signal: 'SIGKILL', again: true });
    while (programs.find('again')?.pid === first.pid) await sleep(20);
    await wrote(`up ${programs.find('again')?.pid}`);
  });

  it('that can’t be started are told as ended', async () => {
    const told = new Promise<void>((resolve) => (heard = resolve));
    programs.start('missing', { command: join(folder, 'no-such-program'), args: [], log: join(folder, 'log') });
    await told;
    expect(endings[0]).to.include({ name: 'missing', again: false });
    expect(programs.find('missing')).to.equal(null);
  });
});
