import type { EnvironmentPackage } from '@condock/protocol';
import { formatBytes } from '../format.ts';
import { html, type SafeHtml } from '../html.ts';
import { stateFacts } from '../environments/state-facts.ts';
import { t } from '../l10n.ts';
import { type Dependent, isVirtual } from './dependencies.ts';
import type { PackagePage } from './page-model.ts';

/** What it needs, and a place for what needs it: that is found out on demand, as every other package has to be asked. */
export function renderDependencies({ depends, constrains, entry, title }: PackagePage): SafeHtml {
  const needs =
    depends.length === 0
      ? html`<p class="empty">${t('It needs no other package.')}</p>`
      : html`<table>
          <thead>
            <tr>
              <th scope="col">${t('Needs')}</th>
              <th scope="col">${t('In this environment')}</th>
            </tr>
          </thead>
          <tbody>
            ${depends.map(
              ({ spec, name, resolved }) =>
                html`<tr>
                  <td><code>${spec}</code></td>
                  <td>${answer(name, resolved, entry !== undefined)}</td>
                </tr>`,
            )}
          </tbody>
        </table>`;
  const limits =
    constrains.length === 0
      ? undefined
      : html`<h2>${t('Constrains, without needing them')}</h2>
          <ul class="plain">
            ${constrains.map((spec) => html`<li><code>${spec}</code></li>`)}
          </ul>`;
  const needed =
    entry === undefined
      ? undefined
      : html`<h2>${t('Needed by')}</h2>
          <div id="dependents" aria-live="polite">
            <button data-dependents="">${t('Find what needs {0} in this environment', title)}</button>
          </div>`;
  return html`${needs}${limits}${needed}`;
}

function answer(name: string, resolved: EnvironmentPackage | undefined, isKnown: boolean): SafeHtml {
  if (isVirtual(name)) return html`<span class="muted">${t('of the machine')}</span>`;
  if (resolved === undefined) return html`<span class="muted">${isKnown ? t('not there') : '—'}</span>`;
  return packageLink(resolved);
}

export function packageLink(entry: EnvironmentPackage): SafeHtml {
  const facts = stateFacts(entry.state);
  const size = entry.size === null ? '' : formatBytes(entry.size);
  const target = entry.reference ?? entry.url;
  const name = `${entry.name} ${entry.version}`;
  const shown = target === null ? html`${name}` : html`<button class="link" data-open="${entry.name}">${name}</button>`;
  return html`${shown} <span class="muted">${facts.label()}${size === '' ? '' : `, ${size}`}</span>`;
}

/** What stands in place of the button once it was asked. */
export function renderDependents(
  dependents: readonly Dependent[],
  { asked, unknown }: { asked: number; unknown: number },
): SafeHtml {
  const note =
    unknown === 0
      ? undefined
      : html`<p class="muted">${t('{0} of {1} packages could not be asked.', unknown, asked + unknown)}</p>`;
  if (dependents.length === 0) {
    return html`<p class="empty">${t('Nothing in this environment needs it; it was asked for by name.')}</p>
      ${note}`;
  }
  return html`<table>
      <thead>
        <tr>
          <th scope="col">${t('Package')}</th>
          <th scope="col">${t('Asks for')}</th>
        </tr>
      </thead>
      <tbody>
        ${dependents.map(
          ({ entry, spec }) =>
            html`<tr>
              <td>${packageLink(entry)}</td>
              <td><code>${spec}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${note}`;
}
