/** Name under which the agent half of an isolated plugin serves a capability or reports; no other plugin has it. */
export function ownName(plugin: string, name: string): string {
  return `${plugin}/${name}`;
}

/** Names of plugins have no dots, so no two share one. */
const prefixOf = (plugin: string): string => `apart.${plugin}.`;

/** Name of a task that an isolated plugin starts, on the node: it names no other plugin's. */
export function ownTask(plugin: string, task: string): string {
  return `${prefixOf(plugin)}${task}`;
}

/** What the plugin itself calls such a task. */
export function taskOfOwn(plugin: string, name: string): string {
  return name.startsWith(prefixOf(plugin)) ? name.slice(prefixOf(plugin).length) : name;
}
