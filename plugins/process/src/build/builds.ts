import { createHash, randomUUID } from 'node:crypto';
import { lchown, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { ContainrError } from '@containr/sdk';
import type { Artifact, BuildPlan, BuildRequest } from '@containr/sdk/contracts';
import { unpackArchive } from '@containr/sdk/host';
import type { AgentContext } from '@containr/sdk/agent';
import { readArtifact, writeArtifact } from '../artifact-record.ts';
import type { NodeIsolation } from '../isolation/capabilities.ts';
import { prepareCell } from '../isolation/cells.ts';
import type { PreparedCell } from '../isolation/cells.ts';
import { removeGroup } from '../isolation/control-group.ts';
import type { Users } from '../isolation/users.ts';
import type { NodeFolders } from '../node-folders.ts';
import type { TaskRunner } from '../replica/task-runner.ts';
import { networkVariables, npmVersion } from './operator-environment.ts';
import { giveTree, sealTree } from './tree.ts';
import type { Toolchain, Toolchains } from './toolchains.ts';

/** Where a build says what it does, and learns that it is no longer wanted. */
export interface BuildIo {
  readonly signal: AbortSignal;
  output(text: string, stream?: 'stdout' | 'stderr' | 'system'): void;
}

/** What builds need of their node. */
export interface BuildTools {
  readonly agent: AgentContext;
  readonly folders: NodeFolders;
  readonly isolation: NodeIsolation;
  readonly users: Users;
  readonly toolchains: Toolchains;
  readonly tasks: TaskRunner;
}

const keptLines = 20;

/** Builds directory artifacts: unpack, install, build, seal. A failed or cancelled build leaves nothing. */
export class Builds {
  readonly #tools: BuildTools;
  #network: Promise<Record<string, string>> | null = null;
  #npm: Promise<string | null> | null = null;

  constructor(tools: BuildTools) {
    this.#tools = tools;
  }

  /** Builds an artifact; a finished one with the same content and plan is given again. Throws cause codes. */
  async build(request: BuildRequest, io: BuildIo): Promise<Artifact> {
    const { plan } = request;
    if (plan.dockerfilePath !== null || plan.start === null) throw needsEngine(plan);
    const id = contentId(request);
    const finished = await this.#finished(request.name, id);
    if (finished) {
      io.output('Nothing changed: the artifact of an earlier build is used', 'system');
      return finished;
    }
    const { folders } = this.#tools;
    const artifact = join(
      folders.artifacts,
      (await readArtifact(join(folders.artifacts, request.name))) ? `${request.name}-${id.slice(0, 12)}` : request.name,
    );
    const work = join(folders.builds, randomUUID());
    try {
      await rm(artifact, { recursive: true, force: true });
      await mkdir(join(artifact, 'app'), { recursive: true, mode: 0o755 });
      return await this.#make(request, id, artifact, work, io);
    } catch (error) {
      await rm(artifact, { recursive: true, force: true });
      throw error;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  async #finished(name: string, id: string): Promise<Artifact | null> {
    for (const folder of [name, `${name}-${id.slice(0, 12)}`]) {
      const record = await readArtifact(join(this.#tools.folders.artifacts, folder));
      if (record?.artifact.id === id) return record.artifact;
    }
    return null;
  }

  async #make(request: BuildRequest, id: string, directory: string, work: string, io: BuildIo): Promise<Artifact> {
    const { agent, toolchains, users, isolation } = this.#tools;
    const app = join(directory, 'app');
    const { plan } = request;
    const rootDirectory = insideOf(request.rootDirectory);
    const source = await agent.fetch(request.snapshot, io.signal);
    const unpacked = await unpackArchive(source, app, { signal: io.signal });
    io.output(`Unpacked ${unpacked.entries} entries`, 'system');
    await addFiles(join(app, rootDirectory), plan.files ?? {});
    const needed = await this.#withNpm(plan.toolchains);
    for (const toolchain of needed) await toolchains.ensure(toolchain, io.signal, (text) => io.output(text, 'system'));
    const uid = users.of(`build:${request.cacheKey}`);
    const cell = await this.#cell(request, work, app, rootDirectory, needed, uid);
    const owned = cell.cell.uid !== null;
    if (owned) await giveTree(app, uid);
    await this.#runCommands(request, cell, io);
    const sizeBytes = await sealTree(app, owned ? 0 : null);
    const artifact: Artifact = {
      kind: 'directory',
      id,
      reference: directory,
      runtime: 'process',
      node: agent.node.name,
      sizeBytes,
      command: plan.start,
      port: plan.port,
    };
    await writeArtifact(directory, { artifact, rootDirectory, toolchains: needed, variables: plan.variables });
    io.output(
      `Built ${request.name}: ${Math.round(sizeBytes / 1024)} KiB, isolation: ${isolation.description}`,
      'system',
    );
    return artifact;
  }

  // Node's own packages bring no npm along.
  async #withNpm(toolchains: readonly Toolchain[]): Promise<Toolchain[]> {
    if (!toolchains.some((each) => each.tool === 'node') || toolchains.some((each) => each.tool === 'npm'))
      return [...toolchains];
    const version = await (this.#npm ??= npmVersion(this.#tools.agent.exec));
    // Not there or too slow this once: the next build asks again.
    if (version === null) this.#npm = null;
    return version === null ? [...toolchains] : [...toolchains, { tool: 'npm', package: 'npm', version, bin: 'bin' }];
  }

  async #cell(
    request: BuildRequest,
    work: string,
    app: string,
    rootDirectory: string,
    toolchains: readonly Toolchain[],
    uid: number,
  ): Promise<PreparedCell> {
    const { folders, isolation, agent } = this.#tools;
    this.#network ??= networkVariables(agent.exec);
    const network = await this.#network;
    const cache = join(folders.caches, request.cacheKey);
    const parts = { root: join(work, 'root'), home: join(work, 'home'), temporary: join(work, 'tmp') };
    for (const folder of [...Object.values(parts), cache]) await mkdir(folder, { recursive: true, mode: 0o755 });
    const files = [network['npm_config_cafile'], network['NODE_EXTRA_CA_CERTS']].flatMap((file) => file ?? []);
    const prepared = prepareCell(isolation, {
      name: `build-${work.slice(work.lastIndexOf(sep) + 1)}`,
      uid,
      ...parts,
      app,
      appWritable: true,
      rootDirectory,
      cache,
      toolchainDirectory: folders.toolchains,
      toolchains,
      files: [...new Set(files)],
      resources: null,
    });
    if (prepared.cell.uid !== null)
      for (const folder of [parts.home, parts.temporary, cache]) await lchown(folder, uid, uid);
    return {
      ...prepared,
      variables: {
        ...request.plan.variables,
        ...request.variables,
        ...network,
        ...cacheVariables(prepared.cache ?? ''),
        ...prepared.variables,
        CI: '1',
      },
    };
  }

  async #runCommands(request: BuildRequest, prepared: PreparedCell, io: BuildIo): Promise<void> {
    const commands = [
      ...request.plan.install.map((text) => ['install', text] as const),
      ...request.plan.build.map((text) => ['build', text] as const),
    ];
    for (const [kind, text] of commands) {
      io.output(`$ ${text}`, 'system');
      const last: string[] = [];
      const exitCode = await this.#tools.tasks.run(
        { kind: 'task', cell: prepared.cell, command: text, variables: prepared.variables },
        io.signal,
        (line, stream) => {
          last.push(line);
          if (last.length > keptLines) last.shift();
          io.output(line, stream);
        },
      );
      if (exitCode !== 0) throw buildFailed(kind, text, exitCode, last);
    }
    await removeGroup(prepared.cell.group?.directories ?? []);
  }
}

