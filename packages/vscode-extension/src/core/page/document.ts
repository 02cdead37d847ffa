import { html, type SafeHtml } from '../html.ts';

export interface PageOptions {
  title: string;
  body: SafeHtml;
  /** What the editor calls the origin of its own files. */
  cspSource: string;
  /** A fresh random word for every page. */
  nonce: string;
  styleUri: string;
  scriptUri: string;
  language: string;
}

/**
 * A page under a policy that allows nothing but our own style sheet and our own script: no inline style, no image, no
 * connection, no frame.
 */
export function renderDocument(options: PageOptions): string {
  const { title, body, cspSource, nonce, styleUri, scriptUri, language } = options;
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="stylesheet" href="${styleUri}" />
        <title>${title}</title>
      </head>
      <body>
        <main>${body}</main>
        <script nonce="${nonce}" src="${scriptUri}"></script>
      </body>
    </html>`.text;
}
