/** `project` or `project@environment` taken apart; production without one. */
export function environmentName(name: string): { readonly project: string; readonly slug: string } {
  const [project = '', slug = 'production'] = name.split('@', 2);
  return { project, slug };
}
