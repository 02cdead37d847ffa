import { BitWriter } from './bit-writer.ts';
import { burrowsWheeler } from './burrows-wheeler.ts';
import { bzip2Crc } from './crc.ts';
import { canonicalCodes, codeLengths } from './huffman.ts';

const BLOCK_BYTES = 900_000 - 19;
const GROUP_SYMBOLS = 50;
const MAX_CODE_LENGTH = 17;
const [RUN_A, RUN_B] = [0, 1];

/**
 * A bzip2 stream (level 9) of `bytes`. Small and exact rather than fast: one Huffman table for all, written twice because
 * the format wants two. npm has decoders in plenty but no kept encoder under a free licence that runs without a compiler.
 */
export function bzip2(bytes: Uint8Array): Uint8Array {
  const out = new BitWriter();
  for (const character of 'BZh9') out.write(character.charCodeAt(0), 8);
  let combined = 0;
  for (let at = 0; at < bytes.length;) {
    const { encoded, end } = encodeRuns(bytes, at);
    const crc = bzip2Crc(bytes.subarray(at, end));
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
    writeBlock(out, encoded, crc);
    at = end;
  }
  out.write(0x177245, 24);
  out.write(0x385090, 24);
  out.write32(combined);
  return out.finish();
}

/** Runs of 4 to 255 equal bytes become four and a count; stops where a block is full. */
function encodeRuns(bytes: Uint8Array, start: number): { encoded: Uint8Array; end: number } {
  const encoded: number[] = [];
  let at = start;
  while (at < bytes.length && encoded.length < BLOCK_BYTES - 5) {
    const byte = bytes[at]!;
    let run = 1;
    while (run < 255 && bytes[at + run] === byte) run += 1;
    for (let i = 0; i < Math.min(run, 4); i += 1) encoded.push(byte);
    if (run >= 4) encoded.push(run - 4);
    at += run;
  }
  return { encoded: Uint8Array.from(encoded), end: at };
}

function writeBlock(out: BitWriter, block: Uint8Array, crc: number): void {
  const { last, origin } = burrowsWheeler(block);
  const used = [...new Set(last)].sort((a, b) => a - b);
  const symbols = moveToFront(last, used);
  out.write(0x314159, 24);
  out.write(0x265359, 24);
  out.write32(crc);
  out.write(0, 1);
  out.write(origin, 24);
  writeUsedBytes(out, used);
  writeSymbols(out, symbols, used.length + 2);
}

/** Ranks in a list that moves what was used to its front; runs of rank 0 are counted in base 2 with digits 1 and 2. */
function moveToFront(text: Uint8Array, used: readonly number[]): number[] {
  const list = [...used];
  const symbols: number[] = [];
  let zeros = 0;
  const flush = (): void => {
    for (; zeros > 0; zeros = (zeros - 1) >> 1) symbols.push(zeros % 2 === 1 ? RUN_A : RUN_B);
    zeros = 0;
  };
  for (const byte of text) {
    const rank = list.indexOf(byte);
    if (rank === 0) {
      zeros += 1;
      continue;
    }
    flush();
    list.splice(rank, 1);
    list.unshift(byte);
    symbols.push(rank + 1);
  }
  flush();
  symbols.push(used.length + 1);
  return symbols;
}

function writeUsedBytes(out: BitWriter, used: readonly number[]): void {
  const present = new Set(used);
  const range = (high: number): number[] => Array.from({ length: 16 }, (_, low) => high * 16 + low);
  const bits = (flags: boolean[]): number => flags.reduce((value, flag) => value * 2 + (flag ? 1 : 0), 0);
  const ranges = Array.from({ length: 16 }, (_, high) => range(high).map((byte) => present.has(byte)));
  out.write(bits(ranges.map((flags) => flags.includes(true))), 16);
  for (const flags of ranges) if (flags.includes(true)) out.write(bits(flags), 16);
}

function writeSymbols(out: BitWriter, symbols: readonly number[], alphabet: number): void {
  const frequencies = new Array<number>(alphabet).fill(0);
  for (const symbol of symbols) frequencies[symbol]! += 1;
  const lengths = codeLengths(frequencies, MAX_CODE_LENGTH);
  const codes = canonicalCodes(lengths);
  const groups = Math.ceil(symbols.length / GROUP_SYMBOLS);
  out.write(2, 3);
  out.write(groups, 15);
  for (let group = 0; group < groups; group += 1) out.write(0, 1);
  writeLengths(out, lengths);
  writeLengths(out, lengths);
  for (const symbol of symbols) out.write(codes[symbol]!, lengths[symbol]!);
}

/** The first length in five bits; each then by steps: `10` one more, `11` one less, `0` that is it. */
function writeLengths(out: BitWriter, lengths: readonly number[]): void {
  let current = lengths[0]!;
  out.write(current, 5);
  for (const length of lengths) {
    for (; current < length; current += 1) out.write(0b10, 2);
    for (; current > length; current -= 1) out.write(0b11, 2);
    out.write(0, 1);
  }
}
