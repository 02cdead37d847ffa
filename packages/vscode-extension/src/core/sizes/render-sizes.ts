import type { EnvironmentPackage } from '@condock/protocol';
import { packageCount } from '../counts.ts';
import { formatBytes } from '../format.ts';
import { html, jsonForScript, type SafeHtml } from '../html.ts';
import { stateFacts } from '../environments/state-facts.ts';
import { t } from '../l10n.ts';
import type { SizedPackage } from './treemap-layout.ts';

/** Rows of the table below the picture. */
const LARGEST = 50;

export function sizedPackages(packages: readonly EnvironmentPackage[]): SizedPackage[] {
  return packages.map(({ name, version, size, state }) => ({
    ...{ name, version, bytes: size ?? 0, state, stateLabel: stateFacts(state).label() },
  }));
}

/** The picture of an environment by size, and the same as a table. The picture itself is drawn by the page's script. */
export function renderSizes(title: string, packages: readonly EnvironmentPackage[]): SafeHtml {
  const sized = sizedPackages(packages).sort((a, b) => b.bytes - a.bytes);
  const total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  const unknown = sized.filter(({ bytes }) => bytes === 0).length;
  const share = (bytes: number): string => `${((bytes * 100) / Math.max(1, total)).toFixed(1)} %`;
  return html`<header>
      <h1>${title}</h1>
      <p class="summary">
        ${t('{0}, {1} as archives', packageCount(sized.length), formatBytes(total))}${unknown === 0 ? '' : `, ${t('{0} of unknown size', unknown)}`}
      </p>
      <p class="pills" id="legend"></p>
    </header>
    <div id="treemap" role="list" aria-label="${t('Packages by size, the largest first')}"></div>
    <p id="tile-info" aria-live="polite" class="muted">&nbsp;</p>
    <h2>${t('What weighs most')}</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">${t('Package')}</th>
          <th scope="col">${t('Size')}</th>
          <th scope="col">${t('Share')}</th>
          <th scope="col">${t('State')}</th>
        </tr>
      </thead>
      <tbody>
        ${sized.slice(0, LARGEST).map(
          ({ name, version, bytes, stateLabel }) =>
            html`<tr>
              <td><button class="link" data-open="${name}">${name} ${version}</button></td>
              <td class="number">${bytes === 0 ? '—' : formatBytes(bytes)}</td>
              <td class="number">${share(bytes)}</td>
              <td>${stateLabel}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <script type="application/json" id="data">
      ${jsonForScript(sized)}
    </script>`;
}
