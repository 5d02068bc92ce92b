import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ContainrError } from '@containr/sdk';
import { createLogger, usualDataFolder } from '@containr/sdk/host';
import { dataFolderOf } from '../api.ts';
import type { CommandHost } from '../command.ts';
import type { Output } from '../output.ts';
import { ask } from '../prompt.ts';

interface PassphraseOptions {
  readonly passphraseFile?: string;
}

/** `backup create`, `restore`: on the machine itself, without an account, and without a control plane that runs. */
export function backupCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('backup')
    .description('everything that an install keeps, in one file')
    .command('create')
    .argument('<file>', 'ends in .tar, .tar.gz or .tar.zst, which says how it is compressed')
    .option('--passphrase-file <file>', 'its content is the passphrase; any file can be the key')
    .option('--unencrypted', 'write it so that who has the file has every secret')
    .description(
      'write database, keys, repositories and snapshots of the install on this machine; it may serve meanwhile',
    )
    .action((file: string, given: PassphraseOptions & { unencrypted?: boolean }) =>
      run(async () => {
        const { createBackup } = await import('@containr/backup');
        const passphrase = given.unencrypted ? null : await newPassphrase(given);
        const data = dataFolderOf(options()) ?? usualDataFolder();
        const { bytes } = await interruptible((signal) =>
          createBackup({
            data,
            file: resolve(file),
            passphrase,
            ...(given.unencrypted ? { unencrypted: true } : {}),
            signal,
            progress: reporter(output, 'Copied'),
          }),
        );
        output.value(
          { file: resolve(file), bytes, encrypted: passphrase !== null },
          `${file}: ${megabytes(bytes)}${passphrase === null ? ', unencrypted: keep it where nobody else gets at it' : ', encrypted: keep the passphrase somewhere else'}.`,
        );
      }),
    );
  program
    .command('restore')
    .argument('<file>')
    .option('--passphrase-file <file>', 'what it was made with')
    .description('bring an install back into a new or empty folder, which --data names')
    .action((file: string, given: PassphraseOptions) =>
      run(async () => {
        const { isSealed, restoreBackup } = await import('@containr/backup');
        const data = dataFolderOf(options());
        if (data === null)
          throw new ContainrError({
            code: 'RESTORE_NEEDS_DATA',
            status: 400,
            detail: 'It is not said where the install is to be restored.',
            hint: `Name a new or empty folder: containr restore ${file} --data DIR`,
          });
        const passphrase = (await isSealed(resolve(file))) ? await knownPassphrase(given) : null;
        const report = { check: reporter(output, 'Checked'), write: reporter(output, 'Written') };
        const about = await interruptible((signal) =>
          restoreBackup({
            file: resolve(file),
            data,
            passphrase,
            signal,
            log: createLogger({ level: 'error' }),
            progress: (pass, path, bytes) => report[pass](path, bytes),
          }),
        );
        output.value(
          { data, ...about },
          `Restored what was saved at ${about.createdAt}. Start it: npm start -- --data ${data}\nIts node enrols anew, so deploy each service once more (containr redeploy ID).`,
        );
      }),
    );
}

async function knownPassphrase(given: PassphraseOptions): Promise<Buffer> {
  if (given.passphraseFile !== undefined) return trimmed(await readFile(given.passphraseFile));
  return Buffer.from(process.env['CONTAINR_BACKUP_PASSPHRASE'] ?? (await ask('Passphrase: ', { secret: true })));
}

/** The passphrase of a new backup; `null` when none is given. On a terminal it is asked for twice: nobody can recover it. */
async function newPassphrase(given: PassphraseOptions): Promise<Buffer | null> {
  const passphrase = await knownPassphrase(given);
  if (passphrase.length === 0) return null;
  const typed = given.passphraseFile === undefined && process.env['CONTAINR_BACKUP_PASSPHRASE'] === undefined;
  if (typed && process.stdin.isTTY && (await ask('Once more: ', { secret: true })) !== passphrase.toString())
    throw new ContainrError({
      code: 'PASSPHRASE_MISMATCH',
      status: 400,
      detail: 'The two passphrases are not the same.',
      hint: 'Try again, or give it with --passphrase-file.',
    });
  return passphrase;
}

/** Without the line end that editors add. */
function trimmed(content: Buffer): Buffer {
  let end = content.length;
  while (end > 0 && (content[end - 1] === 10 || content[end - 1] === 13)) end -= 1;
  return content.subarray(0, end);
}

/** Ends the work in order on Ctrl-C: nothing half made stays behind. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupted = (): void =>
    stop.abort(
      new ContainrError({
        code: 'INTERRUPTED',
        status: 499,
        detail: 'It was interrupted; nothing was left behind.',
        hint: 'Run it again.',
      }),
    );
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return await work(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? (stop.signal.reason as unknown) : error;
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

/** Says how far it is, at most once in two seconds. */
function reporter(output: Output, verb: string): (path: string, bytes: number) => void {
  let told = Date.now();
  return (path, bytes) => {
    if (Date.now() - told < 2000) return;
    told = Date.now();
    output.line(`  ${verb} ${megabytes(bytes)}: ${path}`);
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
