/** Every command that the extension registers; a test holds them to package.json. */
export const COMMANDS = {
  refresh: 'condock.refresh',
  filter: 'condock.filter',
  clearFilter: 'condock.clearFilter',
  groupBy: 'condock.groupBy',
  showMachine: 'condock.showMachine',
  hideMachine: 'condock.hideMachine',
  prefetchEnvironment: 'condock.prefetchEnvironment',
  prefetchPackages: 'condock.prefetchPackages',
  openPackage: 'condock.openPackage',
  inspectFile: 'condock.inspectFile',
  showSizes: 'condock.showSizes',
  compare: 'condock.compare',
  copyReference: 'condock.copyReference',
  copyDigest: 'condock.copyDigest',
  copyPullCommand: 'condock.copyPullCommand',
  openInRegistry: 'condock.openInRegistry',
  publish: 'condock.publish',
  publishFile: 'condock.publishFile',
  signIn: 'condock.signIn',
  signOut: 'condock.signOut',
  testRegistry: 'condock.testRegistry',
  addChannel: 'condock.addChannel',
  removeChannel: 'condock.removeChannel',
  copyChannelUrl: 'condock.copyChannelUrl',
  refreshRegistries: 'condock.refreshRegistries',
  refreshCache: 'condock.refreshCache',
  verifyCache: 'condock.verifyCache',
  collectCache: 'condock.collectCache',
  exportCache: 'condock.exportCache',
  restartDaemon: 'condock.restartDaemon',
  showLog: 'condock.showLog',
  diagnose: 'condock.diagnose',
} as const;

export const VIEWS = {
  environments: 'condock.environments',
  registries: 'condock.registries',
  cache: 'condock.cache',
} as const;

/** Keys that `when` clauses of package.json ask for. */
export const CONTEXT = {
  /** `idle`, `loading`, `ready` or `failed`: how far the environments view got. */
  state: 'condock.state',
  /** `idle`, `ready` or `failed`, of the other two views. */
  registries: 'condock.registriesState',
  cache: 'condock.cacheState',
  filtered: 'condock.filtered',
  machine: 'condock.machine',
} as const;

export const SETTINGS = {
  nodePath: 'condock.nodePath',
  channels: 'condock.channels',
  askRegistries: 'condock.askRegistries',
  groupBy: 'condock.environments.groupBy',
  layout: 'condock.publish.layout',
  codeLens: 'condock.codeLens.enabled',
  statusBar: 'condock.statusBar.enabled',
} as const;
