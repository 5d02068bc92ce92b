import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the process runtime keeps its things on a node. */
export interface NodeFolders {
  readonly artifacts: string;
  readonly caches: string;
  readonly toolchains: string;
  readonly builds: string;
  /** One record for each replica. */
  readonly records: string;
  readonly replicas: string;
  readonly users: string;
}

/** Makes the folders below a plugin's own, for its owner only. */
export async function nodeFolders(directory: string): Promise<NodeFolders> {
  const folders: NodeFolders = {
    artifacts: join(directory, 'artifacts'),
    caches: join(directory, 'caches'),
    toolchains: join(directory, 'toolchains'),
    builds: join(directory, 'builds'),
    records: join(directory, 'records'),
    replicas: join(directory, 'replicas'),
    users: join(directory, 'users.json'),
  };
  for (const folder of [
    folders.artifacts,
    folders.caches,
    folders.toolchains,
    folders.builds,
    folders.records,
    folders.replicas,
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  }
  await chmod(folders.records, 0o700);
  return folders;
}

/** Files of one replica. */
export function replicaFiles(folders: NodeFolders, replica: string) {
  const directory = join(folders.replicas, replica);
  return {
    directory,
    record: join(folders.records, `${replica}.json`),
    logs: join(directory, 'log'),
    stop: join(directory, 'stop.json'),
    root: join(directory, 'root'),
    home: join(directory, 'home'),
    temporary: join(directory, 'tmp'),
    supervisorOutput: join(directory, 'supervisor.log'),
  };
}
