/** What a daemon's parts read: where things are, how to reach the network, where secrets come from. */
const EXACT = new Set(
  [
    'HOME USER LOGNAME PATH SHELL LANG LANGUAGE TZ TMPDIR TMP TEMP',
    'HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE',
    'REGISTRY_AUTH_FILE DOCKER_CONFIG RATTLER_AUTH_FILE NETRC CONDARC MAMBARC MAMBA_ROOT_PREFIX',
    'DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY SSH_AUTH_SOCK GNUPGHOME PASSWORD_STORE_DIR GPG_TTY',
    'GOOGLE_APPLICATION_CREDENTIALS CLOUDSDK_CONFIG ELECTRON_RUN_AS_NODE',
    'SYSTEMROOT WINDIR SYSTEMDRIVE COMSPEC PATHEXT USERPROFILE USERNAME USERDOMAIN HOMEDRIVE HOMEPATH APPDATA',
    'LOCALAPPDATA PROGRAMDATA PROGRAMFILES',
  ]
    .join(' ')
    .split(' '),
);
const PREFIXES = ['CONDOCK_', 'XDG_', 'LC_', 'PIXI_', 'RATTLER_', 'CONDA_', 'AWS_', 'AZURE_'];

/**
 * The environment that a daemon gets of its starter's: an editor's or a test runner's own variables (NODE_OPTIONS, VSCODE_*)
 * have no business in a process that outlives it.
 */
export function daemonEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase();
    if (value !== undefined && (EXACT.has(upper) || PREFIXES.some((p) => upper.startsWith(p)))) kept[name] = value;
  }
  return kept;
}
