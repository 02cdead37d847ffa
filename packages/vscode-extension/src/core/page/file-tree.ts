/** A file or folder of a package, with the sum of what is below it. */
export interface FileNode {
  name: string;
  path: string;
  /** Bytes; the sum for a folder, undefined where it is not known. */
  size: number | undefined;
  type: 'file' | 'symlink' | 'directory';
  /** Files at or below it. */
  count: number;
  children: FileNode[];
}

export interface ListedFile {
  path: string;
  type: 'file' | 'symlink' | 'directory';
  size: number | null;
}

interface Folder extends FileNode {
  folders: Map<string, Folder>;
}

/** The tree of a list of paths: folders first, then by name; a folder that holds only one folder is joined with it. */
export function buildFileTree(files: readonly ListedFile[]): FileNode[] {
  const root = folder('', '');
  for (const file of files) {
    const segments = file.path.split('/').filter((segment) => segment !== '');
    const name = segments.pop();
    if (name === undefined) continue;
    const isFolder = file.type === 'directory';
    const chain = [root];
    for (const segment of isFolder ? [...segments, name] : segments) chain.push(enter(chain.at(-1) ?? root, segment));
    if (isFolder) continue;
    for (const parent of chain) {
      parent.count += 1;
      if (file.size !== null) parent.size = (parent.size ?? 0) + file.size;
    }
    const size = file.size ?? undefined;
    chain.at(-1)?.children.push({ name, path: file.path, size, type: file.type, count: 1, children: [] });
  }
  return finish(root).children;
}

const folder = (name: string, path: string): Folder => ({
  ...{ name, path, size: undefined, type: 'directory', count: 0, children: [], folders: new Map<string, Folder>() },
});

function enter(parent: Folder, name: string): Folder {
  const known = parent.folders.get(name);
  if (known !== undefined) return known;
  const made = folder(name, parent.path === '' ? name : `${parent.path}/${name}`);
  parent.folders.set(name, made);
  return made;
}

function finish(node: Folder): FileNode {
  const folders = [...node.folders.values()].map(finish).map(joined);
  const byName = (a: FileNode, b: FileNode): number => (a.name < b.name ? -1 : 1);
  const children = [...folders.sort(byName), ...node.children.sort(byName)];
  return { name: node.name, path: node.path, size: node.size, type: node.type, count: node.count, children };
}

function joined(node: FileNode): FileNode {
  const [only, ...others] = node.children;
  if (only?.type !== 'directory' || others.length > 0) return node;
  return { ...only, name: `${node.name}/${only.name}` };
}
