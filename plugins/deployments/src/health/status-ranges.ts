/** Whether a status is among single ones and ranges like `200-399` or `200,204,401`. */
export function isAmong(status: number, statuses: string): boolean {
  return statuses.split(',').some((part) => {
    const [from = '', to = from] = part.split('-');
    return status >= Number(from) && status <= Number(to);
  });
}
