import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS, CONTEXT, SETTINGS, VIEWS } from './ids.ts';

interface Manifest {
  contributes: {
    commands: { command: string }[];
    views: { condock: { id: string }[] };
    configuration: {
      properties: Record<string, { scope?: string; description?: string; markdownDescription?: string }>;
    };
    walkthroughs: { steps: { media: { markdown: string } }[] }[];
  };
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
}

const folder = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const text = read('package.json');
const manifest = JSON.parse(text) as Manifest;
const { contributes } = manifest;

describe('package.json', () => {
  it('declares exactly the commands, views and settings that the code knows', () => {
    expect(contributes.commands.map(({ command }) => command).sort()).toEqual(Object.values(COMMANDS).sort());
    expect(contributes.views.condock.map(({ id }) => id)).toEqual(Object.values(VIEWS));
    expect(Object.keys(contributes.configuration.properties).sort()).toEqual(Object.values(SETTINGS).sort());
  });

  it('asks only for context keys that are set', () => {
    const whens = [...text.matchAll(/"when": "([^"]*)"/g)].map((match) => match[1] ?? '').join(' ');
    const keys = [...whens.matchAll(/\bcondock\.[a-zA-Z]+/g)].map(([key]) => key);
    const known = new Set<string>([...Object.values(CONTEXT), ...Object.values(VIEWS)]);
    expect(keys.filter((key) => !known.has(key))).toEqual([]);
  });

  it('uses commands in menus and links that exist', () => {
    const used = [
      ...text.matchAll(/"command": "(condock\.[a-zA-Z]+)"/g),
      ...read('package.nls.json').matchAll(/command:(condock\.[a-zA-Z]+)\)/g),
    ];
    const known = new Set<string>(Object.values(COMMANDS));
    expect(used.map((match) => match[1] ?? '').filter((id) => !known.has(id))).toEqual([]);
  });

  it('has a text for every placeholder, and none without a place', () => {
    const texts = Object.keys(JSON.parse(read('package.nls.json')) as object);
    const used = [...text.matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
    expect([...new Set(used)].sort()).toEqual(texts.sort());
  });

  it('lets a workspace neither choose programs nor registries', () => {
    const { properties } = contributes.configuration;
    expect(properties[SETTINGS.nodePath]?.scope).toBe('machine');
    expect(properties[SETTINGS.channels]?.scope).toBe('machine');
    expect(manifest.capabilities.untrustedWorkspaces.supported).toBe('limited');
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain(SETTINGS.nodePath);
  });

  it('describes every setting, and has every page of the walkthrough', () => {
    for (const setting of Object.values(contributes.configuration.properties)) {
      expect(setting.description ?? setting.markdownDescription).toMatch(/^%setting\./);
    }
    for (const { media } of contributes.walkthroughs.flatMap(({ steps }) => steps)) {
      expect(read(media.markdown).length).toBeGreaterThan(50);
    }
  });
});

describe('translations', () => {
  it('have every message of the sources as a template', () => {
    const messages = new Set<string>();
    for (const file of sources(join(folder, 'src'))) {
      for (const match of readFileSync(file, 'utf8').matchAll(/\bt\(\s*(['"])((?:\\.|(?!\1).)*)\1/g)) {
        messages.add((match[2] ?? '').replaceAll(/\\(['"])/g, '$1'));
      }
    }
    const template = JSON.parse(read('l10n/bundle.l10n.json')) as Record<string, string>;
    expect(Object.keys(template).sort()).toEqual([...messages].sort());
  });
});

const sources = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(path, name));
