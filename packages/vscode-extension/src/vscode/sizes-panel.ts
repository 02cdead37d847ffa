import type { EnvironmentTarget } from '../core/environments/target.ts';
import { renderSizes } from '../core/sizes/render-sizes.ts';
import { t } from '../core/l10n.ts';
import type { App } from './app.ts';
import { createPagePanel } from './pages.ts';

/** The picture of an environment by size, beside the editors. */
export async function showSizes(app: App, target: EnvironmentTarget): Promise<void> {
  const { packages, error } = await app.model.load(target);
  if (packages.length === 0 && error !== undefined) {
    await app.showError(error);
    return;
  }
  const name = [target.environment, target.platform].filter((part) => part !== undefined).join(' · ');
  const title = name === '' ? t('Sizes') : t('Sizes of {0}', name);
  const page = createPagePanel({
    ...{ viewType: 'condock.sizes', extensionUri: app.context.extensionUri },
    onMessage: (message) => {
      if (message.type !== 'open') return;
      const entry = packages.find((candidate) => candidate.name === message.name);
      const place = entry?.reference ?? entry?.url;
      if (place === null || place === undefined) return;
      void app.openPackage({ target: place, title: message.name, entry, environment: target });
    },
  });
  page.show(title, renderSizes(title, packages));
  app.context.subscriptions.push(page);
}
