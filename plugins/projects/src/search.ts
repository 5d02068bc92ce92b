/** Filter for `search`: name or slug contains the text, in any case; the text is no pattern. */
export function matching(search: string | undefined) {
  if (search === undefined || search === '') return {};
  const like = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return { $or: [{ name: { $ilike: like } }, { slug: { $ilike: like } }] };
}
