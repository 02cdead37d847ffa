/** Names under which secrets stand in queries, JSON, forms and headers; `client_secret`, `X-Amz-Signature` … among them. */
const NAMES =
  '(?:password|passwd|passphrase|secret|token|signature|(?:secret_)?access_?key|api_?key|x-(?:amz|goog)-credential|\\b(?:sig|pwd|auth))';

const RULES: readonly (readonly [RegExp, string])[] = [
  // userinfo of a URL: everything between the scheme and the last @ of the authority
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#]*@/gi, '$1***@'],
  // conda's token channels: /t/<token>/
  [/\/t\/[^/\s"'?#]+/g, '/t/***'],
  [/\b(authorization|proxy-authorization)(["']?\s*[:=]\s*["']?)[^"'\r\n]+/gi, '$1$2***'],
  [/\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}/gi, '$1 ***'],
  // in quotes up to the same quote, that of JSON within JSON included
  [new RegExp(`(${NAMES})(\\\\*["']?\\s*[:=]\\s*)(\\\\*["'])(?:\\\\.|(?!\\3).)*?\\3`, 'gi'), '$1$2$3***$3'],
  [new RegExp(`(${NAMES})(["']?\\s*[:=]\\s*)(?!\\\\*["'])[^\\s"'&,;}]+`, 'gi'), '$1$2***'],
  // JSON Web Tokens, and tokens that say by their beginning what they are, wherever they stand
  [/\beyJ[\w-]{8,2000}\.[\w-]+(?:\.[\w-]*)?/g, '***'],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|dckr_pat_|pfx_)[\w-]{16,}/g, '***'],
];

/**
 * Removes secrets from text that is about to be logged, shown or sent: userinfo in URLs, conda's `/t/<token>/`,
 * Authorization values, common secret-bearing parameters (those of signed URLs too), tokens that can be told by their form; and
 * escapes control characters (but newline and tab), so that a registry's answer can't drive a terminal.
 */
export function redact(text: string): string {
  let result = text;
  for (const [pattern, replacement] of RULES) result = result.replace(pattern, replacement);
  return result.replace(/\p{Cc}/gu, (c) =>
    c === '\n' || c === '\t' ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
