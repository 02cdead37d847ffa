import { formatBytes } from '../core/format.ts';
import { layoutTreemap, type SizedPackage } from '../core/sizes/treemap-layout.ts';
import { type Browser, type EditorApi, type PageDocument, type PageElement } from './browser.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** Pixels that a letter of the label takes, and the height of a line. */
const LETTER = 7;
const LINE = 15;

/** Draws the packages by size into the page, anew when its width changes; tiles can be focused, spoken and opened. */
export function startTreemap(page: Browser, editor: EditorApi): void {
  const { document } = page;
  const place = document.getElementById('treemap');
  const data = document.getElementById('data');
  if (place === null || data === null) return;
  const packages = JSON.parse(data.textContent ?? '[]') as SizedPackage[];
  drawLegend(document, packages);
  let drawn = '';
  const draw = (): void => {
    const [width, height] = [place.clientWidth, place.clientHeight];
    if (drawn === `${width} ${height}`) return;
    drawn = `${width} ${height}`;
    place.replaceChildren(drawTiles(document, packages, width, height));
  };
  new page.ResizeObserver(draw).observe(place);
  draw();
  const info = document.getElementById('tile-info');
  const tell = (target: PageElement | null): void => {
    const spoken = target?.closest('[data-open]')?.getAttribute('aria-label');
    if (info !== null && spoken !== null && spoken !== undefined) info.textContent = spoken;
  };
  place.addEventListener('mouseover', (event) => tell(event.target));
  place.addEventListener('focusin', (event) => tell(event.target));
  place.addEventListener('keydown', (event) => {
    const tiles = [...place.querySelectorAll('[data-open]')];
    const tile = event.target?.closest('[data-open]') ?? null;
    const at = tile === null ? -1 : tiles.indexOf(tile);
    if (event.key === 'Enter' && tile !== null) editor.postMessage({ type: 'open', name: tile.dataset.open });
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = step === undefined ? undefined : tiles[at + step];
    if (next === undefined) return;
    event.preventDefault();
    tile?.setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus();
  });
}

function drawTiles(
  document: PageDocument,
  packages: readonly SizedPackage[],
  width: number,
  height: number,
): PageElement {
  const svg = element(document, 'svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'false' });
  for (const [at, tile] of layoutTreemap(packages, width, height).entries()) {
    const { name, version, bytes, state, stateLabel } = tile.package;
    const group = element(document, 'g', {
      ...{ class: 'tile', role: 'listitem', tabindex: at === 0 ? 0 : -1, 'data-open': name },
      'aria-label': `${name} ${version}, ${formatBytes(bytes)}, ${stateLabel}`,
    });
    const { x, y } = tile;
    group.append(element(document, 'rect', { x, y, width: tile.width, height: tile.height, class: `tile-${state}` }));
    const letters = Math.floor((tile.width - 8) / LETTER);
    if (letters >= 4 && tile.height >= LINE + 4) {
      group.append(label(document, x + 4, y + LINE, clip(name, letters)));
      if (tile.height >= 2 * LINE + 4)
        group.append(label(document, x + 4, y + 2 * LINE, clip(formatBytes(bytes), letters)));
    }
    svg.append(group);
  }
  return svg;
}

/** One entry per state that occurs. */
function drawLegend(document: PageDocument, packages: readonly SizedPackage[]): void {
  const states = new Map(packages.map(({ state, stateLabel }) => [state, stateLabel]));
  const entries = [...states].map(([state, text]) => {
    const entry = document.createElement('span');
    entry.setAttribute('class', `pill legend tile-${state}`);
    entry.textContent = text;
    return entry;
  });
  document.getElementById('legend')?.replaceChildren(...entries);
}

const clip = (text: string, letters: number): string =>
  text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;

function label(document: PageDocument, x: number, y: number, text: string): PageElement {
  const made = element(document, 'text', { x, y, 'aria-hidden': 'true' });
  made.textContent = text;
  return made;
}

function element(document: PageDocument, tag: string, attributes: Record<string, string | number>): PageElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
