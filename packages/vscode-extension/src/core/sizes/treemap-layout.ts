import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';

export interface SizedPackage {
  name: string;
  version: string;
  bytes: number;
  state: string;
  stateLabel: string;
}

/** A rectangle of the picture, in the units of its width and height. */
export interface Tile {
  package: SizedPackage;
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Datum {
  package?: SizedPackage;
  children?: Datum[];
}

/** Areas in proportion to bytes, the largest first. Packages without a size are left out. */
export function layoutTreemap(packages: readonly SizedPackage[], width: number, height: number): Tile[] {
  const children = packages.filter(({ bytes }) => bytes > 0).map((entry) => ({ package: entry }));
  if (children.length === 0 || width <= 0 || height <= 0) return [];
  const root = hierarchy<Datum>({ children }, (datum) => datum.children)
    .sum((datum) => datum.package?.bytes ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const laid = treemap<Datum>().tile(treemapSquarify).size([width, height]).paddingInner(2).round(true)(root);
  return laid.leaves().flatMap(({ data, x0, y0, x1, y1 }) => {
    if (data.package === undefined) return [];
    return [{ package: data.package, x: x0, y: y0, width: x1 - x0, height: y1 - y0 }];
  });
}
