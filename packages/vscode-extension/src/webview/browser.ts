/**
 * What the page's script uses of a browser, and no more. The types of the whole DOM would make `window` and `document` known
 * to every file of the project, the daemon's too.
 */
export interface PageElement {
  id: string;
  hidden: boolean;
  tabIndex: number;
  textContent: string | null;
  innerHTML: string;
  readonly clientWidth: number;
  readonly clientHeight: number;
  readonly dataset: Record<string, string | undefined>;
  readonly parentElement: PageElement | null;
  focus(): void;
  append(...children: PageElement[]): void;
  replaceChildren(...children: PageElement[]): void;
  matches(selector: string): boolean;
  closest(selector: string): PageElement | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  setAttribute(name: string, value: string): void;
  getAttribute(name: string): string | null;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
}

export interface PageEvent {
  readonly target: PageElement | null;
  readonly key: string;
  readonly data: unknown;
  preventDefault(): void;
}

export interface PageDocument {
  createElement(tag: string): PageElement;
  createElementNS(namespace: string, tag: string): PageElement;
  getElementById(id: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
}

export interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

export interface Browser {
  readonly document: PageDocument;
  addEventListener(type: 'message', listener: (event: PageEvent) => void): void;
  acquireVsCodeApi(): EditorApi;
  readonly ResizeObserver: new (listener: () => void) => { observe(element: PageElement): void };
}

/** The page that this script runs in. */
export const browser = (): Browser => globalThis as unknown as Browser;
