/** Subdirs in use (conda's and rattler's lists); CEP 26 only gives a pattern, which many channel names fit too. */
const PLATFORMS: ReadonlySet<string> = new Set([
  'noarch',
  'emscripten-32',
  'emscripten-wasm32',
  'wasi-wasm32',
  'freebsd-64',
  'linux-32',
  'linux-64',
  'linux-aarch64',
  'linux-armv6l',
  'linux-armv7l',
  'linux-loongarch64',
  'linux-ppc64',
  'linux-ppc64le',
  'linux-riscv32',
  'linux-riscv64',
  'linux-s390x',
  'osx-64',
  'osx-arm64',
  'win-32',
  'win-64',
  'win-arm64',
  'zos-z',
]);

/** Whether a string is a subdir that some conda client builds for. */
export function isPlatform(text: string): boolean {
  return PLATFORMS.has(text);
}
