import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderDocument, renderSchema, UPDATE_COMMAND } from '../render-docs.ts';
import { methods } from './schemas.ts';

const file = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const hint = `out of date; run: ${UPDATE_COMMAND}`;

describe('the protocol documents', () => {
  it('docs/protocol.md says what the schemas say', () => {
    const text = file('protocol.md');
    expect(renderDocument(text) === text, `docs/protocol.md is ${hint}`).toBe(true);
  });

  it('docs/protocol.schema.json says what the schemas say', () => {
    expect(renderSchema() === file('protocol.schema.json'), `docs/protocol.schema.json is ${hint}`).toBe(true);
  });

  it('describe every method', () => {
    const text = file('protocol.md');
    expect(Object.keys(methods).filter((name) => !text.includes(`### \`${name}\`\n`))).toEqual([]);
  });

  it('can not be made where a marker is missing', () => {
    expect(() => renderDocument('# nothing')).toThrow(/markers/);
  });
});
