/** `1 package`, `2 packages`: counts in sentences for people. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}
