import { openApi } from '../api.ts';
import type { Api } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { JoinOffer, Node } from '../node-documents.ts';
import { ContainrError } from '@containr/sdk';
import { followDrain } from '../follow-drain.ts';
import { joinInstall } from '../join-install.ts';
import type { JoinOptions } from '../join-install.ts';

/** `node …`: the machines of the install. */
export function nodeCommands({ program, output, run, options }: CommandHost): void {
  const node = program.command('node').alias('nodes').description('the machines of the install');
  node
    .command('list', { isDefault: true })
    .description('list the machines')
    .action(() =>
      run(async () => {
        output.table(await (await openApi(options())).all('/nodes', Node), columns(), 'No machine has an agent yet.');
      }),
    );
  node
    .command('token')
    .option('--control <url>', 'where the machine that joins reaches the control plane')
    .option('--valid <minutes>', 'how long it is good for', '60')
    .description('make a one-time token by which a machine joins')
    .action((given: { control?: string; valid: string }) =>
      run(async () => {
        const api = await openApi(options());
        if (given.control === undefined && api.data !== null) throw needsAddress();
        const control = new URL(given.control ?? api.account.origin).origin;
        const offer = await api.post('/nodes/tokens', JoinOffer, {
          body: { control, validMs: Math.round(Number(given.valid) * 60_000) },
        });
        output.value(offer, explain(offer));
      }),
    );
  node
    .command('join')
    .argument('[token]', 'from `containr node token` or the nodes page; left out to start again what has joined')
    .option('--folder <dir>', 'folder of the agent')
    .option('--name <name>', 'name of the machine; its host name otherwise')
    .option('--address <host>', 'address at which other machines reach this one')
    .option('--label <key=value...>', 'labels of the machine')
    .option('--ingress', 'also run an ingress here', false)
    .description('join this machine to an install and run its agent until Ctrl-C')
    .action((token: string | undefined, given: JoinOptions) => run(() => joinInstall(output, token, given)));
  node
    .command('rename')
    .argument('<node>', 'name or id')
    .argument('<name>')
    .description('give a machine another name')
    .action((which: string, name: string) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await find(api, which);
        output.value(
          await api.patch('/nodes/{id}', Node, { params: { id }, body: { name } }),
          `It is called ${name} now.`,
        );
      }),
    );
  node
    .command('label')
    .argument('<node>', 'name or id')
    .argument('<labels...>', 'key=value to set, key- to take away')
    .description('set and take away labels of a machine')
    .action((which: string, given: string[]) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await find(api, which);
        const changed = await api.patch('/nodes/{id}', Node, { params: { id }, body: { labels: labelsOf(given) } });
        output.value(changed, `${changed.name}: ${showLabels(changed) || 'no labels'}`);
      }),
    );
  for (const [verb, cordoned, told] of [
    ['cordon', true, 'takes no new replicas.'],
    ['uncordon', false, 'takes replicas again.'],
  ] as const)
    node
      .command(verb)
      .argument('<node>', 'name or id')
      .description(cordoned ? 'let no new replicas come to a machine' : 'let replicas come to a machine again')
      .action((which: string) =>
        run(async () => {
          const api = await openApi(options());
          const { id, name } = await find(api, which);
          const changed = await api.post('/nodes/{id}/cordon', Node, { params: { id }, body: { cordoned } });
          output.value(changed, `${name} ${told}`);
        }),
      );
  node
    .command('drain')
    .argument('<node>', 'name or id')
    .option('--cancel', 'stop draining and put the machine back into use')
    .option('--no-wait', 'do not wait until it is empty')
    .description('move what runs on a machine elsewhere, without a failed request')
    .action((which: string, given: { cancel?: boolean; wait: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        const { id, name } = await find(api, which);
        const draining = given.cancel !== true;
        const changed = await api.post('/nodes/{id}/drain', Node, { params: { id }, body: { draining } });
        if (!draining) return output.value(changed, `${name} takes replicas again; what has moved stays where it is.`);
        if (!given.wait) return output.value(changed, `${name} is being drained.`);
        return output.value(await followDrain(api, id, (line) => output.line(line)), `${name} is empty.`);
      }),
    );
  node
    .command('remove')
    .argument('<node>', 'name or id')
    .option('--lost', 'its machine does not come back: what ran there is taken for gone, and begun elsewhere', false)
    .description('take a machine out of the install')
    .action((which: string, given: { lost: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        const { id, name } = await find(api, which);
        await api.client.call('DELETE', '/nodes/{id}', { params: { id }, query: { confirm: name, lost: given.lost } });
        output.value({ id, name }, `${name} is no part of the install any more.`);
      }),
    );
}

function columns() {
  return {
    NAME: ({ name }: Node) => name,
    STATE: ({ state, lastSeenAt }: Node) =>
      state === 'reachable' ? state : `not heard of since ${lastSeenAt ?? 'it was added'}`,
    PLACEMENT: ({ placement }: Node) => placement,
    ADDRESS: ({ address }: Node) => address,
    LABELS: showLabels,
    ID: ({ id }: Node) => id,
  };
}

function showLabels({ labels }: Pick<Node, 'labels'>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

async function find(api: Api, which: string): Promise<Node> {
  const nodes = await api.all('/nodes', Node);
  const found = nodes.find(({ id, name }) => id === which || name === which);
  if (found) return found;
  throw new ContainrError({
    code: 'NOT_FOUND',
    status: 404,
    detail: `There is no node called "${which}".`,
    hint: nodes.length > 0 ? `There are: ${nodes.map(({ name }) => name).join(', ')}.` : 'There are none yet.',
  });
}

/** `key=value` sets, `key-` takes away. Throws `LABEL_INVALID`. */
export function labelsOf(given: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(
    given.map((text): [string, string | null] => {
      const [, key = '', value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
      if (key !== '') return [key, value ?? ''];
      if (text.endsWith('-') && text.length > 1) return [text.slice(0, -1), null];
      throw new ContainrError({
        code: 'LABEL_INVALID',
        status: 400,
        detail: `"${text}" is no label.`,
        hint: 'Write key=value to set one, key- to take one away.',
      });
    }),
  );
}

function needsAddress(): ContainrError {
  return new ContainrError({
    code: 'CONTROL_ADDRESS_NEEDED',
    status: 400,
    detail: 'Over the console it is not known by which address other machines reach this install.',
    hint: 'Name it: --control http://HOST:3000.',
  });
}

function explain({ join, onlyHere, control, expiresAt }: JoinOffer): string {
  const lines = [
    'On the machine that joins, in a built checkout of Containr:',
    '',
    `  npm run -s containr -- node join ${join}`,
    '',
    `It works once, until ${expiresAt}, and is not shown again.`,
  ];
  if (onlyHere)
    lines.push(`${control} is reached from this machine only: for others, start with --host and give --control.`);
  return lines.join('\n');
}
