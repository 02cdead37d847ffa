import type { ParseArgsConfig } from 'node:util';
import type { Session } from './session.ts';

export type OptionSpec = NonNullable<ParseArgsConfig['options']>[string] & {
  /** Shown in help; `--name VALUE` where there is a placeholder. */
  help: string;
  placeholder?: string;
};

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** What a command was called with, and everything that it may touch. */
export interface Invocation {
  positionals: string[];
  values: Values;
  session: Session;
}

/** 0 done, 1 failed, 2 wrong usage, 3 done in part. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface Command {
  /** Words after `condock`: `env show`. */
  name: string;
  summary: string;
  /** Positionals as help shows them: `[PATH]`. */
  arguments?: string;
  options?: Readonly<Record<string, OptionSpec>>;
  /** How many positionals are allowed. */
  positionals: { min: number; max: number };
  run: (invocation: Invocation) => Promise<ExitCode>;
}

export const text = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

export const texts = (values: Values, name: string): string[] => {
  const value = values[name];
  return (Array.isArray(value) ? value : [value]).filter((v) => typeof v === 'string');
};

export const flag = (values: Values, name: string): boolean => values[name] === true;