// What is built is decided by the content and the plan; the names of both stay out.
function contentId(request: BuildRequest): string {
  return createHash('sha256')
    .update(
      JSON.stringify([request.treeHash, request.rootDirectory, request.plan, Object.entries(request.variables).sort()]),
    )
    .digest('hex');
}

function insideOf(rootDirectory: string): string {
  const path = normalize(rootDirectory === '' ? '.' : rootDirectory).replace(/^\/+/, '');
  if (path === '..' || path.startsWith(`..${sep}`)) {
    throw new ContainrError({
      code: 'PLAN_NOT_FOUND',
      status: 422,
      detail: 'The root directory leads out of the source.',
      hint: 'Name a folder inside the repository.',
    });
  }
  return path === '' ? '.' : path;
}

async function addFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  const root = await realpath(directory).catch(() => {
    throw new ContainrError({
      code: 'PLAN_NOT_FOUND',
      status: 422,
      detail: 'The root directory is not in the source.',
      hint: 'Correct the root directory of the service.',
    });
  });
  for (const [path, text] of Object.entries(files)) {
    const target = join(root, insideOf(path));
    await mkdir(dirname(target), { recursive: true });
    const parent = await realpath(dirname(target));
    if (parent !== dirname(target)) {
      throw new ContainrError({
        code: 'BUILD_FAILED',
        status: 422,
        detail: `The plan's file ${path} would be written through a link.`,
        hint: 'Remove the link from the source.',
      });
    }
    await rm(target, { force: true });
    await writeFile(target, text, { flag: 'wx', mode: 0o644 });
  }
}

function cacheVariables(cache: string): Record<string, string> {
  return {
    npm_config_cache: join(cache, 'npm'),
    // npm keeps its compiled code in the folder for temporary files unless it is told, which each build has anew.
    NODE_COMPILE_CACHE: join(cache, 'node'),
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    YARN_CACHE_FOLDER: join(cache, 'yarn'),
    XDG_CACHE_HOME: join(cache, 'xdg'),
    XDG_DATA_HOME: join(cache, 'data'),
    PIP_CACHE_DIR: join(cache, 'pip'),
    GOCACHE: join(cache, 'go-build'),
    GOMODCACHE: join(cache, 'go-mod'),
    CARGO_HOME: join(cache, 'cargo'),
  };
}

function needsEngine(plan: BuildPlan): ContainrError {
  return new ContainrError({
    code: 'BUILDER_NEEDS_ENGINE',
    status: 422,
    detail:
      plan.dockerfilePath === null
        ? 'The plan has no start command that could run without a container engine.'
        : `The source is built by ${plan.dockerfilePath}, which needs a container engine, and this node has none.`,
    hint: 'Install Docker on the node, or let a builder that needs no Dockerfile plan the source.',
  });
}

function buildFailed(kind: string, text: string, exitCode: number, last: readonly string[]): ContainrError {
  return new ContainrError({
    code: 'BUILD_FAILED',
    status: 422,
    detail: [
      `The ${kind} command \`${text}\` ended with exit code ${exitCode}.`,
      ...(last.length > 0 ? ['Its last lines:', ...last] : []),
    ].join('\n'),
    hint:
      exitCode === 127
        ? 'The command or a program it calls does not exist: name it as a dependency, or correct the command.'
        : 'Read the build log above the last lines; run the same command on your own machine.',
  });
}
