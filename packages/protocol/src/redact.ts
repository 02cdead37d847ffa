const RULES: readonly (readonly [RegExp, string])[] = [
  // userinfo of a URL: everything between the scheme and the last @ of the authority
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, '$1***@'],
  // conda's token channels: /t/<token>/
  [/\/t\/[^/\s"'?#]+/g, '/t/***'],
  [/\b(authorization|proxy-authorization)(["']?\s*[:=]\s*["']?)[^"'\r\n]+/gi, '$1$2***'],
  [/\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}/gi, '$1 ***'],
  [
    /\b(password|passwd|secret|access_token|refresh_token|identitytoken|registrytoken|id_token|x-amz-signature|x-amz-security-token|sig)(["']?\s*[:=]\s*["']?)[^\s"'&,}]+/gi,
    '$1$2***',
  ],
];

/**
 * Removes secrets from text that is about to be logged, shown or sent: userinfo in URLs, conda's `/t/<token>/`,
 * Authorization values, common secret-bearing parameters; and escapes control characters (but newline and tab),
 * so that a registry's answer can't drive a terminal.
 */
export function redact(text: string): string {
  let result = text;
  for (const [pattern, replacement] of RULES) result = result.replace(pattern, replacement);
  return result.replace(/\p{Cc}/gu, (c) =>
    c === '\n' || c === '\t' ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
