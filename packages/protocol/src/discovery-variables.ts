/** Variables that say where a user's environments are. Each shell has its own; a daemon has those of who started it. */
export const DISCOVERY_VARIABLES = [
  'CONDA_PREFIX',
  'CONDA_EXE',
  'CONDA_ENVS_PATH',
  'CONDA_ENVS_DIRS',
  'MAMBA_ROOT_PREFIX',
  'PIXI_HOME',
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Those of an environment, to be sent with `env/discover`. */
export function discoveryVariables(env: Environment): Record<string, string> {
  return Object.fromEntries(
    DISCOVERY_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}

/** An environment in which these variables are the caller's, set or not, where the caller sent any. */
export function asCallerSees(env: Environment, variables: Environment | undefined): Environment {
  if (variables === undefined) return env;
  return { ...env, ...Object.fromEntries(DISCOVERY_VARIABLES.map((name) => [name, variables[name]])) };
}
